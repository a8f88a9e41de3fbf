//! Pulses, rates, volumes, leaks.

use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::flow_meter::{Expected, FlowEvent, FlowLimits, FlowMeter, FlowWatch, KFactor};
use gofarm_hal::sensor::pulse_counter::PulseCounter;
use proptest::prelude::*;

const START: Instant = Instant::from_secs(50);

fn per_litre(k: u32) -> FlowMeter {
    FlowMeter::new(KFactor::per_litre(k).unwrap())
}

proptest! {
    #[test]
    fn no_drop_is_lost_to_rounding(
        steps in prop::collection::vec(0_u32..70_000, 1..60),
        pulses in 1_u32..10_000,
        millilitres in 1_u32..100_000,
        bits in 17_u8..=32,
        first: u32,
    ) {
        let k = KFactor::new(pulses, millilitres).unwrap();
        let mut meter = FlowMeter::with(k, PulseCounter::new().counter_bits(bits));
        let mut raw = first;
        let mut now = START;
        meter.pulses_mut().counter(raw.into(), now).unwrap();
        let mut total = 0_u64;
        for step in steps {
            raw = raw.wrapping_add(step);
            now += millis(700);
            prop_assert_eq!(meter.pulses_mut().counter(raw.into(), now), Ok(step.into()));
            total += u64::from(step);
        }
        let exact = total * u64::from(millilitres) / u64::from(pulses);
        prop_assert_eq!(meter.flow(now).volume, exact);
    }

    #[test]
    fn a_steady_flow_shows_its_rate(per_second in 1_u32..2_000, k in 1_u32..2_000) {
        let mut meter = per_litre(k);
        let mut raw = 0;
        let mut now = START;
        meter.pulses_mut().counter(raw.into(), now).unwrap();
        for _ in 0..30 {
            raw += per_second;
            now += secs(1);
            meter.pulses_mut().counter(raw.into(), now).unwrap();
            let exact = u64::from(per_second) * 60_000 / u64::from(k);
            prop_assert_eq!(u64::from(meter.flow(now).rate), exact);
        }
    }

    #[test]
    fn hostile_counters_and_clocks_never_panic(
        readings in prop::collection::vec(any::<(u64, u64)>(), 0..50),
        pulses in 1_u32..=KFactor::MAX,
        millilitres in 1_u32..=KFactor::MAX,
        bits: u8,
    ) {
        let k = KFactor::new(pulses, millilitres).unwrap();
        let mut meter = FlowMeter::with(k, PulseCounter::new().counter_bits(bits)).most(1_000_000);
        for (raw, micros) in readings {
            let now = Instant::from_micros(micros);
            let _ = meter.pulses_mut().counter(raw, now);
            let _ = meter.flow(now);
        }
    }
}

#[test]
fn the_rate_falls_when_the_pulses_stop() {
    let mut meter = per_litre(60);
    meter.pulses_mut().counter(0, START).unwrap();
    meter.pulses_mut().counter(60, START + secs(1)).unwrap();
    let stopped = START + secs(1);
    let rows = [
        (0, 60_000),
        (1, 60_000),
        (2, 500),
        (10, 100),
        (59, 16),
        (60, 0),
    ];
    for (after, rate) in rows {
        assert_eq!(
            meter.flow(stopped + secs(after)).rate,
            rate,
            "after {after} s"
        );
    }
}

#[test]
fn a_counter_that_was_reset_gives_no_season_of_water() {
    let pulses = PulseCounter::new().counter_bits(16);
    let mut meter = FlowMeter::with(KFactor::per_litre(450).unwrap(), pulses).most(30_000);
    meter.pulses_mut().counter(40_000, START).unwrap();
    meter.pulses_mut().counter(40_100, START + secs(1)).unwrap();
    let before = meter.flow(START + secs(1)).volume;
    let error = meter.pulses_mut().counter(3, START + secs(2)).unwrap_err();
    assert_eq!(error.pulses(), 25_439);
    assert_eq!(meter.flow(START + secs(2)).volume, before);
    assert_eq!(meter.pulses_mut().counter(103, START + secs(3)), Ok(100));
}

#[test]
fn a_bouncing_contact_counts_once() {
    let mut meter = FlowMeter::with(
        KFactor::new(1, 10_000).unwrap(),
        PulseCounter::new().debounce(millis(20)),
    );
    let mut pulses = 0;
    for pulse in 0..10 {
        for bounce in [0, 1, 3, 8] {
            pulses += u32::from(
                meter
                    .pulses_mut()
                    .edge(START + secs(5 * pulse) + millis(bounce)),
            );
        }
    }
    assert_eq!(pulses, 10);
    assert_eq!(meter.flow(START + secs(45)).volume, 100_000);
}

#[test]
fn a_watch_tells_each_thing_once_and_only_after_it_has_settled() {
    use Expected::{None as Still, Some as Flowing, Unknown};
    let mut watch = FlowWatch::new(FlowLimits::new(200).at_least(2_000).settle(secs(10)));
    let rows = [
        (0, 5_000, Unknown, None),
        (5, 5_000, Still, None),
        (14, 900, Still, None),
        (15, 900, Still, Some(FlowEvent::Leak { rate: 900 })),
        (16, 950, Still, None),
        (17, 200, Still, Some(FlowEvent::LeakEnded)),
        (18, 0, Flowing, None),
        (27, 1_999, Flowing, None),
        (28, 1_999, Flowing, Some(FlowEvent::NoFlow { rate: 1_999 })),
        (29, 0, Flowing, None),
        (30, 0, Unknown, None),
        (31, 0, Flowing, None),
        (41, 2_000, Flowing, None),
        (42, 0, Flowing, Some(FlowEvent::NoFlow { rate: 0 })),
    ];
    for (at, rate, expected, event) in rows {
        assert_eq!(
            watch.update(rate, expected, START + secs(at)),
            event,
            "at {at} s"
        );
    }
}
