//! The Layer: [`ConcurrencyLayer`].

use alloc::sync::Arc;
use core::fmt;

use gofarm_core::observe::Observer;
use tower_layer::Layer;

use super::service::{ConcurrencyLimited, Terms};
use crate::policy::ConfigError;
use crate::semaphore::ShardedSemaphore;

/// Lets at most `shards × permits_each` calls out at once; further ones wait in the order of arrival, up to a limit,
/// and beyond it are rejected.
///
/// The places are those of a [`ShardedSemaphore`]: tasks that call different devices do not fight for one cache
/// line, and nobody waits while any place is free. A call waits in its future, not in `poll_ready`, so that a
/// service that is held without being called holds no place. Put a deadline outside of it.
///
/// ```
/// use gofarm_resilience::layer::ConcurrencyLayer;
/// use tower::{Layer, Service, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let probe = service_fn(async |device: u16| {
///     tokio::task::yield_now().await;
///     Ok::<_, std::io::Error>(device)
/// });
/// let layer = ConcurrencyLayer::sharded(2, 1, |device: &u16| *device)?;
/// let mut probe = layer.layer(probe);
/// let (a, b, c) = tokio::join!(probe.call(1), probe.call(2), probe.call(3));
/// assert_eq!((a?, b?, c?), (1, 2, 3));
/// assert_eq!(layer.semaphore().free(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ConcurrencyLayer<F, O = ()> {
    terms: Terms<F, O>,
}

impl<F> ConcurrencyLayer<F> {
    /// `key` picks the shard of a request: its device, or anything else that hashes. As many calls may wait
    /// as there are places, see [`waiting_at_most`](Self::waiting_at_most).
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn sharded(shards: u32, permits_each: u32, key: F) -> Result<Self, ConfigError> {
        let semaphore = ShardedSemaphore::new(shards, permits_each)?;
        Ok(Self::over(Arc::new(semaphore), key))
    }

    /// Takes the places of a semaphore that others use too.
    pub fn over(semaphore: Arc<ShardedSemaphore>, key: F) -> Self {
        let most_waiting = usize::try_from(semaphore.permits()).unwrap_or(usize::MAX);
        Self {
            terms: Terms {
                semaphore,
                key,
                most_waiting,
                observer: (),
                name: "concurrency",
            },
        }
    }
}

impl<F, O> ConcurrencyLayer<F, O> {
    /// How many calls may wait. Calls that begin at the same moment may exceed it by their number.
    #[must_use]
    pub const fn waiting_at_most(mut self, calls: usize) -> Self {
        self.terms.most_waiting = calls;
        self
    }

    /// Tells `observer` about calls that were rejected.
    pub fn observe<T: Observer>(self, observer: T) -> ConcurrencyLayer<F, T> {
        let old = self.terms;
        ConcurrencyLayer {
            terms: Terms {
                semaphore: old.semaphore,
                key: old.key,
                most_waiting: old.most_waiting,
                observer,
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

    /// The semaphore.
    pub const fn semaphore(&self) -> &Arc<ShardedSemaphore> {
        &self.terms.semaphore
    }
}

impl<S, F: Clone, O: Clone> Layer<S> for ConcurrencyLayer<F, O> {
    type Service = ConcurrencyLimited<S, F, O>;

    fn layer(&self, inner: S) -> Self::Service {
        ConcurrencyLimited::new(inner, Arc::new(self.terms.clone()))
    }
}

impl<F: Clone, O: Clone> Clone for ConcurrencyLayer<F, O> {
    fn clone(&self) -> Self {
        Self {
            terms: self.terms.clone(),
        }
    }
}

impl<F, O> fmt::Debug for ConcurrencyLayer<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyLayer")
            .field("name", &self.terms.name)
            .field("semaphore", &self.terms.semaphore)
            .finish_non_exhaustive()
    }
}
