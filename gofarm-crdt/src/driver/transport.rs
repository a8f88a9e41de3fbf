//! [`Transport`]: the least that a link must do.

use core::error::Error;
use core::future::Future;

use alloc::vec::Vec;

use gofarm_core::error::Classify;

/// A link to one peer that carries frames, or loses them.
///
/// A session expects nothing of its link but that a frame which arrives has not been changed: frames may be lost,
/// repeated and overtake each other. So a transport sends nothing again and keeps nothing for later. What it must do
/// is know who is at the other end: [`PeerIdentity`](crate::sync::PeerIdentity) rests on it.
///
/// ```
/// use gofarm_crdt::driver::{Arrival, Transport};
///
/// /// A cable that is cut: everything is lost.
/// struct Cut;
/// impl Transport for Cut {
///     type Error = core::convert::Infallible;
///     async fn send(&mut self, _: &[u8]) -> Result<(), Self::Error> {
///         Ok(())
///     }
///     async fn receive(&mut self) -> Result<Arrival, Self::Error> {
///         core::future::pending().await
///     }
/// }
/// ```
pub trait Transport: Send {
    /// Why the link is over, for good; a lost frame or connection is not an error.
    type Error: Classify + Error + Send + 'static;

    /// Sends a frame or loses it.
    ///
    /// It may wait while the link is slow, never for the peer to receive: two peers that send at the same time
    /// must not wait for each other. What does not fit is lost.
    ///
    /// # Errors
    /// When nothing will ever be sent again.
    fn send(&mut self, frame: &[u8]) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Waits for the next arrival. Dropping the future loses nothing.
    ///
    /// What arrives while nobody waits is kept, at least 128 frames of it; what is beyond may be lost.
    ///
    /// # Errors
    /// When nothing will ever arrive again.
    fn receive(&mut self) -> impl Future<Output = Result<Arrival, Self::Error>> + Send;
}

/// What a [`Transport`] received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A frame of the peer.
    Frame(Vec<u8>),
    /// The link is back after a break: both sides greet at once, instead of when a timer runs out.
    Returned,
}

impl<X: Transport> Transport for &mut X {
    type Error = X::Error;

    fn send(&mut self, frame: &[u8]) -> impl Future<Output = Result<(), Self::Error>> + Send {
        (**self).send(frame)
    }

    fn receive(&mut self) -> impl Future<Output = Result<Arrival, Self::Error>> + Send {
        (**self).receive()
    }
}
