//! Forgetting what nobody lacks any more.
//!
//! A removed element leaves a cell behind, or a late message would bring it back. The cell may go once every
//! replica has seen the removal. So each replica publishes, as replicated state like any other, how much of
//! everybody's writes it knows without gaps; what all have seen that were heard of within the
//! [horizon](HORIZON) is *stable*. A write that does not know of a removal may still be under way from one who
//! knows of it by now: so a removed cell goes only here where all is known that the others have said they know.
//! A replica that was away for longer is not waited for. When it comes back,
//! its peers see that it lacks writes whose traces are gone, and it [adopts](crate::replica) their full
//! state, so that the dead stay dead.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::time::days;

use crate::clock::Now;
use crate::dot::{Dot, ReplicaId};
use crate::error::Malformed;
use crate::field::{Edit, Field, Pen};
use crate::map::LwwMap;
use crate::replica::book::{Birth, Book, Place};
use crate::replica::{Handle, RegisterError, Replica, signal};
use crate::state::{FieldName, Replicated};
use crate::store::Store;
use crate::timestamp::Timestamp;
use crate::value::{Reader, Sink, Value};
use crate::version_vector::VersionVector;

/// For so long a silent replica is waited for: 14 days.
pub const HORIZON: Duration = days(14);

/// The name of the state in which replicas publish what they know.
pub(crate) const MEMBERS: &str = "gofarm/members";

/// What each replica last said it knows.
#[derive(Debug, Default)]
pub(crate) struct Members {
    known: LwwMap<ReplicaId, Knowledge>,
}

const KNOWN: FieldName = FieldName::new("known");

impl Replicated for Members {
    type Edit<'a> = Edit<'a, LwwMap<ReplicaId, Knowledge>>;

    const FIELDS: &'static [FieldName] = &[KNOWN];

    fn field(&self, number: u16) -> Option<&dyn Field> {
        (number == KNOWN.number()).then_some(&self.known as &dyn Field)
    }

    fn field_mut(&mut self, number: u16) -> Option<&mut dyn Field> {
        (number == KNOWN.number()).then_some(&mut self.known as &mut dyn Field)
    }

    fn edit<'a>(&'a mut self, pen: &'a Pen<'a>) -> Self::Edit<'a> {
        pen.edit(&mut self.known, KNOWN.number())
    }
}

/// How much of everybody's writes a replica knows without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Knowledge(Vec<Dot>);

impl Knowledge {
    fn covers(&self, dot: Dot) -> bool {
        self.0
            .binary_search_by(|known| known.actor().cmp(&dot.actor()))
            .ok()
            .and_then(|at| self.0.get(at))
            .is_some_and(|known| known.counter() >= dot.counter())
    }
}

impl Value for Knowledge {
    fn encode(&self, out: &mut dyn Sink) {
        self.0.encode(out);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let dots = Vec::<Dot>::decode(input)?;
        if dots.is_sorted_by(|a, b| a.actor() < b.actor()) {
            Ok(Self(dots))
        } else {
            Err(Malformed::Invalid("the order of actors"))
        }
    }
}

/// What [`Replica::maintain`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Maintained {
    /// Cells of which nothing is left.
    pub collected: usize,
    /// Cells that wait to be seen by all.
    pub waiting: usize,
    /// Whether this replica published anew what it knows.
    pub published: bool,
}

/// The cells that may become less once they are stable.
#[derive(Debug, Default)]
pub(crate) struct Remains {
    waiting: BTreeSet<Place>,
    /// What was collected: a peer that lacks any of it has missed a removal.
    collected: VersionVector,
    is_changed: bool,
    published: Option<Timestamp>,
}

impl Remains {
    /// Notes a cell of which a part may be forgotten one day.
    pub(crate) fn wait_if_any(&mut self, book: &Book, place: Place) {
        let remains = book
            .field(place.shelf)
            .is_some_and(|field| field.has_remains(place.cell));
        if remains {
            self.waiting.insert(place);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) const fn collected(&self) -> &VersionVector {
        &self.collected
    }

    pub(super) fn collect(&mut self, dot: Dot) {
        if !self.collected.covers(dot) {
            self.collected.raise(dot);
            self.is_changed = true;
        }
    }

    /// Whether more was collected than is recorded.
    pub(crate) const fn is_changed(&self) -> bool {
        self.is_changed
    }

    pub(crate) const fn set_changed(&mut self, is_changed: bool) {
        self.is_changed = is_changed;
    }

    pub(crate) fn collected_before(&mut self, dot: Dot) {
        self.collected.raise(dot);
    }

    /// Starts anew after another state was adopted; what was collected stays collected.
    pub(crate) fn restart(&mut self) {
        self.waiting.clear();
    }
}

impl<S: Store> Replica<S> {
    /// Publishes what this replica knows, at most every `period`, and forgets what all others have seen.
    ///
    /// Call it now and then, say every minute; what it did waits for the next commit. A `period` of 6 hours
    /// costs about 20 bytes for each actor and 4 times a day, and lets removed elements go within a day of
    /// everybody having seen them. Without wall time, and with nobody else known, nothing is collected.
    ///
    /// Cost: O(cells that wait).
    ///
    /// # Errors
    /// [`RegisterError`] if the state that is published cannot be registered.
    pub fn maintain(&mut self, now: Now, period: Duration) -> Result<Maintained, RegisterError> {
        let members: Handle<Members> = self.register(MEMBERS)?;
        let mut done = Maintained {
            published: self.publish(now, period, &members),
            ..Maintained::default()
        };
        let Some(wall) = now.wall() else {
            done.waiting = self.remains.waiting.len();
            return Ok(done);
        };
        let own = self.actor.replica();
        let heard: Vec<Knowledge> = self
            .read(&members)
            .known
            .iter()
            .filter(|(replica, _)| {
                let stamp = self
                    .read(&members)
                    .known
                    .stamp(*replica)
                    .unwrap_or_default();
                **replica == own
                    || self.is_own_only
                    || wall.saturating_since(stamp.unix()) <= HORIZON
            })
            .map(|(_, knowledge)| knowledge.clone())
            .collect();
        // Whoever has seen a removal writes after it; what he wrote before must be here before the removal goes.
        let prefix = self.context.prefix();
        let is_complete = heard
            .iter()
            .flat_map(|knowledge| &knowledge.0)
            .all(|dot| prefix.covers(*dot));
        if heard.len() > 1 && is_complete {
            done.collected = self.collect(&heard);
        }
        done.waiting = self.remains.waiting.len();
        Ok(done)
    }

    fn publish(&mut self, now: Now, period: Duration, members: &Handle<Members>) -> bool {
        let due = self.remains.published.is_none_or(|last| {
            self.clock
                .last()
                .unix()
                .max(now.wall().unwrap_or_default())
                .saturating_since(last.unix())
                >= period
        });
        let known = Knowledge(self.context.prefix().iter().collect());
        let own = self.actor.replica();
        if !due || self.read(members).known.get(&own) == Some(&known) {
            return false;
        }
        self.update(now, members, |edit| edit.insert(own, known));
        self.remains.published = Some(self.clock.last());
        true
    }

    fn collect(&mut self, heard: &[Knowledge]) -> usize {
        let waiting = core::mem::take(&mut self.remains.waiting);
        let mut collected = 0;
        for place in waiting {
            if self.is_under_way(place) {
                self.remains.waiting.insert(place);
                continue;
            }
            let dots = &mut self.scratch.dots;
            dots.clear();
            self.book.dots(place, dots);
            let stable = |dot: Dot| heard.iter().all(|knowledge| knowledge.covers(dot));
            if dots.is_empty() {
                continue;
            }
            if !dots.iter().all(|dot| stable(*dot)) {
                self.remains.waiting.insert(place);
                continue;
            }
            let Some(field) = self.book.field(place.shelf) else {
                continue;
            };
            let (kind, mark) = (field.kind(), self.dirty.len());
            self.dirty.note(place, field);
            let gone = self.gone_key(place);
            let settled = self
                .book
                .field_mut(place.shelf, kind)
                .is_some_and(|field| field.settle(place.cell, &stable));
            // Whoever lacks any of these writes would keep what they ended: he must take over the full state.
            for &dot in &self.scratch.dots {
                self.remains.collect(dot);
            }
            if settled {
                collected += 1;
                self.dirty.truncate(mark);
                self.gone.extend(gone);
                if let Some(shelf) = self.book.shelf_mut(place.shelf) {
                    shelf.set_birth(place.cell, Birth::default());
                }
            }
        }
        self.observer
            .as_ref()
            .observe(&signal::COLLECTED.count(collected as u64));
        collected
    }
}
