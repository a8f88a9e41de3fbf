//! Changes to a sampler that runs: [`Control`].

use alloc::sync::Arc;
use core::fmt;

use gofarm_core::verify::Verifier;

use super::shared::Shared;
use crate::sampler::{Limits, Ratio, RatioRefused, RatioUpdates, SignedRatio};

/// Changes a [`Sampler`](super::Sampler) while it runs; clones change the same one.
///
/// ```
/// use gofarm_otel::sampler::{Percent, Sampler};
///
/// let sampler = Sampler::ratio(10.percent());
/// let control = sampler.control();
/// control.set_ratio(0.5.percent()); // the next trace is decided by it
/// assert_eq!(sampler.current_ratio(), 0.5.percent());
/// ```
#[derive(Clone)]
pub struct Control(Arc<Shared>);

impl Control {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Changes the ratio; that of a dynamic sampler is its base, and applies at once.
    pub fn set_ratio(&self, ratio: Ratio) {
        self.0.set_ratio(ratio);
    }

    /// Changes the limits of a dynamic sampler; another sampler has none, and does nothing.
    pub fn set_limits(&self, limits: Limits) {
        self.0.set_limits(limits);
    }

    /// Says which ratios are accepted over the air: those with numbers above its last and within its bounds.
    ///
    /// Until then any number above 0 and any ratio is, if it is signed.
    pub fn accept_updates(&self, updates: RatioUpdates) {
        self.0.accept_updates(updates);
    }

    /// Changes the ratio to one that came over the air, and returns it.
    ///
    /// # Errors
    /// [`RatioRefused`] if it is not signed, was sent before or is out of bounds; nothing has changed then.
    pub fn apply(
        &self,
        update: &SignedRatio<'_>,
        verifier: &impl Verifier,
    ) -> Result<Ratio, RatioRefused> {
        self.0.apply(update, verifier)
    }

    /// The state of the updates over the air, to be stored.
    #[must_use]
    pub fn updates(&self) -> RatioUpdates {
        self.0.updates()
    }

    /// The ratio in force.
    #[must_use]
    pub fn ratio(&self) -> Ratio {
        self.0.ratio()
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Control").field(&self.ratio()).finish()
    }
}
