//! The Layers: [`DeadlineLayer`] and [`TimeoutLayer`].

use core::fmt;
use core::time::Duration;

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_layer::Layer;

use super::service::{Deadlined, Terms};
use super::when::{Fixed, FromContext};
use crate::layer::clock::RuntimeClock;
use crate::layer::share::Share;

/// Gives up calls whose deadline has passed: rejects them at once if it is over before the call, cancels
/// them (drops the inner future) when it passes while they are under way.
///
/// [`from_context`](Self::from_context) takes the deadline that came in with the request; a request without one is not
/// limited, unless [`at_most`](Self::at_most) says so. What is left is written back to the context, so that the next
/// hop gets less than this one got. An answer that is there when the deadline passes is given out.
///
/// ```
/// use gofarm_core::time::{Clock, millis, secs};
/// use gofarm_resilience::context::{CallContext, Contextual};
/// use gofarm_resilience::deadline::Deadline;
/// use gofarm_resilience::layer::{DeadlineError, DeadlineLayer, RuntimeClock};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let pump = service_fn(async |_: http::Request<()>| {
///     tokio::time::sleep(secs(60)).await;
///     Ok::<_, std::io::Error>(())
/// });
/// let pump = DeadlineLayer::from_context().at_most(secs(5)).layer(pump);
///
/// let mut request = http::Request::new(());
/// let deadline = Deadline::after(RuntimeClock.now(), millis(200));
/// *request.context_mut() = CallContext::new().with_deadline(deadline);
/// let error = pump.clone().oneshot(request.clone()).await.unwrap_err();
/// assert!(matches!(error, DeadlineError::Elapsed { .. }));
///
/// // The same request once more: its time is over.
/// let error = pump.oneshot(request).await.unwrap_err();
/// assert!(matches!(error, DeadlineError::Rejected(_)));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct DeadlineLayer<W, O = (), C = RuntimeClock> {
    terms: Terms<W, O, C>,
}

/// Gives up calls that take longer than a fixed time.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_resilience::layer::TimeoutLayer;
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let hangs = service_fn(async |(): ()| std::future::pending::<Result<(), std::io::Error>>().await);
/// let error = TimeoutLayer::new(secs(2)).layer(hangs).oneshot(()).await.unwrap_err();
/// assert_eq!(error.to_string(), "no answer within 2000 ms");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub type TimeoutLayer<O = (), C = RuntimeClock> = DeadlineLayer<Fixed, O, C>;

impl DeadlineLayer<Fixed> {
    /// Each call may take this long.
    #[must_use]
    pub const fn new(timeout: Duration) -> Self {
        Self::over("timeout", Fixed(timeout))
    }
}

impl DeadlineLayer<FromContext> {
    /// Each call may take as long as its context says.
    #[must_use]
    pub const fn from_context() -> Self {
        Self::over(
            "deadline",
            FromContext {
                at_most: None,
                at_least: Duration::ZERO,
                reserve: Duration::ZERO,
            },
        )
    }
}

impl<O, C> DeadlineLayer<FromContext, O, C> {
    /// No call may take longer than this, whatever its context says or does not say.
    #[must_use]
    pub const fn at_most(mut self, most: Duration) -> Self {
        self.terms.when.at_most = Some(most);
        self
    }

    /// A call that has less time left is rejected: the device does not answer faster.
    #[must_use]
    pub const fn at_least(mut self, least: Duration) -> Self {
        self.terms.when.at_least = least;
        self
    }

    /// Takes this off the caller's time, for what this hop does after the answer and for the way back.
    #[must_use]
    pub const fn reserve(mut self, reserve: Duration) -> Self {
        self.terms.when.reserve = reserve;
        self
    }
}

impl<W> DeadlineLayer<W> {
    const fn over(name: &'static str, when: W) -> Self {
        Self {
            terms: Terms {
                when,
                observer: (),
                clock: RuntimeClock,
                name,
            },
        }
    }
}

impl<W, O, C> DeadlineLayer<W, O, C> {
    /// Tells `observer` about calls that were rejected and that took too long.
    pub fn observe<P: Observer>(self, observer: P) -> DeadlineLayer<W, P, C> {
        let old = self.terms;
        DeadlineLayer {
            terms: Terms {
                when: old.when,
                observer,
                clock: old.clock,
                name: old.name,
            },
        }
    }

    /// Compares deadlines with `clock`. The timer that ends a call is always tokio's.
    pub fn clock<D: Clock>(self, clock: D) -> DeadlineLayer<W, O, D> {
        let old = self.terms;
        DeadlineLayer {
            terms: Terms {
                when: old.when,
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

impl<S, W: Clone, O: Clone, C: Clone> Layer<S> for DeadlineLayer<W, O, C> {
    type Service = Deadlined<S, W, O, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadlined::new(inner, Share::new(self.terms.clone()))
    }
}

impl<W: Clone, O: Clone, C: Clone> Clone for DeadlineLayer<W, O, C> {
    fn clone(&self) -> Self {
        Self {
            terms: self.terms.clone(),
        }
    }
}

impl<W: fmt::Debug, O, C> fmt::Debug for DeadlineLayer<W, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadlineLayer")
            .field("name", &self.terms.name)
            .field("when", &self.terms.when)
            .finish_non_exhaustive()
    }
}
