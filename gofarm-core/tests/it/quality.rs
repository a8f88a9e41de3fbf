//! Reading quality: histories as a table, and the laws over all floats.

use gofarm_core::Validate;
use gofarm_core::contract::{Number, Numeric, Property, Rate, Repr, Schema};
use gofarm_core::observe::LabelValue;
use gofarm_core::quality::{
    Agreement, Disagreement, Fault, Grade, INSTRUMENTS, Pipeline, Quality, Suspicion,
};
use gofarm_core::reading::Reading;
use gofarm_core::time::{Instant, minutes, secs};
use proptest::prelude::*;

const WATER: Property = Property::new(
    "water",
    Schema::Numeric(
        Numeric::new(Repr::F32)
            .at_least(Number::F32(0.0))
            .at_most(Number::F32(0.6))
            .step(Number::F32(0.001)),
    ),
)
.max_rate(Rate::new(Number::F32(0.05), minutes(1)))
.stale_after(minutes(30))
.stuck_after(minutes(10));

#[test]
fn every_history_of_the_table_gets_its_qualities() {
    let table = include_str!("../data/quality_histories.tsv");
    let mut rows = 0;
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let [name, readings, qualities] = row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let mut pipeline = Pipeline::of(&WATER);
        let got: Vec<_> = readings
            .split(", ")
            .map(|reading| {
                let (second, value) = reading.split_once(' ').unwrap();
                let at = Instant::from_secs(second.parse().unwrap());
                let value: f32 = value.parse().unwrap();
                pipeline.assess(at, value).quality().as_str()
            })
            .collect();
        assert_eq!(got.join(", "), qualities, "{name}");
        rows += 1;
    }
    assert_eq!(rows, 25);
}

#[test]
fn quality_turns_stale_by_time_alone() {
    let mut pipeline = Pipeline::of(&WATER);
    let at = |m| Instant::ZERO + minutes(m);
    assert_eq!(
        pipeline.quality(at(0)),
        Quality::Stale,
        "nothing was read yet"
    );
    assert_eq!(pipeline.stale_at(), None);
    let _ = pipeline.assess(at(0), 0.31_f32);
    assert_eq!(pipeline.stale_at(), Some(at(30)));
    assert_eq!(pipeline.quality(at(30)), Quality::Stale);
    assert_eq!(
        pipeline.quality(Instant::from_micros(1_799_999_999)),
        Quality::Good
    );
    // NaN is no news: what is bad stays bad, and the last measurement goes on ageing.
    let _ = pipeline.assess(at(29), f32::NAN);
    let bad = Quality::Bad(Fault::NotFinite);
    assert_eq!(
        (pipeline.quality(at(29)), pipeline.quality(at(40))),
        (bad, bad)
    );
    let _ = pipeline.assess(at(40), 0.31_f32);
    assert_eq!(pipeline.quality(at(40)), Quality::Good);
}

/// JGAguado/Smart_Plant#26: failed conversions were published as 0 V, "100 % wet".
#[test]
fn a_failed_read_is_bad_until_the_next_reading() {
    let mut pipeline = Pipeline::of(&WATER);
    let _ = pipeline.assess(Instant::ZERO, 0.31_f32);
    pipeline.failed();
    let quality = pipeline.quality(Instant::from_secs(1));
    assert_eq!(quality, Quality::Bad(Fault::ReadFailed));
    assert!(!quality.satisfies(Grade::Stale));
    let next = pipeline.assess(Instant::from_secs(2), 0.31_f32);
    assert_eq!((next.quality(), next.sequence()), (Quality::Good, 1));
}

#[test]
fn a_bad_raw_reading_is_kept_for_diagnosis_and_not_valid() {
    let reading = Pipeline::of(&WATER).assess(Instant::ZERO, f32::NAN);
    assert!(reading.value().is_nan());
    assert!(reading.validated().is_err());
}

#[test]
fn integers_are_assessed_in_their_own_type() {
    let limits = Numeric::new(Repr::U64).at_most(Number::U64(u64::MAX - 1));
    let mut pipeline = Pipeline::new().limits(limits).stuck_after(secs(10));
    let at = Instant::from_secs;
    assert_eq!(
        pipeline.assess(at(0), u64::MAX - 1).quality(),
        Quality::Good
    );
    assert_eq!(pipeline.assess(at(5), u64::MAX).quality().as_str(), "range");
    assert_eq!(
        pipeline.assess(at(10), u64::MAX - 1).quality(),
        Quality::Good
    );
}

#[test]
fn a_stale_reference_does_not_make_noise_good_again() {
    let rate = Rate::new(Number::F64(0.01), minutes(1));
    let mut pipeline = Pipeline::new().max_rate(rate).stale_after(minutes(30));
    let at = |m| Instant::ZERO + minutes(m);
    let _ = pipeline.assess(at(0), 1.0);
    for m in 1..30 {
        let noise = if m % 2 == 0 { 5.0 } else { 9.0 };
        let reading = pipeline.assess(at(m), noise);
        assert_eq!(reading.quality(), Quality::Suspect(Suspicion::Rate));
    }
    // In reach of the reading of half an hour ago, which is too old to vouch for it.
    let qualities = [30, 31, 32].map(|m| pipeline.assess(at(m), 1.2).quality().as_str());
    assert_eq!(qualities, ["rate", "rate", "good"]);
}

#[test]
fn the_number_of_readings_to_a_new_level_can_be_set() {
    for readings in [0_u8, 1, 2, 5] {
        let mut pipeline = Pipeline::of(&WATER).recover_after(readings);
        let _ = pipeline.assess(Instant::ZERO, 0.1_f32);
        let suspects = (1_u16..20)
            .zip(1..)
            .take_while(|&(n, s)| {
                let value = 0.5 + 0.001 * f32::from(n % 2);
                pipeline.assess(Instant::from_secs(s), value).quality() != Quality::Good
            })
            .count();
        assert_eq!(suspects, usize::from(readings.saturating_sub(1)));
    }
}

#[test]
fn only_fresh_probes_are_held_against_each_other() {
    let rule = Disagreement::new(0.5, minutes(5));
    let now = Instant::from_secs(600);
    let at = |s, value: f32| Reading::new(value, Instant::from_secs(s));
    let suspect = Quality::Suspect(Suspicion::Range);
    let rows = [
        (at(600, 12.9), at(600, 12.4), Agreement::Agree),
        (at(600, 12.0), at(600, 11.0), Agreement::Differ { by: 1.0 }),
        (at(301, 12.0), at(600, 11.0), Agreement::Differ { by: 1.0 }),
        (at(300, 12.0), at(600, 11.0), Agreement::NotComparable),
        (
            at(600, 12.0).graded(suspect),
            at(600, 11.0),
            Agreement::Differ { by: 1.0 },
        ),
        (
            at(600, 12.0).graded(Quality::Stale),
            at(600, 11.0),
            Agreement::NotComparable,
        ),
        (at(600, f32::NAN), at(600, 11.0), Agreement::NotComparable),
        (
            at(600, f32::INFINITY),
            at(600, f32::INFINITY),
            Agreement::NotComparable,
        ),
    ];
    for (mut a, mut b, expected) in rows {
        assert_eq!(rule.compare(now, &a, &b), expected);
        assert_eq!(rule.compare(now, &b, &a), expected);
        let before = a.quality();
        assert_eq!(rule.mark(now, &mut a, &mut b), expected);
        let is_marked = matches!(expected, Agreement::Differ { .. });
        assert_eq!(
            b.quality() == Quality::Suspect(Suspicion::Disagree),
            is_marked
        );
        assert!(
            before == Quality::Good || a.quality() == before,
            "the first reason stays"
        );
    }
}

#[test]
fn names_are_unique_and_signals_carry_them() {
    let all = [
        Quality::Good,
        Quality::Suspect(Suspicion::Range),
        Quality::Suspect(Suspicion::Rate),
        Quality::Suspect(Suspicion::Stuck),
        Quality::Suspect(Suspicion::Disagree),
        Quality::Stale,
        Quality::Bad(Fault::NotFinite),
        Quality::Bad(Fault::ReadFailed),
    ];
    for (i, quality) in all.iter().enumerate() {
        let signal = quality.signal();
        assert_eq!(signal.instrument().name(), INSTRUMENTS[0].name());
        assert_eq!(signal.labels()[0].value, LabelValue::Text(quality.as_str()));
        assert!(all[..i].iter().all(|q| q.as_str() != quality.as_str()));
        // From best to worst, and worst-of never gives a better one.
        for other in &all[i..] {
            assert_eq!(quality.worst(*other).grade(), other.grade());
            assert_eq!(other.worst(*quality).grade(), other.grade());
        }
    }
}

fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        -1.0..1.0,
        Just(f64::MAX),
        Just(f64::MIN),
        Just(-0.0),
    ]
}

proptest! {
    #[test]
    fn no_float_and_no_time_panics_or_makes_nonsense_good(
        readings in proptest::collection::vec((any::<u64>(), any_float()), 1..60),
        rule in (any_float(), any_float(), any_float(), any::<u64>(), any::<u64>()),
    ) {
        let (min, max, amount, per, time) = rule;
        let limits = Numeric::new(Repr::F64).at_least(Number::F64(min)).at_most(Number::F64(max));
        let mut pipeline = Pipeline::new()
            .limits(limits)
            .max_rate(Rate::new(Number::F64(amount), core::time::Duration::from_micros(per % 1_000)))
            .stale_after(core::time::Duration::from_micros(time))
            .stuck_after(core::time::Duration::from_micros(time / 3));
        for (at, value) in readings {
            let reading = pipeline.assess(Instant::from_micros(at), value);
            prop_assert_eq!(reading.value().to_bits(), value.to_bits());
            let inside = value >= min && value <= max;
            prop_assert!(reading.quality() != Quality::Good || (value.is_finite() && inside));
            prop_assert_eq!(!value.is_finite(), reading.quality().grade() == Grade::Bad);
            let _ = pipeline.quality(Instant::from_micros(at ^ time));
        }
    }

    /// Any walk that moves at most 0.05 in each minute, sampled at any times, starting anywhere.
    #[test]
    fn a_signal_that_keeps_its_contract_is_never_suspect(
        start in 0.1_f64..0.5,
        targets in proptest::collection::vec(0.0_f64..0.6, 1..100),
        waits in proptest::collection::vec(1_u64..500, 100),
    ) {
        let contract = WATER.stuck_after(minutes(1_000_000));
        let mut pipeline = Pipeline::of(&contract);
        let (mut now, mut value) = (Instant::ZERO, start);
        for (target, wait) in targets.iter().zip(waits) {
            #[expect(clippy::cast_precision_loss, reason = "at most 500 s")]
            let most = 0.05 / 60.0 * wait as f64;
            value += (target - value).clamp(-most, most);
            now += secs(wait);
            #[expect(clippy::cast_possible_truncation, reason = "a probe gives f32")]
            let reading = pipeline.assess(now, value as f32);
            prop_assert_eq!(reading.quality(), Quality::Good);
        }
    }

    #[test]
    fn a_change_of_exactly_the_limit_is_good_however_it_rounds(start in -1_000.0_f32..1_000.0) {
        let rate = Rate::new(Number::F32(0.05), minutes(1));
        let mut pipeline = Pipeline::new().max_rate(rate);
        let _ = pipeline.assess(Instant::ZERO, start);
        let reading = pipeline.assess(Instant::from_secs(60), start + 0.05);
        prop_assert_eq!(reading.quality(), Quality::Good);
    }

    #[test]
    fn a_jump_beyond_the_rate_is_never_good_at_once(
        level in 0.0_f32..0.25, jump in 0.06_f32..0.3, samples in 1_u64..50,
    ) {
        let mut pipeline = Pipeline::of(&WATER);
        for s in 0..samples {
            let _ = pipeline.assess(Instant::from_secs(s), level);
        }
        let reading = pipeline.assess(Instant::from_secs(samples), level + jump);
        prop_assert_eq!(reading.quality(), Quality::Suspect(Suspicion::Rate));
    }

    #[test]
    fn a_new_level_is_never_locked_out(from in 0.0_f32..0.6, to in 0.0_f32..0.6) {
        let mut pipeline = Pipeline::of(&WATER);
        for s in 0..10 {
            let _ = pipeline.assess(Instant::from_secs(s), from);
        }
        let qualities: Vec<_> = (10..13)
            .map(|s| pipeline.assess(Instant::from_secs(s), to).quality())
            .collect();
        prop_assert_eq!(qualities[2], Quality::Good);
    }
}
