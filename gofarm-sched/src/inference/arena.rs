//! [`Arena`]: the memory of one accelerator, with what is taken of it and where.

use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU64;

use gofarm_core::error::{Classify, Kind};

use crate::ConfigError;
use crate::resource::Shortage;

/// A piece of memory: where it begins, and its length; both in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Extent {
    start: u64,
    len: NonZeroU64,
}

impl Extent {
    /// A piece from `start` on.
    ///
    /// # Errors
    /// It has no length, or its end is beyond 2^64 - 1.
    pub fn new(start: u64, len: u64) -> Result<Self, ConfigError> {
        match NonZeroU64::new(len) {
            Some(len) if start.checked_add(len.get()).is_some() => Ok(Self { start, len }),
            _ => Err(ConfigError::new(
                "extent",
                "at least 1 byte, and below 2^64",
            )),
        }
    }

    /// Its first byte.
    #[must_use]
    pub const fn start(self) -> u64 {
        self.start
    }

    /// Its length in bytes, at least 1.
    #[must_use]
    pub const fn length(self) -> u64 {
        self.len.get()
    }

    /// The first byte after it.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.start + self.len.get()
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}..{:#x}", self.start, self.end())
    }
}

/// Why memory cannot be taken or given back; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ArenaError {
    /// It is not all inside of the memory.
    #[error("{extent} ends beyond the {capacity} B of the accelerator")]
    Outside {
        /// What was asked for.
        extent: Extent,
        /// How much memory there is, in bytes.
        capacity: u64,
    },
    /// Some of it is taken.
    #[error("{extent} overlaps {taken}, which is taken")]
    Overlaps {
        /// What was asked for.
        extent: Extent,
        /// The first piece that is in its way.
        taken: Extent,
    },
    /// What is given back was not taken, or not as this one piece.
    #[error("{extent} was not taken")]
    NotTaken {
        /// What was given back.
        extent: Extent,
    },
}

impl Classify for ArenaError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// The memory of one accelerator: which pieces of it are taken.
///
/// [`take`](Self::take) is *best fit*: the smallest free piece that is enough, the lowest of equal ones, from its
/// lower end. First fit would look at fewer pieces, but begins large pieces while small ones would do, and it is the
/// large ones that a farm runs out of. Lengths are taken as they are: round them up to what the loader allocates by.
///
/// Time is `O(n)` in the pieces that are taken, some dozens on an accelerator.
///
/// ```
/// use core::num::NonZeroU64;
/// use gofarm_sched::inference::Arena;
///
/// let len = |bytes| NonZeroU64::new(bytes).ok_or("it has a length");
/// let mut arena = Arena::new(100);
/// let first = arena.take(len(30)?)?;
/// let second = arena.take(len(30)?)?;
/// arena.release(first)?;
/// assert_eq!((arena.free(), arena.largest_free()), (70, 40));
/// assert!(arena.take(len(50)?).is_err(), "70 are free, but not in one piece");
/// assert_eq!(arena.take(len(25)?)?.start(), 0); // the smaller one of the two free pieces
/// assert_eq!(second.end(), 60);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arena {
    capacity: u64,
    free: u64,
    /// Ascending; no two overlap.
    taken: Vec<Extent>,
}

impl Arena {
    /// Memory of so many bytes, all of it free.
    #[must_use]
    pub const fn new(capacity: u64) -> Self {
        Self {
            capacity,
            free: capacity,
            taken: Vec::new(),
        }
    }

    /// All of it, in bytes.
    #[must_use]
    pub const fn capacity(&self) -> u64 {
        self.capacity
    }

    /// What is free of it, in bytes, in however many pieces.
    #[must_use]
    pub const fn free(&self) -> u64 {
        self.free
    }

    /// The largest piece that is free, in bytes.
    #[must_use]
    pub fn largest_free(&self) -> u64 {
        self.gaps().map(Extent::length).max().unwrap_or(0)
    }

    /// What is taken, ascending.
    #[must_use]
    pub fn taken(&self) -> &[Extent] {
        &self.taken
    }

    /// What is free, ascending; no two of them touch.
    pub fn gaps(&self) -> impl Iterator<Item = Extent> {
        let starts = core::iter::once(0).chain(self.taken.iter().map(|t| t.end()));
        let ends = self.taken.iter().map(|t| t.start());
        let ends = ends.chain(core::iter::once(self.capacity));
        starts.zip(ends).filter_map(|(start, end)| {
            let len = NonZeroU64::new(end.saturating_sub(start))?;
            Some(Extent { start, len })
        })
    }

    /// The free piece that [`take`](Self::take) would take from.
    #[must_use]
    pub fn best_fit(&self, len: NonZeroU64) -> Option<Extent> {
        let enough = self.gaps().filter(|gap| gap.len >= len);
        enough.min_by_key(|gap| (gap.len, gap.start))
    }

    /// Takes so many bytes in one piece.
    ///
    /// # Errors
    /// No free piece is that large.
    pub fn take(&mut self, len: NonZeroU64) -> Result<Extent, Shortage> {
        let Some(gap) = self.best_fit(len) else {
            return Err(Shortage::Contiguous {
                asked: len.get(),
                largest: self.largest_free(),
                free: self.free,
            });
        };
        let start = gap.start;
        let extent = Extent { start, len };
        let at = self.taken.partition_point(|t| t.start < start);
        self.taken.insert(at, extent);
        self.free -= len.get();
        Ok(extent)
    }

    /// Takes just this piece.
    ///
    /// # Errors
    /// It is not all inside, or some of it is taken.
    pub fn take_at(&mut self, extent: Extent) -> Result<(), ArenaError> {
        let capacity = self.capacity;
        if extent.end() > capacity {
            return Err(ArenaError::Outside { extent, capacity });
        }
        let at = self.taken.partition_point(|t| t.end() <= extent.start);
        if let Some(&taken) = self.taken.get(at).filter(|t| t.start < extent.end()) {
            return Err(ArenaError::Overlaps { extent, taken });
        }
        self.taken.insert(at, extent);
        self.free -= extent.length();
        Ok(())
    }

    /// Gives a piece back that was taken as one.
    ///
    /// # Errors
    /// It was not.
    pub fn release(&mut self, extent: Extent) -> Result<(), ArenaError> {
        match self.taken.binary_search(&extent) {
            Ok(at) => {
                self.taken.remove(at);
                self.free += extent.length();
                Ok(())
            }
            Err(_) => Err(ArenaError::NotTaken { extent }),
        }
    }
}
