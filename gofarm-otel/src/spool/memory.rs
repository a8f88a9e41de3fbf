//! [`Memory`]: segments in memory, which fail when a test says so.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Storage;

/// Segments in memory; clones are handles to the same ones.
///
/// A spool in it survives nothing by itself. It is for tests, which cut the power at any byte, fill the disk or
/// let the next writes fail.
///
/// ```
/// use gofarm_otel::spool::{Memory, Storage};
///
/// let mut disk = Memory::new();
/// disk.append(1, b"safe")?;
/// disk.sync(1)?;
/// disk.cut_after(2);
/// assert!(disk.append(1, b"lost").is_err());
/// disk.restart();
/// assert_eq!(disk.list()?, [(1, 6)]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    segments: BTreeMap<u64, Segment>,
    capacity: Option<u64>,
    cut_after: Option<u64>,
    failing_writes: u32,
    failing_syncs: u32,
    is_off: bool,
    written: u64,
    syncs: u64,
}

#[derive(Debug, Default)]
struct Segment {
    bytes: Vec<u8>,
    synced: usize,
}

impl Memory {
    /// An empty disk without bound.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the disk be full when the segments have `bytes` together.
    pub fn fill_at(&self, bytes: u64) {
        self.state().capacity = Some(bytes);
    }

    /// Lets the power go after `bytes` more were written: the write is torn there, everything fails from then on.
    pub fn cut_after(&self, bytes: u64) {
        self.state().cut_after = Some(bytes);
    }

    /// Lets the next `writes` fail after half of their bytes.
    pub fn fail_writes(&self, writes: u32) {
        self.state().failing_writes = writes;
    }

    /// Lets the next `syncs` fail.
    pub fn fail_syncs(&self, syncs: u32) {
        self.state().failing_syncs = syncs;
    }

    /// The next start; all that was written is there.
    pub fn restart(&self) {
        let mut state = self.state();
        state.is_off = false;
        state.cut_after = None;
    }

    /// The next start; what was not synchronised is lost.
    pub fn restart_without_unsynced(&self) {
        self.restart();
        let mut state = self.state();
        for segment in state.segments.values_mut() {
            segment.bytes.truncate(segment.synced);
        }
    }

    /// What a segment holds; empty if there is none.
    #[must_use]
    pub fn image(&self, segment: u64) -> Vec<u8> {
        let state = self.state();
        let found = state.segments.get(&segment);
        found
            .map(|segment| segment.bytes.clone())
            .unwrap_or_default()
    }

    /// Lets a segment hold `image`, as if it had been synchronised.
    pub fn place(&self, segment: u64, image: Vec<u8>) {
        let synced = image.len();
        let placed = Segment {
            bytes: image,
            synced,
        };
        self.state().segments.insert(segment, placed);
    }

    /// Bytes written since the beginning.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.state().written
    }

    /// Successful synchronisations since the beginning.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.state();
        if state.is_off {
            return Err(io::Error::other("the power has gone"));
        }
        Ok(state)
    }
}

impl Storage for Memory {
    fn list(&mut self) -> io::Result<Vec<(u64, u64)>> {
        let state = self.live()?;
        let lengths = state.segments.iter();
        Ok(lengths
            .map(|(id, segment)| (*id, segment.bytes.len() as u64))
            .collect())
    }

    fn read(&mut self, segment: u64, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let state = self.live()?;
        let segment = state
            .segments
            .get(&segment)
            .ok_or(io::ErrorKind::NotFound)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(into.len());
        let bytes = segment
            .bytes
            .get(start..end)
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(bytes);
        Ok(())
    }

    fn append(&mut self, segment: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.live()?;
        let mut kept = bytes.len();
        let mut outcome = Ok(());
        let stored: usize = state
            .segments
            .values()
            .map(|segment| segment.bytes.len())
            .sum();
        if let Some(capacity) = state.capacity {
            let free = usize::try_from(capacity)
                .unwrap_or(usize::MAX)
                .saturating_sub(stored);
            if free < kept {
                kept = free;
                outcome = Err(io::ErrorKind::StorageFull.into());
            }
        }
        if state.failing_writes > 0 {
            state.failing_writes -= 1;
            kept = kept.min(bytes.len() / 2);
            outcome = Err(io::Error::other("a write failed"));
        }
        if let Some(left) = state.cut_after {
            let whole = kept as u64;
            if whole >= left {
                kept = usize::try_from(left).unwrap_or(kept);
                state.is_off = true;
                outcome = Err(io::Error::other("the power has gone"));
            }
            state.cut_after = Some(left.saturating_sub(whole));
        }
        state.written += kept as u64;
        let segment = state.segments.entry(segment).or_default();
        segment
            .bytes
            .extend_from_slice(bytes.get(..kept).unwrap_or(bytes));
        outcome
    }

    fn truncate(&mut self, segment: u64, len: u64) -> io::Result<()> {
        let mut state = self.live()?;
        let segment = state
            .segments
            .get_mut(&segment)
            .ok_or(io::ErrorKind::NotFound)?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        segment.bytes.truncate(len);
        segment.synced = segment.synced.min(len);
        Ok(())
    }

    fn sync(&mut self, segment: u64) -> io::Result<()> {
        let mut state = self.live()?;
        if state.failing_syncs > 0 {
            state.failing_syncs -= 1;
            return Err(io::Error::other("a sync failed"));
        }
        state.syncs += 1;
        let segment = state
            .segments
            .get_mut(&segment)
            .ok_or(io::ErrorKind::NotFound)?;
        segment.synced = segment.bytes.len();
        Ok(())
    }

    fn remove(&mut self, segment: u64) -> io::Result<()> {
        let mut state = self.live()?;
        let removed = state.segments.remove(&segment);
        removed
            .map(|_| ())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}
