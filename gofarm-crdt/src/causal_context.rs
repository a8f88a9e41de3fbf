//! Which writes are known, with gaps: [`CausalContext`].
//!
//! Over a lossy link writes arrive in any order. A version vector alone cannot say "1 to 7 and 9"; it would
//! have to drop 9, as crates do that lose an operation for ever when it comes early. Here what came early is
//! kept as runs above the vector, until the gap is closed.

use core::fmt;

use crate::capacity::{Capacity, Growing, List};
use crate::dot::{Actor, Dot};
use crate::error::Full;
use crate::version_vector::VersionVector;

/// A version vector and the runs of dots known above it.
///
/// ```
/// use gofarm_crdt::dot::{Actor, Dot, ReplicaId};
/// use gofarm_crdt::CausalContext;
///
/// let a = Actor::new(ReplicaId::new(1), 7);
/// let mut known = CausalContext::new();
/// known.insert(Dot::new(a, 1));
/// known.insert(Dot::new(a, 3));
/// assert!(known.covers(Dot::new(a, 3)) && !known.covers(Dot::new(a, 2)));
/// known.insert(Dot::new(a, 2));
/// assert_eq!((known.prefix().get(a), known.runs().count()), (3, 0));
/// ```
pub struct CausalContext<C: Capacity = Growing> {
    prefix: VersionVector<C>,
    // Sorted; none touches another or the prefix.
    above: C::List<Run>,
}

/// The writes `first..=last` of one actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    actor: Actor,
    first: u64,
    last: u64,
}

impl Run {
    /// The writes `first..=last` of `actor`; nothing if there are none or `first` is 0.
    #[must_use]
    pub const fn new(actor: Actor, first: u64, last: u64) -> Option<Self> {
        if first == 0 || first > last {
            return None;
        }
        Some(Self { actor, first, last })
    }

    /// The writer.
    #[must_use]
    pub const fn actor(self) -> Actor {
        self.actor
    }

    /// The first number.
    #[must_use]
    pub const fn first(self) -> u64 {
        self.first
    }

    /// The last number.
    #[must_use]
    pub const fn last(self) -> u64 {
        self.last
    }

    const fn holds(self, counter: u64) -> bool {
        self.first <= counter && counter <= self.last
    }
}

impl<C: Capacity> CausalContext<C> {
    /// Knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            prefix: VersionVector::new(),
            above: Default::default(),
        }
    }

    /// What is known without gaps.
    #[must_use]
    pub const fn prefix(&self) -> &VersionVector<C> {
        &self.prefix
    }

    /// What is known above the prefix, in order.
    pub fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        self.above.as_slice().iter().copied()
    }

    /// Whether this write is known. O(log runs).
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn covers(&self, dot: Dot) -> bool {
        self.prefix.covers(dot) || self.run_at(dot).is_some()
    }

    /// The first write of the same actor at or after `from` that is not known; nothing if all numbers up to
    /// 2^64 - 1 are. O(log runs).
    #[must_use]
    pub fn first_lacking(&self, from: Dot) -> Option<Dot> {
        let actor = from.actor();
        let mut counter = from.counter().max(1);
        if counter <= self.prefix.get(actor) {
            counter = self.prefix.get(actor).checked_add(1)?;
        }
        // No two runs touch, and none touches the prefix.
        let run = self
            .run_at(Dot::new(actor, counter))
            .and_then(|at| self.above.as_slice().get(at));
        if let Some(run) = run {
            counter = run.last.checked_add(1)?;
        }
        Some(Dot::new(actor, counter))
    }

    /// Whether all that `other` knows is known here too.
    #[must_use]
    pub fn covers_all<D: Capacity>(&self, other: &CausalContext<D>) -> bool {
        other
            .prefix
            .iter()
            .all(|dot| self.holds(dot.actor(), 1, dot.counter()))
            && other
                .runs()
                .all(|run| self.holds(run.actor, run.first, run.last))
    }

    /// Whether all of `first..=last` of an actor is known.
    fn holds(&self, actor: Actor, first: u64, last: u64) -> bool {
        let known = self.prefix.get(actor);
        let from = first.max(known.saturating_add(1));
        last <= known
            || self
                .run_at(Dot::new(actor, from))
                .and_then(|at| self.above.as_slice().get(at))
                .is_some_and(|run| run.last >= last)
    }

    /// Knows this write, from now on.
    ///
    /// # Errors
    /// [`Full`] if another run or actor does not fit; nothing changed.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn try_insert(&mut self, dot: Dot) -> Result<(), Full> {
        self.try_insert_run(Run {
            actor: dot.actor(),
            first: dot.counter(),
            last: dot.counter(),
        })
    }

    /// Knows these writes, from now on. O(runs).
    ///
    /// # Errors
    /// [`Full`] if another run or actor does not fit; nothing changed.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn try_insert_run(&mut self, run: Run) -> Result<(), Full> {
        let known = self.prefix.get(run.actor);
        if run.last <= known {
            return Ok(());
        }
        if run.first <= known.saturating_add(1) {
            return self.try_raise(Dot::new(run.actor, run.last));
        }
        // The runs that touch this one become a part of it.
        let runs = self.above.as_slice();
        let from = self.from(run.actor, run.first.saturating_sub(1));
        let touching = runs.iter().skip(from).take_while(|other| {
            other.actor == run.actor && other.first <= run.last.saturating_add(1)
        });
        let (mut first, mut last, mut count) = (run.first, run.last, 0_usize);
        for other in touching {
            first = first.min(other.first);
            last = last.max(other.last);
            count += 1;
        }
        let whole = Run {
            actor: run.actor,
            first,
            last,
        };
        if count == 0 {
            return self.above.insert(from, whole);
        }
        if let Some(slot) = self.above.as_mut_slice().get_mut(from) {
            *slot = whole;
        }
        for _ in 1..count {
            self.above.remove(from + 1);
        }
        Ok(())
    }

    /// Knows all writes of the dot's actor up to it, from now on. O(runs).
    ///
    /// # Errors
    /// [`Full`] if its actor is new and there is no room; nothing changed.
    pub fn try_raise(&mut self, dot: Dot) -> Result<(), Full> {
        let actor = dot.actor();
        self.prefix.try_raise(dot)?;
        let mut reach = self.prefix.get(actor);
        let from = self.from(actor, 0);
        while let Some(run) = self.above.as_slice().get(from).copied() {
            if run.actor != actor || run.first > reach.saturating_add(1) {
                break;
            }
            reach = reach.max(run.last);
            self.above.remove(from);
        }
        self.prefix.try_raise(Dot::new(actor, reach))
    }

    /// Forgets that a write above the prefix is known; does nothing to one below it. O(runs).
    ///
    /// # Errors
    /// [`Full`] if the run it is in would become two and there is no room; nothing changed.
    pub fn try_forget(&mut self, dot: Dot) -> Result<(), Full> {
        let Some(at) = self.run_at(dot) else {
            return Ok(());
        };
        let Some(run) = self.above.as_slice().get(at).copied() else {
            return Ok(());
        };
        let counter = dot.counter();
        let before = Run::new(run.actor, run.first, counter.saturating_sub(1));
        let after = counter
            .checked_add(1)
            .and_then(|next| Run::new(run.actor, next, run.last));
        if let (Some(_), Some(after)) = (before, after) {
            self.above.insert(at + 1, after)?;
        }
        match before.or(after) {
            Some(rest) => {
                if let Some(slot) = self.above.as_mut_slice().get_mut(at) {
                    *slot = rest;
                }
            }
            None => {
                self.above.remove(at);
            }
        }
        Ok(())
    }

    /// Knows all that `other` knows, from now on.
    ///
    /// # Errors
    /// [`Full`] if there is no room; a part was learned, which does no harm.
    pub fn try_merge<D: Capacity>(&mut self, other: &CausalContext<D>) -> Result<(), Full> {
        for dot in other.prefix.iter() {
            self.try_raise(dot)?;
        }
        for run in other.runs() {
            self.try_insert_run(run)?;
        }
        Ok(())
    }

    /// The place of the first run that ends at this write or behind it.
    #[cfg_attr(target_os = "none", inline(never))]
    fn from(&self, actor: Actor, counter: u64) -> usize {
        let runs = self.above.as_slice();
        runs.partition_point(|run| (run.actor, run.last) < (actor, counter))
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn run_at(&self, dot: Dot) -> Option<usize> {
        let at = self.from(dot.actor(), dot.counter());
        let runs = self.above.as_slice();
        runs.get(at)
            .filter(|run| run.actor == dot.actor() && run.holds(dot.counter()))
            .map(|_| at)
    }
}

#[cfg(feature = "alloc")]
impl CausalContext {
    /// Knows this write, from now on.
    pub fn insert(&mut self, dot: Dot) {
        let done = self.try_insert(dot);
        debug_assert!(done.is_ok(), "a growing list has room");
    }

    /// Knows these writes, from now on. O(runs).
    pub fn insert_run(&mut self, run: Run) {
        let done = self.try_insert_run(run);
        debug_assert!(done.is_ok(), "a growing list has room");
    }

    /// Knows all writes of the dot's actor up to it, from now on. O(runs).
    pub fn raise(&mut self, dot: Dot) {
        let done = self.try_raise(dot);
        debug_assert!(done.is_ok(), "a growing list has room");
    }

    /// Forgets that a write above the prefix is known; does nothing to one below it. O(runs).
    pub fn forget(&mut self, dot: Dot) {
        let done = self.try_forget(dot);
        debug_assert!(done.is_ok(), "a growing list has room");
    }

    /// Knows all that `other` knows, from now on.
    pub fn merge<D: Capacity>(&mut self, other: &CausalContext<D>) {
        let done = self.try_merge(other);
        debug_assert!(done.is_ok(), "a growing list has room");
    }
}

impl<C: Capacity> Default for CausalContext<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Capacity> Clone for CausalContext<C>
where
    C::List<Dot>: Clone,
    C::List<Run>: Clone,
{
    fn clone(&self) -> Self {
        Self {
            prefix: self.prefix.clone(),
            above: self.above.clone(),
        }
    }
}

impl<C: Capacity, D: Capacity> PartialEq<CausalContext<D>> for CausalContext<C> {
    fn eq(&self, other: &CausalContext<D>) -> bool {
        self.prefix == other.prefix && self.above.as_slice() == other.above.as_slice()
    }
}

impl<C: Capacity> Eq for CausalContext<C> {}

impl<C: Capacity> fmt::Debug for CausalContext<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CausalContext")
            .field("prefix", &self.prefix)
            .field("above", &self.above.as_slice())
            .finish()
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
