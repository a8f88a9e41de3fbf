//! Three breakers and the cached value as one Layer: [`TiersLayer`].
//!
//! A reading takes a network, a protocol spoken by a gateway, and a device. With one breaker for all, a broken
//! probe cuts off its gateway; with one per device only, a dead uplink costs a time-out for each of ten thousand
//! probes. So there is one for each [`Tier`], and each failure is blamed on one of them: for the tiers before it,
//! which have done their part, the call was a success; the tiers behind it were not reached and learn nothing.

use alloc::sync::Arc;
use core::fmt;
use core::hash::Hash;
use core::time::Duration;

use tower_layer::{Layer, Stack};

use super::admission::{AdmissionLayer, CallError};
use super::breaker::{BreakerLayer, KeyedBreakers};
use super::classifier::Classifier;
use super::clock::RuntimeClock;
use super::fallback::{FallbackLayer, LastAnswers};
use crate::keyed::SharedKeyedBreaker;
use crate::policy::breaker::{Breaker, SharedBreaker, WINDOW_WORDS};
use crate::policy::{ConfigError, Outcome};
use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;

/// A part of the way to a device; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// The way to the gateway: no route, connection lost, no answer at all.
    Network,
    /// What is spoken with the gateway: a frame with a wrong checksum, an answer that is none.
    Protocol,
    /// The device: the gateway says that it does not answer, or it reports a fault.
    Device,
}

/// Tells the breaker of the tier at `DEPTH` (0 is the device) how a call ended.
#[derive(Clone, Copy, Debug)]
pub struct ByTier<B, const DEPTH: usize> {
    blame: B,
}

/// The outcome for the breaker of `tier` when `blamed` has failed.
fn outcome(tier: Tier, blamed: Option<Tier>) -> Outcome {
    match blamed {
        None => Outcome::Neutral,
        Some(blamed) if tier < blamed => Outcome::Success,
        Some(blamed) if tier == blamed => Outcome::Failure,
        Some(_) => Outcome::Neutral,
    }
}

impl<T, E, B: Fn(&E) -> Option<Tier>> Classifier<T, E> for ByTier<B, 0> {
    fn outcome(&self, result: &Result<T, E>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(error) => outcome(Tier::Device, (self.blame)(error)),
        }
    }
}

impl<T, E, B: Fn(&E) -> Option<Tier>> Classifier<T, CallError<E>> for ByTier<B, 1> {
    fn outcome(&self, result: &Result<T, CallError<E>>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(CallError::Inner(error)) => outcome(Tier::Protocol, (self.blame)(error)),
            Err(CallError::Rejected(_)) => Outcome::Neutral,
        }
    }
}

impl<T, E, B: Fn(&E) -> Option<Tier>> Classifier<T, CallError<CallError<E>>> for ByTier<B, 2> {
    fn outcome(&self, result: &Result<T, CallError<CallError<E>>>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(CallError::Inner(CallError::Inner(error))) => {
                outcome(Tier::Network, (self.blame)(error))
            }
            Err(_) => Outcome::Neutral,
        }
    }
}

type Network<B, O, C> = BreakerLayer<WINDOW_WORDS, ByTier<B, 2>, O, C>;
type Protocol<B, G, GKey, O, C> = AdmissionLayer<KeyedBreakers<G, GKey>, ByTier<B, 1>, O, C>;
type Device<B, D, DKey, O, C> = AdmissionLayer<KeyedBreakers<D, DKey>, ByTier<B, 0>, O, C>;

/// Breakers for the network, for each gateway's protocol and for each device, behind the last good answer.
///
/// From outside in: the [`FallbackLayer`], [`Breaker::network`] (5 % of the calls fail), [`Breaker::protocol`] for
/// each gateway and [`Breaker::device`] for each device (3 failures in a row); each tries again after 30 s. All of
/// them can be configured while calls go on, by [`network`](Self::network), [`gateways`](Self::gateways) and
/// [`devices`](Self::devices).
///
/// The error is that of three layers, see [`CallError::flatten`].
///
/// ```
/// use gofarm_core::time::minutes;
/// use gofarm_resilience::layer::{LastAnswers, Tier, TiersLayer};
/// use std::io;
/// use tower::{Layer, Service, ServiceExt, service_fn};
///
/// #[derive(Clone, Copy)]
/// struct Read { gateway: u16, device: u32 }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let modbus = service_fn(async |read: Read| match read.device {
///     7 => Err(io::Error::other("gateway: device failed to respond")),
///     _ => Ok(0.31),
/// });
/// let cache = LastAnswers::new(10_000, |read: &Read| Some(read.device))?;
/// cache.keep(&7, 0.29, gofarm_core::time::Clock::now(&gofarm_resilience::layer::RuntimeClock));
/// let blame = |error: &io::Error| match error.kind() {
///     io::ErrorKind::InvalidInput => None, // our own fault
///     io::ErrorKind::InvalidData => Some(Tier::Protocol),
///     io::ErrorKind::Other => Some(Tier::Device),
///     _ => Some(Tier::Network),
/// };
/// let layer = TiersLayer::new(blame, |read: &Read| read.gateway, |read: &Read| read.device, cache, minutes(15))?;
/// let mut modbus = layer.layer(modbus);
/// for _ in 0..5 {
///     let answer = modbus.ready().await?.call(Read { gateway: 1, device: 7 }).await?;
///     assert!(answer.is_degraded());
///     let answer = modbus.ready().await?.call(Read { gateway: 1, device: 8 }).await?;
///     assert!(!answer.is_degraded());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TiersLayer<B, G, GKey, D, DKey, F, Key, T, O = (), C = RuntimeClock> {
    fallback: FallbackLayer<F, Key, T, O, C>,
    network: Network<B, O, C>,
    protocol: Protocol<B, G, GKey, O, C>,
    device: Device<B, D, DKey, O, C>,
}

impl<B, G, GKey, D, DKey, F, Key, T> TiersLayer<B, G, GKey, D, DKey, F, Key, T>
where
    B: Clone,
    GKey: Hash + Eq + Clone,
    DKey: Hash + Eq + Clone,
{
    /// Blames failures on tiers by `blame`: nothing for what is nobody's fault but the caller's. `gateway` and
    /// `device` say where a request goes, `cache` what was answered last, of use for `max_age`.
    ///
    /// There is room for 4 096 gateways and 100 000 devices.
    ///
    /// # Errors
    /// [`ConfigError`] if the age is too short to ever serve.
    pub fn new(
        blame: B,
        gateway: G,
        device: D,
        cache: LastAnswers<F, Key, T>,
        max_age: Duration,
    ) -> Result<Self, ConfigError> {
        const GATEWAYS: usize = 4_096;
        const DEVICES: usize = 100_000;
        let network = Breaker::network().build_shared()?;
        let gateways = Breaker::protocol().build_keyed_shared(GATEWAYS)?;
        let devices = Breaker::device().build_keyed_shared(DEVICES)?;
        let (for_network, for_protocol) = (blame.clone(), blame.clone());
        Ok(Self {
            fallback: FallbackLayer::stale(cache, max_age)?.named("tiers"),
            network: BreakerLayer::sharing(Arc::new(network))
                .classify(ByTier { blame: for_network })
                .named("network"),
            protocol: BreakerLayer::<0>::keyed_in(gateway, Arc::new(gateways))
                .classify(ByTier {
                    blame: for_protocol,
                })
                .named("protocol"),
            device: BreakerLayer::<0>::keyed_in(device, Arc::new(devices))
                .classify(ByTier { blame })
                .named("device"),
        })
    }
}

impl<B, G, GKey, D, DKey, F, Key, T, O, C> TiersLayer<B, G, GKey, D, DKey, F, Key, T, O, C> {
    /// Tells `observer` about rejections, moves of the breakers and degraded answers; it has to be cheap to clone.
    pub fn observe<P: Observer + Clone>(
        self,
        observer: P,
    ) -> TiersLayer<B, G, GKey, D, DKey, F, Key, T, P, C> {
        TiersLayer {
            fallback: self.fallback.observe(observer.clone()),
            network: self.network.observe(observer.clone()),
            protocol: self.protocol.observe(observer.clone()),
            device: self.device.observe(observer),
        }
    }

    /// Reads the time from `clock`.
    pub fn clock<P: Clock + Clone>(
        self,
        clock: P,
    ) -> TiersLayer<B, G, GKey, D, DKey, F, Key, T, O, P> {
        TiersLayer {
            fallback: self.fallback.clock(clock.clone()),
            network: self.network.clock(clock.clone()),
            protocol: self.protocol.clock(clock.clone()),
            device: self.device.clock(clock),
        }
    }

    /// The breaker of the network.
    pub const fn network(&self) -> &Arc<SharedBreaker<WINDOW_WORDS>> {
        self.network.breaker()
    }

    /// The breakers of the gateways.
    pub const fn gateways(&self) -> &Arc<SharedKeyedBreaker<GKey>> {
        self.protocol.table()
    }

    /// The breakers of the devices.
    pub const fn devices(&self) -> &Arc<SharedKeyedBreaker<DKey>> {
        self.device.table()
    }
}

/// The layers of a [`TiersLayer`] from the inside out.
type Tiers<B, G, GKey, D, DKey, F, Key, T, O, C> = Stack<
    Device<B, D, DKey, O, C>,
    Stack<Protocol<B, G, GKey, O, C>, Stack<Network<B, O, C>, FallbackLayer<F, Key, T, O, C>>>,
>;

impl<S, B, G, GKey, D, DKey, F, Key, T, O, C> Layer<S>
    for TiersLayer<B, G, GKey, D, DKey, F, Key, T, O, C>
where
    B: Clone,
    G: Clone,
    D: Clone,
    F: Clone,
    O: Clone,
    C: Clone,
{
    type Service = <Tiers<B, G, GKey, D, DKey, F, Key, T, O, C> as Layer<S>>::Service;

    fn layer(&self, inner: S) -> Self::Service {
        let device = self.device.layer(inner);
        self.fallback
            .layer(self.network.layer(self.protocol.layer(device)))
    }
}

impl<B, G, GKey, D, DKey, F, Key, T, O, C> fmt::Debug
    for TiersLayer<B, G, GKey, D, DKey, F, Key, T, O, C>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TiersLayer")
            .field("network", self.network.breaker())
            .finish_non_exhaustive()
    }
}
