//! Randomness that the clones of a service share: [`SharedRandom`].

use alloc::sync::Arc;
use core::hash::{BuildHasher, Hasher};
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::hash_map::RandomState;

use gofarm_core::random::{Random, SplitMix64};

/// A source of random numbers for jitter and spread that tasks share without waiting; not for secrets.
///
/// Each draw is one atomic addition: the sequence is that of [`SplitMix64`], handed out in turns.
///
/// ```
/// use gofarm_core::random::{Random, SplitMix64};
/// use gofarm_resilience::layer::SharedRandom;
///
/// let (mut a, mut b) = (SharedRandom::seeded(7), SplitMix64::new(7));
/// let mut clone = a.clone();
/// assert_eq!(a.next_u64(), b.next_u64());
/// assert_eq!(clone.next_u64(), b.next_u64());
/// ```
#[derive(Clone, Debug)]
pub struct SharedRandom {
    state: Arc<AtomicU64>,
}

impl SharedRandom {
    /// A source with a seed of its own in each process, from where the standard library takes those of its maps.
    #[must_use]
    pub fn new() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }

    /// A source whose sequence depends on `seed` alone, for tests.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            state: Arc::new(AtomicU64::new(seed)),
        }
    }
}

impl Default for SharedRandom {
    fn default() -> Self {
        Self::new()
    }
}

impl SharedRandom {
    /// The next 64 random bits.
    pub(super) fn draw(&self) -> u64 {
        /// What SplitMix64 adds to its state for each number.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.state.fetch_add(STEP, Ordering::Relaxed);
        SplitMix64::new(state).next_u64()
    }
}

impl Random for SharedRandom {
    fn next_u64(&mut self) -> u64 {
        self.draw()
    }
}
