//! The Layer: [`HedgeLayer`].

use alloc::sync::Arc;
use core::fmt;

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_layer::Layer;

use super::service::{Hedging, Terms};
use crate::layer::clock::RuntimeClock;
use crate::layer::share::Share;
use crate::policy::{ConfigError, HedgeConfig, SharedHedge};

/// Sends a second call for a request that takes longer than nearly all others, and takes the first answer.
///
/// Only requests that are said to be idempotent are sent twice, and only while the budget lasts. The call that loses
/// is cancelled: its future is dropped. A call that fails before the second one was sent is a failure, for
/// a retry to deal with; of two that were sent, the first success counts, or else the last failure.
///
/// ```
/// use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use gofarm_core::time::{millis, secs};
/// use gofarm_resilience::layer::HedgeLayer;
/// use gofarm_resilience::policy::{Hedge, Idempotence};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let calls = AtomicU32::new(0);
/// let probe = service_fn(async |register: u16| {
///     let first = calls.fetch_add(1, Relaxed) == 0;
///     tokio::time::sleep(if first { secs(9) } else { millis(5) }).await; // the first one hit a bad moment
///     Ok::<_, std::io::Error>(register)
/// });
/// let hedge = Hedge::after_permille(950).start_with(millis(50));
/// let probe = HedgeLayer::new(hedge, |_: &u16| Idempotence::Idempotent)?.layer(probe);
///
/// let start = tokio::time::Instant::now();
/// assert_eq!(probe.oneshot(7).await?, 7);
/// assert!(start.elapsed() < millis(60));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct HedgeLayer<I, O = (), C = RuntimeClock> {
    terms: Terms<I, O, C>,
}

impl<I> HedgeLayer<I> {
    /// Hedges as `config` says; `idempotence` tells which requests may be sent twice.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: HedgeConfig, idempotence: I) -> Result<Self, ConfigError> {
        Ok(Self::over(Arc::new(config.build_shared()?), idempotence))
    }

    /// Hedges as a policy says that others use too.
    pub const fn over(policy: Arc<SharedHedge>, idempotence: I) -> Self {
        Self {
            terms: Terms {
                policy,
                idempotence,
                observer: (),
                clock: RuntimeClock,
                name: "hedge",
            },
        }
    }
}

impl<I, O, C> HedgeLayer<I, O, C> {
    /// Tells `observer` about each second call.
    pub fn observe<T: Observer>(self, observer: T) -> HedgeLayer<I, T, C> {
        let old = self.terms;
        HedgeLayer {
            terms: Terms {
                policy: old.policy,
                idempotence: old.idempotence,
                observer,
                clock: old.clock,
                name: old.name,
            },
        }
    }

    /// Reads the time from `clock`. The timer before the second call is always tokio's.
    pub fn clock<T: Clock>(self, clock: T) -> HedgeLayer<I, O, T> {
        let old = self.terms;
        HedgeLayer {
            terms: Terms {
                policy: old.policy,
                idempotence: old.idempotence,
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

    /// The policy with its budget.
    pub const fn policy(&self) -> &Arc<SharedHedge> {
        &self.terms.policy
    }
}

impl<S, I: Clone, O: Clone, C: Clone> Layer<S> for HedgeLayer<I, O, C> {
    type Service = Hedging<S, I, O, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Hedging::new(inner, Share::new(self.terms.clone()))
    }
}

impl<I: Clone, O: Clone, C: Clone> Clone for HedgeLayer<I, O, C> {
    fn clone(&self) -> Self {
        Self {
            terms: self.terms.clone(),
        }
    }
}

impl<I, O, C> fmt::Debug for HedgeLayer<I, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HedgeLayer")
            .field("name", &self.terms.name)
            .field("policy", &self.terms.policy)
            .finish_non_exhaustive()
    }
}
