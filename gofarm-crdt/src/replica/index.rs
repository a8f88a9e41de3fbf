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

impl Log {
    /// The position of a counter, or where it would be.
    ///
    /// Counters have few gaps, so the position is at most as far from the first as the counter is, and seldom
    /// much nearer: O(1) without gaps, O(log n) with any.
    fn find(&self, counter: u64) -> Result<usize, usize> {
        let entries = self.entries.as_slice();
        let Some((first, last)) = entries.first().zip(entries.len().checked_sub(1)) else {
            return Err(0);
        };
        let ahead = counter.saturating_sub(first.0);
        let mut high = usize::try_from(ahead).map_or(last, |ahead| ahead.min(last));
        let is_after = |at: usize| entries.get(at).is_some_and(|(held, _)| *held > counter);
        let (mut low, mut step) = (high, 1);
        while low > 0 && is_after(low) {
            high = low;
            low = low.saturating_sub(step);
            step *= 2;
        }
        let part = entries.get(low..=high).unwrap_or_default();
        let found = part.binary_search_by_key(&counter, |(held, _)| *held);
        found.map(|at| low + at).map_err(|at| low + at)
    }
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
        match log.find(dot.counter()) {
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
        let at = log.find(dot.counter()).ok()?;
        log.entries.get(at).map(|(_, place)| *place)
    }

    /// The entries of the dot's actor from it on, in order; some may be out of date.
    pub(crate) fn from(&self, dot: Dot) -> impl Iterator<Item = (Dot, Place)> + '_ {
        let log = self.log(dot.actor());
        let entries = log.map_or(&[][..], |log| log.entries.as_slice());
        let at = log.map_or(0, |log| {
            log.find(dot.counter())
                .unwrap_or_else(core::convert::identity)
        });
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

#[cfg(test)]
mod tests {
    use gofarm_core::random::{Random, SplitMix64};

    use super::*;

    #[test]
    fn a_counter_is_found_where_it_is_or_would_be() {
        let rounds = if cfg!(miri) { 20 } else { 500 };
        for seed in 0..rounds {
            let mut random = SplitMix64::new(seed);
            let mut log = Log::default();
            let mut counter = random.below(5);
            for _ in 0..random.below(60) {
                counter += 1 + random.below(4) * random.below(1 + seed % 9);
                log.entries.push((counter, Place { shelf: 0, cell: 0 }));
            }
            for wanted in 0..counter + 3 {
                let found = log.entries.binary_search_by_key(&wanted, |(held, _)| *held);
                assert_eq!(log.find(wanted), found, "seed {seed}, {wanted}");
            }
        }
    }
}
