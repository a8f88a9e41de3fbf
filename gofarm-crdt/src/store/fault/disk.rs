//! [`FaultyDisk`]: a disk in memory that loses and tears what was not synchronised.

use alloc::sync::Arc;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gofarm_core::random::{Random, SplitMix64};

use crate::store::Disk;

/// The piece of a write that a disk writes whole or not at all, in bytes.
const SECTOR: usize = 512;

/// What a power cut does to the writes that were not synchronised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// All are lost.
    All,
    /// All were written.
    None,
    /// Any sectors of them were written in any order, and one sector of each write is cut at any byte.
    Torn,
}

/// A disk in memory whose power goes at a given operation; clones are handles to the same disk.
///
/// ```
/// use gofarm_crdt::store::Disk;
/// use gofarm_crdt::store::fault::{FaultyDisk, Loss};
///
/// let disk = FaultyDisk::new(7);
/// disk.set_len(4)?;
/// disk.write(0, b"safe")?;
/// disk.sync()?;
/// disk.cut_at(5, Loss::All);
/// disk.write(0, b"lost")?;
/// assert!(disk.sync().is_err());
/// assert_eq!(disk.reboot().image(), b"safe");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FaultyDisk(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    random: SplitMix64,
    durable: Vec<u8>,
    current: Vec<u8>,
    unsynced: Vec<Change>,
    operations: u64,
    syncs: u64,
    cut: Option<(u64, Loss)>,
    is_off: bool,
}

#[derive(Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

impl FaultyDisk {
    /// An empty disk that works, for now; what a cut tears follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::holding(Vec::new(), seed)
    }

    /// A disk that holds `image`.
    #[must_use]
    pub fn holding(image: Vec<u8>, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            random: SplitMix64::new(seed),
            durable: image.clone(),
            current: image,
            unsynced: Vec::new(),
            operations: 0,
            syncs: 0,
            cut: None,
            is_off: false,
        })))
    }

    /// Lets the power go at operation number `operation` (a write, a change of length or a sync, counted from 1
    /// since this disk was made). That operation fails and counts as not synchronised.
    pub fn cut_at(&self, operation: u64, loss: Loss) {
        self.state().cut = Some((operation, loss));
    }

    /// How many operations there were.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// How many of them were syncs.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// Whether the power has gone: everything fails.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.state().is_off
    }

    /// The bytes that are durable.
    #[must_use]
    pub fn image(&self) -> Vec<u8> {
        self.state().durable.clone()
    }

    /// The disk after the next start: what was durable, and power.
    #[must_use]
    pub fn reboot(&self) -> Self {
        let mut state = self.state();
        let seed = state.random.next_u64();
        Self::holding(state.durable.clone(), seed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts one operation; after the cut it fails.
    fn operate(&mut self, change: Option<Change>) -> io::Result<()> {
        if self.is_off {
            return Err(off());
        }
        self.operations += 1;
        if let Some(change) = change {
            apply(&mut self.current, &change);
            self.unsynced.push(change);
        }
        match self.cut {
            Some((operation, loss)) if operation == self.operations => {
                self.is_off = true;
                self.lose(loss);
                Err(off())
            }
            _ => Ok(()),
        }
    }

    fn lose(&mut self, loss: Loss) {
        match loss {
            Loss::All => {}
            Loss::None => self.durable.clone_from(&self.current),
            Loss::Torn => {
                for change in core::mem::take(&mut self.unsynced) {
                    self.tear(&change);
                }
            }
        }
    }

    fn tear(&mut self, change: &Change) {
        let Change::Write { offset, bytes } = change else {
            if self.random.below(2) == 0 {
                apply(&mut self.durable, change);
            }
            return;
        };
        let sectors = bytes.len().div_ceil(SECTOR);
        let cut = self.random.below(sectors as u64);
        for (number, sector) in bytes.chunks(SECTOR).enumerate() {
            let kept = if number as u64 == cut {
                usize::try_from(self.random.below(sector.len() as u64)).unwrap_or(0)
            } else if self.random.below(2) == 0 {
                sector.len()
            } else {
                0
            };
            let piece = Change::Write {
                offset: offset + number * SECTOR,
                bytes: sector.get(..kept).unwrap_or_default().to_vec(),
            };
            apply(&mut self.durable, &piece);
        }
    }
}

/// A write beyond the end is lost there: its change of length was.
fn apply(image: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Length(len) => image.resize(*len, 0),
        Change::Write { offset, bytes } => {
            for (old, new) in image.iter_mut().skip(*offset).zip(bytes) {
                *old = *new;
            }
        }
    }
}

fn off() -> io::Error {
    io::Error::other("the power has gone")
}

fn position(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput.into())
}

impl Disk for FaultyDisk {
    fn len(&self) -> io::Result<u64> {
        let state = self.state();
        if state.is_off {
            return Err(off());
        }
        Ok(state.current.len() as u64)
    }

    fn read(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        if state.is_off {
            return Err(off());
        }
        let offset = position(offset)?;
        let bytes = offset
            .checked_add(buffer.len())
            .and_then(|end| state.current.get(offset..end))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let offset = position(offset)?;
        if offset.saturating_add(bytes.len()) > state.current.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = bytes.to_vec();
        state.operate(Some(Change::Write { offset, bytes }))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = position(len)?;
        self.state().operate(Some(Change::Length(len)))
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state();
        state.operate(None)?;
        state.syncs += 1;
        state.unsynced.clear();
        let State {
            durable, current, ..
        } = &mut *state;
        durable.clone_from(current);
        Ok(())
    }
}
