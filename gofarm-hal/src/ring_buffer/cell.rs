//! [`Record`]: what a ring holds, and the atomic cells that it lies in.

use core::fmt::Debug;

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering};

/// A value that a [`RingBuffer`](super::RingBuffer) can hold: `u8`, `u16`, `u32`, and arrays and pairs of records.
///
/// Sealed, since how a record is stored may change. A struct of one's own crosses as an array of bytes or as a pair.
///
/// ```
/// use gofarm_hal::ring_buffer::RingBuffer;
///
/// static EDGES: RingBuffer<(u32, u16), 16> = RingBuffer::new(); // when, and how many
/// let (mut interrupt, mut task) = EDGES.split()?;
/// interrupt.push((1_250, 3))?;
/// assert_eq!(task.pop(), Some((1_250, 3)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub trait Record: Copy + Debug + sealed::Sealed {
    /// Where it lies.
    #[doc(hidden)]
    type Cell: Debug;

    /// A cell that has never been written.
    #[cfg(not(loom))]
    #[doc(hidden)]
    const EMPTY: Self::Cell;

    /// A cell that has never been written.
    #[cfg(loom)]
    #[doc(hidden)]
    fn empty() -> Self::Cell;

    /// What was written last. Relaxed: the positions of the ring order it.
    #[doc(hidden)]
    fn load(cell: &Self::Cell) -> Self;

    /// Writes it.
    #[doc(hidden)]
    fn store(self, cell: &Self::Cell);
}

mod sealed {
    #[expect(
        unnameable_types,
        reason = "outside implementations would fix how a record is stored"
    )]
    pub trait Sealed {}
}

macro_rules! word {
    ($word:ty, $cell:ty) => {
        impl sealed::Sealed for $word {}

        impl Record for $word {
            type Cell = $cell;

            #[cfg(not(loom))]
            const EMPTY: $cell = <$cell>::new(0);

            #[cfg(loom)]
            fn empty() -> $cell {
                <$cell>::new(0)
            }

            #[inline]
            fn load(cell: &$cell) -> Self {
                cell.load(Ordering::Relaxed)
            }

            #[inline]
            fn store(self, cell: &$cell) {
                cell.store(self, Ordering::Relaxed);
            }
        }
    };
}

word!(u8, AtomicU8);
word!(u16, AtomicU16);
word!(u32, AtomicU32);

impl<T: Record, const K: usize> sealed::Sealed for [T; K] {}

impl<T: Record, const K: usize> Record for [T; K] {
    type Cell = [T::Cell; K];

    #[cfg(not(loom))]
    const EMPTY: [T::Cell; K] = [const { T::EMPTY }; K];

    #[cfg(loom)]
    fn empty() -> [T::Cell; K] {
        core::array::from_fn(|_| T::empty())
    }

    #[inline]
    fn load(cell: &[T::Cell; K]) -> Self {
        cell.each_ref().map(T::load)
    }

    #[inline]
    fn store(self, cell: &[T::Cell; K]) {
        for (value, cell) in self.into_iter().zip(cell) {
            value.store(cell);
        }
    }
}

impl<A: Record, B: Record> sealed::Sealed for (A, B) {}

impl<A: Record, B: Record> Record for (A, B) {
    type Cell = (A::Cell, B::Cell);

    #[cfg(not(loom))]
    const EMPTY: (A::Cell, B::Cell) = (A::EMPTY, B::EMPTY);

    #[cfg(loom)]
    fn empty() -> (A::Cell, B::Cell) {
        (A::empty(), B::empty())
    }

    #[inline]
    fn load(cell: &(A::Cell, B::Cell)) -> Self {
        (A::load(&cell.0), B::load(&cell.1))
    }

    #[inline]
    fn store(self, cell: &(A::Cell, B::Cell)) {
        self.0.store(&cell.0);
        self.1.store(&cell.1);
    }
}
