//! The way back: how large a part of the calls goes out after closing.
//!
//! No dice: a call that goes out owes the rest of a whole call, and those that are held back pay it off. So a part
//! of 25 % is each fourth call, the first one after closing goes out, and a test sees the same calls each time.

use core::time::Duration;

use super::settings::Settings;
use crate::memory::Memory;

const WHOLE: u16 = 10_000;

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

/// What is owed after a call met `owed`: it goes out if that is less than its share.
pub(super) const fn next(owed: u16, share: u16) -> u16 {
    if owed < share {
        owed + (WHOLE - share)
    } else {
        owed - share
    }
}

/// A hint that spreads those who are held back over what is left of the ramp.
pub(super) fn retry_after(remaining: Duration, owed: u16) -> Duration {
    remaining * u32::from(owed) / u32::from(WHOLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_ten_thousand_calls_the_part_that_goes_out_is_the_share() {
        for share in [1, 100, 2_500, 3_333, 9_999, WHOLE] {
            let mut owed = 0;
            let mut out = 0;
            for _ in 0..WHOLE {
                out += u16::from(owed < share);
                owed = next(owed, share);
            }
            assert_eq!(out, share);
        }
    }
}
