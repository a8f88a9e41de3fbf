//! The cell of kind [`CellKind::Register`] with a typed value.

use core::cmp::Ordering;
use core::fmt;

use crate::capacity::{Capacity, List};
use crate::cell::lattice::{Lattice, Met, Present, change, check_dots, compare, other_kind};
use crate::cell::{CellKind, CellWriter, Content};
use crate::dot::{Actor, Dot, ReplicaId};
use crate::field::{Change, JoinError};
use crate::timestamp::Timestamp;
use crate::value::Value;

/// The latest write and the writes of others that it replaced.
pub(crate) struct Register<V, C: Capacity> {
    stamp: Timestamp,
    // Counter 0: nothing was written yet. An option would take 8 bytes more in each entry of a map.
    dot: Dot,
    value: Option<V>,
    // Sorted by actor. The last known write of each; never of the winner's actor, unless it is a later one.
    // Where memory is fixed, what does not fit is forgotten: then a write that replaced another may be
    // reported as concurrent with it.
    seen: C::Rare<Dot>,
}

impl<V, C: Capacity> Register<V, C> {
    pub(crate) const fn value(&self) -> Option<&V> {
        self.value.as_ref()
    }

    /// The latest write, be it of a value or a removal.
    pub(crate) const fn dot(&self) -> Option<Dot> {
        if self.dot.counter() == 0 {
            None
        } else {
            Some(self.dot)
        }
    }

    pub(crate) const fn stamp(&self) -> Timestamp {
        self.stamp
    }

    /// Writes locally: the write has seen all that is here, so its time is after it.
    pub(crate) fn set(&mut self, value: Option<V>, dot: Dot, stamp: Timestamp) {
        let replaced = self.dot;
        self.stamp = if (stamp, dot) > (self.stamp, replaced) {
            stamp
        } else {
            self.stamp.next()
        };
        self.dot = dot;
        self.value = value;
        self.prune();
        self.see(replaced, true);
    }

    fn has_seen(&self, dot: Dot) -> bool {
        covers(self.dot, self.seen.as_slice(), dot)
    }

    /// Notes that a write is known, if that is news; with `by_force` another is forgotten for it if there is
    /// no room. Returns whether anything changed.
    fn see(&mut self, dot: Dot, by_force: bool) -> bool {
        if dot.counter() == 0 || says(self.dot, dot) || self.has_seen(dot) {
            return false;
        }
        match self.find(dot.actor()) {
            Ok(at) => match self.seen.as_mut_slice().get_mut(at) {
                Some(last) => {
                    *last = dot;
                    true
                }
                None => false,
            },
            Err(at) => {
                if self.seen.insert(at, dot).is_ok() {
                    return true;
                }
                if !by_force || self.seen.remove(0).is_none() {
                    return false;
                }
                self.seen.insert(at.saturating_sub(1), dot).is_ok()
            }
        }
    }

    /// Drops what a new winner says already.
    fn prune(&mut self) {
        let mut at = 0;
        while let Some(dot) = self.seen.as_slice().get(at) {
            if says(self.dot, *dot) {
                self.seen.remove(at);
            } else {
                at += 1;
            }
        }
    }

    fn find(&self, actor: Actor) -> Result<usize, usize> {
        self.seen
            .as_slice()
            .binary_search_by(|dot| dot.actor().cmp(&actor))
    }
}

/// Whether a winner says that another write happened before it: one replica's writes are in order, also those
/// of its earlier incarnations. So a replica that restarts every day leaves no trail.
fn says(winner: Dot, other: Dot) -> bool {
    if winner.actor() == other.actor() {
        return other.counter() <= winner.counter();
    }
    winner.actor().replica() == other.actor().replica()
}

/// Whether the writer of `winner`, who had seen `seen`, knew `dot`.
fn covers(winner: Dot, seen: &[Dot], dot: Dot) -> bool {
    let knows = |known: &Dot| known.actor() == dot.actor() && known.counter() >= dot.counter();
    knows(&winner) || seen.iter().any(knows)
}

impl<V, C: Capacity> Present for Register<V, C> {
    fn is_present(&self) -> bool {
        self.value.is_some()
    }
}

impl<V: Value, C: Capacity> Lattice for Register<V, C> {
    fn kind(&self) -> CellKind {
        CellKind::Register
    }

    fn is_empty(&self) -> bool {
        self.dot.counter() == 0
    }

    fn write(&self, out: &mut dyn CellWriter) {
        if !self.is_empty() {
            let value = self.value.as_ref().map(|value| value as &dyn Value);
            out.register(self.stamp, self.dot, value, self.seen.as_slice());
        }
    }

    fn dots(&self, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        self.is_empty() || each(self.dot)
    }

    fn join(&mut self, content: &Content<'_>) -> Result<Met, JoinError> {
        let Content::Register {
            stamp,
            dot,
            value,
            seen,
        } = *content
        else {
            return Err(other_kind(CellKind::Register, content));
        };
        check_dots(core::iter::once(dot))?;
        check_dots(seen.iter().copied())?;
        let wins = (stamp, dot)
            .cmp(&(self.stamp, self.dot))
            .then_with(|| compare(self.value.as_ref(), value).reverse())
            == Ordering::Greater;
        let value = match value {
            Some(bytes) if wins => Some(V::from_bytes(bytes)?),
            _ => None,
        };

        let ours = self.dot;
        let met = !self.is_empty() && ours != dot;
        let concurrent = met
            && ours.actor().replica() != dot.actor().replica()
            && !self.has_seen(dot)
            && !covers(dot, seen, ours);
        let before = self.is_present();
        // The loser first and by force: a writer of which nothing is remembered looks concurrent.
        let mut hidden = false;
        if wins {
            self.stamp = stamp;
            self.dot = dot;
            self.value = value;
            self.prune();
            self.see(ours, true);
        } else if met {
            hidden |= self.see(dot, true);
        }
        for dot in seen {
            hidden |= self.see(*dot, false);
        }
        Ok(Met {
            change: match (wins, hidden) {
                (true, _) => change(before, self.is_present(), true),
                (false, true) => Change::Hidden,
                (false, false) => Change::None,
            },
            conflict: concurrent.then_some((ours, dot)),
        })
    }

    fn has_remains(&self) -> bool {
        !self.is_empty() && (self.value.is_none() || !self.seen.as_slice().is_empty())
    }

    fn settle(&mut self, stable: &dyn Fn(Dot) -> bool) -> bool {
        if self.is_empty() {
            return true;
        }
        // Whoever writes from now on has seen the winner, and needs no more to tell what is concurrent.
        if stable(self.dot) {
            self.seen.clear();
            return self.value.is_none();
        }
        false
    }
}

impl<V, C: Capacity> Default for Register<V, C> {
    fn default() -> Self {
        Self {
            stamp: Timestamp::ZERO,
            dot: Dot::new(Actor::new(ReplicaId::new(0), 0), 0),
            value: None,
            seen: Default::default(),
        }
    }
}

impl<V: Clone, C: Capacity> Clone for Register<V, C> {
    fn clone(&self) -> Self {
        Self {
            stamp: self.stamp,
            dot: self.dot,
            value: self.value.clone(),
            seen: super::clone_list(&self.seen),
        }
    }
}

impl<V: fmt::Debug, C: Capacity> fmt::Debug for Register<V, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dot() {
            None => f.write_str("unwritten"),
            Some(dot) => write!(f, "{:?} by {dot} at {}", self.value, self.stamp),
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use crate::capacity::Growing;

    #[test]
    fn an_entry_of_a_map_stays_small() {
        assert!(
            size_of::<Option<(alloc::string::String, Register<u64, Growing>)>>() <= 24 + 56 + 8
        );
    }
}
