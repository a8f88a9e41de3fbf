//! The Layer: [`FallbackLayer`].

use core::fmt;
use core::time::Duration;

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_layer::Layer;

use super::answers::LastAnswers;
use super::service::{Terms, WithFallback};
use crate::layer::clock::RuntimeClock;
use crate::layer::share::Share;
use crate::policy::{ConfigError, Fallback, Kinds};

/// Serves the last good answer, marked as stale, when a call fails.
///
/// The response of such a service is an [`Answer`](crate::policy::Answer), which says whether it is degraded and how
/// old it is: a caller cannot take one for the other by accident. Outside of a breaker, rejections are
/// covered too, so that an open breaker means an old value instead of an error. A failure for which there is no
/// value young enough stays a failure.
///
/// ```
/// use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
/// use gofarm_core::time::{minutes, secs};
/// use gofarm_resilience::layer::{FallbackLayer, LastAnswers};
/// use std::io;
/// use tower::{Layer, Service, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let up = AtomicBool::new(true);
/// let probe = service_fn(async |_device: u32| match up.load(Relaxed) {
///     true => Ok(0.31),
///     false => Err(io::Error::from(io::ErrorKind::TimedOut)),
/// });
/// let cache = LastAnswers::new(1_000, |device: &u32| Some(*device))?;
/// let mut probe = FallbackLayer::stale(cache, minutes(15))?.layer(probe);
///
/// assert!(!probe.ready().await?.call(7).await?.is_degraded());
/// up.store(false, Relaxed);
/// tokio::time::advance(minutes(10)).await;
/// let answer = probe.ready().await?.call(7).await?;
/// assert!(answer.is_degraded());
/// assert_eq!((*answer.value(), answer.age()), (0.31, Some(minutes(10))));
/// tokio::time::advance(minutes(6)).await;
/// assert!(probe.ready().await?.call(7).await.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FallbackLayer<F, Key, Answer, O = (), C = RuntimeClock> {
    terms: Terms<F, Key, Answer, O, C>,
}

impl<F, Key, Answer> FallbackLayer<F, Key, Answer> {
    /// Serves what `cache` has kept, if it is no older than `max_age`; from 1 ms.
    ///
    /// # Errors
    /// [`ConfigError`] if the age is too short to ever serve.
    pub fn stale(
        cache: LastAnswers<F, Key, Answer>,
        max_age: Duration,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            terms: Terms {
                policy: Fallback::stale(max_age)?,
                cache,
                observer: (),
                clock: RuntimeClock,
                name: "fallback",
            },
        })
    }
}

impl<F, Key, Answer, O, C> FallbackLayer<F, Key, Answer, O, C> {
    /// Which kinds of failure a kept answer stands in for; by default all but invalid and cancelled calls.
    #[must_use]
    pub fn on(mut self, kinds: Kinds) -> Self {
        self.terms.policy = self.terms.policy.on(kinds);
        self
    }

    /// Tells `observer` about each degraded answer.
    pub fn observe<T: Observer>(self, observer: T) -> FallbackLayer<F, Key, Answer, T, C> {
        let old = self.terms;
        FallbackLayer {
            terms: Terms {
                policy: old.policy,
                cache: old.cache,
                observer,
                clock: old.clock,
                name: old.name,
            },
        }
    }

    /// Reads the time from `clock`.
    pub fn clock<T: Clock>(self, clock: T) -> FallbackLayer<F, Key, Answer, O, T> {
        let old = self.terms;
        FallbackLayer {
            terms: Terms {
                policy: old.policy,
                cache: old.cache,
                observer: old.observer,
                clock,
                name: old.name,
            },
        }
    }

    /// Sets the label `layer` of the signals.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.terms.name = name;
        self
    }
}

impl<S, F: Clone, Key, Answer, O: Clone, C: Clone> Layer<S>
    for FallbackLayer<F, Key, Answer, O, C>
{
    type Service = WithFallback<S, F, Key, Answer, O, C>;

    fn layer(&self, inner: S) -> Self::Service {
        WithFallback::new(inner, Share::new(self.terms.clone()))
    }
}

impl<F: Clone, Key, Answer, O: Clone, C: Clone> Clone for FallbackLayer<F, Key, Answer, O, C> {
    fn clone(&self) -> Self {
        Self {
            terms: self.terms.clone(),
        }
    }
}

impl<F, Key, Answer, O, C> fmt::Debug for FallbackLayer<F, Key, Answer, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackLayer")
            .field("name", &self.terms.name)
            .field("policy", &self.terms.policy)
            .finish_non_exhaustive()
    }
}
