//! The token bucket in a stack: [`RateLimitLayer`].

use alloc::sync::Arc;
use core::hash::Hash;

use super::admission::{AdmissionLayer, Single};
use super::classifier::ByKind;
use super::clock::RuntimeClock;
use super::keyed::{EachBucket, Keyed};
use crate::policy::{ConfigError, SharedTokenBucket, TokenBucketConfig};

/// Rejects calls beyond a rate, with the exact time after which to come back.
///
/// All services that one Layer makes, and their clones, share the bucket. tower's own `RateLimit` waits instead, and
/// cannot be cloned.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_resilience::layer::RateLimitLayer;
/// use gofarm_resilience::policy::{Rate, TokenBucket};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let probe = service_fn(async |register: u16| Ok::<_, std::io::Error>(register));
/// let probe = RateLimitLayer::new(TokenBucket::at(Rate::per_second(5)).burst(1))?.layer(probe);
///
/// assert_eq!(probe.clone().oneshot(7).await?, 7);
/// let error = probe.clone().oneshot(7).await.unwrap_err();
/// assert_eq!(error.retry_after(), Some(millis(200)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type RateLimitLayer<K = ByKind, O = (), C = RuntimeClock> =
    AdmissionLayer<Single<Arc<SharedTokenBucket>>, K, O, C>;

impl AdmissionLayer<Single<Arc<SharedTokenBucket>>> {
    /// Takes one token of such a bucket for each call.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: TokenBucketConfig) -> Result<Self, ConfigError> {
        let bucket = SharedTokenBucket::new(&config)?;
        Ok(Self::with("rate_limit", Arc::new(bucket)))
    }

    /// A bucket of its own for each `key` of a request (its tenant, its device), with room for 100 000 keys.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn keyed<F, Key: Hash + Eq + Clone>(
        key: F,
        config: TokenBucketConfig,
    ) -> Result<AdmissionLayer<Keyed<F, Key, EachBucket>>, ConfigError> {
        let gate = Keyed::of(key, &EachBucket::new(config)?);
        Ok(AdmissionLayer::over("rate_limit", gate))
    }
}
