//! [`Permit`]: a place that is given back when it is dropped.

use core::ops::Deref;

use super::ShardedSemaphore;
use crate::policy::shards::Home;

/// A permit of a [`ShardedSemaphore`]; dropping it gives it back.
#[derive(Debug)]
#[must_use = "a permit that is dropped is given back at once"]
pub struct Permit<S: Deref<Target = ShardedSemaphore>> {
    semaphore: S,
    home: Home,
}

impl<S: Deref<Target = ShardedSemaphore>> Permit<S> {
    pub(super) const fn new(semaphore: S, home: Home) -> Self {
        Self { semaphore, home }
    }

    /// The shard that it came from, from 0.
    #[must_use]
    pub const fn shard(&self) -> usize {
        self.home.index()
    }
}

impl<S: Deref<Target = ShardedSemaphore>> Drop for Permit<S> {
    fn drop(&mut self) {
        self.semaphore.give_back(self.home);
    }
}
