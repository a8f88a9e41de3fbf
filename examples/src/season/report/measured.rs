//! Times by a real clock, as they are reported.

use serde::Serialize;

use crate::season::ranked::Ranked;

/// Times taken by a real clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Half of all decisions took no longer, in µs.
    pub decision_p50_us: f64,
    /// 99 of 100 decisions took no longer, in µs.
    pub decision_p99_us: f64,
    /// The whole run, in s; set by the caller.
    pub run_s: f64,
    /// The most memory that the program had, in MB; set by the caller where the system tells.
    pub peak_memory_mb: f64,
}

impl Measured {
    /// `nanos` are the times of all decisions.
    pub(super) fn of(nanos: Vec<u64>) -> Self {
        let decisions = Ranked::new(nanos);
        Self {
            decision_p50_us: decisions.percentile(50),
            decision_p99_us: decisions.percentile(99),
            run_s: 0.0,
            peak_memory_mb: 0.0,
        }
    }
}
