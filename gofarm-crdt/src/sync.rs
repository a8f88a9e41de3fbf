//! placeholder

mod check;
mod dictionary;
mod error;
mod event;
mod frame;
mod hello;
mod item;
mod limits;
mod outgoing;
mod peer_identity;
mod received;
mod round_trip;
mod session;

pub use check::check;
pub use error::FrameError;
pub use event::{Event, PeerRefusal};
pub use limits::Limits;
pub use peer_identity::PeerIdentity;
pub use session::Session;

/// The version of the protocol.
pub const VERSION: u8 = 1;
