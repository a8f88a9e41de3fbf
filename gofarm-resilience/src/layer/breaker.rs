//! Circuit breakers in a stack: [`BreakerLayer`].

use alloc::sync::Arc;
use core::hash::Hash;

use gofarm_core::observe::Observer;
use gofarm_core::time::Instant;
use tower_layer::Layer;

use super::admission::{AdmissionLayer, Gate, Guarded, Reporter, Sealed, Settle};
use super::classifier::ByKind;
use super::clock::RuntimeClock;
use super::keyed::{KEYS, Keyed};
use super::share::Share;
use crate::keyed::SharedKeyedBreaker;
use crate::memory::Owned;
use crate::policy::breaker::{Config, Permit, Settings, SharedBreaker};
use crate::policy::{ConfigError, Outcome, Rejected, TimeUse};

/// Makes no calls to what has failed too often, until trials show that it works again.
///
/// [`new`](AdmissionLayer::new) puts one breaker before a service: all services that the Layer makes, and their
/// clones, share it. [`keyed`](AdmissionLayer::keyed) puts one before each device, tenant or whatever else a request
/// is keyed by; such a service is ready even while the inner one is not, so an open breaker answers at once.
///
/// What counts as a failure is told by [`classify`](AdmissionLayer::classify); by default it is every error whose
/// kind is not the caller's fault, except what a Layer further in did not let out. Which moves the breakers make is
/// told to the [observer](AdmissionLayer::observe).
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_resilience::layer::{BreakerLayer, CallError};
/// use gofarm_resilience::policy::breaker::Breaker;
/// use std::io;
/// use tower::{Layer, Service, ServiceExt, service_fn};
///
/// struct Request { device: u32 }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let modbus = service_fn(async |request: Request| match request.device {
///     7 => Err(io::Error::from(io::ErrorKind::TimedOut)),
///     _ => Ok(21.5),
/// });
/// let breaker = Breaker::consecutive(3).open_for(secs(30)).half_open(1);
/// let mut modbus = BreakerLayer::keyed(|r: &Request| r.device, breaker)?.layer(modbus);
///
/// for _ in 0..3 {
///     let error = modbus.ready().await?.call(Request { device: 7 }).await.unwrap_err();
///     assert!(matches!(error, CallError::Inner(_)));
/// }
/// // Rejections say when to come back; other devices are not concerned.
/// let error = modbus.ready().await?.call(Request { device: 7 }).await.unwrap_err();
/// assert_eq!(error.retry_after(), Some(secs(30)));
/// assert_eq!(modbus.ready().await?.call(Request { device: 8 }).await?, 21.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type BreakerLayer<const W: usize = 0, K = ByKind, O = (), C = RuntimeClock> =
    AdmissionLayer<SingleBreaker<W>, K, O, C>;

/// One breaker for all requests.
///
/// See [`BreakerLayer`].
#[derive(Clone, Debug)]
pub struct SingleBreaker<const W: usize = 0>(Arc<SharedBreaker<W>>);

impl<const W: usize> AdmissionLayer<SingleBreaker<W>> {
    /// One breaker with this configuration.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: Config<W>) -> Result<Self, ConfigError> {
        Ok(Self::sharing(Arc::new(config.build_shared()?)))
    }

    /// A breaker that others use too.
    #[must_use]
    pub const fn sharing(breaker: Arc<SharedBreaker<W>>) -> Self {
        Self::over("breaker", SingleBreaker(breaker))
    }

    /// One breaker with this configuration for each `key` of a request, with room for 100 000 keys.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn keyed<F, Key: Hash + Eq + Clone>(
        key: F,
        config: Config<W>,
    ) -> Result<AdmissionLayer<KeyedBreakers<F, Key, W>>, ConfigError> {
        let table = config.build_keyed_shared(KEYS)?;
        Ok(Self::keyed_in(key, Arc::new(table)))
    }

    /// One breaker for each `key` of a request, in a table that others use too.
    pub const fn keyed_in<F, Key>(
        key: F,
        table: Arc<SharedKeyedBreaker<Key, W>>,
    ) -> AdmissionLayer<KeyedBreakers<F, Key, W>> {
        AdmissionLayer::over("breaker", Keyed::new(key, table))
    }
}

/// A breaker for each key of a request.
///
/// See [`BreakerLayer`].
pub type KeyedBreakers<F, Key, const W: usize = 0> = Keyed<F, Key, Settings<Owned, W>>;

impl<const W: usize, K, O, C> AdmissionLayer<SingleBreaker<W>, K, O, C> {
    /// The breaker, to look at it, hold it open or configure it while calls go on.
    pub const fn breaker(&self) -> &Arc<SharedBreaker<W>> {
        &self.terms().gate.0
    }
}

impl<const W: usize> Sealed for SingleBreaker<W> {}

impl<const W: usize> Settle for SingleBreaker<W> {
    type Permit = Permit;

    const TIME: TimeUse = TimeUse::Always;

    fn record<O: Observer>(
        &self,
        permit: Permit,
        now: Instant,
        outcome: Outcome,
        reporter: Reporter<'_, O>,
    ) {
        if let Some(transition) = self.0.record(permit, now, outcome).transition() {
            reporter.event(&transition);
        }
    }

    fn cancel<O: Observer>(&self, permit: Permit, now: Instant, reporter: Reporter<'_, O>) {
        if let Some(transition) = self.0.cancel(permit, now).transition() {
            reporter.event(&transition);
        }
    }
}

impl<const W: usize, Request> Gate<Request> for SingleBreaker<W> {
    fn try_acquire<O: Observer>(
        &self,
        _: &Request,
        now: Instant,
        reporter: Reporter<'_, O>,
    ) -> Result<Permit, Rejected> {
        let admission = self.0.admit(now);
        if let Some(transition) = admission.event {
            reporter.event(&transition);
        }
        admission.result
    }
}

impl<S, const W: usize, K: Clone, O: Clone, C: Clone> Layer<S>
    for AdmissionLayer<SingleBreaker<W>, K, O, C>
{
    type Service = Guarded<S, SingleBreaker<W>, K, O, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded::new(inner, Share::new(self.terms().clone()))
    }
}
