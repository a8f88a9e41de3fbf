//! When a replica must write its own writes anew: a wrong clock, or a double of itself.

use alloc::vec::Vec;

use crate::cell::{Content, Mark};
use crate::clock::{HybridClock, Now};
use crate::dot::{Actor, Dot};
use crate::replica::Replica;
use crate::replica::book::Place;
use crate::replica::kept::Kept;
use crate::store::Store;
use crate::timestamp::Timestamp;

impl<S: Store> Replica<S> {
    /// Writes anew, with the time of now, what this replica wrote to registers while its clock was far ahead.
    ///
    /// Peers refuse such writes; a session says so by its event. The clock starts again at the wall time of
    /// `now`, which must be known. A peer whose own clock was as wrong, or unknown, may have taken the old
    /// writes; there the old ones win. Returns how many were written anew; they wait for the next commit.
    ///
    /// Cost: O(cells).
    pub fn restamp(&mut self, now: Now) -> usize {
        let Some(wall) = now.wall() else {
            return 0;
        };
        let far = Timestamp::at(wall + HybridClock::MAX_AHEAD);
        let own = self.actor.replica();
        let floor = self.greatest_stamp(|dot, stamp| dot.actor().replica() != own || stamp <= far);
        self.clock.restart_at(now, floor);
        self.write_anew(now, |dot, stamp| {
            dot.actor().replica() == own && stamp.is_some_and(|stamp| stamp > far)
        })
    }

    /// Becomes another actor, by 32 random bits, and writes anew what this one wrote: for a replica that met its double.
    ///
    /// Counters cannot be told apart: what both counted under one name counts once, the greater of the two.
    /// Two programs that run on copies of one store while it is open write under one name. A session says so
    /// by its event. The other copy must be stopped, or opened anew.
    ///
    /// Cost: O(cells).
    pub fn reincarnate(&mut self, now: Now, incarnation: u32) -> usize {
        let old = self.actor;
        self.actor = Actor::new(old.replica(), incarnation);
        self.last = 0;
        self.index.number(self.actor);
        self.write_anew(now, |dot, _| dot.actor() == old)
    }

    /// The greatest time-stamp of a register's winner among those that are `wanted`.
    fn greatest_stamp(&self, wanted: impl Fn(Dot, Timestamp) -> bool) -> Timestamp {
        let mut kept = Kept::default();
        let mut greatest = Timestamp::ZERO;
        for place in self.book.places() {
            kept.clear();
            if let Some(field) = self.book.field(place.shelf) {
                field.write(place.cell, &mut kept);
            }
            if let Some((dot, stamp)) = kept.winner()
                && wanted(dot, stamp)
            {
                greatest = greatest.max(stamp);
            }
        }
        greatest
    }

    fn write_anew(
        &mut self,
        now: Now,
        mut wanted: impl FnMut(Dot, Option<Timestamp>) -> bool,
    ) -> usize {
        let places: Vec<Place> = self.book.places().collect();
        let mut kept = Kept::default();
        let mut count = 0;
        for place in places {
            let Some(field) = self.book.field(place.shelf) else {
                continue;
            };
            kept.clear();
            field.write(place.cell, &mut kept);
            let Some(kind) = kept.kind() else {
                continue;
            };
            let dot = Dot::new(self.actor, self.last + 1);
            let Some(anew) = kept
                .with(|content| rewritten(content, dot, &mut wanted))
                .flatten()
            else {
                continue;
            };
            let mut key = core::mem::take(&mut self.scratch.key);
            key.clear();
            field.key(place.cell, &mut key);
            self.dirty.note(place, field);
            let stamp = self.clock.tick(now);
            let written = anew.with_stamp(stamp, |content| {
                self.book.field_mut(place.shelf, kind).is_some_and(|field| {
                    field.erase(place.cell);
                    field.join(&key, content).is_ok()
                })
            });
            self.scratch.key = key;
            if written == Some(true) {
                self.last = dot.counter();
                count += 1;
            }
        }
        count
    }
}

/// The content with a write of `dot` in the place of one that is wanted anew, if there is one.
fn rewritten(
    content: &Content<'_>,
    dot: Dot,
    wanted: &mut impl FnMut(Dot, Option<Timestamp>) -> bool,
) -> Option<Kept> {
    let mut anew = Kept::default();
    match *content {
        Content::Register {
            stamp,
            dot: winner,
            value,
            seen,
        } => {
            if !wanted(winner, Some(stamp)) {
                return None;
            }
            let mut seen: Vec<Dot> = seen.iter().copied().chain([winner]).collect();
            seen.retain(|seen| seen.actor() != dot.actor());
            seen.sort_unstable();
            anew.copy(&Content::Register {
                stamp,
                dot,
                value,
                seen: &seen,
            });
        }
        Content::Marks(marks) => {
            let old = marks.iter().find(|mark| wanted(mark.dot, None))?;
            let new = Mark {
                dot,
                value: old.value,
            };
            let mut all: Vec<Mark<'_>> = marks
                .iter()
                .filter(|mark| mark.dot.actor() != dot.actor())
                .map(|mark| Mark {
                    dot: mark.dot,
                    value: mark.value.filter(|_| mark.dot != old.dot),
                })
                .chain([new])
                .collect();
            all.sort_unstable_by_key(|mark| mark.dot);
            anew.copy(&Content::Marks(&all));
        }
        // Totals of two doubles cannot be told apart any more.
        Content::Tally(_) => return None,
    }
    Some(anew)
}
