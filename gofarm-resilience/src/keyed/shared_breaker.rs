//! Tables of breakers that hash with the keys of the operating system.

use core::hash::{BuildHasher, Hash};
use std::hash::RandomState;

use gofarm_core::time::{Instant, UnixMillis};

use super::{Keyed, SharedKeyed};
use crate::memory::Owned;
use crate::policy::breaker::{Config, ConfigError, Mode, Settings, Snapshot};

/// A breaker for each key, of one owner.
pub type KeyedBreaker<K, const W: usize = 0, S = RandomState> = Keyed<K, Settings<Owned, W>, S>;

/// A breaker for each key, shared between tasks.
pub type SharedKeyedBreaker<K, const W: usize = 0, S = RandomState> =
    SharedKeyed<K, Settings<Owned, W>, S>;

impl<const W: usize> Config<W> {
    /// A table of one breaker for each of up to `capacity` keys.
    ///
    /// # Errors
    /// [`ConfigError`], with the first field that breaks its rule.
    pub fn build_keyed<K: Hash + Eq + Clone>(
        self,
        capacity: usize,
    ) -> Result<KeyedBreaker<K, W>, ConfigError> {
        let settings = Settings::new(self)?;
        Ok(Keyed::with_hasher(settings, capacity, RandomState::new()))
    }

    /// A table of one breaker for each of `capacity` keys, that tasks share by reference.
    ///
    /// # Errors
    /// [`ConfigError`], with the first field that breaks its rule.
    pub fn build_keyed_shared<K: Hash + Eq + Clone>(
        self,
        capacity: usize,
    ) -> Result<SharedKeyedBreaker<K, W>, ConfigError> {
        SharedKeyed::with_hasher(capacity, RandomState::new(), || Settings::new(self))
    }
}

impl<K: Hash + Eq + Clone, S: BuildHasher + Clone, const W: usize>
    SharedKeyed<K, Settings<Owned, W>, S>
{
    /// Puts an operator's override in force for one key; see [`Keyed::hold`].
    pub fn hold(&self, key: &K, mode: Mode, now: Instant) -> Option<Mode> {
        self.with_shard(key, |shard| shard.hold(key, mode, now))
    }

    /// Follows another configuration from now on, for all keys, shard by shard.
    ///
    /// # Errors
    /// [`ConfigError`] if `config` breaks a rule: nothing has changed then.
    pub fn configure(&self, config: Config<W>) -> Result<(), ConfigError> {
        config.validate()?;
        let mut result = Ok(());
        self.for_each_shard(|shard| {
            if let Err(error) = shard.configure(config) {
                result = Err(error);
            }
        });
        result
    }

    /// Goes on where a snapshot of a key was taken; whether there was a place for it. Snapshots are taken of each
    /// [shard](SharedKeyed::for_each_shard).
    pub fn restore(
        &self,
        key: &K,
        snapshot: &Snapshot,
        now: Instant,
        wall: Option<UnixMillis>,
    ) -> bool {
        self.with_shard(key, |shard| shard.restore(key, snapshot, now, wall))
    }
}
