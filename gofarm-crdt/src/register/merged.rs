//! The register whose concurrent values are made one by a function of the integrator's.

use core::fmt;

use crate::capacity::{Capacity, Growing, List};
use crate::dot::Dot;
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;
use crate::register::MvRegister;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// Makes one value of several that were written without knowing of each other.
pub trait Reconcile: Sized {
    /// The one value that stands for `values`: two or more, from the earliest to the latest.
    ///
    /// Every replica calls it with the same values in the same order as soon as it has them; it must depend
    /// on nothing else.
    fn reconcile(values: &[&Self]) -> Self;
}

/// One value; of concurrent ones what [`Reconcile`] makes of them, each time that it is read.
///
/// Nothing is written by reading: the values stay as they were until a write that has seen them.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::error::Malformed;
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::merge::Merge;
/// use gofarm_crdt::register::{Merged, Reconcile};
/// use gofarm_crdt::value::{Reader, Sink, Value};
/// use gofarm_crdt::Timestamp;
///
/// /// The soil moisture at which watering starts, in per mille; the driest wins.
/// #[derive(Clone, Debug, PartialEq)]
/// struct Threshold(u64);
///
/// impl Reconcile for Threshold {
///     fn reconcile(values: &[&Self]) -> Self {
///         Self(values.iter().map(|value| value.0).min().unwrap_or_default())
///     }
/// }
///
/// impl Value for Threshold {
///     fn encode(&self, out: &mut dyn Sink) {
///         self.0.encode(out);
///     }
///
///     fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
///         u64::decode(input).map(Self)
///     }
/// }
///
/// let north = Pen::new(Actor::new(ReplicaId::new(1), 1), 0, Timestamp::from_bits(9), &());
/// let south = Pen::new(Actor::new(ReplicaId::new(2), 1), 0, Timestamp::from_bits(8), &());
/// let (mut here, mut there) = (Merged::new(), Merged::new());
/// north.edit(&mut here, 0).set(Threshold(200));
/// south.edit(&mut there, 0).set(Threshold(250));
/// here.merge(&there)?;
/// assert_eq!(here.get(), Some(Threshold(200)));
/// # Ok::<(), gofarm_crdt::field::JoinError>(())
/// ```
#[derive(Clone)]
pub struct Merged<T, C: Capacity = Growing> {
    cells: MvRegister<T, C>,
}

#[cfg(feature = "alloc")]
impl<T> Merged<T> {
    /// Not written yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T: Reconcile + Clone, C: Capacity> Merged<T, C> {
    /// The value, made of several if need be; nothing if none was written.
    #[must_use]
    pub fn get(&self) -> Option<T> {
        let mut sorted = C::Few::<(Timestamp, Dot, &T)>::default();
        for (dot, stamp, value) in self.cells.values() {
            let done = sorted.push((stamp, dot, value));
            debug_assert!(done.is_ok(), "a list of the same capacity has room");
        }
        let sorted = sorted.as_mut_slice();
        sorted.sort_unstable_by_key(|(stamp, dot, _)| (*stamp, *dot));
        let mut values = C::Few::<&T>::default();
        for (.., value) in sorted {
            let done = values.push(*value);
            debug_assert!(done.is_ok(), "a list of the same capacity has room");
        }
        match values.as_slice() {
            [] => None,
            [only] => Some((*only).clone()),
            several => Some(T::reconcile(several)),
        }
    }
}

impl<T, C: Capacity> Merged<T, C> {
    /// What it is made of: the values, each with the write it is of and its time, in the order of writers.
    pub fn values(&self) -> impl Iterator<Item = (Dot, Timestamp, &T)> + '_ {
        self.cells.values()
    }
}

impl<T: Value, C: Capacity> Edit<'_, Merged<T, C>> {
    /// Writes a value in the place of all that are here.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_set(&mut self, value: T) -> Result<(), Full> {
        self.inner().try_set(value)
    }

    /// Takes away all values that are here; does nothing if there is none.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_clear(&mut self) -> Result<(), Full> {
        self.inner().try_clear()
    }

    fn inner(&mut self) -> Edit<'_, MvRegister<T, C>> {
        Edit {
            field: &mut self.field.cells,
            number: self.number,
            pen: self.pen,
        }
    }
}

#[cfg(feature = "alloc")]
impl<T: Value> Edit<'_, Merged<T>> {
    /// Writes a value in the place of all that are here.
    pub fn set(&mut self, value: T) {
        self.inner().set(value);
    }

    /// Takes away all values that are here; does nothing if there is none.
    pub fn clear(&mut self) {
        self.inner().clear();
    }
}

#[cfg(feature = "alloc")]
impl<T: Value> crate::map::Nested for Merged<T> {
    fn has_content(&self) -> bool {
        self.cells.is_written()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        edit.clear();
    }
}

forward_field!(impl[T: Value, C: Capacity] for Merged<T, C>);

impl<T, C: Capacity> Default for Merged<T, C> {
    fn default() -> Self {
        Self {
            cells: MvRegister::default(),
        }
    }
}

impl<T: fmt::Debug, C: Capacity> fmt::Debug for Merged<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cells.fmt(f)
    }
}
