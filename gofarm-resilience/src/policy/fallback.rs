//! What to answer when the call failed: [`Fallback`], the last value known and how old it is.
//!
//! A controller that gets an error for a soil moisture has to invent a rule for it; one that gets yesterday's value
//! as if it were new floods the field. So a fallback is a structured answer that says what it is: [`Answer::Fresh`],
//! or [`Answer::Stale`] with its age, or [`Answer::Substitute`]; the last two are degraded. How old a value may be is
//! decided once, here, and which failures it may stand in for: never for a request that was wrong.
//!
//! Values are kept in a [`Cache`]: one in a [`Slot`], for firmware, or one for each key in a bounded
//! [`StaleTable`].

mod cache;
mod stale;
#[cfg(feature = "alloc")]
mod table;

pub use cache::{Cache, Slot};
pub use stale::{Answer, Stale};
#[cfg(feature = "alloc")]
pub use table::StaleTable;

use core::time::Duration;

use gofarm_core::error::Classify;
use gofarm_core::time::Instant;

use crate::policy::{ConfigError, Kinds};

/// Decides whether a kept value may stand in for a call that failed.
///
/// ```
/// use gofarm_core::time::{Instant, minutes, secs};
/// use gofarm_resilience::Rejected;
/// use gofarm_resilience::policy::{Answer, Fallback, Reason, Slot};
///
/// let fallback = Fallback::stale(minutes(15))?;
/// let mut moisture = Slot::new();
/// let read = Instant::ZERO;
/// let fresh = fallback.answer(Ok::<_, Rejected>(0.31), &(), &mut moisture, read)?;
/// assert_eq!(fresh, Answer::Fresh(0.31));
///
/// // The breaker of the probe has opened.
/// let open = Rejected::new(Reason::Open, secs(30));
/// let later = fallback.answer(Err(open), &(), &mut moisture, read + minutes(10))?;
/// assert!(later.is_degraded());
/// assert_eq!((*later.value(), later.age()), (0.31, Some(minutes(10))));
///
/// let too_old = fallback.answer(Err(open), &(), &mut moisture, read + minutes(16));
/// assert_eq!(too_old, Err(open));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Fallback {
    max_age: Duration,
    kinds: Kinds,
}

impl Fallback {
    /// A kept value stands in for a failure for as long as it is no older than this; from 1 ms.
    ///
    /// It stands in for failures that are transient, permanent, overloads and time-outs: the probe that broke just
    /// now was right a minute ago.
    ///
    /// # Errors
    /// [`ConfigError`] if the age is too short to ever serve.
    pub const fn stale(max_age: Duration) -> Result<Self, ConfigError> {
        if max_age.as_millis() == 0 {
            return Err(ConfigError::new("max_age", "at least 1 ms"));
        }
        Ok(Self {
            max_age,
            kinds: Kinds::RETRYABLE.with(gofarm_core::error::Kind::Permanent),
        })
    }

    /// Which failures a kept value stands in for.
    #[must_use]
    pub const fn on(mut self, kinds: Kinds) -> Self {
        self.kinds = kinds;
        self
    }

    /// How old a kept value may be.
    #[must_use]
    pub const fn max_age(&self) -> Duration {
        self.max_age
    }

    /// Whether a kept value may stand in for this failure at all.
    #[must_use]
    pub fn covers<E: Classify + ?Sized>(&self, failure: &E) -> bool {
        self.kinds.contains(failure.kind())
    }

    /// What to answer: the result, which is kept, or for a failure that is covered the value kept before.
    ///
    /// # Errors
    /// The failure, if it is not covered, or if there is no value young enough.
    pub fn answer<K: ?Sized, V: Clone, E: Classify>(
        &self,
        result: Result<V, E>,
        key: &K,
        cache: &mut impl Cache<K, V>,
        now: Instant,
    ) -> Result<Answer<V>, E> {
        match result {
            Ok(value) => {
                cache.keep(key, value.clone(), now);
                Ok(Answer::Fresh(value))
            }
            Err(failure) if self.covers(&failure) => match self.kept(key, cache, now) {
                Some(stale) => Ok(Answer::Stale(stale)),
                None => Err(failure),
            },
            Err(failure) => Err(failure),
        }
    }

    /// The kept value, if it is young enough.
    #[must_use]
    pub fn kept<K: ?Sized, V: Clone>(
        &self,
        key: &K,
        cache: &impl Cache<K, V>,
        now: Instant,
    ) -> Option<Stale<V>> {
        cache
            .kept(key, now)
            .filter(|stale| stale.age() <= self.max_age)
    }
}
