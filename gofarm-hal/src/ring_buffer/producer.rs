//! [`Producer`]: the end that puts in.

#[cfg(not(loom))]
use core::sync::atomic::Ordering;
#[cfg(loom)]
use loom::sync::atomic::Ordering;

use super::cell::Record;
use super::{Full, RingBuffer};

/// The end of a ring that puts records in; for an interrupt that receives, or a task that sends.
///
/// Each call takes a bounded number of steps, whatever the other end does.
///
/// ```
/// use gofarm_hal::ring_buffer::{Full, RingBuffer};
///
/// let ring: RingBuffer<u8, 4> = RingBuffer::new();
/// let (mut producer, _consumer) = ring.split()?;
/// assert_eq!(producer.write(b"abc"), 3); // takes what fits; the caller keeps the rest
/// assert_eq!(producer.push(b'd'), Ok(()));
/// assert_eq!(producer.push(b'e'), Err(Full));
/// assert_eq!(producer.extend(b"fg"), 0);
/// assert_eq!(producer.lost(), 3);
/// # Ok::<(), gofarm_hal::ring_buffer::AlreadySplit>(())
/// ```
#[derive(Debug)]
pub struct Producer<'a, T: Record, const N: usize> {
    ring: &'a RingBuffer<T, N>,
    head: usize,
    /// What is known of the consumer's position: it may be further, never less far.
    tail: usize,
}

impl<'a, T: Record, const N: usize> Producer<'a, T, N> {
    pub(super) fn new(ring: &'a RingBuffer<T, N>) -> Self {
        Self {
            ring,
            head: ring.head.0.load(Ordering::Acquire),
            tail: ring.tail.0.load(Ordering::Acquire),
        }
    }

    /// Puts a record in.
    ///
    /// # Errors
    /// [`Full`]: it was not taken and is counted as lost.
    #[inline]
    pub fn push(&mut self, record: T) -> Result<(), Full> {
        if self.room_for(1) == 0 {
            self.lose(1);
            return Err(Full);
        }
        record.store(self.ring.cell(self.head));
        self.publish(1);
        Ok(())
    }

    /// Puts in as many of `records`, from the first on, as fit, says how many, and counts the rest as lost; for an
    /// interrupt that cannot keep them.
    #[inline]
    pub fn extend(&mut self, records: &[T]) -> usize {
        let taken = self.write(records);
        let lost = records.len() - taken;
        if lost > 0 {
            self.lose(u32::try_from(lost).unwrap_or(u32::MAX));
        }
        taken
    }

    /// Puts in as many of `records`, from the first on, as fit, and says how many; for a task that keeps the rest.
    #[inline]
    pub fn write(&mut self, records: &[T]) -> usize {
        let len = self.room_for(records.len());
        let (first, second) = self.ring.runs(self.head, len);
        let (to_first, rest) = records.split_at(first.len().min(records.len()));
        for (record, cell) in to_first.iter().zip(first) {
            record.store(cell);
        }
        for (record, cell) in rest.iter().zip(second) {
            record.store(cell);
        }
        self.publish(len);
        len
    }

    /// How many records fit in now, at least: the consumer may be making room.
    #[must_use]
    pub fn room(&mut self) -> usize {
        self.room_for(N)
    }

    /// How many records were lost.
    #[must_use]
    pub fn lost(&self) -> u32 {
        self.ring.lost()
    }

    /// Counts records as lost that never reached the ring: the overrun flag of a UART.
    pub fn lose(&mut self, count: u32) {
        let lost = self.ring.lost.load(Ordering::Relaxed).saturating_add(count);
        self.ring.lost.store(lost, Ordering::Relaxed);
    }

    /// As many of `wanted` as fit; looks at the consumer's position only if what is known of it is not enough.
    #[inline]
    fn room_for(&mut self, wanted: usize) -> usize {
        if N - self.head.wrapping_sub(self.tail) < wanted {
            self.tail = self.ring.tail.0.load(Ordering::Acquire);
        }
        wanted.min(N - self.head.wrapping_sub(self.tail))
    }

    /// Hands `len` records over that were written.
    #[inline]
    fn publish(&mut self, len: usize) {
        self.head = self.head.wrapping_add(len);
        self.ring.head.0.store(self.head, Ordering::Release);
    }
}
