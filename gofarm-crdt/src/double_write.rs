//! One write to two places that share no transaction: [`DoubleWrite`].
//!
//! A reading goes to the farm's database and to the cooperative's, a booking to the water authority and to the local
//! plan. Written one after the other, a crash or a refusal in between leaves them apart for ever and nobody knows. A
//! double write is written down first, in the replica's own store; each side is tried until it answers; if one
//! refuses for good, the other is undone; and if that takes longer than 300 s, a person is told.
//!
//! # What the two sides must promise
//!
//! An answer can be lost, so each call may come again. The side tells by the [`WriteId`]:
//! - to apply an id again does nothing and succeeds;
//! - to undo an id does nothing and succeeds if it is not there, and from then on this id is refused.
//!
//! Most stores do this with one table of ids. Without it no machine can keep two stores equal.
//!
//! ```
//! use gofarm_core::random::SplitMix64;
//! use gofarm_core::time::Instant;
//! use gofarm_crdt::double_write::{Action, Config, DoubleWrite, Event, WriteId};
//! use gofarm_crdt::dot::ReplicaId;
//! use gofarm_crdt::store::MemoryStore;
//!
//! let mut store = MemoryStore::new(ReplicaId::new(7), 1);
//! let mut random = SplitMix64::new(1);
//! let now = Instant::ZERO;
//! let mut double = DoubleWrite::open(now, &mut store, 0, Config::new())?;
//!
//! let id = WriteId::new(*b"booking 2026-114");
//! double.begin(now, id, b"block 7, 12 m3")?;
//! double.commit(&mut store)?;
//! while let Some(attempt) = double.poll_transmit(now) {
//!     let call = attempt.call();
//!     let answer = match call.action() {
//!         Action::Apply => Ok(()), // side `call.side()` has written `attempt.payload()`
//!         Action::Undo => Ok(()),
//!     };
//!     double.handle_outcome(now, call, answer, &mut random);
//! }
//! double.commit(&mut store)?;
//! assert_eq!(double.poll_event(), Some(Event::Written(id)));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! What it does not do: readers may see one side before the other, as there is no lock over both; and the order of
//! two writes is not kept, as one may be tried again while the other succeeds.

mod config;
mod error;
mod kept;
mod machine;
mod record;
mod side;

pub use config::Config;
pub use error::DoubleWriteError;
pub use machine::DoubleWrite;

use core::fmt;

/// The id of a double write: the same for every try, on both sides, given by whoever asked for it.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WriteId([u8; 16]);

impl WriteId {
    /// A UUID, a ULID or whatever else is unique.
    #[must_use]
    pub const fn new(id: [u8; 16]) -> Self {
        Self(id)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for WriteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// One of the two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "two places")]
pub enum Side {
    /// The first.
    First,
    /// The second.
    Second,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];
}

/// What a side is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a driver must be able to do each")]
pub enum Action {
    /// Write it.
    Apply,
    /// Take it back, because the other side has refused it.
    Undo,
}

/// A call to one side that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Call {
    id: WriteId,
    side: Side,
    action: Action,
}

impl Call {
    /// The write.
    #[must_use]
    pub const fn id(self) -> WriteId {
        self.id
    }

    /// The place.
    #[must_use]
    pub const fn side(self) -> Side {
        self.side
    }

    /// What is to be done.
    #[must_use]
    pub const fn action(self) -> Action {
        self.action
    }
}

/// A call to make now; see [`DoubleWrite::poll_transmit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a call that is not made and answered is not tried again"]
pub struct Attempt<'a> {
    call: Call,
    payload: &'a [u8],
}

impl<'a> Attempt<'a> {
    /// Which call to make, and what the answer is for.
    #[must_use]
    pub const fn call(&self) -> Call {
        self.call
    }

    /// What is to be written or taken back, as it was given.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

/// What became of a double write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "there is no third end")]
pub enum Settled {
    /// Both sides have it.
    Written,
    /// One side has refused it and neither has it.
    Compensated,
}

/// Whether a double write that was asked for is a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth answer")]
pub enum Begun {
    /// It is new.
    New,
    /// The same id is on its way; nothing was changed.
    Running,
    /// The same id came before and is settled; nothing was changed.
    Settled(Settled),
}

/// What somebody should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// Both sides have it.
    Written(WriteId),
    /// One side has refused it, and it is taken back from the other.
    Compensated {
        /// The write.
        id: WriteId,
        /// Who refused it.
        refused_by: Side,
    },
    /// For 300 s (see [`Config::tell_after`]) the two sides may have differed: a person must be told. It is still
    /// tried. After the store was opened again the time runs anew, and a person is told again.
    PersonNeeded {
        /// The write.
        id: WriteId,
        /// The side that does not answer, the first of them if neither does.
        waits_for: Side,
        /// What it is asked to do.
        action: Action,
    },
    /// A side cannot take the write back: a person must be told. It is still tried.
    UndoRefused {
        /// The write.
        id: WriteId,
        /// The side that still has it.
        side: Side,
    },
}
