//! Effects that happen once: a durable [`Outbox`], a durable [`Inbox`], and what "exactly once" can mean.
//!
//! A message that must have an effect is lost in two ways: it was never written down before the crash, or it was
//! sent, and the sender crashed before it knew. The usual answer is to send again, and then the effect happens twice.
//! Both machines here keep their state as records of the same [`Store`](crate::store::Store) as the replica's, and
//! hand those records out, so that *one* commit holds a change of state, the effect that follows from it
//! and the message that caused it.
//!
//! # What exactly once means
//!
//! - *Between two replicas*: the [`Outbox`] repeats an effect until [`Outbox::done`]; the [`Inbox`] takes each id
//!   once. If the receiver's change of state is in the commit that holds the inbox, the state changes exactly once,
//!   whatever is lost, repeated or reordered and wherever either side crashes.
//! - *On the world* (a pulse to a valve, an e-mail), nobody can promise it: a crash between the pulse and the
//!   note about it leaves both possible. Such an effect is begun with [`Outbox::begin`], the note is made durable
//!   *before* the effect, and a crash in between ends as [`Phase::Indeterminate`]: it is shown, never run again by
//!   itself, and somebody who looked decides with [`Outbox::done`] or [`Outbox::again`]. So it happens at most once,
//!   and if it is not known to have happened, that is known.
//!
//! Ids are [`Dot`](crate::dot::Dot)s of this opening of the store, as those of the replica's writes. So a restored
//! backup gives no id a second time: a receiver cannot mistake a new effect for an old one.
//!
//! ```
//! use gofarm_crdt::dot::{Actor, ReplicaId};
//! use gofarm_crdt::journal::{Inbox, Limits, Outbox, Reception};
//! use gofarm_crdt::store::{MemoryStore, Store};
//!
//! let mut gateway = MemoryStore::new(ReplicaId::new(1), 0);
//! let mut outbox = Outbox::open(&mut gateway, 0, Limits::new())?;
//! let id = outbox.push(b"irrigate block 7")?;
//! outbox.commit(&mut gateway)?; // with the replica: its commit chains `outbox.records()`
//!
//! let mut field = MemoryStore::new(ReplicaId::new(2), 0);
//! let mut inbox = Inbox::open(&mut field, 0, Limits::new())?;
//! for effect in outbox.pending() {
//!     for _ in 0..2 { // the link repeats
//!         let reception = inbox.accept(effect.id(), outbox.floor(effect.id().actor()))?;
//!         if reception == Reception::New { /* change the state */ }
//!     }
//! }
//! inbox.commit(&mut field)?; // the change of state in the same commit; only then acknowledge
//! outbox.done(id);
//! outbox.commit(&mut gateway)?;
//! assert_eq!(outbox.pending().count(), 0);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! What this does not do: it sends nothing and waits for nothing (a driver does both), and it keeps the order of
//! effects only as far as the sender sends in order and the receiver takes them as they come.

mod changes;
mod command;
mod error;
mod inbox;
mod limits;
mod outbox;

pub use command::CommandJournal;
pub use error::{InboxError, OpenError, OutboxError};
pub use inbox::{Inbox, Reception};
pub use limits::Limits;
pub use outbox::{Effect, Outbox, Phase};

pub(crate) use changes::{Changes, scan};

/// The first byte of a key in [`Table::Journal`](crate::store::Table::Journal): whose record it is.
pub(crate) mod owner {
    pub(crate) const OUTBOX: u8 = b'o';
    pub(crate) const INBOX: u8 = b'i';
    pub(crate) const COMMAND: u8 = b'c';
    pub(crate) const DOUBLE_WRITE: u8 = b'd';
}
