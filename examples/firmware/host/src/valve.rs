//! The controller's side of a valve node: [`Controller`], and times read from its console.

use std::io;
use std::time::Duration;

use gofarm_core::command::CommandId;
use gofarm_core::time::{SystemWallClock, UnixMillis, WallClock, secs};
use gofarm_firmware::valve_message::{MAX_LEN, Message, Reply};
use gofarm_hal::serial::tokio::{Frames, FramesError};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What the node said about a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is carried out.
    Accepted(CommandId),
    /// It is not, and why.
    Refused(CommandId, String),
    /// Nobody knows whether it was.
    Indeterminate(CommandId),
}

/// A controller at the other end of a valve node's line.
pub struct Controller(Frames<TcpStream, { MAX_LEN + 2 }>);

impl Controller {
    /// A controller on `line`.
    pub fn new(line: TcpStream) -> Self {
        Self(Frames::new(line))
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The line's.
    pub async fn send(&mut self, message: Message) -> Result<(), FramesError> {
        let mut frame = [0; MAX_LEN];
        let len = message.encode(&mut frame);
        self.0.send(&frame[..len]).await
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    /// The line's, or no reply for a minute.
    pub async fn hears(&mut self) -> Result<Said, FramesError> {
        loop {
            let waiting = timeout(Duration::from_secs(60), self.0.receive());
            let frame = waiting.await.map_err(io::Error::from)??;
            match Reply::decode(frame) {
                Some(Reply::Accepted(id)) => return Ok(Said::Accepted(id)),
                Some(Reply::Refused(id, why)) => return Ok(Said::Refused(id, why.to_owned())),
                Some(Reply::Indeterminate(id)) => return Ok(Said::Indeterminate(id)),
                None => {}
            }
        }
    }
}

/// The wall time of this machine.
///
/// # Panics
/// If it does not know.
pub fn wall() -> UnixMillis {
    SystemWallClock.unix().expect("this machine knows the time")
}

/// An order to open for `lease`, from now on to be taken within a minute.
pub fn open(id: CommandId, lease: Duration) -> Message {
    let expires = wall() + secs(60);
    Message::Open { id, expires, lease }
}

/// The microseconds at the end of a line of the console.
///
/// # Panics
/// If there are none.
pub fn micros(line: &str) -> u64 {
    let last = line.rsplit(' ').next().and_then(|word| word.parse().ok());
    last.unwrap_or_else(|| panic!("a line that ends in microseconds: {line}"))
}
