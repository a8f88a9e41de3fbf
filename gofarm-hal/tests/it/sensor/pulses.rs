//! Pulses: totals that lose none and invent none.

use core::time::Duration;

use gofarm_core::Validate;
use gofarm_core::time::{Instant, hours, millis, minutes, secs};
use gofarm_hal::sensor::anemometer::Anemometer;
use gofarm_hal::sensor::pulse_counter::{PulseCounter, Saved};
use gofarm_hal::sensor::rain_gauge::RainGauge;
use proptest::prelude::*;

#[test]
fn a_counter_that_started_again_adds_nothing() {
    let mut pulses = PulseCounter::new().most(50);
    let mut now = Instant::ZERO;
    pulses.counter(10_000, now).unwrap();
    now += secs(10);
    assert_eq!(pulses.counter(10_500, now), Ok(500));
    now += secs(10);
    // It shows 3: to go from 10 500 over the wrap it had to count 4 294 956 799 times.
    let refused = pulses.counter(3, now).unwrap_err();
    assert_eq!(refused.pulses(), 4_294_956_799);
    now += secs(10);
    assert_eq!(pulses.counter(10, now), Ok(7));
    assert_eq!(pulses.total(), 507);
}

#[test]
fn a_count_that_was_kept_goes_on_with_and_without_its_hardware() {
    let mut before = PulseCounter::new().counter_bits(8).most(10);
    before.counter(250, Instant::ZERO).unwrap();
    before.counter(255, Instant::from_secs(1)).unwrap();
    let saved = before.save();
    // Its counter ran from a battery: whatever came meanwhile counts, in whatever time.
    let mut kept = PulseCounter::new().counter_bits(8).most(10).restored(saved);
    assert_eq!(kept.counter(200, Instant::ZERO), Ok(201));
    assert_eq!((kept.total(), kept.microhertz(Instant::ZERO)), (206, 0));
    // It started again.
    let mut lost = PulseCounter::new().restored(saved.without_counter());
    assert_eq!(lost.counter(7, Instant::ZERO), Ok(0));
    assert_eq!(lost.total(), 5);
    let by_eye = PulseCounter::new().restored(Saved::total(812));
    assert_eq!(by_eye.total(), 812);
}

#[test]
fn the_rate_falls_when_pulses_stay_away() {
    let mut pulses = PulseCounter::new().still_after(secs(30));
    let mut now = Instant::ZERO;
    for _ in 0..=100 {
        pulses.edge(now);
        now += millis(100);
    }
    let last = Instant::from_millis(10_000);
    assert_eq!(pulses.microhertz(last), 10_000_000);
    let mut before = u64::MAX;
    for idle in 1..30 {
        let rate = pulses.microhertz(last + secs(idle));
        assert!(rate <= before && rate <= 10_000_000 && rate > 0);
        before = rate;
    }
    assert_eq!(pulses.microhertz(last + secs(30)), 0);
}

#[test]
fn a_gauge_shows_slow_rain_and_its_end() {
    let mut gauge = RainGauge::new(200);
    let mut now = Instant::ZERO;
    for _ in 0..10 {
        now += minutes(6);
        gauge.pulses_mut().edge(now);
        gauge.pulses_mut().edge(now + millis(40)); // the reed bounces
    }
    let rain = gauge.reading(now);
    assert_eq!((rain.amount, gauge.micrometres()), (2.0, 2_000));
    assert!((rain.rate - 2.0).abs() < 0.01, "{}", rain.rate);
    assert!(rain.validate().is_ok());
    assert_eq!(gauge.reading(now + hours(1)).rate, 0.0);
}

#[test]
fn wind_that_stops_is_no_wind() {
    let mut wind = Anemometer::new(1_006);
    let mut now = Instant::ZERO;
    for count in (0..100).step_by(10) {
        wind.pulses_mut().counter(count, now).unwrap();
        now += secs(1);
    }
    assert!((wind.reading(now).speed - 10.06).abs() < 0.001);
    assert_eq!(wind.reading(now + secs(10)).speed, 0.0);
}

proptest! {
    #[test]
    fn totals_are_exact_over_every_wrap(
        bits in 1_u8..=64,
        start: u64,
        steps in prop::collection::vec(0_u64..=u64::MAX, 0..60),
    ) {
        let mask = u64::MAX >> (64 - bits);
        let mut pulses = PulseCounter::new().counter_bits(bits);
        let (mut raw, mut expected, mut now) = (start & mask, 0_u64, Instant::ZERO);
        pulses.counter(raw, now).unwrap();
        for step in steps {
            let step = (step & mask) / 2; // less than a whole turn
            raw = raw.wrapping_add(step) & mask;
            expected = expected.saturating_add(step);
            now += secs(1);
            prop_assert_eq!(pulses.counter(raw, now), Ok(step));
        }
        prop_assert_eq!(pulses.total(), expected);
    }

    #[test]
    fn a_bounce_within_the_debounce_time_never_counts(
        gaps in prop::collection::vec(0_u64..20_000, 1..100),
    ) {
        let window = Duration::from_millis(5);
        let mut pulses = PulseCounter::new().debounce(window);
        let mut now = Instant::ZERO;
        let mut counted: Option<Instant> = None;
        let mut total = 0;
        for gap in gaps {
            now += Duration::from_micros(gap);
            let is_pulse = pulses.edge(now);
            let expected = counted.is_none_or(|last| now.saturating_since(last) >= window);
            prop_assert_eq!(is_pulse, expected);
            if is_pulse {
                counted = Some(now);
                total += 1;
            }
        }
        prop_assert_eq!(pulses.total(), total);
    }

    #[test]
    fn the_rate_of_steady_pulses_is_their_rate(hertz in 1_u64..2_000, reads in 2_u64..40) {
        let mut pulses = PulseCounter::new();
        for read in 0..=reads {
            pulses.counter(read * hertz, Instant::from_secs(read)).unwrap();
        }
        prop_assert_eq!(pulses.microhertz(Instant::from_secs(reads)), hertz * 1_000_000);
    }
}
