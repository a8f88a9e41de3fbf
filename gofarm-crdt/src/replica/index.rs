//! Which cell holds which write: [`Index`].
//!
//! One list for each writer, sorted by its numbers: the writes that a peer lacks are a range of it, so that
//! a delta costs what it brings and not the size of the state. An entry is not taken out when its write is
//! replaced, which would move the rest; it is passed over, and swept out when the list has doubled.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::dot::{Actor, Dot};
use crate::replica::book::Place;

/// The number of an actor in this replica.
pub(crate) type ActorNumber = u16;

/// All writers and their writes.
#[derive(Debug, Default)]
pub(crate) struct Index {
    numbers: BTreeMap<Actor, ActorNumber>,
    actors: Vec<Actor>,
    logs: Vec<Log>,
}

/// The writes of one actor, sorted by counter.
#[derive(Debug, Default)]
struct Log {
    entries: Vec<(u64, Place)>,
    swept: usize,
}

impl Index {
    /// The number of an actor, given to it if it is new; nothing after 65 536 actors.
    pub(crate) fn number(&mut self, actor: Actor) -> Option<ActorNumber> {
        if let Some(&number) = self.numbers.get(&actor) {
            return Some(number);
        }
        let number = ActorNumber::try_from(self.actors.len()).ok()?;
        self.numbers.insert(actor, number);
        self.actors.push(actor);
        self.logs.push(Log::default());
        Some(number)
    }

    pub(crate) fn number_of(&self, actor: Actor) -> Option<ActorNumber> {
        self.numbers.get(&actor).copied()
    }

    pub(crate) fn actor(&self, number: ActorNumber) -> Option<Actor> {
        self.actors.get(usize::from(number)).copied()
    }

    /// All actors by their numbers.
    pub(crate) fn actors(&self) -> &[Actor] {
        &self.actors
    }

    /// The first actor after `after` in the order of actors.
    pub(crate) fn next_actor(&self, after: Option<Actor>) -> Option<Actor> {
        use core::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        self.numbers
            .range((from, Unbounded))
            .find(|&(_, &number)| {
                self.logs
                    .get(usize::from(number))
                    .is_some_and(|log| !log.entries.is_empty())
            })
            .map(|(&actor, _)| actor)
    }

    /// Notes that `place` holds `dot`. O(1) for a write that is the actor's latest.
    pub(crate) fn insert(&mut self, dot: Dot, place: Place) {
        let Some(log) = self
            .number(dot.actor())
            .and_then(|number| self.logs.get_mut(usize::from(number)))
        else {
            return;
        };
        let entry = (dot.counter(), place);
        if log
            .entries
            .last()
            .is_none_or(|(last, _)| *last < dot.counter())
        {
            log.entries.push(entry);
            return;
        }
        match log
            .entries
            .binary_search_by_key(&dot.counter(), |(counter, _)| *counter)
        {
            Ok(at) => {
                if let Some(slot) = log.entries.get_mut(at) {
                    *slot = entry;
                }
            }
            Err(at) => log.entries.insert(at, entry),
        }
    }

    /// The place that this dot was noted for last.
    pub(crate) fn get(&self, dot: Dot) -> Option<Place> {
        let log = self.log(dot.actor())?;
        let at = log
            .entries
            .binary_search_by_key(&dot.counter(), |(counter, _)| *counter)
            .ok()?;
        log.entries.get(at).map(|(_, place)| *place)
    }

    /// The entries of the dot's actor from it on, in order; some may be out of date.
    pub(crate) fn from(&self, dot: Dot) -> impl Iterator<Item = (Dot, Place)> + '_ {
        let entries = self
            .log(dot.actor())
            .map_or(&[][..], |log| log.entries.as_slice());
        let at = entries.partition_point(|(counter, _)| *counter < dot.counter());
        entries
            .iter()
            .skip(at)
            .map(move |&(counter, place)| (Dot::new(dot.actor(), counter), place))
    }

    /// Sweeps out entries that `live` does not want any more from lists that have doubled since the last
    /// sweep: O(1) for each insertion.
    pub(crate) fn sweep(&mut self, live: impl Fn(ActorNumber, Dot, Place) -> bool) {
        const LEAST: usize = 64;
        for ((log, &actor), number) in self.logs.iter_mut().zip(&self.actors).zip(0..) {
            if log.entries.len() < LEAST.max(log.swept.saturating_mul(2)) {
                continue;
            }
            log.entries
                .retain(|&(counter, place)| live(number, Dot::new(actor, counter), place));
            log.swept = log.entries.len();
        }
    }

    /// Notes a dot that is not noted for another place; returns whether it is noted for this one now.
    pub(crate) fn insert_if_absent(&mut self, dot: Dot, place: Place) -> bool {
        match self.get(dot) {
            Some(other) => other == place,
            None => {
                self.insert(dot, place);
                true
            }
        }
    }

    /// Takes what was read in any order; of two entries for a dot the later counts.
    pub(crate) fn build(&mut self, mut entries: Vec<(Dot, Place)>) {
        entries.sort_by_key(|(dot, _)| *dot);
        for (dot, place) in entries {
            self.insert(dot, place);
        }
    }

    /// The number of entries, live or not.
    pub(crate) fn len(&self) -> usize {
        self.logs.iter().map(|log| log.entries.len()).sum()
    }

    fn log(&self, actor: Actor) -> Option<&Log> {
        let number = *self.numbers.get(&actor)?;
        self.logs.get(usize::from(number))
    }
}
