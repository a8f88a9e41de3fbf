//! Two replicas catch up over whatever link there is: [`Session`].
//!
//! The link is a LoRa radio with 48-byte frames, an MQTT topic behind carrier NAT, a cable. Frames get lost, come twice,
//! come late; either side restarts in the middle; 72 hours pass without one. A session is a state machine
//! without I/O for one side of one link. Its driver hands it what came, sends what it writes, and comes back
//! when it asks:
//!
//! ```
//! use gofarm_crdt::clock::Now;
//! use gofarm_crdt::ledger::Ledger;
//! use gofarm_crdt::sync::{Event, FrameError, Session};
//!
//! fn serve<L: Ledger>(
//!     session: &mut Session<L::Capacity>,
//!     replica: &mut L,
//!     now: Now,
//!     frame: &[u8],
//!     mut send: impl FnMut(&[u8]),
//! ) -> Result<(), FrameError> {
//!     session.handle_input(replica, now, frame)?; // an error changed nothing
//!     let mut buf = [0; 1400];
//!     while let Some(len) = session.poll_transmit(replica, now, &mut buf) {
//!         send(&buf[..len]);
//!     }
//!     while let Some(event) = session.poll_event() {
//!         if event == Event::Synced { /* tell a person */ }
//!     }
//!     Ok(()) // until session.poll_timeout()
//! }
//! ```
//!
//! Poll after each frame, after each commit of the replica, and at the time-out.
//!
//! # Why this design
//!
//! - **Not a version vector for each object.** To find what a peer lacks one would walk all objects: `crdts`
//!   needs 108 ms and 10.5 MB for 20 000 changes among 100 000 devices, and so does every scheme that ships
//!   or compares whole state. Here one context for the whole replica says what a peer has, and an index by
//!   dot gives the cells it lacks: the steps are as many as the cells that are sent (a test counts them).
//! - **Not Merkle trees or range-based reconciliation.** They find differences between sets about which nothing is known:
//!   negentropy takes 7.4 kB and two round trips to find 10 + 10 differences among 10 000 items, 872 kB for
//!   1 000 + 1 000 among 100 000, and then the data is still to be sent. Replicas that number their writes know
//!   the difference from the numbers: 3 to 20 bytes for each writer, once; 8 bytes if they are equal.
//! - **Not a log of operations.** A lost or compacted operation leaves a hole for ever. What is sent here is
//!   the present state of a cell, which may be lost, repeated, reordered; a cell that was written ten times
//!   while the link was down is sent once.
//! - **Frames are acknowledged, cells are resent.** What was lost is written anew as it is then. An acknowledgement
//!   means merged and durable.
//!
//! A write that was overwritten can not be sent any more; how the peer learns of it nevertheless, and why that is safe,
//! is said in PROTOCOL.md beside the layout of every frame.
//!
//! # Figures
//!
//! A record of bool, 9-byte string and f32 in a cell that the peer knows takes 24 bytes with 1 400-byte frames, headers,
//! checks and acknowledgements included in 24.7 (tested). Two replicas that are equal exchange three greetings of
//! 41 bytes. After that a link is silent but for one greeting from each side in the
//! [keep-alive interval](Limits::keep_alive): 30 s on a local network, 5 min over MQTT, 1 h over LoRa.
//!
//! `Session<Fixed<16>, Fixed<512>>` needs no heap: 16 writers, frames and cells under way, and items of up
//! to 512 bytes in fragments; it takes at most 9 KiB on a 64-bit machine (tested).
//!
//! # What this does not do
//!
//! It does not authenticate or encrypt: the driver does, and says with [`PeerIdentity`] who is there. The check of a
//! frame finds damage, not forgery. It does not limit airtime: a driver that must wait polls later. It
//! tells a peer once in the beginning what this side has; what a third replica brings later may be offered
//! over both links, and is then received twice.

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

/// The version of the protocol; see PROTOCOL.md.
pub const VERSION: u8 = 1;
