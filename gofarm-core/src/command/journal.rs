//! [`Journal`]: where a device keeps the ids of what it has accepted.

use core::convert::Infallible;
use core::fmt;

use super::snapshot::snapshot_len;
use crate::error::{Classify, Kind};

/// A place that keeps one snapshot across a restart: a flash page pair, an EEPROM, a file.
///
/// A snapshot is at most [`MAX_SNAPSHOT_LEN`](super::MAX_SNAPSHOT_LEN) bytes and carries its own version and
/// checksum. How it is stored is the journal's matter, with two duties:
///
/// - `save` returns `Ok` only when the bytes will be there after a power cut in the next instruction. A
///   journal that says so too early lets a command run twice.
/// - A power cut inside `save` should leave the snapshot from before (two slots written in turn). Otherwise the device
///   comes up with its memory [lost](super::Loss), which is safe and refuses opening commands for a time.
///
/// ```
/// use gofarm_core::command::{Journal, Lease, Loss};
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_core::time::Instant;
///
/// #[derive(Default)]
/// struct Page {
///     number: u32, // of the save, written last; 0 if the page is erased or its write was cut off
///     bytes: Vec<u8>,
/// }
///
/// #[derive(Default)]
/// struct Flash([Page; 2]);
///
/// impl Flash {
///     fn newest(&self) -> usize {
///         usize::from(self.0[1].number > self.0[0].number)
///     }
/// }
///
/// #[derive(Debug)]
/// struct WornOut;
///
/// impl Classify for WornOut {
///     fn kind(&self) -> Kind {
///         Kind::Permanent
///     }
/// }
///
/// impl Journal for Flash {
///     type Error = WornOut;
///
///     fn load(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, WornOut> {
///         let Page { number, bytes } = &self.0[self.newest()];
///         if let Some(room) = buffer.get_mut(..bytes.len()) {
///             room.copy_from_slice(bytes);
///         }
///         Ok((*number > 0).then_some(bytes.len()))
///     }
///
///     fn save(&mut self, snapshot: &[u8]) -> Result<(), WornOut> {
///         let newest = self.newest();
///         let number = self.0[newest].number + 1;
///         let page = &mut self.0[1 - newest];
///         page.number = 0; // erase; up to the last write the other page is the newest
///         page.bytes = snapshot.to_vec();
///         if page.bytes != snapshot {
///             return Err(WornOut); // read back, as not every write takes
///         }
///         page.number = number;
///         Ok(())
///     }
/// }
///
/// let mut flash = Flash::default();
/// let mut lease: Lease<&mut Flash> = Lease::restore(&mut flash, Instant::ZERO);
/// assert_eq!(lease.loss(), Some(Loss::Missing));
/// assert!(lease.commission().is_ok() && lease.save().is_ok());
///
/// flash.0[1].number = 0; // the power goes in the middle of the next save
/// let lease: Lease<&mut Flash> = Lease::restore(&mut flash, Instant::ZERO);
/// assert_eq!(lease.loss(), None);
/// ```
pub trait Journal {
    /// Why it could not be read or written.
    type Error: Classify;

    /// Copies the snapshot that was saved last to the start of `buffer` and returns its length in bytes; `None` if
    /// none was ever saved.
    ///
    /// `buffer` has room for every snapshot. If what is stored is longer, its length is returned and the device
    /// takes it as corrupt.
    ///
    /// # Errors
    /// The journal's error if the storage could not be read.
    fn load(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Self::Error>;

    /// Replaces the snapshot, durably.
    ///
    /// # Errors
    /// The journal's error if the bytes may not be there after a restart.
    fn save(&mut self, snapshot: &[u8]) -> Result<(), Self::Error>;
}

impl<J: Journal + ?Sized> Journal for &mut J {
    type Error = J::Error;

    fn load(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, J::Error> {
        (**self).load(buffer)
    }

    fn save(&mut self, snapshot: &[u8]) -> Result<(), J::Error> {
        (**self).save(snapshot)
    }
}

/// Keeps nothing: for a device without storage.
///
/// Every start is then one with lost memory; see [`Lease::longest_validity`](super::Lease::longest_validity) for
/// how to keep the time short in which such a device refuses to open.
impl Journal for () {
    type Error = Infallible;

    fn load(&mut self, _: &mut [u8]) -> Result<Option<usize>, Infallible> {
        Ok(None)
    }

    fn save(&mut self, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A journal in memory, for tests, simulations and RAM that outlives a reset.
///
/// The default size is that of the default window of 16 ids.
///
/// ```
/// use gofarm_core::command::{Journal, RamJournal};
///
/// let mut journal = RamJournal::<8>::new();
/// journal.save(&[1, 2, 3])?;
/// let mut buffer = [0; 8];
/// assert_eq!(journal.load(&mut buffer)?, Some(3));
/// assert!(journal.save(&[0; 9]).is_err());
/// # Ok::<(), gofarm_core::command::JournalFull>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RamJournal<const SIZE: usize = { snapshot_len(16) }> {
    bytes: [u8; SIZE],
    len: Option<usize>,
}

impl<const SIZE: usize> RamJournal<SIZE> {
    /// A journal to which nothing was ever saved.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; SIZE],
            len: None,
        }
    }

    /// The snapshot that was saved last.
    #[must_use]
    pub fn saved(&self) -> Option<&[u8]> {
        self.bytes.get(..self.len?)
    }
}

impl<const SIZE: usize> Default for RamJournal<SIZE> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const SIZE: usize> Journal for RamJournal<SIZE> {
    type Error = JournalFull;

    fn load(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, JournalFull> {
        let Some(saved) = self.saved() else {
            return Ok(None);
        };
        if let Some(room) = buffer.get_mut(..saved.len()) {
            room.copy_from_slice(saved);
        }
        Ok(Some(saved.len()))
    }

    fn save(&mut self, snapshot: &[u8]) -> Result<(), JournalFull> {
        let Some(room) = self.bytes.get_mut(..snapshot.len()) else {
            return Err(JournalFull {
                len: snapshot.len(),
                max: SIZE,
            });
        };
        room.copy_from_slice(snapshot);
        self.len = Some(snapshot.len());
        Ok(())
    }
}

/// A snapshot that does not fit into a [`RamJournal`].
///
/// ```
/// use gofarm_core::command::{JournalFull, Lease, RamJournal, snapshot_len};
/// use gofarm_core::time::Instant;
///
/// let journal = RamJournal::<{ snapshot_len(4) }>::new(); // room for 4 ids
/// let mut lease: Lease<_, 16> = Lease::restore(journal, Instant::ZERO);
/// assert_eq!(lease.commission(), Err(JournalFull { len: 468, max: 168 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct JournalFull {
    /// The length of the snapshot, in bytes.
    pub len: usize,
    /// The most that fits, in bytes.
    pub max: usize,
}

impl fmt::Display for JournalFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a snapshot of {} bytes does not fit into {} bytes",
            self.len, self.max
        )
    }
}

impl core::error::Error for JournalFull {}

impl Classify for JournalFull {
    fn kind(&self) -> Kind {
        Kind::Permanent
    }
}
