//! One file of the spool, and what of it is still to be taken over.

use alloc::vec;
use alloc::vec::Vec;
use std::io;

use super::Storage;
use super::entry::Position;
use super::record::{Header, What};
use crate::batch::{Batch, Counts, Kind};

#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) id: u64,
    /// Bytes of whole records.
    pub(super) len: u64,
    /// Where the oldest record begins that was not taken over.
    pub(super) cursor: u64,
    /// Batches from the cursor on, and the items in them.
    pub(super) batches: u64,
    pub(super) held: Counts,
    /// Whether the file ends with a whole record, so that another one may follow.
    pub(super) takes_more: bool,
}

/// What was found in a segment of an earlier process.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    pub(super) segment: Segment,
    /// What was in a record whose body is not all there.
    pub(super) torn: Counts,
    /// Bytes after the last whole record.
    pub(super) unread: u64,
    /// What its first record says was written in the 24 hours before.
    pub(super) written_before: u64,
}

/// What stands at the cursor.
#[derive(Debug)]
pub(super) enum Next {
    Batch(Batch),
    /// Something else, of that length.
    Other(u64),
    /// A batch whose body is not what was written.
    Damaged {
        kind: Kind,
        items: u64,
        len: u64,
    },
}

impl Segment {
    pub(super) const fn new(id: u64) -> Self {
        Self {
            id,
            len: 0,
            cursor: 0,
            batches: 0,
            held: Counts::ZERO,
            takes_more: true,
        }
    }

    /// Reads all headers of a segment, and cuts off what follows the last whole record.
    pub(super) fn scan(storage: &mut dyn Storage, id: u64, len: u64) -> io::Result<Scan> {
        let mut segment = Self::new(id);
        let mut mark = 0;
        let mut torn = Counts::ZERO;
        let mut written_before = 0;
        while let Some(header) = header_at(storage, id, segment.len, len)? {
            let end = segment.len.saturating_add(header.record_len());
            if end > len {
                if let What::Batch(kind) = header.what {
                    torn.add(kind, u64::from(header.items));
                }
                break;
            }
            match header.what {
                What::Batch(kind) => segment.holds(kind, header.items),
                What::Start => {
                    written_before = number_at(storage, id, segment.len, &header)?.unwrap_or(0);
                }
                What::Mark => {
                    let found = number_at(storage, id, segment.len, &header)?;
                    mark = found.filter(|at| *at <= segment.len).unwrap_or(0).max(mark);
                }
            }
            segment.len = end;
        }
        if mark > 0 {
            segment.skip_to(storage, mark)?;
        }
        let unread = len - segment.len;
        if unread > 0 {
            segment.takes_more = storage.truncate(id, segment.len).is_ok();
        }
        Ok(Scan {
            segment,
            torn,
            unread,
            written_before,
        })
    }

    /// Leaves out what was taken over before the process ended; a mark that points nowhere is not followed.
    fn skip_to(&mut self, storage: &mut dyn Storage, mark: u64) -> io::Result<()> {
        let mut rest = Self {
            batches: 0,
            held: Counts::ZERO,
            cursor: mark,
            ..self.clone()
        };
        let mut offset = mark;
        while offset < self.len {
            let Some(header) = header_at(storage, self.id, offset, self.len)? else {
                return Ok(());
            };
            if let What::Batch(kind) = header.what {
                rest.holds(kind, header.items);
            }
            offset = offset.saturating_add(header.record_len());
        }
        *self = rest;
        Ok(())
    }

    /// Writes a record at the end, or nothing; a torn one that cannot be cut off is the last.
    pub(super) fn append(
        &mut self,
        storage: &mut dyn Storage,
        header: &Header,
        body: &[u8],
    ) -> io::Result<()> {
        let mut record = Vec::with_capacity(Header::LEN + body.len());
        record.extend_from_slice(&header.encode());
        record.extend_from_slice(body);
        let written = storage.append(self.id, &record);
        if written.is_ok() {
            self.len += header.record_len();
        } else {
            self.takes_more = storage.truncate(self.id, self.len).is_ok();
        }
        written
    }

    /// One more batch from the cursor on.
    pub(super) fn holds(&mut self, kind: Kind, items: u32) {
        self.batches += 1;
        self.held.add(kind, u64::from(items));
    }

    /// One batch less: the one at the cursor, whose record has that length.
    pub(super) fn release(&mut self, kind: Kind, items: u64, len: u64) {
        self.batches = self.batches.saturating_sub(1);
        self.held.subtract(kind, items);
        self.cursor = self.cursor.saturating_add(len);
    }

    /// Gives up everything that is left; says what that was.
    pub(super) fn give_up(&mut self) -> Counts {
        self.batches = 0;
        self.cursor = self.len;
        core::mem::take(&mut self.held)
    }

    /// Whether all of it was taken over.
    pub(super) const fn is_consumed(&self) -> bool {
        self.batches == 0
    }

    pub(super) const fn position(&self) -> Position {
        Position {
            segment: self.id,
            offset: self.cursor,
        }
    }

    /// Reads the record at the cursor; an error if there is none to be had.
    pub(super) fn next(&self, storage: &mut dyn Storage) -> io::Result<Next> {
        let header = header_at(storage, self.id, self.cursor, self.len)?;
        let header = header.ok_or(io::ErrorKind::InvalidData)?;
        let len = header.record_len();
        let What::Batch(kind) = header.what else {
            return Ok(Next::Other(len));
        };
        // Within the file, whose length was seen: so much memory at most.
        if self.cursor.saturating_add(len) > self.len {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let body = body_at(storage, self.id, self.cursor, &header)?;
        if !header.fits(&body) {
            return Ok(Next::Damaged {
                kind,
                items: u64::from(header.items),
                len,
            });
        }
        Ok(Next::Batch(Batch {
            kind,
            items: header.items,
            body,
        }))
    }
}

/// The header at `offset`; none if a file of `len` bytes has no whole one there.
fn header_at(
    storage: &mut dyn Storage,
    id: u64,
    offset: u64,
    len: u64,
) -> io::Result<Option<Header>> {
    if len.saturating_sub(offset) < Header::LEN as u64 {
        return Ok(None);
    }
    let mut bytes = [0; Header::LEN];
    storage.read(id, offset, &mut bytes)?;
    Ok(Header::decode(&bytes))
}

fn body_at(
    storage: &mut dyn Storage,
    id: u64,
    offset: u64,
    header: &Header,
) -> io::Result<Vec<u8>> {
    let len = usize::try_from(header.len).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut body = vec![0; len];
    storage.read(id, offset + Header::LEN as u64, &mut body)?;
    Ok(body)
}

/// The number of 8 bytes that a start or a mark holds; none if it does not.
fn number_at(
    storage: &mut dyn Storage,
    id: u64,
    offset: u64,
    header: &Header,
) -> io::Result<Option<u64>> {
    if header.len != 8 {
        return Ok(None);
    }
    let body = body_at(storage, id, offset, header)?;
    let number = body.as_slice().try_into().map(u64::from_le_bytes).ok();
    Ok(number.filter(|_| header.fits(&body)))
}
