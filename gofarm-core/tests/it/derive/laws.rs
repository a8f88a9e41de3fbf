//! Laws of the derived `validate` over arbitrary values.

use gofarm_core::contract::Number;
use gofarm_core::{Device, Validate};
use proptest::prelude::*;

use super::{Probe, Zone, all, probe};

/// What `Probe` promises, written by hand.
fn is_valid(p: &Probe) -> bool {
    let zone =
        |z: &Zone| (0.0..=0.6).contains(&z.water) && z.valve.is_none_or(|v| (1..=4).contains(&v));
    (0.0..=14.0).contains(&p.ph)
        && (-40.0..=85.0).contains(&p.temperature)
        && p.sample_every >= 10
        && p.sample_every.is_multiple_of(5)
        && p.below <= -1
        && p.from >= -0.5
        && p.from.is_finite()
        && p.free.is_finite()
        && p.secret.len() <= 4
        && p.layers.iter().flatten().all(|v| (0.0..=1.0).contains(v))
        && p.grid
            .iter()
            .flatten()
            .flatten()
            .all(|v| (1..=9).contains(v))
        && p.zones.iter().all(zone)
        && p.r#type.iter().all(zone)
        && p.tags.iter().flatten().all(|tag| tag.len() <= 3)
}

/// Mostly valid, sometimes anything: NaN, infinities, extremes and the limits themselves.
fn float(valid: core::ops::RangeInclusive<f32>) -> impl Strategy<Value = f32> {
    let (min, max) = (*valid.start(), *valid.end());
    prop_oneof![
        30 => valid,
        2 => any::<f32>(),
        1 => prop::sample::select(vec![
            min, max, min.next_down(), max.next_up(), f32::NAN, f32::INFINITY,
            f32::NEG_INFINITY, f32::MIN, f32::MAX, -0.0,
        ]),
    ]
}

fn zone() -> impl Strategy<Value = Zone> {
    (
        float(0.0..=0.6),
        prop::option::of(prop_oneof![20 => 1_u8..=4, 1 => any::<u8>()]),
    )
        .prop_map(|(water, valve)| Zone {
            water,
            valve,
            ..Zone::default()
        })
}

prop_compose! {
    fn any_probe()(
        ph in float(0.0..=14.0),
        temperature in float(-40.0..=85.0).prop_map(f64::from),
        sample_every in prop_oneof![20 => (2_u16..=13_107).prop_map(|n| n * 5), 1 => any::<u16>()],
        below in prop_oneof![20 => i8::MIN..=-1, 1 => any::<i8>()],
        whole in any::<u8>(),
        from in float(-0.5..=1e9),
        free in prop_oneof![20 => -1e300_f64..1e300, 1 => prop::num::f64::ANY],
        count in any::<u64>(),
        secret in prop_oneof![20 => "[a-z]{0,4}", 1 => ".{0,4}"],
        layers in prop::array::uniform3(prop::option::of(float(0.0..=1.0))),
        grid in prop::option::of(prop::array::uniform2(prop::array::uniform2(
            prop_oneof![40 => 1_u8..=9, 1 => any::<u8>()],
        ))),
        zones in [zone(), zone()],
    )(
        r#type in prop::option::of(zone()),
        tags in prop::array::uniform2(prop::option::of(prop_oneof![20 => "[a-z]{0,3}", 1 => ".{0,3}"])),
        probe in Just(Probe {
            ph, temperature, sample_every, below, whole, from, free, count, secret, layers, grid, zones,
            ..probe()
        }),
    ) -> Probe {
        Probe { r#type, tags, ..probe }
    }
}

proptest! {
    #[test]
    fn validate_agrees_with_the_limits_written_by_hand(probe in any_probe()) {
        prop_assert_eq!(probe.validate().is_ok(), is_valid(&probe));
    }

    #[test]
    fn validate_is_the_first_of_validate_all(probe in any_probe()) {
        let all: Vec<_> = all(&probe).iter().map(ToString::to_string).collect();
        let first = probe.validate().err().map(|violation| violation.to_string());
        prop_assert_eq!(first.as_ref(), all.first());
    }

    #[test]
    fn a_violation_names_a_value_outside_its_schema(ph in float(0.0..=14.0)) {
        let value = Probe { ph, ..probe() };
        if let Err(violation) = value.validate() {
            let limits = violation.schema().numeric().copied();
            prop_assert_eq!(limits, Probe::DESCRIPTOR.properties()[0].schema().numeric().copied());
            prop_assert!(!limits.is_some_and(|limits| limits.encloses(Number::F32(ph))));
        }
    }
}
