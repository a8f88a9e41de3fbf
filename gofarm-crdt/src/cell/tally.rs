//! The cell of kind [`CellKind::Tally`].

use core::fmt;

use crate::capacity::{Capacity, List};
use crate::cell::lattice::{Lattice, Met, Present, change, check_dots, other_kind};
use crate::cell::{CellKind, CellWriter, Content, Slot};
use crate::dot::{Actor, Dot};
use crate::error::{Full, Malformed};
use crate::field::{Change, JoinError};

/// What each writer counted.
pub(crate) struct Tally<C: Capacity> {
    // Sorted by actor.
    slots: C::Few<Slot>,
}

impl<C: Capacity> Tally<C> {
    /// The increments and the decrements that no reset has seen.
    pub(crate) fn totals(&self) -> (u128, u128) {
        let slots = self.slots.as_slice().iter();
        slots.fold((0, 0), |(up, down), slot| {
            let (more_up, more_down) = net(slot);
            (up + u128::from(more_up), down + u128::from(more_down))
        })
    }

    /// Whether a write of `actor` has room.
    pub(crate) fn admits(&self, actor: Actor) -> Result<(), Full> {
        if self.slots.room() > 0 || self.find(actor).is_ok() {
            Ok(())
        } else {
            Err(Full {
                limit: self.slots.as_slice().len(),
            })
        }
    }

    /// Counts locally; the totals of a writer end at 2^64 - 1. The actor must have been
    /// [admitted](Self::admits).
    pub(crate) fn add(&mut self, up: u64, down: u64, dot: Dot) {
        let is_first = self.find(dot.actor()).is_err();
        let taken = self.take_over(dot.actor(), is_first);
        if let Some(slot) = self.sign(dot) {
            slot.up = slot.up.saturating_add(taken.up).saturating_add(up);
            slot.down = slot.down.saturating_add(taken.down).saturating_add(down);
            slot.up_reset = slot.up_reset.saturating_add(taken.up_reset);
            slot.down_reset = slot.down_reset.saturating_add(taken.down_reset);
        }
    }

    /// Takes back what earlier incarnations of a replica counted, for its present one to count: so a device
    /// that restarts every day needs two slots and not one for each day. What an earlier one counted that is
    /// not known here stays in its slot.
    fn take_over(&mut self, actor: Actor, is_first: bool) -> Slot {
        let mut taken = empty(Dot::new(actor, 0));
        for slot in self.slots.as_mut_slice() {
            let earlier = slot.dot.actor();
            let is_own = earlier.replica() == actor.replica() && earlier != actor;
            if is_own && (is_first || counts(slot)) {
                taken.up = taken.up.saturating_add(slot.up);
                taken.down = taken.down.saturating_add(slot.down);
                // A slot may say that more was taken back than it counts: its count was adopted without it.
                taken.up_reset = taken.up_reset.saturating_add(slot.up_reset.min(slot.up));
                taken.down_reset =
                    (taken.down_reset).saturating_add(slot.down_reset.min(slot.down));
                raise(&mut slot.up_reset, slot.up);
                raise(&mut slot.down_reset, slot.down);
            }
        }
        taken
    }

    /// Whether a later incarnation of the same replica has taken over all that is counted in this slot.
    fn is_taken_over(&self, slot: &Slot) -> bool {
        !counts(slot)
            && self.slots.as_slice().iter().any(|later| {
                let (new, old) = (later.dot.actor(), slot.dot.actor());
                new.replica() == old.replica()
                    && new != old
                    && (later.up >= slot.up && later.down >= slot.down)
                    && (later.up, later.down) != (slot.up, slot.down)
            })
    }

    /// Takes back all that is counted here, of all writers. The actor must have been
    /// [admitted](Self::admits).
    #[cfg(feature = "alloc")]
    pub(crate) fn reset(&mut self, dot: Dot) {
        self.sign(dot);
        for slot in self.slots.as_mut_slice() {
            raise(&mut slot.up_reset, slot.up);
            raise(&mut slot.down_reset, slot.down);
        }
    }

    /// The slot of a writer, with this dot.
    fn sign(&mut self, dot: Dot) -> Option<&mut Slot> {
        let at = match self.find(dot.actor()) {
            Ok(at) => at,
            Err(at) => {
                let done = self.slots.insert(at, empty(dot));
                debug_assert!(done.is_ok(), "the writer was admitted");
                at
            }
        };
        let slot = self.slots.as_mut_slice().get_mut(at)?;
        slot.dot = dot;
        Some(slot)
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn find(&self, actor: Actor) -> Result<usize, usize> {
        self.slots
            .as_slice()
            .binary_search_by(|slot| slot.dot.actor().cmp(&actor))
    }
}

const fn empty(dot: Dot) -> Slot {
    Slot {
        dot,
        up: 0,
        down: 0,
        up_reset: 0,
        down_reset: 0,
    }
}

/// Whether its net is not zero.
#[cfg_attr(target_os = "none", inline(never))]
const fn counts(slot: &Slot) -> bool {
    slot.up > slot.up_reset || slot.down > slot.down_reset
}

/// Raises a number to another; whether it was less.
#[cfg_attr(target_os = "none", inline(never))]
const fn raise(ours: &mut u64, theirs: u64) -> bool {
    let is_less = *ours < theirs;
    if is_less {
        *ours = theirs;
    }
    is_less
}

const fn net(slot: &Slot) -> (u64, u64) {
    (
        slot.up.saturating_sub(slot.up_reset),
        slot.down.saturating_sub(slot.down_reset),
    )
}

impl<C: Capacity> Present for Tally<C> {
    fn is_present(&self) -> bool {
        self.slots.as_slice().iter().any(counts)
    }
}

impl<C: Capacity> Lattice for Tally<C> {
    fn kind(&self) -> CellKind {
        CellKind::Tally
    }

    fn is_empty(&self) -> bool {
        self.slots.as_slice().is_empty()
    }

    fn write(&self, out: &mut dyn CellWriter) {
        if !self.is_empty() {
            out.tally(self.slots.as_slice());
        }
    }

    fn dots(&self, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        self.slots.as_slice().iter().all(|slot| each(slot.dot))
    }

    fn join(&mut self, content: &Content<'_>) -> Result<Met, JoinError> {
        let Content::Tally(theirs) = *content else {
            return Err(other_kind(CellKind::Tally, content));
        };
        if theirs.is_empty() {
            return Err(Malformed::Invalid("a cell without a write").into());
        }
        check_dots(theirs.iter().map(|slot| slot.dot))?;
        let new = theirs
            .iter()
            .filter(|slot| self.find(slot.dot.actor()).is_err())
            .count();
        if new > self.slots.room() {
            return Err(JoinError::Full(Full {
                limit: self.slots.as_slice().len() + self.slots.room(),
            }));
        }
        let before = self.is_present();
        let (mut any, mut other) = (false, false);
        for theirs in theirs {
            let at = match self.find(theirs.dot.actor()) {
                Ok(at) => at,
                Err(at) => {
                    self.slots
                        .insert(at, empty(Dot::new(theirs.dot.actor(), 0)))?;
                    at
                }
            };
            if let Some(slot) = self.slots.as_mut_slice().get_mut(at) {
                let was = net(slot);
                let mut is_news = slot.dot < theirs.dot;
                if is_news {
                    slot.dot = theirs.dot;
                }
                is_news |= raise(&mut slot.up, theirs.up);
                is_news |= raise(&mut slot.down, theirs.down);
                is_news |= raise(&mut slot.up_reset, theirs.up_reset);
                is_news |= raise(&mut slot.down_reset, theirs.down_reset);
                any |= is_news;
                other |= is_news && net(slot) != was;
            }
        }
        Ok(Met {
            change: if any {
                change(before, self.is_present(), other)
            } else {
                Change::None
            },
            conflict: None,
        })
    }

    fn has_remains(&self) -> bool {
        let slots = self.slots.as_slice();
        slots.iter().any(|slot| self.is_taken_over(slot))
    }

    // The slot of a writer's present incarnation is never forgotten: it would count from 0, in vain until it
    // is again where others remember it.
    fn settle(&mut self, stable: &dyn Fn(Dot) -> bool) -> bool {
        if self.dots(&mut |dot| stable(dot)) {
            let mut at = 0;
            while let Some(slot) = self.slots.as_slice().get(at) {
                if self.is_taken_over(slot) {
                    self.slots.remove(at);
                } else {
                    at += 1;
                }
            }
        }
        self.is_empty()
    }
}

impl<C: Capacity> Default for Tally<C> {
    fn default() -> Self {
        Self {
            slots: Default::default(),
        }
    }
}

impl<C: Capacity> Clone for Tally<C> {
    fn clone(&self) -> Self {
        Self {
            slots: super::clone_list(&self.slots),
        }
    }
}

impl<C: Capacity> fmt::Debug for Tally<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.slots.as_slice()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::Fixed;
    use crate::dot::ReplicaId;

    fn dot(replica: u64, incarnation: u32, counter: u64) -> Dot {
        Dot::new(Actor::new(ReplicaId::new(replica), incarnation), counter)
    }

    #[test]
    fn a_replica_that_restarts_every_day_needs_few_slots() {
        let mut tally = Tally::<Fixed<4>>::default();
        tally.add(7, 0, dot(9, 1, 1));
        for day in 1..=1_000 {
            // Incarnations are drawn at random: their order says nothing.
            let incarnation = day * 2_654_435_761_u64 % 4_294_967_291;
            let incarnation = u32::try_from(incarnation).unwrap_or_default();
            tally.add(2, 1, dot(1, incarnation, 1));
            assert_eq!(tally.totals(), (7 + 2 * u128::from(day), u128::from(day)));
            tally.settle(&|_| true);
            assert_eq!(tally.slots.len(), 2, "day {day}");
        }
    }

    #[test]
    fn what_a_lost_incarnation_counted_is_neither_lost_nor_counted_twice() {
        // A backup from when 100 were counted is restored; others know 150 by then.
        let mut others = Tally::<Fixed<4>>::default();
        others.add(150, 0, dot(1, 5, 2));
        let mut restored = Tally::<Fixed<4>>::default();
        restored.add(100, 0, dot(1, 5, 1));
        restored.add(1, 0, dot(1, 3, 1));
        assert_eq!(restored.totals(), (101, 0));
        let mut content = slots(&restored);
        others.join(&Content::Tally(&content)).expect("room");
        assert_eq!(others.totals(), (151, 0));
        content = slots(&others);
        restored.join(&Content::Tally(&content)).expect("room");
        assert_eq!(restored.totals(), (151, 0));
        restored.add(1, 0, dot(1, 3, 2));
        assert_eq!(restored.totals(), (152, 0));
    }

    #[test]
    fn a_reset_that_arrived_without_its_count_lowers_nothing_that_is_taken_over() {
        // An adoption kept what a reset took back of incarnation 5, but not what it had counted.
        let mut tally = Tally::<Fixed<4>>::default();
        let half = Slot {
            up_reset: 515,
            ..empty(dot(1, 5, 2))
        };
        tally.join(&Content::Tally(&[half])).expect("room");
        tally.add(7, 0, dot(1, 3, 1));
        assert_eq!(tally.totals(), (7, 0));
        // The count comes by another way: it stays taken back, and the new one is not counted twice.
        let whole = Slot { up: 515, ..half };
        tally.join(&Content::Tally(&[whole])).expect("room");
        tally.add(1, 0, dot(1, 3, 2));
        assert_eq!(tally.totals(), (8, 0));
    }

    fn slots(tally: &Tally<Fixed<4>>) -> heapless::Vec<Slot, 4> {
        tally.slots.clone()
    }
}
