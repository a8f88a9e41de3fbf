//! [`Emulator`]: the board in QEMU, with a thread that hears and does what it is told.

#[path = "../../../firmware/host/src/node.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is the firmware tests' too")]
mod node;
#[path = "../../../firmware/src/valve_message.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is the firmware's too")]
pub(super) mod valve_message;

use core::time::Duration;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use gofarm_core::command::CommandId;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::secs;
use gofarm_hal::serial::tokio::Frames;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use self::node::Node;
use self::valve_message::{MAX_LEN, Message, Reply};

/// Its time goes by its instructions, 64 ns each: a host that has no time for it makes it slow, never late.
const OPTIONS: [&str; 2] = ["-icount", "shift=6,sleep=on"];

type Line = Frames<TcpStream, { MAX_LEN + 2 }>;

/// What the board is to hear, or what happens to it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// A message on its line.
    Say(Message),
    /// Its power goes.
    PowerOff,
    /// Its power is back.
    PowerOn,
}

/// What came from the board.
#[derive(Debug)]
pub(super) enum Word {
    /// A line on its console.
    Console(String),
    /// A command is carried out.
    Accepted(CommandId),
    /// It is not, and why.
    Refused(CommandId, String),
    /// Nobody knows whether it was carried out.
    Indeterminate(CommandId),
    /// Its power is off; nothing more comes.
    Off,
    /// The emulator has ended.
    Gone,
}

/// A running emulator; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Emulator {
    /// There until it is dropped.
    runtime: Option<Runtime>,
    orders: UnboundedSender<Order>,
    words: Receiver<Word>,
}

impl Emulator {
    /// Starts `image`.
    pub(super) fn start(image: &Path) -> Result<Self, BoardError> {
        if !image.exists() {
            return Err(BoardError::NotBuilt(image.to_owned()));
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(BoardError::Failed)?;
        let started = runtime.block_on(async {
            let node = Node::start_image(image, &OPTIONS).await?;
            let line = node.line(1).await?;
            Ok((node, Frames::new(line)))
        });
        let (node, line) = started.map_err(|error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => BoardError::NotInstalled,
            _ => BoardError::Failed(error),
        })?;
        let (orders, to_do) = unbounded_channel();
        let (teller, words) = channel();
        runtime.spawn(serve(node, line, to_do, teller));
        Ok(Self {
            runtime: Some(runtime),
            orders,
            words,
        })
    }

    /// Has it hear or suffer something.
    pub(super) fn order(&self, order: Order) {
        let _ = self.orders.send(order); // or it has gone, which is told
    }

    /// What came next, if it comes within so long in real time.
    pub(super) fn next(&self, within: Duration) -> Option<Word> {
        self.words.recv_timeout(within).ok()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The task ends the emulator when it is dropped itself, at its next wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(secs(2));
        }
    }
}

/// Hears and does what is ordered until one side has gone.
async fn serve(
    mut node: Node,
    mut line: Line,
    mut orders: UnboundedReceiver<Order>,
    words: Sender<Word>,
) {
    loop {
        let word = tokio::select! {
            order = orders.recv() => {
                let Some(order) = order else { return };
                obey(&mut node, &mut line, order).await
            }
            said = node.said() => match said {
                Ok(text) => Ok(Some(Word::Console(text))),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => Ok(None),
                Err(error) => Err(error),
            },
            frame = line.receive() => frame.map(heard).map_err(io::Error::other),
        };
        let word = word.unwrap_or(Some(Word::Gone));
        let is_over = matches!(word, Some(Word::Gone));
        let is_told = word.is_none_or(|word| words.send(word).is_ok());
        if is_over || !is_told {
            return;
        }
    }
}

async fn obey(node: &mut Node, line: &mut Line, order: Order) -> io::Result<Option<Word>> {
    match order {
        Order::Say(message) => {
            let mut frame = [0; MAX_LEN];
            let len = message.encode(&mut frame);
            line.send(&frame[..len]).await.map_err(io::Error::other)?;
            Ok(None)
        }
        Order::PowerOff => {
            node.power_off().await?;
            Ok(Some(Word::Off))
        }
        Order::PowerOn => {
            node.reset().await?;
            node.power_on().await?;
            Ok(None)
        }
    }
}

fn heard(frame: &[u8]) -> Option<Word> {
    Some(match Reply::decode(frame)? {
        Reply::Accepted(id) => Word::Accepted(id),
        Reply::Refused(id, why) => Word::Refused(id, why.to_owned()),
        Reply::Indeterminate(id) => Word::Indeterminate(id),
    })
}

/// Why there is no board.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoardError {
    /// There is no image.
    #[error("the firmware is not built: run examples/firmware/build_mps2.sh, which makes {}", .0.display())]
    NotBuilt(PathBuf),
    /// There is no emulator.
    #[error("qemu-system-arm is not installed: run apt-get install qemu-system-arm")]
    NotInstalled,
    /// The emulator failed.
    #[error("the emulator of the board failed: {0}")]
    Failed(io::Error),
    /// The firmware does not do what it does after a start.
    #[error("the firmware in the emulator did not start")]
    Silent,
}

impl Classify for BoardError {
    fn kind(&self) -> Kind {
        match self {
            Self::NotBuilt(_) | Self::NotInstalled => Kind::Permanent,
            Self::Failed(error) => Classify::kind(error),
            Self::Silent => Kind::TimedOut,
        }
    }
}
