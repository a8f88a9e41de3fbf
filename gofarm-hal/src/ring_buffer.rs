//! Bytes and records from an interrupt to a task, or back: [`RingBuffer`].
//!
//! A UART raises an interrupt for each byte and a task reads them when it is its turn. What lies between is used by
//! both at once, on chips that have no instruction to change a word in one go (Cortex-M0), and in a crate without
//! unsafe code. The usual rings are not made for that: they keep their items in cells that only unsafe code may share,
//! or give no slices, so that a task pays for each byte.
//!
//! Here each item lies in atomic cells of its own, which are read and written like plain memory, and two positions
//! say whose they are: the producer moves one, the consumer the other, and neither waits, locks or retries. It needs
//! nothing but atomic loads and stores. The price is that a slice is copied cell by cell, not by `memcpy`: 64 bytes in
//! and out take 32 ns on a host, and 12 in a ring with unsafe code. At 115 200 bit/s they take 5.5 ms to come.
//!
//! The consumer may read a whole batch and *acknowledge* it later in one go, when it has been stored or sent; what is
//! not acknowledged keeps its place, and [`Consumer::rewind`] gives it again.
//!
//! It wakes nobody: an interrupt that wants to wake a task does so itself, after it has pushed.
//!
//! ```
//! use gofarm_hal::ring_buffer::RingBuffer;
//!
//! static RECEIVED: RingBuffer<u8, 64> = RingBuffer::new();
//!
//! let (mut interrupt, mut task) = RECEIVED.split()?; // once
//! for &byte in b"0+13.7\r\n" {
//!     let _ = interrupt.push(byte); // a byte too many is counted
//! }
//!
//! let mut line = [0; 16];
//! let len = task.read(&mut line);
//! assert_eq!(&line[..len], b"0+13.7\r\n");
//! assert_eq!(task.lost(), 0);
//! # Ok::<(), gofarm_hal::ring_buffer::AlreadySplit>(())
//! ```

mod cell;
mod consumer;
mod error;
mod once;
mod producer;
mod signal;
#[cfg(all(test, not(loom)))]
mod tests;

pub use cell::Record;
pub use consumer::Consumer;
pub use error::{AlreadySplit, Full};
pub use producer::Producer;
pub use signal::{INSTRUMENTS, observe_lost};

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use once::Once;

/// A queue of `N` records between one producer and one consumer, each in an interrupt, a task or a thread.
///
/// `N` is a power of two, which is checked when it is compiled. `T` is a byte, a 16 or 32 bit word, or an array or pair
/// of those: a sample with its time is `(u32, u16)`.
#[derive(Debug)]
pub struct RingBuffer<T: Record, const N: usize> {
    cells: [T::Cell; N],
    /// Where the producer writes next; counts on without end and wraps. Written by the producer only.
    head: Apart<AtomicUsize>,
    /// Where the oldest record is that was not acknowledged; as `head`. Written by the consumer only.
    tail: Apart<AtomicUsize>,
    /// Written by the producer only.
    lost: AtomicU32,
    taken: Once,
}

/// What one side writes stays out of the other side's cache line, where there are caches.
#[derive(Debug)]
#[cfg_attr(any(target_arch = "x86_64", target_arch = "aarch64"), repr(align(64)))]
struct Apart<A>(A);

impl<T: Record, const N: usize> RingBuffer<T, N> {
    /// An empty ring.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N.is_power_of_two(), "the room is a power of two") };
        Self {
            cells: [const { T::EMPTY }; N],
            head: Apart(AtomicUsize::new(0)),
            tail: Apart(AtomicUsize::new(0)),
            lost: AtomicU32::new(0),
            taken: Once::new(),
        }
    }

    /// An empty ring.
    #[cfg(loom)]
    #[must_use]
    pub fn new() -> Self {
        const { assert!(N.is_power_of_two(), "the room is a power of two") };
        Self {
            cells: core::array::from_fn(|_| T::empty()),
            head: Apart(AtomicUsize::new(0)),
            tail: Apart(AtomicUsize::new(0)),
            lost: AtomicU32::new(0),
            taken: Once::new(),
        }
    }

    /// Its two ends; they are given out once, since two producers would overwrite each other.
    ///
    /// # Errors
    /// [`AlreadySplit`] if it was done before. When two ask at the same moment, it may be the answer to both.
    pub fn split(&self) -> Result<(Producer<'_, T, N>, Consumer<'_, T, N>), AlreadySplit> {
        if self.taken.claim() {
            Ok((Producer::new(self), Consumer::new(self)))
        } else {
            Err(AlreadySplit)
        }
    }

    /// How many records were lost because it was full; 4 294 967 295 stands for that many or more.
    pub fn lost(&self) -> u32 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Where a record lies: two runs of cells, the second one from the start of the storage.
    fn runs(&self, position: usize, len: usize) -> (&[T::Cell], &[T::Cell]) {
        let (before, after) = self.cells.split_at(position & (N - 1));
        let rest = len.saturating_sub(after.len());
        (
            after.get(..len).unwrap_or(after),
            before.get(..rest).unwrap_or(before),
        )
    }

    /// The cell of a record.
    fn cell(&self, position: usize) -> &T::Cell {
        // The mask keeps it below `N`, so there is no panic in it.
        &self.cells[position & (N - 1)]
    }

    /// A ring in which `position` records have come and gone.
    #[cfg(test)]
    #[cfg(not(loom))]
    fn at(position: usize) -> Self {
        let ring = Self::new();
        ring.head.0.store(position, Ordering::Relaxed);
        ring.tail.0.store(position, Ordering::Relaxed);
        ring
    }
}

impl<T: Record, const N: usize> Default for RingBuffer<T, N> {
    fn default() -> Self {
        Self::new()
    }
}
