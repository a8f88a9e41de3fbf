//! [`Channel`]: a link inside one process, as short of room as a radio.
//!
//! Several replicas in one process, and tests. A queue without bounds would hide what a real link does to a peer that
//! sends too much, so this one is bounded and what does not fit is lost, and counted.
//!
//! ```
//! use gofarm_crdt::driver::{Arrival, Transport, channel};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let (mut here, mut there) = channel::pair(128);
//! here.send(b"frame").await?;
//! assert_eq!(there.receive().await?, Arrival::Frame(b"frame".to_vec()));
//! assert_eq!(here.traffic().frames(), 1);
//! # Ok::<(), channel::Closed>(())
//! # })?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use alloc::vec::Vec;

use gofarm_core::error::{Classify, Kind};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::traffic::Traffic;
use super::transport::{Arrival, Transport};

/// One end of a link between two replicas of this process; see the [module](self) for an example.
#[derive(Debug)]
pub struct Channel {
    outgoing: mpsc::Sender<Vec<u8>>,
    incoming: mpsc::Receiver<Vec<u8>>,
    traffic: Traffic,
}

/// Two ends of one link that holds `frames` frames in each direction, at least 1.
#[must_use]
pub fn pair(frames: usize) -> (Channel, Channel) {
    let (to_there, from_here) = mpsc::channel(frames.max(1));
    let (to_here, from_there) = mpsc::channel(frames.max(1));
    let end = |outgoing, incoming| Channel {
        outgoing,
        incoming,
        traffic: Traffic::new(),
    };
    (end(to_there, from_there), end(to_here, from_here))
}

impl Channel {
    /// What was sent from this end so far.
    #[must_use]
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }
}

impl Transport for Channel {
    type Error = Closed;

    async fn send(&mut self, frame: &[u8]) -> Result<(), Closed> {
        match self.outgoing.try_send(frame.to_vec()) {
            Ok(()) => self.traffic.sent(frame.len()),
            Err(TrySendError::Full(_)) => self.traffic.lost(),
            Err(TrySendError::Closed(_)) => return Err(Closed),
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<Arrival, Closed> {
        self.incoming.recv().await.map(Arrival::Frame).ok_or(Closed)
    }
}

/// The other end was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the other end of the channel was dropped")]
pub struct Closed;

impl Classify for Closed {
    fn kind(&self) -> Kind {
        Kind::Permanent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_fit_is_lost_and_counted() {
        let (mut here, mut there) = pair(2);
        for n in 0..5 {
            here.send(&[n; 10]).await.unwrap();
        }
        let traffic = here.traffic();
        assert_eq!(
            (traffic.frames(), traffic.bytes(), traffic.losses()),
            (2, 20, 3)
        );
        for n in 0..2 {
            assert_eq!(there.receive().await, Ok(Arrival::Frame(vec![n; 10])));
        }
    }

    #[tokio::test]
    async fn a_dropped_end_closes_the_other() {
        let (mut here, there) = pair(2);
        drop(there);
        assert_eq!(here.send(b"frame").await, Err(Closed));
        assert_eq!(here.receive().await, Err(Closed));
    }
}
