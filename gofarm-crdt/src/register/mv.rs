//! The register that keeps concurrent values.

use core::fmt;

use crate::capacity::{Capacity, Growing};
use crate::cell::lone::Lone;
use crate::cell::marks::{AllLive, Marks};
use crate::dot::Dot;
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;
use crate::register::stamped::Stamped;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// One value, or several that were written without knowing of each other: all are kept until a write that
/// has seen them replaces them.
///
/// No clock decides what is kept; time-stamps only tell [`latest`](Self::latest).
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::merge::Merge;
/// use gofarm_crdt::register::MvRegister;
/// use gofarm_crdt::Timestamp;
///
/// let north = Pen::new(Actor::new(ReplicaId::new(1), 1), 0, Timestamp::from_bits(9), &());
/// let south = Pen::new(Actor::new(ReplicaId::new(2), 1), 0, Timestamp::from_bits(8), &());
/// let (mut here, mut there) = (MvRegister::new(), MvRegister::new());
/// north.edit(&mut here, 0).set(20_u64);
/// south.edit(&mut there, 0).set(25_u64);
/// here.merge(&there)?;
/// assert_eq!(here.values().map(|(_, _, v)| *v).collect::<Vec<_>>(), [20, 25]);
/// assert_eq!(here.latest(), Some(&20));
/// # Ok::<(), gofarm_crdt::field::JoinError>(())
/// ```
#[derive(Clone)]
pub struct MvRegister<T, C: Capacity = Growing> {
    cells: Lone<Marks<Stamped<T>, C, AllLive>>,
}

#[cfg(feature = "alloc")]
impl<T> MvRegister<T> {
    /// Not written yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T, C: Capacity> MvRegister<T, C> {
    /// The values, each with the write it is of and its time, in the order of writers.
    pub fn values(&self) -> impl Iterator<Item = (Dot, Timestamp, &T)> + '_ {
        let live = self.cells.cell.live();
        live.map(|(dot, mark)| (dot, mark.stamp, &mark.value))
    }

    /// The value of the greatest time-stamp, of equal ones that of the greatest dot.
    #[must_use]
    pub fn latest(&self) -> Option<&T> {
        self.values()
            .max_by_key(|(dot, stamp, _)| (*stamp, *dot))
            .map(|(.., value)| value)
    }

    /// Whether there are several values.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.values().nth(1).is_some()
    }

    /// Whether it has a value.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.values().next().is_some()
    }
}

impl<T: Value, C: Capacity> Edit<'_, MvRegister<T, C>> {
    /// Writes a value in the place of all that are here.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_set(&mut self, value: T) -> Result<(), Full> {
        self.put(Some(value))
    }

    /// Takes away all values that are here; does nothing if there is none.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_clear(&mut self) -> Result<(), Full> {
        if self.is_written() {
            self.put(None)
        } else {
            Ok(())
        }
    }

    fn put(&mut self, value: Option<T>) -> Result<(), Full> {
        self.cells.cell.admits(self.pen.actor())?;
        self.sign(0, |field, dot, stamp| {
            let mark = value.map(|value| Stamped { stamp, value });
            field.cells.cell.set(mark, dot);
        });
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl<T: Value> Edit<'_, MvRegister<T>> {
    /// Writes a value in the place of all that are here.
    pub fn set(&mut self, value: T) {
        let done = self.try_set(value);
        debug_assert!(done.is_ok(), "a growing register has room");
    }

    /// Takes away all values that are here; does nothing if there is none.
    pub fn clear(&mut self) {
        let done = self.try_clear();
        debug_assert!(done.is_ok(), "a growing register has room");
    }
}

#[cfg(feature = "alloc")]
impl<T: Value> crate::map::Nested for MvRegister<T> {
    fn has_content(&self) -> bool {
        self.is_written()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        edit.clear();
    }
}

forward_field!(impl[T: Value, C: Capacity] for MvRegister<T, C>);

impl<T, C: Capacity> Default for MvRegister<T, C> {
    fn default() -> Self {
        Self {
            cells: Lone::default(),
        }
    }
}

impl<T: fmt::Debug, C: Capacity> fmt::Debug for MvRegister<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.values().map(|(.., value)| value))
            .finish()
    }
}
