//! The cell of kind [`CellKind::Register`] with a typed value.

use core::fmt;

use crate::capacity::{Capacity, List};
use crate::cell::lattice::{Lattice, Met, Present, change};
use crate::cell::{CellKind, CellWriter, Content};
use crate::dot::{Actor, Dot, ReplicaId};
use crate::field::JoinError;
use crate::timestamp::Timestamp;
use crate::value::Value;

mod head;

use head::{Came, Head};

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
        self.value = value;
        self.head().set(dot, stamp);
    }

    fn head(&mut self) -> Head<'_, C::Rare<Dot>> {
        Head {
            stamp: &mut self.stamp,
            dot: &mut self.dot,
            seen: &mut self.seen,
        }
    }
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
        let came = Came::of(content)?;
        let ours = self.value.as_ref().map(|value| value as &dyn Value);
        let wins = came.wins(self.stamp, self.dot, ours);
        let value = match came.value {
            Some(bytes) if wins => Some(V::from_bytes(bytes)?),
            _ => None,
        };
        let before = self.is_present();
        let mut met = self.head().join(&came, wins);
        if wins {
            self.value = value;
            met.change = change(before, self.is_present(), true);
        }
        Ok(met)
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
