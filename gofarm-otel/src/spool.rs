//! Batches that wait on disk until the receiver is back: [`Spool`].
//!
//! A gateway in a field is without its link for hours or days. What it has to say meanwhile does not fit into
//! memory, and memory is gone with the power. A database would do, at the price of rewriting pages for what is
//! written once and read once. So a spool is a queue of files that grow at the end: each batch is one record with two
//! checksums, a file is removed when all of it was taken over, and when the spool is full the oldest file goes and its
//! items are counted.
//!
//! - *At most so many bytes*, at a time and in any 24 hours (flash wears out): see [`Limits`].
//! - *A crash at any byte* loses what was not [synchronised](Spool::sync), and nothing before it. A torn record is cut
//!   off at the next start, and counted if its header is whole.
//! - *At least once*: a batch that was acknowledged may come again after a crash, because marks are not
//!   synchronised. Spans are told apart by their ids.
//! - *It does not* compress or encrypt; it does not look for records behind a damaged header, but gives the rest of that
//!   file up; and what was written to files that are gone does not count for the 24 hours after a restart.
//!
//! ```
//! use gofarm_otel::batch::{Batch, Kind};
//! use gofarm_otel::clock::Moment;
//! use gofarm_otel::spool::{Limits, Memory, Spool};
//!
//! let disk = Memory::new();
//! let mut spool = Spool::open(disk.clone(), Limits::new(1 << 20))?;
//! spool.append(Moment::default(), &Batch { kind: Kind::Traces, items: 2, body: vec![1, 2, 3] })?;
//! spool.sync()?;
//! drop(spool); // the power goes
//!
//! let mut spool = Spool::open(disk, Limits::new(1 << 20))?;
//! let entry = spool.peek().expect("the batch that was written");
//! assert_eq!(entry.batch().body, [1, 2, 3]);
//! spool.acknowledge(Moment::default(), entry);
//! assert_eq!(spool.stats().held().total(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod directory;
mod entry;
mod error;
mod limits;
mod memory;
mod record;
mod segment;
mod stats;
mod storage;
mod wear;

pub use directory::Directory;
pub use entry::Entry;
pub use error::AppendError;
pub use limits::Limits;
pub use memory::Memory;
pub use stats::Stats;
pub use storage::Storage;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::fmt;
use std::io;

use crate::batch::{Batch, Counts};
use crate::clock::Moment;
use record::{Header, What};
use segment::Segment;
use wear::Wear;

/// Bytes of the record that a segment begins with.
const START: u64 = Header::LEN as u64 + 8;

/// A queue of batches on disk.
///
/// One batch at a time is out: [`peek`](Self::peek) gives the oldest, and gives it again until it is
/// [acknowledged](Self::acknowledge) or [put back](Self::put_back). See the [module](self) for what it promises.
pub struct Spool {
    storage: Box<dyn Storage>,
    limits: Limits,
    /// Oldest first; only the last is written to.
    segments: VecDeque<Segment>,
    /// Whether the last segment takes more.
    is_active: bool,
    /// Whether something was written to the last segment and not synchronised.
    is_dirty: bool,
    next_segment: u64,
    wear: Wear,
    /// The entry that was given out and not yet acknowledged.
    out: Option<Entry>,
    stats: Stats,
}

impl Spool {
    /// Opens what `storage` holds, and reads the headers of all of it.
    ///
    /// What is torn or damaged is cut off, and a segment that cannot be read is removed; both are counted in [`Stats`].
    ///
    /// # Errors
    /// When the storage cannot be listed.
    pub fn open(storage: impl Storage + 'static, limits: Limits) -> io::Result<Self> {
        let mut spool = Self {
            storage: Box::new(storage),
            limits,
            segments: VecDeque::new(),
            is_active: false,
            is_dirty: false,
            next_segment: 1,
            wear: Wear::new(limits.bytes_per_day()),
            out: None,
            stats: Stats::default(),
        };
        let mut found = spool.storage.list()?;
        found.sort_unstable();
        for (id, len) in found {
            spool.next_segment = id.saturating_add(1);
            let Ok(scan) = Segment::scan(&mut *spool.storage, id, len) else {
                spool.stats.unread(len);
                let _ = spool.storage.remove(id);
                continue;
            };
            spool.stats.found(&scan);
            spool.wear.inherit(scan.written_before.saturating_add(len));
            spool.is_active = scan.segment.takes_more;
            spool.segments.push_back(scan.segment);
        }
        while spool.bytes() > limits.bytes() && spool.drop_oldest() {}
        Ok(spool)
    }

    /// Writes one batch behind all others; safe from a power cut after the next [`sync`](Self::sync).
    ///
    /// A full spool drops its oldest segment first, and so does a full disk.
    ///
    /// # Errors
    /// When the batch is too large for a segment, when a day's bytes are used up, or when the storage fails; then
    /// nothing of the batch is held.
    pub fn append(&mut self, now: Moment, batch: &Batch) -> Result<(), AppendError> {
        let too_large = AppendError::TooLarge {
            bytes: batch.body.len() as u64,
            limit: self.limits.segment_bytes() - START - Header::LEN as u64,
        };
        let header = Header::of(What::Batch(batch.kind), batch.items, &batch.body);
        let header = header.ok_or(too_large)?;
        let size = header.record_len();
        if size.saturating_add(START) > self.limits.segment_bytes() {
            return Err(too_large);
        }
        if !self.wear.allows(now, size + START) {
            return Err(AppendError::WornForToday {
                limit: self.limits.bytes_per_day(),
            });
        }
        while self.bytes() + size + START > self.limits.bytes() && self.drop_oldest() {}
        let written = self.write(now, header, &batch.body);
        let written = match written {
            Err(error) if error.kind() == io::ErrorKind::StorageFull && self.segments.len() > 1 => {
                self.drop_oldest();
                self.write(now, header, &batch.body)
            }
            other => other,
        };
        written.map_err(|error| AppendError::Storage(error.kind()))?;
        if let Some(segment) = self.segments.back_mut() {
            segment.holds(batch.kind, batch.items);
        }
        self.stats.appended.add(batch.kind, u64::from(batch.items));
        Ok(())
    }

    /// Returns when a power cut can no longer take what was appended.
    ///
    /// # Errors
    /// When the storage does not vouch for it; what was appended is still held.
    pub fn sync(&mut self) -> io::Result<()> {
        if let Some(segment) = self.segments.back_mut()
            && self.is_dirty
        {
            self.is_dirty = false;
            let synced = self.storage.sync(segment.id);
            // What a failed sync left on the disk is unknown, so nothing is written behind it.
            if synced.is_err() {
                self.is_active = false;
                self.stats.failures += 1;
            }
            return synced;
        }
        Ok(())
    }

    /// The oldest batch; the same one until it is acknowledged.
    ///
    /// What cannot be read or is not what was written is skipped and counted.
    pub fn peek(&mut self) -> Option<Entry> {
        while self.out.is_none() {
            let segment = self.segments.front_mut()?;
            if segment.is_consumed() {
                self.remove_oldest();
                continue;
            }
            match segment.next(&mut *self.storage) {
                Ok(segment::Next::Batch(batch)) => {
                    let position = segment.position();
                    self.out = Some(Entry::new(position, Arc::new(batch)));
                }
                Ok(segment::Next::Other(len)) => segment.cursor += len,
                Ok(segment::Next::Damaged { kind, items, len }) => {
                    segment.release(kind, items, len);
                    self.stats.damaged.add(kind, items);
                }
                Err(_) => {
                    // A header that was whole is gone, or the disk does not give it.
                    let lost = segment.give_up();
                    self.stats.damaged.add_all(&lost);
                }
            }
        }
        self.out.clone()
    }

    /// Takes out the batch that was given by [`peek`](Self::peek): somebody else has it now.
    ///
    /// An entry that is not out, because its segment was dropped meanwhile, changes nothing.
    pub fn acknowledge(&mut self, now: Moment, entry: Entry) {
        if !self.is_out(&entry) {
            return;
        }
        self.out = None;
        let Some(segment) = self.segments.front_mut() else {
            return;
        };
        let batch = entry.batch();
        let (items, len) = (u64::from(batch.items), batch.body.len() + Header::LEN);
        segment.release(batch.kind, items, len as u64);
        self.stats.acknowledged.add(batch.kind, items);
        if segment.is_consumed() {
            self.remove_oldest();
        } else {
            self.mark(now);
        }
    }

    /// Puts back the batch that was given by [`peek`](Self::peek); it is given again.
    ///
    /// False if its segment was dropped meanwhile: the entry was not counted with it, and who has it does that.
    #[must_use = "an entry that is no longer in the spool is to be counted"]
    pub fn put_back(&mut self, entry: &Entry) -> bool {
        let is_out = self.is_out(entry);
        if is_out {
            self.out = None;
        }
        is_out
    }

    /// Whether an entry is still the one that [`peek`](Self::peek) gives.
    #[must_use]
    pub fn is_out(&self, entry: &Entry) -> bool {
        self.out
            .as_ref()
            .is_some_and(|out| out.position() == entry.position())
    }

    /// Whether there is nothing to give.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.iter().all(Segment::is_consumed)
    }

    /// What it holds and what became of the rest.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = self.stats;
        stats.held = Counts::ZERO;
        for segment in &self.segments {
            stats.held.add_all(&segment.held);
        }
        stats.bytes = self.bytes();
        stats.segments = self.segments.len();
        stats.written = self.wear.written();
        stats
    }

    fn bytes(&self) -> u64 {
        let lengths = self.segments.iter().map(|segment| segment.len);
        lengths.fold(0, u64::saturating_add)
    }

    /// Writes a record at the end, in a new segment if the last one has no room.
    fn write(&mut self, now: Moment, header: Header, body: &[u8]) -> io::Result<()> {
        let room = self
            .limits
            .segment_bytes()
            .saturating_sub(header.record_len());
        let fits = self.segments.back().is_some_and(|last| last.len <= room);
        if !self.is_active || !fits {
            self.begin(now)?;
        }
        self.extend(now, header, body)
    }

    fn begin(&mut self, now: Moment) -> io::Result<()> {
        // The old one has to be safe before the spool forgets that it is not; if it is not, that is known already.
        let _ = self.sync();
        let before = self.wear.used(now).to_le_bytes();
        self.segments.push_back(Segment::new(self.next_segment));
        self.next_segment = self.next_segment.saturating_add(1);
        self.is_active = true;
        let header = Header::of(What::Start, 0, &before);
        let header = header.ok_or(io::ErrorKind::InvalidInput)?;
        self.extend(now, header, &before)
    }

    /// Writes a record at the end of the last segment, or nothing.
    fn extend(&mut self, now: Moment, header: Header, body: &[u8]) -> io::Result<()> {
        let segment = self.segments.back_mut().ok_or(io::ErrorKind::NotFound)?;
        let written = segment.append(&mut *self.storage, &header, body);
        self.wear.record(now, header.record_len());
        if written.is_ok() {
            self.is_dirty = true;
        } else {
            self.stats.failures += 1;
            self.is_active = segment.takes_more;
            if segment.len == 0 {
                // Nothing of it is there, unless the disk keeps a torn beginning, which the next start cuts off.
                let _ = self.storage.remove(segment.id);
                self.segments.pop_back();
                self.is_active = false;
            }
        }
        written
    }

    /// Notes how far the oldest segment was taken over, if that can be had.
    fn mark(&mut self, now: Moment) {
        let stored = self.bytes();
        let Some(segment) = self.segments.front_mut() else {
            return;
        };
        let body = segment.cursor.to_le_bytes();
        let Some(header) = Header::of(What::Mark, 0, &body) else {
            return;
        };
        let size = header.record_len();
        let is_full = stored.saturating_add(size) > self.limits.bytes();
        if !segment.takes_more || is_full || !self.wear.allows(now, size) {
            return;
        }
        let written = segment.append(&mut *self.storage, &header, &body);
        self.wear.record(now, size);
        if written.is_err() && !segment.takes_more && self.segments.len() == 1 {
            self.is_active = false;
        }
    }

    /// Drops the oldest segment with all that is in it; false if there is none.
    fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.segments.front() else {
            return false;
        };
        let mut lost = oldest.held;
        if let Some(out) = self.out.take() {
            // Who has it decides what becomes of it.
            lost.subtract(out.batch().kind, u64::from(out.batch().items));
        }
        self.stats.oldest.add_all(&lost);
        self.remove_oldest();
        true
    }

    fn remove_oldest(&mut self) {
        if let Some(oldest) = self.segments.pop_front() {
            // A file that cannot be removed is found again at the next start.
            let _ = self.storage.remove(oldest.id);
        }
        if self.segments.is_empty() {
            self.is_active = false;
            self.is_dirty = false;
        }
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool")
            .field("limits", &self.limits)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
