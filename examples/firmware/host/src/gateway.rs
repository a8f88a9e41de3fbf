//! A gateway of tokio at the other end of a node's line.

use std::convert::Infallible;

use gofarm_core::time::{Clock, Instant, SystemClock, SystemWallClock, UnixMillis, WallClock};
use gofarm_crdt::clock::Now;
use gofarm_crdt::driver::{Arrival, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Frames over a stream of bytes, as `gofarm_hal::serial::Frames` writes them; a broken stream loses them.
pub struct Wire {
    stream: TcpStream,
    inbox: Vec<u8>,
}

impl Wire {
    /// Frames over `stream`.
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            inbox: Vec::new(),
        }
    }
}

impl Transport for Wire {
    type Error = Infallible;

    async fn send(&mut self, frame: &[u8]) -> Result<(), Infallible> {
        let mut encoded = cobs::encode_vec(frame);
        encoded.push(0);
        let _ = self.stream.write_all(&encoded).await;
        Ok(())
    }

    async fn receive(&mut self) -> Result<Arrival, Infallible> {
        loop {
            while let Some(end) = self.inbox.iter().position(|&byte| byte == 0) {
                let encoded: Vec<u8> = self.inbox.drain(..=end).collect();
                if let Ok(frame) = cobs::decode_vec(&encoded[..end]) {
                    return Ok(Arrival::Frame(frame));
                }
            }
            match self.stream.read_buf(&mut self.inbox).await {
                Ok(len) if len > 0 => {}
                _ => std::future::pending().await,
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
