//! How long a breaker stays open: growing with each opening in a row, and spread.

use super::settings::Settings;
use crate::memory::Memory;

/// The time to stay open after the `openings`-th opening in a row, in ms; `dice` are 64 random bits.
pub(super) fn wait_ms<M: Memory, const W: usize>(
    settings: &Settings<M, W>,
    openings: u8,
    dice: u64,
) -> u64 {
    let longest = u64::from(settings.longest_open_ms());
    let growth = u64::from(settings.growth());
    let mut wait = u64::from(settings.open_ms());
    for _ in 1..openings {
        wait = (wait * growth / 100).min(longest);
    }
    spread(wait, settings.jitter(), dice)
}

/// `wait` moved by up to `jitter` / 10 000 of it in both directions, at least 1 ms.
fn spread(wait: u64, jitter: u16, dice: u64) -> u64 {
    let reach = wait * u64::from(jitter) / 10_000;
    let span = u128::from(reach * 2 + 1);
    let offset = u64::try_from((u128::from(dice) * span) >> 64).unwrap_or(0);
    (wait - reach + offset).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_stays_within_its_part_and_reaches_both_ends() {
        assert_eq!(spread(1_000, 2_000, 0), 800);
        assert_eq!(spread(1_000, 2_000, u64::MAX), 1_200);
        assert_eq!(spread(1_000, 0, u64::MAX), 1_000);
        assert_eq!(spread(1, 9_000, 0), 1);
    }
}
