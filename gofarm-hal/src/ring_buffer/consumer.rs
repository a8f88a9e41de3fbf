//! [`Consumer`]: the end that takes out.

#[cfg(not(loom))]
use core::sync::atomic::Ordering;
#[cfg(loom)]
use loom::sync::atomic::Ordering;

use super::RingBuffer;
use super::cell::Record;

/// The end of a ring that takes records out; for a task that receives, or an interrupt that sends.
///
/// [`pop`](Self::pop) and [`read`](Self::read) take records out for good. [`next`](Self::next) and
/// [`copy`](Self::copy) look at them in order and leave them in place until [`acknowledge`](Self::acknowledge): a
/// batch is given back in one go, or given again after [`rewind`](Self::rewind) when what was done with it failed.
///
/// ```
/// use gofarm_hal::ring_buffer::RingBuffer;
///
/// let ring: RingBuffer<u32, 16> = RingBuffer::new();
/// let (mut pulses, mut log) = ring.split()?;
/// pulses.write(&[10, 20, 30, 40]);
///
/// let sum: u32 = core::iter::from_fn(|| log.next()).sum();
/// assert_eq!((sum, log.unacknowledged()), (100, 4));
/// log.rewind(); // it could not be stored: once more
/// assert_eq!(log.next(), Some(10));
/// log.acknowledge(); // this one is done
/// assert_eq!(log.pop(), Some(20));
/// # Ok::<(), gofarm_hal::ring_buffer::AlreadySplit>(())
/// ```
#[derive(Debug)]
pub struct Consumer<'a, T: Record, const N: usize> {
    ring: &'a RingBuffer<T, N>,
    /// What is known of the producer's position: it may be further, never less far.
    head: usize,
    /// Where the next record is read.
    next: usize,
    /// What has been acknowledged: up to here the cells are the producer's.
    tail: usize,
}

impl<'a, T: Record, const N: usize> Consumer<'a, T, N> {
    pub(super) fn new(ring: &'a RingBuffer<T, N>) -> Self {
        let tail = ring.tail.0.load(Ordering::Acquire);
        Self {
            ring,
            head: ring.head.0.load(Ordering::Acquire),
            next: tail,
            tail,
        }
    }

    /// Takes the next record out, and acknowledges all before it.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        let record = self.next()?;
        self.acknowledge();
        Some(record)
    }

    /// Takes as many records out as have come and `into` has room for, says how many, and acknowledges all before them.
    #[inline]
    pub fn read(&mut self, into: &mut [T]) -> usize {
        let len = self.copy(into);
        if len > 0 {
            self.acknowledge();
        }
        len
    }

    /// The next record, which keeps its place until it is acknowledged.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would end; here more may come"
    )]
    #[inline]
    pub fn next(&mut self) -> Option<T> {
        if self.ready_for(1) == 0 {
            return None;
        }
        let record = T::load(self.ring.cell(self.next));
        self.next = self.next.wrapping_add(1);
        Some(record)
    }

    /// Copies the next records, as many as have come and `into` has room for, and says how many; they keep their
    /// places until they are acknowledged.
    #[inline]
    pub fn copy(&mut self, into: &mut [T]) -> usize {
        let len = self.ready_for(into.len());
        let (first, second) = self.ring.runs(self.next, len);
        let (from_first, rest) = into.split_at_mut(first.len().min(into.len()));
        for (slot, cell) in from_first.iter_mut().zip(first) {
            *slot = T::load(cell);
        }
        for (slot, cell) in rest.iter_mut().zip(second) {
            *slot = T::load(cell);
        }
        self.next = self.next.wrapping_add(len);
        len
    }

    /// Gives the producer the places of all records that were read.
    #[inline]
    pub fn acknowledge(&mut self) {
        self.tail = self.next;
        self.ring.tail.0.store(self.tail, Ordering::Release);
    }

    /// Gives the producer the places of the oldest `count` records that were read, or of all if there are fewer.
    pub fn acknowledge_first(&mut self, count: usize) {
        self.tail = self.tail.wrapping_add(count.min(self.unacknowledged()));
        self.ring.tail.0.store(self.tail, Ordering::Release);
    }

    /// Goes back to the oldest record that was not acknowledged: it comes next.
    pub fn rewind(&mut self) {
        self.next = self.tail;
    }

    /// How many records were read and not acknowledged.
    #[must_use]
    pub fn unacknowledged(&self) -> usize {
        self.next.wrapping_sub(self.tail)
    }

    /// How many records have come and were not read, at least: the producer may be adding some.
    #[must_use]
    pub fn ready(&mut self) -> usize {
        self.ready_for(N)
    }

    /// How many records were lost because the ring was full.
    #[must_use]
    pub fn lost(&self) -> u32 {
        self.ring.lost()
    }

    /// As many of `wanted` as have come; looks at the producer's position only if what is known of it is not enough.
    #[inline]
    fn ready_for(&mut self, wanted: usize) -> usize {
        if self.head.wrapping_sub(self.next) < wanted {
            self.head = self.ring.head.0.load(Ordering::Acquire);
        }
        wanted.min(self.head.wrapping_sub(self.next))
    }
}
