//! A gateway of tokio at the other end of a node's line.

use gofarm_core::time::{Clock, Instant, SystemClock, SystemWallClock, UnixMillis, WallClock};
use gofarm_crdt::clock::Now;
use gofarm_crdt::driver::{Arrival, Transport};
use gofarm_hal::serial::tokio::{Frames, FramesError};
use tokio::net::TcpStream;

/// A session's frames on a node's line.
pub struct Wire(Frames<TcpStream, 128>);

impl Wire {
    /// Frames over `stream`.
    pub fn new(stream: TcpStream) -> Self {
        Self(Frames::new(stream))
    }
}

impl Transport for Wire {
    type Error = FramesError;

    async fn send(&mut self, frame: &[u8]) -> Result<(), FramesError> {
        self.0.send(frame).await
    }

    async fn receive(&mut self) -> Result<Arrival, FramesError> {
        Ok(Arrival::Frame(self.0.receive().await?.to_vec()))
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
