//! Where a policy keeps its state: [`Owned`] by one task, or [`Shared`] between many.
//!
//! Firmware owns its breaker and has no 64-bit atomics; a gateway's tasks share one and must not wait for each
//! other. Writing every policy twice would let the two drift apart. So a policy keeps what it knows in a few
//! packed 64-bit words, and its logic is written once over [`Word`]: a plain cell for one owner, an atomic for
//! many. A change of several fields that belong together is one [`update`](Word::update) of one word, which for
//! a cell is a load and a store.

#[cfg(test)]
pub(crate) mod counted;

use core::cell::Cell;
use core::fmt;

mod sealed {
    #[expect(
        unnameable_types,
        reason = "outside implementations could wait or lose updates"
    )]
    pub trait Sealed {}
}

/// A kind of memory for policies; see [`Owned`] and [`Shared`].
pub trait Memory: sealed::Sealed {
    /// One word of it.
    type Word: Word;
}

/// A word of 64 bits that a policy packs its fields into.
///
/// The order of memory is acquire and release throughout: what was written before a word is seen by whoever
/// has read that word.
pub trait Word: sealed::Sealed + fmt::Debug {
    /// A word that holds `value`.
    fn new(value: u64) -> Self;

    /// What it holds now.
    fn load(&self) -> u64;

    /// Replaces what it holds.
    fn store(&self, value: u64);

    /// Replaces what it holds and returns what that was.
    fn swap(&self, value: u64) -> u64;

    /// Adds, wrapping round, and returns what it held before.
    fn add(&self, value: u64) -> u64;

    /// Changes what it holds, in one step, to what `change` makes of it, and returns what it held before.
    /// Another task may be quicker: then `change` is called again with what that one left.
    ///
    /// # Errors
    /// What it holds, if `change` returns nothing: then nothing was changed.
    fn update(&self, change: impl FnMut(u64) -> Option<u64>) -> Result<u64, u64>;
}

/// Memory of one owner, on any target. A policy in it is `Send`, but not `Sync`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owned;

impl sealed::Sealed for Owned {}

impl Memory for Owned {
    type Word = Cell<u64>;
}

impl sealed::Sealed for Cell<u64> {}

impl Word for Cell<u64> {
    fn new(value: u64) -> Self {
        Self::new(value)
    }

    fn load(&self) -> u64 {
        self.get()
    }

    fn store(&self, value: u64) {
        self.set(value);
    }

    fn swap(&self, value: u64) -> u64 {
        self.replace(value)
    }

    fn add(&self, value: u64) -> u64 {
        self.replace(self.get().wrapping_add(value))
    }

    fn update(&self, mut change: impl FnMut(u64) -> Option<u64>) -> Result<u64, u64> {
        let old = self.get();
        match change(old) {
            Some(new) => {
                self.set(new);
                Ok(old)
            }
            None => Err(old),
        }
    }
}

/// Memory that tasks share, on targets with 64-bit atomics. Nothing in it ever waits for another task.
#[cfg(target_has_atomic = "64")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shared;

#[cfg(target_has_atomic = "64")]
mod shared {
    #[cfg(not(loom))]
    use core::sync::atomic::{AtomicU64, Ordering};
    #[cfg(loom)]
    use loom::sync::atomic::{AtomicU64, Ordering};

    use super::{Memory, Shared, Word, sealed};

    impl sealed::Sealed for Shared {}

    impl Memory for Shared {
        type Word = AtomicU64;
    }

    impl sealed::Sealed for AtomicU64 {}

    impl Word for AtomicU64 {
        fn new(value: u64) -> Self {
            Self::new(value)
        }

        fn load(&self) -> u64 {
            self.load(Ordering::Acquire)
        }

        fn store(&self, value: u64) {
            self.store(value, Ordering::Release);
        }

        fn swap(&self, value: u64) -> u64 {
            self.swap(value, Ordering::AcqRel)
        }

        fn add(&self, value: u64) -> u64 {
            self.fetch_add(value, Ordering::AcqRel)
        }

        fn update(&self, change: impl FnMut(u64) -> Option<u64>) -> Result<u64, u64> {
            self.fetch_update(Ordering::AcqRel, Ordering::Acquire, change)
        }
    }
}
