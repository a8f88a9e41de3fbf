//! How busy a node is: five metrics, their weights, and what a stale one means.
//!
//! Requests say what work asks for; only metrics say what it takes. A [`Load`] holds the five that farm gateways and
//! edge nodes can measure, each with its own natural unit, and any of them may be missing: a missing one is not 0.
//! [`LoadWeights`] turns a load into one absolute number from 0 (idle) to 1 (worst), which is the number that limits
//! look at; ranking one node against others is the business of [`node_table`](crate::node_table).

#[cfg(all(feature = "std", target_os = "linux"))]
pub mod linux;
mod metric;
pub mod signal;
mod stale;
mod weights;

pub use metric::Metric;
pub use stale::{StaleAfter, StalePolicy, after};
pub use weights::{LoadWeights, WeightsError};

use core::time::Duration;

/// What was measured of one node, each metric in its own unit; what was not measured is unknown, not 0.
///
/// Values are kept as given; those that are not finite or below 0 count as not measured.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_sched::load::{Load, Metric};
///
/// let load = Load::new().cpu(0.42).memory(0.3).network_p95(millis(20));
/// assert_eq!(load.get(Metric::Cpu), Some(0.42));
/// assert_eq!(load.get(Metric::Network), Some(0.02));
/// assert_eq!(load.get(Metric::IoWait), None);
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Load {
    /// NaN where unknown.
    values: [f32; Metric::COUNT],
}

impl Load {
    /// Nothing measured.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            values: [f32::NAN; Metric::COUNT],
        }
    }

    /// Nothing running: every metric is 0.
    #[must_use]
    pub const fn idle() -> Self {
        Self {
            values: [0.0; Metric::COUNT],
        }
    }

    /// Share of the processors in use, 0..=1.
    #[must_use]
    pub const fn cpu(self, share: f32) -> Self {
        self.with(Metric::Cpu, share)
    }

    /// Memory pressure, 0..=1: the share in use, or what PSI says of it.
    #[must_use]
    pub const fn memory(self, pressure: f32) -> Self {
        self.with(Metric::Memory, pressure)
    }

    /// Latency of the network, 95th percentile.
    #[must_use]
    pub fn network_p95(self, latency: Duration) -> Self {
        self.with(Metric::Network, latency.as_secs_f32())
    }

    /// Share of time spent waiting for disks, 0..=1.
    #[must_use]
    pub const fn io_wait(self, share: f32) -> Self {
        self.with(Metric::IoWait, share)
    }

    /// Round trip of the application's own calls, 90th percentile.
    #[must_use]
    pub fn app_p90(self, round_trip: Duration) -> Self {
        self.with(Metric::App, round_trip.as_secs_f32())
    }

    /// The same load with one metric set, in the unit of [`Metric::unit`].
    #[must_use]
    pub const fn with(mut self, metric: Metric, value: f32) -> Self {
        self.values[metric as usize] = value;
        self
    }

    /// One metric in its unit; `None` if it was not measured.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<f32> {
        Some(self.values[metric as usize]).filter(|v| v.is_finite() && *v >= 0.0)
    }

    /// The five values in the order of [`Metric::ALL`]; NaN where not measured.
    #[must_use]
    pub fn values(&self) -> [f32; Metric::COUNT] {
        Metric::ALL.map(|metric| self.get(metric).unwrap_or(f32::NAN))
    }
}

impl Default for Load {
    /// Nothing measured.
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Load {
    /// Equal where the same metrics are known with the same values.
    fn eq(&self, other: &Self) -> bool {
        Metric::ALL
            .iter()
            .all(|&metric| self.get(metric) == other.get(metric))
    }
}
