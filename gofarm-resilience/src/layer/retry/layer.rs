//! The Layer: [`RetryLayer`].

use alloc::sync::Arc;
use core::fmt;

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_layer::Layer;

use super::repeat::ByClone;
use super::service::{Retrying, Terms};
use crate::layer::classifier::ByKind;
use crate::layer::clock::RuntimeClock;
use crate::layer::deadline::{FromContext, Unlimited};
use crate::layer::random::SharedRandom;
use crate::layer::share::Share;
use crate::policy::{ConfigError, RetryConfig, SharedRetry};

/// Makes failed calls again, within the attempts, the budget and the time that there are.
///
/// All services that one Layer makes, and their clones, share the budget. The wait between two tries respects what
/// the failure asked for ([`Classify::retry_after`](gofarm_core::error::Classify::retry_after)), rejections of
/// Layers further in included; a try that could not end before the deadline is not made, see
/// [`within_deadline`](Self::within_deadline). The error that comes out is that of the last try.
///
/// Outside of a breaker each try is asked for and counted; that is the usual place.
///
/// ```
/// use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use gofarm_resilience::layer::RetryLayer;
/// use gofarm_resilience::policy::Retry;
/// use std::io;
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let tries = AtomicU32::new(0);
/// let probe = service_fn(async |register: u16| match tries.fetch_add(1, Relaxed) {
///     0 | 1 => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
///     _ => Ok(register),
/// });
/// let probe = RetryLayer::new(Retry::attempts(3))?.layer(probe);
/// assert_eq!(probe.oneshot(7).await?, 7);
/// assert_eq!(tries.load(Relaxed), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RetryLayer<R = ByClone, J = ByKind, W = Unlimited, O = (), C = RuntimeClock> {
    terms: Terms<R, J, W, O, C>,
}

impl RetryLayer {
    /// Tries again as `config` says, all requests by their `Clone`.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: RetryConfig) -> Result<Self, ConfigError> {
        Ok(Self::over(Arc::new(config.build_shared()?)))
    }

    /// Tries again as a policy says that others use too.
    #[must_use]
    pub fn over(policy: Arc<SharedRetry>) -> Self {
        Self {
            terms: Terms {
                policy,
                repeat: ByClone,
                judge: ByKind,
                when: Unlimited,
                random: SharedRandom::new(),
                observer: (),
                clock: RuntimeClock,
                name: "retry",
            },
        }
    }
}

impl<R, J, W, O, C> RetryLayer<R, J, W, O, C> {
    /// Copies requests by `repeat`, a [`Repeat`](super::Repeat).
    pub fn repeat<T>(self, repeat: T) -> RetryLayer<T, J, W, O, C> {
        let old = self.terms;
        RetryLayer {
            terms: Terms {
                policy: old.policy,
                repeat,
                judge: old.judge,
                when: old.when,
                random: old.random,
                observer: old.observer,
                clock: old.clock,
                name: old.name,
            },
        }
    }

    /// Tells failures by `judge`, a [`Judge`](crate::layer::Judge), instead of by the kind of the error.
    pub fn judge<T>(self, judge: T) -> RetryLayer<R, T, W, O, C> {
        let old = self.terms;
        RetryLayer {
            terms: Terms {
                policy: old.policy,
                repeat: old.repeat,
                judge,
                when: old.when,
                random: old.random,
                observer: old.observer,
                clock: old.clock,
                name: old.name,
            },
        }
    }

    /// Makes no try that would begin after the deadline in the request's context.
    pub fn within_deadline(self) -> RetryLayer<R, J, FromContext, O, C> {
        let old = self.terms;
        let when = FromContext::default();
        RetryLayer {
            terms: Terms {
                policy: old.policy,
                repeat: old.repeat,
                judge: old.judge,
                when,
                random: old.random,
                observer: old.observer,
                clock: old.clock,
                name: old.name,
            },
        }
    }

    /// Tells `observer` about each try after the first.
    pub fn observe<T: Observer>(self, observer: T) -> RetryLayer<R, J, W, T, C> {
        let old = self.terms;
        RetryLayer {
            terms: Terms {
                policy: old.policy,
                repeat: old.repeat,
                judge: old.judge,
                when: old.when,
                random: old.random,
                observer,
                clock: old.clock,
                name: old.name,
            },
        }
    }

    /// Reads the time from `clock`. The timer between two tries is always tokio's.
    pub fn clock<T: Clock>(self, clock: T) -> RetryLayer<R, J, W, O, T> {
        let old = self.terms;
        RetryLayer {
            terms: Terms {
                policy: old.policy,
                repeat: old.repeat,
                judge: old.judge,
                when: old.when,
                random: old.random,
                observer: old.observer,
                clock,
                name: old.name,
            },
        }
    }

    /// Takes the jitter from `random`, for runs that can be repeated.
    #[must_use]
    pub fn random(mut self, random: SharedRandom) -> Self {
        self.terms.random = random;
        self
    }

    /// Sets the label `layer` of the signals.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.terms.name = name;
        self
    }

    /// The policy with its budget.
    pub const fn policy(&self) -> &Arc<SharedRetry> {
        &self.terms.policy
    }
}

impl<S, R: Clone, J: Clone, W: Clone, O: Clone, C: Clone> Layer<S> for RetryLayer<R, J, W, O, C> {
    type Service = Retrying<S, R, J, W, O, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Retrying::new(inner, Share::new(self.terms.clone()))
    }
}

impl<R: Clone, J: Clone, W: Clone, O: Clone, C: Clone> Clone for RetryLayer<R, J, W, O, C> {
    fn clone(&self) -> Self {
        Self {
            terms: self.terms.clone(),
        }
    }
}

impl<R, J, W, O, C> fmt::Debug for RetryLayer<R, J, W, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer")
            .field("name", &self.terms.name)
            .field("policy", &self.terms.policy)
            .finish_non_exhaustive()
    }
}
