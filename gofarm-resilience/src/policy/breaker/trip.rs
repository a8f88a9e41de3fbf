//! The rules that open a breaker.

use super::settings::Settings;
use super::transition::Cause;
use crate::memory::Memory;
use crate::policy::sliding_window::Totals;

/// The first rule that is broken, if one is. Rates and latencies need the minimum of calls.
pub(super) fn cause<M: Memory, const W: usize>(
    settings: &Settings<M, W>,
    failures_in_a_row: u16,
    totals: Totals,
) -> Option<Cause> {
    let consecutive = settings.consecutive();
    if consecutive > 0 && failures_in_a_row >= consecutive {
        return Some(Cause::Consecutive);
    }
    if totals.calls == 0 || totals.calls < settings.minimum_calls() {
        return None;
    }
    let failure_rate = settings.failure_rate();
    if failure_rate.is_some() && failure_rate.is_reached(totals.failures, totals.calls) {
        return Some(Cause::FailureRate);
    }
    let slow_rate = settings.slow_rate();
    if slow_rate.is_some() && slow_rate.is_reached(totals.slow, totals.calls) {
        return Some(Cause::SlowRate);
    }
    let rest = settings.percentile_rest();
    if rest.is_some() && rest.is_exceeded(totals.over, totals.calls) {
        return Some(Cause::Percentile);
    }
    let limit = settings.average_limit();
    let allowed = u64::from(limit) * u64::from(totals.calls);
    (limit < u32::MAX && totals.micros > allowed).then_some(Cause::Average)
}
