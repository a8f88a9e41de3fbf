//! Tables of breakers.

use core::hash::{BuildHasher, Hash};

use gofarm_core::time::{Instant, UnixMillis};

use super::Keyed;
use crate::memory::Owned;
use crate::policy::breaker::{Config, ConfigError, Mode, Settings, Snapshot};

impl<K: Hash + Eq + Clone, S: BuildHasher, const W: usize> Keyed<K, Settings<Owned, W>, S> {
    /// Puts an operator's override in force for one key, which takes a place if it is new; nothing if none can be
    /// spared. Returns what was in force. A key that is held is not forgotten.
    pub fn hold(&mut self, key: &K, mode: Mode, now: Instant) -> Option<Mode> {
        self.get_or_insert(key, now).map(|state| state.hold(mode))
    }

    /// Follows another configuration from now on, for all keys.
    ///
    /// # Errors
    /// [`ConfigError`] if `config` breaks a rule: nothing has changed then.
    pub fn configure(&mut self, config: Config<W>) -> Result<(), ConfigError> {
        let before = self.blueprint().window();
        self.blueprint().follow(config)?;
        if self.blueprint().window() != before {
            for (_, state) in self.iter() {
                state.restart_window();
            }
        }
        Ok(())
    }

    /// What a restart must not forget, of the keys that are not as new.
    pub fn snapshots(
        &self,
        now: Instant,
        wall: Option<UnixMillis>,
    ) -> impl Iterator<Item = (&K, Snapshot)> {
        let all = self
            .iter()
            .map(move |(key, state)| (key, state.snapshot(now, wall)));
        all.filter(|(_, snapshot)| snapshot.is_worth_keeping())
    }

    /// Goes on where a snapshot of a key was taken; whether there was a place for it.
    pub fn restore(
        &mut self,
        key: &K,
        snapshot: &Snapshot,
        now: Instant,
        wall: Option<UnixMillis>,
    ) -> bool {
        if self.get_or_insert(key, now).is_none() {
            return false;
        }
        let Some(state) = self.get(key) else {
            return false;
        };
        state.restore(self.blueprint(), snapshot, now, wall);
        true
    }
}
