//! Limits that find themselves in a stack: [`AdaptiveLayer`].

use alloc::sync::Arc;

use super::admission::{AdmissionLayer, Single};
use super::classifier::ByKind;
use super::clock::RuntimeClock;
use crate::policy::{AimdConfig, ConfigError, GradientConfig, SharedAimd, SharedGradient};

/// Rejects calls beyond a limit that follows what the other side bears.
///
/// All services that one Layer makes, and their clones, share the limit.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_resilience::layer::AdaptiveLayer;
/// use gofarm_resilience::policy::{Aimd, Gradient};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let cloud = service_fn(async |report: u16| Ok::<_, std::io::Error>(report));
/// let by_latency = AdaptiveLayer::gradient(Gradient::adaptive())?;
/// let by_failures = AdaptiveLayer::aimd(Aimd::slower_than(millis(500)))?;
/// assert_eq!(by_latency.layer(cloud).oneshot(7).await?, 7);
/// assert_eq!(by_failures.policy().in_flight(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type AdaptiveLayer<P = SharedGradient, K = ByKind, O = (), C = RuntimeClock> =
    AdmissionLayer<Single<Arc<P>>, K, O, C>;

impl AdmissionLayer<Single<Arc<SharedGradient>>> {
    /// Shrinks while latency grows, before anything fails.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn gradient(config: GradientConfig) -> Result<Self, ConfigError> {
        Ok(Self::with("adaptive", Arc::new(config.build_shared()?)))
    }
}

impl AdmissionLayer<Single<Arc<SharedAimd>>> {
    /// Grows by one and shrinks by a share when calls fail or are slow.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn aimd(config: AimdConfig) -> Result<Self, ConfigError> {
        Ok(Self::with("adaptive", Arc::new(config.build_shared()?)))
    }
}
