//! Concurrent writes that met: [`Conflict`].
//!
//! Two people set the same valve while the link was down. Somebody's write is not in force, and nobody
//! erred: the later time-stamp decided. Whoever lost must be able to find out, see both values, and have it
//! the other way. So a replica keeps a list of what met here, with both writers, both times and both values.
//!
//! What a field does about concurrent writes is a choice of its type, made where the field is declared:
//!
//! | policy | type | reading gives |
//! |---|---|---|
//! | last writer | [`Lww`](crate::Lww) | the one with the later time-stamp; the other is listed here |
//! | keep all | [`MvRegister`](crate::MvRegister) | all of them, until somebody writes again |
//! | custom | [`Merged`](crate::Merged) | what your function makes of them |
//! | ask a person | [`Asked`](crate::Asked) | the last agreed value, until a person approves one |
//!
//! The list is this replica's: it has what met *here*. A peer that was given the outcome of a meeting elsewhere has nothing
//! to list, so two writers of an `Lww` may find their conflict on one side only. Decisions of the last three are
//! replicated state.
//!
//! An [`Asked`](crate::Asked) that waits for a person is listed as well. What is stored of it is more than the bare value:
//! tell fields apart by their name before reading one with [`Written::value`].

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::dot::Dot;
use crate::error::Malformed;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// Names a conflict within this run of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConflictId(u64);

/// One of the writes that met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub(crate) dot: Dot,
    pub(crate) stamp: Option<Timestamp>,
    pub(crate) value: Option<Vec<u8>>,
}

impl Written {
    /// The write: its writer and number.
    #[must_use]
    pub const fn dot(&self) -> Dot {
        self.dot
    }

    /// When it was written; of a multi-value register the value itself says so.
    #[must_use]
    pub const fn stamp(&self) -> Option<Timestamp> {
        self.stamp
    }

    /// The value; nothing if the write was a removal.
    ///
    /// # Errors
    /// [`Malformed`] if it is not a `T`.
    pub fn value<T: Value>(&self) -> Result<Option<T>, Malformed> {
        self.value.as_deref().map(T::from_bytes).transpose()
    }
}

/// Two writes of one value, neither of which knew of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub(crate) id: ConflictId,
    pub(crate) state: String,
    pub(crate) field: u16,
    pub(crate) key: Vec<u8>,
    pub(crate) here: Written,
    pub(crate) came: Written,
}

impl Conflict {
    /// Its name within this run of the replica.
    #[must_use]
    pub const fn id(&self) -> ConflictId {
        self.id
    }

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

    /// The encoded key in the field; empty for a field of one value.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The write that was here.
    #[must_use]
    pub const fn here(&self) -> &Written {
        &self.here
    }

    /// The write that came.
    #[must_use]
    pub const fn came(&self) -> &Written {
        &self.came
    }

    /// The write in force since, if one of them is: the later of two writes to a register.
    #[must_use]
    pub fn winner(&self) -> Option<&Written> {
        let (here, came) = (self.here.stamp?, self.came.stamp?);
        Some(if (came, self.came.dot) > (here, self.here.dot) {
            &self.came
        } else {
            &self.here
        })
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} field {:#06x}", self.state, self.field)?;
        for (what, written) in [(": here ", &self.here), (", came ", &self.came)] {
            f.write_str(what)?;
            match &written.value {
                Some(value) => {
                    for byte in value {
                        write!(f, "{byte:02x}")?;
                    }
                }
                None => f.write_str("removed")?,
            }
            write!(f, " by {}", written.dot)?;
            if let Some(stamp) = written.stamp {
                write!(f, " at {stamp}")?;
            }
        }
        Ok(())
    }
}

/// What a person decides about a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum Resolution {
    /// What is in force stays; the conflict leaves the list.
    Accept,
    /// This write comes into force again, as a new write of this replica; it may be reversed by another.
    Keep(Dot),
}

/// The latest conflicts, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Conflicts {
    list: VecDeque<Conflict>,
    last: u64,
    dropped: u64,
}

impl Conflicts {
    /// How many are kept; the oldest goes first.
    pub(crate) const MOST: usize = 1_000;

    pub(crate) fn next_id(&mut self) -> ConflictId {
        self.last += 1;
        ConflictId(self.last)
    }

    pub(crate) fn push(&mut self, conflict: Conflict) {
        // The same two writes meet again when a frame is repeated.
        let same = |other: &Conflict| {
            let dots = (conflict.here.dot, conflict.came.dot);
            (other.here.dot, other.came.dot) == dots || (other.came.dot, other.here.dot) == dots
        };
        if self.list.iter().any(same) {
            return;
        }
        if self.list.len() == Self::MOST {
            self.list.pop_front();
            self.dropped += 1;
        }
        self.list.push_back(conflict);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Conflict> {
        self.list.iter()
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(crate) fn get(&self, id: ConflictId) -> Option<&Conflict> {
        self.list.iter().find(|conflict| conflict.id == id)
    }

    pub(crate) fn remove(&mut self, id: ConflictId) {
        self.list.retain(|conflict| conflict.id != id);
    }
}
