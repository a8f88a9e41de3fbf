//! Hearing of changes: [`Replica::watch`](crate::Replica::watch).
//!
//! A screen, a rule or an upload wants to know when a valve changes, whoever changed it, and must not be
//! flooded by a meter that is written 50 times in a second. So changes of one key are merged for 100 ms; a key
//! that comes or goes is told at once, and so is every change of a field that was named as
//! [never held](WatchOptions::never_held). An event says *that* a key changed and not to what: the subscriber
//! reads the replica, which has the value of now. Events are about states, not a log: of several changes
//! between two polls the subscriber hears the sum.
//!
//! # The subscriber's contract
//! - After each commit, and at the time that [`poll_watch_timeout`] says, call [`poll_change`] until it gives
//!   nothing.
//! - [`WatchEvent::Resync`]: read everything under the prefix anew, drop what is not there any more, then go
//!   on. It is the first event of a new watch.
//! - [`WatchEvent::Changed`]: read this key anew, or drop it if it was [`Deleted`](What::Deleted).
//! - Keep the event's [`Mark`] once it was handled. [`watch_from`] goes on after it. If the mark is of another
//!   run of the replica, or too much has changed since, the watch starts with a resync.
//! - Events may repeat and may bring nothing new: a key may be `Created` that was read before, or `Deleted`
//!   that was never seen. Each of them is right to handle at any time.
//!
//! # What is told when
//! Everything is told after the commit that made it durable, whether it was written here or merged. Held
//! changes are due 100 ms after the first of them, by the time that was given with the last write or merge
//! before its commit. Further changes of the key do not put it off.
//!
//! | since the last event of this key | told |
//! |---|---|
//! | updates | one `Updated`, when due |
//! | created, perhaps updated | one `Created`, at once |
//! | perhaps updated, deleted | one `Deleted`, at once; the held update is dropped |
//! | deleted, created again | one `Updated`, at once |
//! | created, deleted | one `Deleted`, at once: who read the replica in between has seen the key |
//!
//! # What it costs
//! A subscriber that does not poll costs one entry for each key, up to its
//! [capacity](WatchOptions::capacity); beyond that the entries are dropped for one resync. For marks, a replica
//! remembers the last 1 000 changes from the first watch on. Without any watch ever made it remembers nothing.
//!
//! What it does not do: it does not hand out values, it does not tell who wrote (the field knows), it does not
//! tell of cells that this program's type cannot read, and of a state that was not yet
//! [registered](crate::Replica::register) it can only tell what the cells say without a type. Registering
//! tells nothing. The members' state that replicas publish among themselves is a state like others, named
//! `gofarm/members`: the empty prefix watches that too.
//!
//! [`poll_change`]: crate::Replica::poll_change
//! [`poll_watch_timeout`]: crate::Replica::poll_watch_timeout
//! [`watch_from`]: crate::Replica::watch_from

use alloc::boxed::Box;
use core::fmt;

use crate::dot::Actor;
use crate::error::Malformed;
use crate::value::Value;

mod options;
mod pending;
mod record;
mod subscription;
mod watches;

pub use options::WatchOptions;

pub(crate) use pending::CellChange;
pub(crate) use subscription::Due;
pub(crate) use watches::{Report, Watches};

/// A subscription of one replica; given back with [`unwatch`](crate::Replica::unwatch).
///
/// Dropped without that, it stays and costs its [capacity](WatchOptions::capacity) at most.
#[derive(Debug, PartialEq, Eq, Hash)]
#[must_use = "a watch that nobody polls only costs memory"]
pub struct Watch {
    pub(crate) id: u64,
    pub(crate) owner: Actor,
}

/// What a subscriber must do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a subscriber that passes one over is wrong for ever"
)]
pub enum WatchEvent {
    /// Read everything under the prefix anew; afterwards all is applied up to this mark.
    Resync(Mark),
    /// Read one key anew.
    Changed(Changed),
}

impl WatchEvent {
    /// Up to where a subscriber has applied everything once it handled this event.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        match self {
            Self::Resync(mark) => *mark,
            Self::Changed(changed) => changed.mark,
        }
    }
}

/// One key that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub(crate) state: Box<str>,
    pub(crate) field: u16,
    pub(crate) key: Box<[u8]>,
    pub(crate) what: What,
    pub(crate) mark: Mark,
}

impl Changed {
    /// The name of the state.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The number of the field; see [`FieldName`](crate::FieldName).
    #[must_use]
    pub const fn field(&self) -> u16 {
        self.field
    }

    /// The key in the field, as the field's type has it: the element of a set, the key of a map.
    ///
    /// # Errors
    /// [`Malformed`] if it is not a `K`; a field of one value has the empty key, which is the key `()`.
    pub fn key<K: Value>(&self) -> Result<K, Malformed> {
        K::from_bytes(&self.key)
    }

    /// The key as it is encoded; empty for a field of one value.
    #[must_use]
    pub const fn key_bytes(&self) -> &[u8] {
        &self.key
    }

    /// What happened to the key since the subscriber's mark.
    #[must_use]
    pub const fn what(&self) -> What {
        self.what
    }

    /// Up to where a subscriber has applied everything once it handled this event.
    ///
    /// Keys that are held back keep it from moving: a watch that goes on from here tells them again.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        self.mark
    }
}

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "a subscriber must tell all of them apart"
)]
pub enum What {
    /// A reader finds something under it and did not before.
    Created,
    /// It may have another value than before.
    Updated,
    /// A reader finds nothing under it any more.
    Deleted,
}

/// A place in the sequence of a replica's commits, up to which a subscriber has applied everything.
///
/// It is worth something to the same run of the same replica only; any other answers it with a resync.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::watch::Mark;
///
/// let mark = Mark::new(Actor::new(ReplicaId::new(7), 0x5eed), 42);
/// assert_eq!(mark.to_string(), "0000000000000007/00005eed@42");
/// assert_eq!(Mark::new(mark.run(), mark.revision()), mark);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mark {
    run: Actor,
    revision: u64,
}

impl Mark {
    /// The mark that a subscriber kept in its parts.
    #[must_use]
    pub const fn new(run: Actor, revision: u64) -> Self {
        Self { run, revision }
    }

    /// The run of the replica: its first actor since the store was opened.
    #[must_use]
    pub const fn run(self) -> Actor {
        self.run
    }

    /// How many commits of this run are applied.
    #[must_use]
    pub const fn revision(self) -> u64 {
        self.revision
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.run, self.revision)
    }
}
