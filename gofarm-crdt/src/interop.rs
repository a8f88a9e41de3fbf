//! From and to the crate `crdts` 7: for those who move over, one replica at a time.
//!
//! Three of its types have a counterpart here. What cannot be carried over:
//!
//! - `VClock` and [`VersionVector`]: nothing is lost.
//! - `GCounter`: `crdts` does not tell who counted, so the writers must be named; a [`GCounter`] that was
//!   reset in a map has no counterpart there.
//! - `Orswot`: removals leave nothing behind in it, so nothing of them can be carried over. Convert on one
//!   replica once all have met, and let the others take its state: two converted sets of replicas that had not
//!   met bring back what one of them removed. Removals that wait for an addition to arrive are refused. On the
//!   way there the vector of all writes whose effect the set has must be given, since an `Orswot` that claims
//!   a write it does not have deletes it elsewhere.
//!
//! The actors of `crdts` are whatever you chose; map them to [`Actor`]s before, and give each replica a new
//! incarnation after, since the converted writes keep their numbers.
//!
//! ```
//! use crdts::CmRDT;
//! use gofarm_crdt::counter::GCounter;
//! use gofarm_crdt::dot::{Actor, ReplicaId};
//!
//! let me = Actor::new(ReplicaId::new(7), 0);
//! let mut litres = crdts::GCounter::new();
//! litres.apply(litres.inc_many(me, 120));
//! assert_eq!(GCounter::try_from((&litres, &[me][..]))?.value(), 120);
//! # Ok::<(), gofarm_crdt::interop::ConvertError>(())
//! ```

use core::hash::Hash;

use alloc::vec::Vec;

use crdts::orswot::Op;
use crdts::{CmRDT, Orswot, VClock};
use gofarm_core::error::{Classify, Kind};

use crate::cell::{CellCopy, Content, Mark, Slot};
use crate::counter::GCounter;
use crate::dot::{Actor, Dot};
use crate::field::{Field, JoinError};
use crate::set::AddWinsSet;
use crate::value::Value;
use crate::version_vector::VersionVector;

/// Why a value was not converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// Writers that were not named counted a part of the sum.
    #[error("the writers named counted {named}, the sum is another")]
    UnnamedWriters {
        /// What the named ones counted.
        named: u64,
    },
    /// The counter was reset or counted down.
    #[error("the counter of {0} was reset or counted down")]
    Reset(Actor),
    /// The set holds removals that wait for what they remove.
    #[error("the set holds removals that wait for additions to arrive")]
    DeferredRemovals,
    /// The vector does not cover a write in the set.
    #[error("the write {0} is in the set, but not covered by the vector")]
    NotCovered(Dot),
    /// The converted cells do not fit, see there.
    #[error(transparent)]
    Join(#[from] JoinError),
}

impl Classify for ConvertError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

impl From<&VClock<Actor>> for VersionVector {
    fn from(clock: &VClock<Actor>) -> Self {
        dots(clock).collect()
    }
}

impl From<&VersionVector> for VClock<Actor> {
    fn from(vector: &VersionVector) -> Self {
        let mut clock = Self::new();
        for dot in vector.iter() {
            clock.apply(theirs(dot));
        }
        clock
    }
}

/// A counter and those who count in it.
impl TryFrom<(&crdts::GCounter<Actor>, &[Actor])> for GCounter {
    type Error = ConvertError;

    fn try_from(
        (counter, actors): (&crdts::GCounter<Actor>, &[Actor]),
    ) -> Result<Self, ConvertError> {
        let mut actors = actors.to_vec();
        actors.sort_unstable();
        actors.dedup();
        let counts = actors.into_iter().map(|actor| counter.inc_many(actor, 0));
        let slots: Vec<_> = counts
            .filter(|count| count.counter > 0)
            .map(|count| Slot {
                dot: Dot::new(count.actor, count.counter),
                up: count.counter,
                down: 0,
                up_reset: 0,
                down_reset: 0,
            })
            .collect();
        let named = slots.iter().map(|slot| u128::from(slot.up)).sum::<u128>();
        if u128::try_from(counter.read()) != Ok(named) {
            let named = u64::try_from(named).unwrap_or(u64::MAX);
            return Err(ConvertError::UnnamedWriters { named });
        }
        let mut converted = Self::new();
        if !slots.is_empty() {
            converted.join(&[], &Content::Tally(&slots))?;
        }
        Ok(converted)
    }
}

impl TryFrom<&GCounter> for crdts::GCounter<Actor> {
    type Error = ConvertError;

    fn try_from(counter: &GCounter) -> Result<Self, ConvertError> {
        let mut converted = Self::new();
        let mut copy = CellCopy::new();
        counter.write(0, &mut copy);
        copy.read(|content| {
            let Content::Tally(slots) = content else {
                return Ok(());
            };
            for slot in *slots {
                let actor = slot.dot.actor();
                if (slot.down, slot.up_reset, slot.down_reset) != (0, 0, 0) {
                    return Err(ConvertError::Reset(actor));
                }
                if slot.up > 0 {
                    converted.apply(converted.inc_many(actor, slot.up));
                }
            }
            Ok(())
        })
        .transpose()?;
        Ok(converted)
    }
}

impl<E: Value + Clone + Eq + Hash> TryFrom<&Orswot<E, Actor>> for AddWinsSet<E> {
    type Error = ConvertError;

    fn try_from(set: &Orswot<E, Actor>) -> Result<Self, ConvertError> {
        let mut entries = Vec::new();
        for entry in set.iter() {
            for dot in dots(&entry.rm_clock) {
                entries.push((dot, entry.val));
            }
        }
        if rebuilt(&set.clock(), &entries) != *set {
            return Err(ConvertError::DeferredRemovals);
        }
        let mut converted = Self::new();
        let mut key = Vec::new();
        for (dot, element) in entries {
            key.clear();
            element.encode(&mut key);
            let value = Some(&[][..]);
            converted.join(&key, &Content::Marks(&[Mark { dot, value }]))?;
        }
        Ok(converted)
    }
}

impl<E: Value + Clone + Eq + Hash> AddWinsSet<E> {
    /// The set as an `Orswot` that claims the writes `known`: all those whose effect this set has, and no
    /// other, or it deletes elsewhere.
    ///
    /// # Errors
    /// [`ConvertError::NotCovered`] if a write in the set is not among them.
    pub fn to_orswot(&self, known: &VersionVector) -> Result<Orswot<E, Actor>, ConvertError> {
        let mut entries = Vec::new();
        let mut key = Vec::new();
        let mut copy = CellCopy::new();
        for cell in 0..self.cells() {
            key.clear();
            copy.clear();
            self.key(cell, &mut key);
            self.write(cell, &mut copy);
            let element = E::from_bytes(&key).map_err(JoinError::from)?;
            copy.read(|content| {
                let Content::Marks(marks) = content else {
                    return Ok(());
                };
                for mark in *marks {
                    if !known.covers(mark.dot) {
                        return Err(ConvertError::NotCovered(mark.dot));
                    }
                    if mark.value.is_some() {
                        entries.push((mark.dot, element.clone()));
                    }
                }
                Ok(())
            })
            .transpose()?;
        }
        let entries: Vec<_> = entries.iter().map(|(dot, e)| (*dot, e)).collect();
        Ok(rebuilt(&known.into(), &entries))
    }
}

/// The set with this clock and these additions, and no removals that wait.
fn rebuilt<E: Clone + Eq + Hash>(clock: &VClock<Actor>, entries: &[(Dot, &E)]) -> Orswot<E, Actor> {
    let mut set = Orswot::new();
    let mut entries: Vec<_> = entries.iter().map(|(dot, e)| (*dot, Some(*e))).collect();
    entries.extend(dots(clock).map(|dot| (dot, None)));
    // A set takes the writes of each actor in order.
    entries.sort_by_key(|(dot, element)| (*dot, element.is_none()));
    for (dot, element) in entries {
        set.apply(Op::Add {
            dot: theirs(dot),
            members: element.into_iter().cloned().collect(),
        });
    }
    set
}

fn dots(clock: &VClock<Actor>) -> impl Iterator<Item = Dot> + '_ {
    clock.iter().map(|dot| Dot::new(*dot.actor, dot.counter))
}

const fn theirs(dot: Dot) -> crdts::Dot<Actor> {
    crdts::Dot {
        actor: dot.actor(),
        counter: dot.counter(),
    }
}
