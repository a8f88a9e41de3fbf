//! A gateway of tokio at the other end of a node's line.

use core::time::Duration;

use gofarm_core::time::{
    Clock, Instant, SystemClock, SystemWallClock, UnixMillis, WallClock, secs,
};
use gofarm_crdt::clock::Now;
use gofarm_crdt::driver::{Arrival, Transport};
use gofarm_firmware::line_frame::{COMMISSION, OF_SESSION, OF_TIME};
use gofarm_hal::serial::tokio::{Frames, FramesError};
use tokio::net::TcpStream;

/// How often the node is told what time it is, at most: it forgets in a reset.
const TELL_TIME: Duration = secs(1);

/// A session's frames on a node's line, and the time beside them.
pub struct Wire {
    frames: Frames<TcpStream, 128>,
    told: Option<Instant>,
    clocks: Clocks,
}

impl Wire {
    /// Frames over `stream`.
    pub fn new(stream: TcpStream) -> Self {
        Self {
            frames: Frames::new(stream),
            told: None,
            clocks: Clocks::default(),
        }
    }

    /// Tells the node that no command was ever sent to it; whoever installs it does that once.
    ///
    /// # Errors
    /// The line's.
    pub async fn commission(&mut self) -> Result<(), FramesError> {
        self.frames.send(COMMISSION).await
    }

    async fn tell_time(&mut self) -> Result<(), FramesError> {
        let now = self.clocks.now();
        if self.told.is_some_and(|told| now < told + TELL_TIME) {
            return Ok(());
        }
        let time = self.clocks.unix().map_or(0, UnixMillis::as_millis);
        let mut frame = vec![OF_TIME];
        frame.extend(time.to_le_bytes());
        frame.extend((!time).to_le_bytes());
        self.frames.send(&frame).await?;
        self.told = Some(now);
        Ok(())
    }
}

impl Transport for Wire {
    type Error = FramesError;

    async fn send(&mut self, frame: &[u8]) -> Result<(), FramesError> {
        self.tell_time().await?;
        let tagged: Vec<u8> = [&[OF_SESSION], frame].concat();
        self.frames.send(&tagged).await
    }

    async fn receive(&mut self) -> Result<Arrival, FramesError> {
        loop {
            // A node that was reset says something, and is told the time before anybody listens on.
            self.tell_time().await?;
            if let Some((&OF_SESSION, frame)) = self.frames.receive().await?.split_first() {
                return Ok(Arrival::Frame(frame.to_vec()));
            }
        }
    }
}

/// Both clocks of this machine.
#[derive(Clone, Debug, Default)]
pub struct Clocks(SystemClock);

impl Clocks {
    /// What both say now.
    pub fn now_both(&self) -> Now {
        Now::new(self.now(), self.unix())
    }
}

impl Clock for Clocks {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

impl WallClock for Clocks {
    fn unix(&self) -> Option<UnixMillis> {
        SystemWallClock.unix()
    }
}
