//! Laws of filters.

use gofarm_core::time::{Instant, millis};
use gofarm_hal::filter::{Debounce, Median};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_median_is_the_middle_of_its_window(
        readings in prop::collection::vec(
            prop_oneof![any::<f32>(), -2.0_f32..2.0, Just(0.0), Just(-0.0), Just(f32::NAN)],
            1..60,
        ),
    ) {
        let mut filter: Median<f32, 7> = Median::new();
        let mut taken = Vec::new();
        for reading in readings {
            let median = filter.push(reading);
            if !reading.is_nan() {
                taken.push(reading);
            }
            let mut window = taken[taken.len().saturating_sub(7)..].to_vec();
            window.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let expected = window.len().checked_sub(1).map(|last| window[last / 2]);
            prop_assert_eq!(median, expected);
            prop_assert_eq!(filter.len(), window.len());
        }
    }

    #[test]
    fn few_spikes_move_a_median_no_further_than_good_readings_differ(
        good in prop::collection::vec(100_i32..=110, 40),
        spike: i32,
        at in 5_usize..30,
        length in 1_usize..=2,
    ) {
        let mut filter: Median<i32, 5> = Median::new();
        for (index, reading) in good.into_iter().enumerate() {
            let is_spike = (at..at + length).contains(&index);
            let median = filter.push(if is_spike { spike } else { reading }).unwrap();
            prop_assert!((100..=110).contains(&median));
        }
    }

    #[test]
    fn a_glitch_shorter_than_the_window_is_never_reported(
        gaps in prop::collection::vec((1_u64..60, any::<bool>()), 1..200),
    ) {
        let window = millis(50);
        let mut debounce = Debounce::new(false, window);
        let mut now = Instant::ZERO;
        let (mut level, mut since) = (false, Instant::ZERO);
        let mut settled = false;
        for (gap, next) in gaps {
            now += millis(gap);
            if next != level {
                (level, since) = (next, now);
            }
            let lasted = now.saturating_since(since) >= window;
            let report = debounce.update(now, level);
            let expected = (level != settled && lasted).then_some(level);
            prop_assert_eq!(report, expected);
            settled = report.unwrap_or(settled);
            prop_assert_eq!(debounce.level(), settled);
            let waits = (level != settled).then(|| since + window);
            prop_assert_eq!(debounce.poll_timeout(), waits);
        }
    }
}
