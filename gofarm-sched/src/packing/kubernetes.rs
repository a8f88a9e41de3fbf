//! [`LeastAllocated`] and [`BalancedAllocation`], as Kubernetes has them.

use super::{left_after, share};
use crate::placement::{Candidate, Score};
use crate::resource::Share;

/// The node with the most left: the mean share of its resources that would be in use.
///
/// Kubernetes' `NodeResourcesFit` with the strategy `LeastAllocated`, each resource with weight 1. Accelerators count
/// for work that asks for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeastAllocated;

impl LeastAllocated {
    /// The score; it has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Score for LeastAllocated {
    fn name(&self) -> &'static str {
        "least allocated"
    }

    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        in_use(candidate).map_or(1.0, |shares| mean(&shares))
    }
}

/// The node whose resources would be in use most evenly: the standard deviation of their shares.
///
/// Kubernetes' `NodeResourcesBalancedAllocation`. Accelerators count for work that asks for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BalancedAllocation;

impl BalancedAllocation {
    /// The score; it has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Score for BalancedAllocation {
    fn name(&self) -> &'static str {
        "balanced allocation"
    }

    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        let Some(shares) = in_use(candidate) else {
            return 1.0;
        };
        let mean_share = mean(&shares);
        libm::sqrtf(mean(
            &shares.map(|s| s.map(|s| (s - mean_share) * (s - mean_share))),
        ))
    }
}

/// The shares of processors, memory and accelerators that would be in use; `None` where the work does not fit.
fn in_use(candidate: &Candidate<'_>) -> Option<[Option<f32>; 3]> {
    let left = left_after(candidate)?;
    let all = candidate.node().capacity();
    let cpu = share(left.cpu_milli().into(), all.cpu_milli().into());
    let memory = share(left.memory(), all.memory());
    let devices = match candidate.request().ask().devices() {
        Share::None => None,
        Share::Part(_) | Share::Whole(_) => share(
            left.devices().total_free().into(),
            all.devices().total_free().into(),
        ),
    };
    Some([cpu, memory, devices].map(|free| free.map(|free| 1.0 - free)))
}

fn mean(values: &[Option<f32>; 3]) -> f32 {
    let (sum, count) = values
        .iter()
        .flatten()
        .fold((0.0, 0.0), |(sum, count), value| {
            (sum + value, count + 1.0_f32)
        });
    sum / count.max(1.0)
}
