//! What changed between two contracts and whether it breaks anyone.

mod table;

use gofarm_core::Device;
use gofarm_core::contract::{
    Access, Change, Descriptor, Dialect, Number, Numeric, Property, Repr, Schema, Subject,
};
use proptest::prelude::*;

use crate::describe::{assert_golden, is_optional, may_be_left_out};
use crate::generated::{self, Dice, leak};
use crate::soil_probe::SoilProbe;

/// The same contract in another revision.
fn with_version(device: &Descriptor, version: u32) -> Descriptor {
    Descriptor::new(
        device.model(),
        version,
        device.properties(),
        device.actions(),
        device.events(),
    )
}

/// A device with this one property.
fn device_of(property: Property, version: u32) -> Descriptor {
    Descriptor::new("d", version, leak(vec![property]), &[], &[])
}

fn is_breaking(new: &Descriptor, old: &Descriptor) -> bool {
    new.changes(old).any(|change| change.is_breaking())
}

fn accepts(schema_of: &Descriptor, access: Access, document: &str) -> bool {
    let schema = schema_of.json_schema(Dialect::Draft07).only(access);
    let schema = serde_json::from_str(&schema.to_string()).unwrap();
    jsonschema::is_valid(&schema, &serde_json::from_str(document).unwrap())
}

proptest! {
    // About half of the edits are breaking, and say nothing about the compatible ones.
    #![proptest_config(ProptestConfig { max_global_rejects: 10_000, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn a_contract_has_no_changes_against_itself(seed in any::<u64>()) {
        let device = generated::descriptor(&mut Dice::new(seed));
        prop_assert_eq!(device.changes(&device).next(), None);
    }

    #[test]
    fn descriptions_are_no_change(seed in any::<u64>()) {
        let device = generated::descriptor(&mut Dice::new(seed));
        let other = device.describe("another");
        prop_assert_eq!(other.fingerprint(), device.fingerprint());
        prop_assert_eq!(other.changes(&device).next(), None);
    }

    #[test]
    fn two_fingerprints_mean_a_change_beside_the_version(seed in any::<u64>()) {
        let dice = &mut Dice::new(seed);
        let old = generated::descriptor(dice);
        let new = generated::edited(dice, &old);
        let is_same = with_version(&new, old.version()).fingerprint() == old.fingerprint();
        let is_about_a_part = |change: &Change| change.subject() != Subject::Contract;
        let changes: Vec<_> = new.changes(&old).filter(is_about_a_part).collect();
        prop_assert_eq!(changes.is_empty(), is_same, "{:?} {:?}", old, new);
    }

    #[test]
    fn a_changed_contract_needs_a_higher_version(seed in any::<u64>()) {
        let dice = &mut Dice::new(seed);
        let old = generated::descriptor(dice);
        let new = generated::edited(dice, &old);
        let same_version = with_version(&new, old.version());
        let is_changed = same_version.fingerprint() != old.fingerprint();
        let is_of_version = |c: Change| c.to_string().starts_with("contract: version") && c.is_breaking();
        prop_assert_eq!(same_version.changes(&old).any(is_of_version), is_changed);
        prop_assert!(!new.changes(&old).any(is_of_version));
    }

    /// What a newer device tells fits what an older reader was told to expect.
    #[test]
    fn a_compatible_change_of_a_reading_keeps_its_readers(seed in any::<u64>()) {
        let dice = &mut Dice::new(seed);
        let (old, new) = generated::edited_property(dice, Access::Read);
        let (old, new) = (device_of(old, 1), device_of(new, 2));
        prop_assume!(!is_breaking(&new, &old));
        for _ in 0..8 {
            let document = generated::document(dice, &new, Access::Read, is_optional);
            let changes: Vec<_> = new.changes(&old).map(|c| c.to_string()).collect();
            prop_assert!(accepts(&old, Access::Read, &document), "{} {:?}", document, changes);
        }
    }

    /// What a caller was allowed to give to the older device may be given to the newer one.
    #[test]
    fn a_compatible_change_of_configuration_keeps_its_callers(seed in any::<u64>()) {
        let dice = &mut Dice::new(seed);
        let (old, new) = generated::edited_property(dice, Access::Config);
        let (old, new) = (device_of(old, 1), device_of(new, 2));
        prop_assume!(!is_breaking(&new, &old));
        for _ in 0..8 {
            let document = generated::document(dice, &old, Access::Config, may_be_left_out);
            let changes: Vec<_> = new.changes(&old).map(|c| c.to_string()).collect();
            prop_assert!(accepts(&new, Access::Config, &document), "{} {:?}", document, changes);
        }
    }
}

#[test]
fn a_place_that_is_too_deep_is_reported_as_deep_as_there_is_room() {
    let nested = |schema: Schema| {
        (0..12).fold(schema, |inner, _| {
            Schema::Record(leak(vec![Property::new("in", inner)]))
        })
    };
    let new = device_of(Property::new("top", nested(Schema::Boolean)), 2);
    let old = device_of(Property::new("top", nested(Schema::Text { max_len: 1 })), 1);
    let deep: Vec<_> = new.changes(&old).filter(Change::is_breaking).collect();
    assert_eq!(deep.len(), 1);
    assert!(
        deep[0].path().starts_with(&["top", "in"]),
        "{:?}",
        deep[0].path()
    );
}

mod released {
    include!("../data/released.rs");
}

#[test]
fn the_released_contract_is_read_back_as_it_was_written() {
    assert_golden(
        "released.rs",
        &SoilProbe::DESCRIPTOR.rust_source("RELEASED").to_string(),
    );
    let again = released::RELEASED.rust_source("RELEASED").to_string();
    assert_eq!(
        again,
        SoilProbe::DESCRIPTOR.rust_source("RELEASED").to_string()
    );
    assert_eq!(released::RELEASED, *SoilProbe::DESCRIPTOR);
    assert_eq!(
        released::RELEASED.fingerprint(),
        SoilProbe::DESCRIPTOR.fingerprint()
    );
}

/// The build step of an integrator.
#[test]
fn nothing_breaks_the_released_contract() {
    let changes = SoilProbe::DESCRIPTOR.changes(&released::RELEASED);
    for change in changes {
        assert!(!change.is_breaking(), "{change}");
    }
}

mod odd {
    include!("../data/odd.rs");
}

/// Strings, floats and nesting that a careless writer would get wrong; the file is compiled, so it is valid Rust.
#[test]
#[expect(
    clippy::approx_constant,
    reason = "the written file must bear such a limit"
)]
fn a_contract_of_odd_parts_is_read_back_as_it_was_written() {
    let numbers = [
        Numeric::new(Repr::F32).at_most(Number::F32(3.14)),
        Numeric::new(Repr::F64)
            .at_least(Number::F64(-1.0e300))
            .at_most(Number::F64(f64::MIN_POSITIVE)),
        Numeric::new(Repr::F64).at_most(Number::F64(f64::INFINITY)),
        Numeric::new(Repr::I64)
            .at_least(Number::I64(i64::MIN))
            .step(Number::U64(u64::MAX)),
    ];
    let mut properties: Vec<_> = ["f32", "f64", "inf", "i64"]
        .into_iter()
        .zip(numbers)
        .map(|(name, numeric)| Property::new(name, Schema::Numeric(numeric)))
        .collect();
    let drawn = generated::descriptor(&mut Dice::new(7));
    properties.extend(drawn.properties());
    let odd = Descriptor::new(
        "odd \"\\\n\u{1f}🌱",
        u32::MAX,
        leak(properties),
        drawn.actions(),
        drawn.events(),
    )
    .describe("{braces} and \"quotes\"");
    assert_golden("odd.rs", &odd.rust_source("ODD").to_string());
    assert_eq!(odd::ODD, odd);
    assert_eq!(odd::ODD.fingerprint(), odd.fingerprint());
}
