//! When a replica must write its own writes anew: a wrong clock, or a double of itself.

use alloc::vec::Vec;

use gofarm_core::time::UnixMillis;

use crate::cell::{CellKind, Content};
use crate::clock::{DRIFT_BOUND, Now};
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
        let far = Timestamp::at(wall + DRIFT_BOUND);
        self.clock.restart_at(wall);
        let own = self.actor.replica();
        self.write_anew(now, |dot, stamp| {
            dot.actor().replica() == own && stamp.is_some_and(|stamp| stamp > far)
        })
    }

    /// Becomes another actor, and writes anew what this one wrote: for a replica that met its double.
    ///
    /// Two programs that run on copies of one store while it is open write under one name. A session says so
    /// by its event. The other copy must be stopped, or opened anew.
    ///
    /// Cost: O(cells).
    pub fn reincarnate(&mut self, now: Now) -> usize {
        let old = self.actor;
        self.actor = Actor::new(old.replica(), self.store.incarnation());
        self.last = 0;
        self.index.number(self.actor);
        self.write_anew(now, |dot, _| dot.actor() == old)
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
            if kept.kind() != Some(CellKind::Register) {
                continue;
            }
            let Some((dot, stamp)) = kept.winner() else {
                continue;
            };
            if !wanted(dot, Some(stamp)) {
                continue;
            }
            let stamp = self.clock.tick(now);
            let dot = Dot::new(self.actor, self.last + 1);
            let mut key = core::mem::take(&mut self.scratch.key);
            key.clear();
            field.key(place.cell, &mut key);
            self.dirty.note(place, field);
            let seen = kept.replaced(self.actor);
            let written = kept.with(|content| {
                let Content::Register { value, .. } = *content else {
                    return false;
                };
                let content = Content::Register {
                    stamp,
                    dot,
                    value,
                    seen: &seen,
                };
                self.book
                    .field_mut(place.shelf, CellKind::Register)
                    .is_some_and(|field| {
                        field.erase(place.cell);
                        field.join(&key, &content).is_ok()
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
