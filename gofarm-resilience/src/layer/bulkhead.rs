//! Bulkheads in a stack: [`BulkheadLayer`].

use alloc::sync::Arc;
use core::fmt;
use core::hash::Hash;

use gofarm_core::observe::Observer;
use gofarm_core::time::Instant;
use tower_layer::Layer;

use super::admission::{AdmissionLayer, Gate, KeyedGuarded, Reporter, Sealed, Settle, Single};
use super::classifier::ByKind;
use super::clock::RuntimeClock;
use super::hashed;
use super::keyed::{EachBulkhead, Keyed};
use super::share::Share;
use crate::memory::Shared;
use crate::policy::{
    Bulkhead, ConfigError, Outcome, Rejected, ShardPermit, ShardedBulkhead, SharedBulkhead, TimeUse,
};

/// Rejects calls while too many are under way.
///
/// All services that one Layer makes, and their clones, share the places. A call holds its place until its future
/// ends or is dropped. The form that waits for a place is
/// [`ConcurrencyLayer`](super::ConcurrencyLayer).
///
/// ```
/// use gofarm_resilience::layer::BulkheadLayer;
/// use gofarm_resilience::policy::Reason;
/// use tower::{Layer, Service, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let probe = service_fn(async |register: u16| Ok::<_, std::io::Error>(register));
/// let layer = BulkheadLayer::new(1)?;
/// let mut probe = layer.layer(probe);
/// let first = probe.call(7);
/// let error = probe.call(8).await.unwrap_err();
/// assert_eq!(error.rejected().map(|rejected| rejected.reason()), Some(Reason::Full));
/// assert_eq!(first.await?, 7);
/// assert_eq!(layer.policy().free(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type BulkheadLayer<K = ByKind, O = (), C = RuntimeClock> =
    AdmissionLayer<Single<Arc<SharedBulkhead>>, K, O, C>;

impl AdmissionLayer<Single<Arc<SharedBulkhead>>> {
    /// At most this many calls at once, from 1.
    ///
    /// # Errors
    /// [`ConfigError`] if there are none.
    pub fn new(permits: u32) -> Result<Self, ConfigError> {
        Ok(Self::with("bulkhead", Arc::new(Bulkhead::shared(permits)?)))
    }

    /// At most `shards × permits_each` calls at once, counted in shards by `key`, so that tasks that call different
    /// devices do not fight for one cache line. No call is rejected while any shard has a place.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn sharded<F>(
        shards: u32,
        permits_each: u32,
        key: F,
    ) -> Result<AdmissionLayer<ShardedGate<F>>, ConfigError> {
        let bulkhead = Arc::new(ShardedBulkhead::shared(shards, permits_each)?);
        Ok(AdmissionLayer::over(
            "bulkhead",
            ShardedGate { bulkhead, key },
        ))
    }
}

impl AdmissionLayer<Single<Arc<SharedBulkhead>>> {
    /// At most this many calls at once for each `key` of a request (its device, its tenant), with room for 100 000
    /// keys.
    ///
    /// # Errors
    /// [`ConfigError`] if there are none.
    pub fn keyed<F, Key: Hash + Eq + Clone>(
        key: F,
        permits_each: u32,
    ) -> Result<AdmissionLayer<Keyed<F, Key, EachBulkhead>>, ConfigError> {
        let gate = Keyed::of(key, &EachBulkhead::new(permits_each)?);
        Ok(AdmissionLayer::over("bulkhead", gate))
    }
}

/// A sharded bulkhead and how to find the shard of a request.
///
/// See [`BulkheadLayer::sharded`](AdmissionLayer::sharded).
#[derive(Clone)]
pub struct ShardedGate<F> {
    bulkhead: Arc<ShardedBulkhead<Shared>>,
    key: F,
}

impl<F, K, O, C> AdmissionLayer<ShardedGate<F>, K, O, C> {
    /// The bulkhead.
    pub const fn bulkhead(&self) -> &Arc<ShardedBulkhead<Shared>> {
        &self.terms().gate.bulkhead
    }
}

impl<F> Sealed for ShardedGate<F> {}

impl<F> Settle for ShardedGate<F> {
    type Permit = ShardPermit;

    const TIME: TimeUse = TimeUse::Never;

    fn record<O: Observer>(&self, permit: ShardPermit, _: Instant, _: Outcome, _: Reporter<'_, O>) {
        self.bulkhead.give_back(permit);
    }

    fn cancel<O: Observer>(&self, permit: ShardPermit, _: Instant, _: Reporter<'_, O>) {
        self.bulkhead.give_back(permit);
    }
}

impl<F: Fn(&Request) -> Key, Key: Hash, Request> Gate<Request> for ShardedGate<F> {
    fn try_acquire<O: Observer>(
        &self,
        request: &Request,
        _: Instant,
        _: Reporter<'_, O>,
    ) -> Result<ShardPermit, Rejected> {
        self.bulkhead.try_take(hashed(&(self.key)(request)))
    }
}

impl<S, F, K, O, C> Layer<S> for AdmissionLayer<ShardedGate<F>, K, O, C>
where
    F: Clone,
    K: Clone,
    O: Clone,
    C: Clone,
{
    type Service = KeyedGuarded<S, ShardedGate<F>, K, O, C>;

    fn layer(&self, inner: S) -> Self::Service {
        KeyedGuarded::new(inner, Share::new(self.terms().clone()))
    }
}

impl<F> fmt::Debug for ShardedGate<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShardedGate")
            .field("bulkhead", &self.bulkhead)
            .finish_non_exhaustive()
    }
}
