//! The bytes that a device keeps across a restart, version 1.
//!
//! All numbers are little-endian. The length depends only on the number of slots.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | `GFCL` |
//! | 4 | 1 | version, 1 |
//! | 5 | 1 | bit 0: the memory was lost and it is not yet known up to when; other bits 0 |
//! | 6 | 1 | slots, 1 to 32 |
//! | 7 | 1 | slots in use |
//! | 8 | 8 | ids that expire up to this wall time are forgotten, Unix ms |
//! | 16 | 40 | issued, executed, expired, refused, indeterminate |
//! | 56 | 8 | closing commands not yet confirmed |
//! | 64 | 25 each | id (16), expiry in Unix ms (8), phase (1): 1 accepted, 2 executed, 3 indeterminate; zero if unused |
//! | end | 4 | CRC-32 (IEEE 802.3) of all before |

use core::fmt;

use super::window::{Entry, Phase, Window};
use super::{CommandId, Tally};
use crate::error::{Classify, Kind};
use crate::time::UnixMillis;

const MAGIC: [u8; 4] = *b"GFCL";
const VERSION: u8 = 1;
const HEADER: usize = 64;
const ENTRY: usize = 25;
const LOST: u8 = 1;

/// The most ids that a device can hold.
pub const MAX_SLOTS: usize = 32;

/// The length of the longest snapshot, in bytes.
pub const MAX_SNAPSHOT_LEN: usize = snapshot_len(MAX_SLOTS);

/// The length in bytes of a snapshot of a device that holds `slots` ids.
#[must_use]
pub const fn snapshot_len(slots: usize) -> usize {
    HEADER + slots * ENTRY + 4
}

/// Everything that survives a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory<const N: usize> {
    pub(super) window: Window<N>,
    pub(super) tally: Tally,
    /// Closing commands not yet confirmed; a part of the pending ones.
    pub(super) closes: u64,
    /// The memory was lost and `forgotten_until` does not account for that yet.
    pub(super) is_lost: bool,
}

impl<const N: usize> Memory<N> {
    #[cfg_attr(target_os = "none", inline(never))]
    pub(super) fn empty() -> Self {
        Self {
            window: Window::empty(),
            tally: Tally::NONE,
            closes: 0,
            is_lost: false,
        }
    }

    /// Writes the snapshot to the start of `buffer` and returns it.
    pub(super) fn encode<'a>(&self, buffer: &'a mut [u8; MAX_SNAPSHOT_LEN]) -> &'a [u8] {
        let tally = &self.tally;
        let small = |n: usize| u8::try_from(n).unwrap_or(u8::MAX); // at most MAX_SLOTS
        let mut out = Writer { buffer, len: 0 };
        out.put(&MAGIC);
        out.put(&[VERSION, if self.is_lost { LOST } else { 0 }]);
        out.put(&[small(N), small(self.window.iter().count())]);
        for number in [
            self.window.forgotten_until.as_millis(),
            tally.issued,
            tally.executed,
            tally.expired,
            tally.refused,
            tally.indeterminate,
            self.closes,
        ] {
            out.put(&number.to_le_bytes());
        }
        for entry in self.window.iter() {
            out.put(entry.id.as_bytes());
            out.put(&entry.expires.as_millis().to_le_bytes());
            out.put(&[match entry.phase {
                Phase::Accepted => 1,
                Phase::Executed => 2,
                Phase::Indeterminate => 3,
            }]);
        }
        while out.len < snapshot_len(N) - 4 {
            out.put(&[0]);
        }
        let crc = crc32(out.written());
        out.put(&crc.to_le_bytes());
        let len = out.len;
        buffer.get(..len).unwrap_or_default()
    }

    /// Reads a snapshot; whatever is not exactly what `encode` can write is an error.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let length = SnapshotError::Length { len: bytes.len() };
        let magic = bytes.first_chunk::<4>().ok_or(length)?;
        if *magic != MAGIC {
            return Err(SnapshotError::Magic);
        }
        if bytes.len() < 8 {
            return Err(length);
        }
        let mut input = Reader(bytes.get(4..).unwrap_or_default());
        let [version, flags, slots, used] = input.take::<4>();
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        let (slots, used) = (usize::from(slots), usize::from(used));
        if bytes.len() != snapshot_len(slots) {
            return Err(length);
        }
        let (body, checksum) = bytes.split_last_chunk::<4>().ok_or(length)?;
        let (computed, stored) = (crc32(body), u32::from_le_bytes(*checksum));
        if computed != stored {
            return Err(SnapshotError::Checksum { stored, computed });
        }
        if flags & !LOST != 0 || used > slots {
            return Err(SnapshotError::Inconsistent);
        }
        if used > N {
            return Err(SnapshotError::TooManyIds {
                found: used,
                max: N,
            });
        }

        let mut memory = Self::empty();
        memory.is_lost = flags & LOST != 0;
        memory.window.forgotten_until = UnixMillis::new(input.number());
        let tally = &mut memory.tally;
        for count in [
            &mut tally.issued,
            &mut tally.executed,
            &mut tally.expired,
            &mut tally.refused,
            &mut tally.indeterminate,
            &mut memory.closes,
        ] {
            *count = input.number();
        }
        tally.pending = memory.closes;
        for slot in 0..used {
            let id = CommandId::new(input.take::<16>());
            let expires = UnixMillis::new(input.number());
            let phase = match input.take::<1>() {
                [1] => Phase::Accepted,
                [2] => Phase::Executed,
                [3] => Phase::Indeterminate,
                _ => return Err(SnapshotError::Inconsistent),
            };
            if phase == Phase::Accepted {
                tally.pending = tally.pending.saturating_add(1);
            }
            if memory.window.knows(id) {
                return Err(SnapshotError::Inconsistent);
            }
            if let Some(place) = memory.window.entries.get_mut(slot) {
                *place = Some(Entry {
                    id,
                    expires,
                    phase,
                    is_unreported: phase == Phase::Indeterminate,
                });
            }
        }
        let unused = body.get(HEADER + used * ENTRY..).unwrap_or_default();
        if !tally.is_balanced() || unused.iter().any(|&b| b != 0) {
            return Err(SnapshotError::Inconsistent);
        }
        Ok(memory)
    }
}

struct Writer<'a> {
    buffer: &'a mut [u8; MAX_SNAPSHOT_LEN],
    len: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if let Some(room) = self.buffer.get_mut(self.len..end) {
            room.copy_from_slice(bytes);
        }
        self.len = end;
    }

    fn written(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }
}

/// Gives zeros where there is nothing: the length was checked before.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const K: usize>(&mut self) -> [u8; K] {
        let (head, rest) = self.0.split_first_chunk::<K>().unwrap_or((&[0; K], &[]));
        self.0 = rest;
        *head
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

/// CRC-32 of IEEE 802.3, reflected, polynomial 0x04C11DB7, without a table.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (0xedb8_8320 * carry);
        }
    }
    !crc
}

/// Why stored bytes are not a snapshot that this device can use.
///
/// ```
/// use gofarm_core::command::{Journal, Lease, Loss, RamJournal, SnapshotError};
/// use gofarm_core::time::Instant;
///
/// let mut lease: Lease<RamJournal> = Lease::restore(RamJournal::new(), Instant::ZERO);
/// lease.commission()?;
/// let mut journal = lease.into_journal();
/// let mut bytes = journal.saved().unwrap_or_default().to_vec();
/// bytes[20] ^= 1; // one bit has flipped
/// journal.save(&bytes)?;
/// let lease: Lease<RamJournal> = Lease::restore(journal, Instant::ZERO);
/// assert!(matches!(lease.loss(), Some(Loss::Corrupt(SnapshotError::Checksum { .. }))));
/// # Ok::<(), gofarm_core::command::JournalFull>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SnapshotError {
    /// It does not have the length that belongs to its number of slots.
    Length {
        /// The length that was found, in bytes.
        len: usize,
    },
    /// It does not start as a snapshot does: erased flash, or other data.
    Magic,
    /// A version that this program does not know.
    Version(u8),
    /// Bytes have changed since it was written.
    Checksum {
        /// The checksum that is stored.
        stored: u32,
        /// The checksum of the stored bytes.
        computed: u32,
    },
    /// It holds more ids than this program has room for.
    TooManyIds {
        /// How many it holds.
        found: usize,
        /// How many this program has room for.
        max: usize,
    },
    /// The checksum is right and the content contradicts itself.
    Inconsistent,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { len } => write!(f, "no snapshot is {len} bytes long"),
            Self::Magic => f.write_str("not a snapshot"),
            Self::Version(version) => {
                write!(
                    f,
                    "snapshot version {version}, only version {VERSION} is known"
                )
            }
            Self::Checksum { stored, computed } => write!(
                f,
                "the snapshot's checksum is {stored:#010x}, its bytes give {computed:#010x}"
            ),
            Self::TooManyIds { found, max } => {
                write!(f, "the snapshot holds {found} ids, there is room for {max}")
            }
            Self::Inconsistent => f.write_str("the snapshot contradicts itself"),
        }
    }
}

impl core::error::Error for SnapshotError {}

impl Classify for SnapshotError {
    fn kind(&self) -> Kind {
        Kind::Permanent
    }
}

#[cfg(test)]
mod tests;
