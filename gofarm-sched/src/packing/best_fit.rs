//! [`BestFit`]: the fullest node that is enough.

use super::{left_after, share};
use crate::placement::{Candidate, Score};
use crate::resource::Resources;

/// The node of which the least would be left.
///
/// What is left of processors and of accelerators counts the same, each over what the largest node has, as in Weng
/// et al. (see [`Fragmentation`](super::Fragmentation)); memory does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BestFit {
    largest: Resources,
}

impl BestFit {
    /// For nodes of which the largest has so many processors and accelerators; what a node has more, counts as that.
    #[must_use]
    pub const fn new(largest: Resources) -> Self {
        Self { largest }
    }
}

impl Score for BestFit {
    fn name(&self) -> &'static str {
        "best fit"
    }

    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        let Some(left) = left_after(candidate) else {
            return 1.0;
        };
        let (part, whole) = (&left, &self.largest);
        let cpu = share(part.cpu_milli().into(), whole.cpu_milli().into());
        let devices = [part, whole].map(|r| r.devices().total_free().into());
        let devices = share(devices[0], devices[1]);
        0.5 * cpu.unwrap_or(0.0) + 0.5 * devices.unwrap_or(0.0)
    }
}
