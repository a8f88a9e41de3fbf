//! [`Cache`]: where the last good values are kept, and [`Slot`], the smallest.

use gofarm_core::time::Instant;

use super::Stale;

/// Keeps the last good value of a key, in bounded memory.
///
/// It says how old a value is; how old it may be is the [`Fallback`](super::Fallback)'s decision.
pub trait Cache<K: ?Sized, V> {
    /// Keeps a value in place of the one before; a full cache forgets another one for it.
    fn keep(&mut self, key: &K, value: V, now: Instant);

    /// The value kept for a key.
    fn kept(&self, key: &K, now: Instant) -> Option<Stale<V>>;
}

/// A cache of one value for one key, for firmware.
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_resilience::policy::{Cache, Slot, Stale};
///
/// let mut slot = Slot::new();
/// slot.keep(&(), 21.5, Instant::ZERO);
/// assert_eq!(slot.kept(&(), Instant::from_secs(3)), Some(Stale::new(21.5, secs(3))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot<V> {
    kept: Option<(V, Instant)>,
}

impl<V> Slot<V> {
    /// An empty slot.
    #[must_use]
    pub const fn new() -> Self {
        Self { kept: None }
    }

    /// Forgets the value.
    pub fn clear(&mut self) {
        self.kept = None;
    }
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Clone> Cache<(), V> for Slot<V> {
    fn keep(&mut self, _key: &(), value: V, now: Instant) {
        self.kept = Some((value, now));
    }

    fn kept(&self, _key: &(), now: Instant) -> Option<Stale<V>> {
        let (value, at) = self.kept.as_ref()?;
        Some(Stale::new(value.clone(), now.saturating_since(*at)))
    }
}
