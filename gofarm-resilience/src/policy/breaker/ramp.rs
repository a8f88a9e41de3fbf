//! The way back: how large a part of the calls goes out after closing.
//!
//! No dice: a step is carried from call to call, and each time that it passes the whole a call goes out. So a part
//! of 25 % is each fourth call, for firmware as well, and a test sees the same calls each time.

use core::time::Duration;

use super::settings::Settings;
use crate::memory::Memory;

pub(super) const WHOLE: u16 = 10_000;

/// The part of calls that goes out when `remaining` of the ramp is left, in 1/10 000.
pub(super) fn share<M: Memory, const W: usize>(
    settings: &Settings<M, W>,
    remaining: Duration,
) -> u16 {
    let length = u128::from(settings.ramp_ms()) * 1_000;
    let from = settings.ramp_from().min(WHOLE);
    let left = remaining.as_micros().min(length);
    let missing = (u128::from(WHOLE - from) * left)
        .checked_div(length)
        .unwrap_or(0);
    WHOLE - u16::try_from(missing).unwrap_or(0)
}

/// A hint that spreads those who are rejected over what is left of the ramp: by the step that they met.
pub(super) fn retry_after(remaining: Duration, step: u16) -> Duration {
    let part = u32::from(WHOLE - step.min(WHOLE)).max(1);
    remaining * part / u32::from(WHOLE)
}
