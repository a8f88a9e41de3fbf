//! A derived value hands out its leaves: which, in which order, and where each stands.

use gofarm_core::contract::{Access, Number, Place, Value};
use gofarm_core::text::Text;
use gofarm_core::{Describe, Device};

#[derive(Describe)]
enum Mode {
    #[expect(dead_code, reason = "the second one is used")]
    Auto,
    Manual,
}

#[derive(Describe)]
struct Layer {
    #[prop(range = 0.0..=0.6, unit = "m3/m3")]
    water: Option<f32>,
    #[prop(config)]
    depth_cm: [u8; 2],
}

#[derive(Device)]
#[device(model = "acme-profile", version = 1)]
struct Profile {
    mode: Mode,
    layers: [Layer; 2],
    #[prop(write)]
    key: Text<8>,
    #[prop(config, max_len = 8)]
    notes: [Option<String>; 2],
    on: bool,
    count: i64,
}

fn profile() -> Profile {
    let layer = |water| Layer {
        water,
        depth_cm: [10, 30],
    };
    Profile {
        mode: Mode::Manual,
        layers: [layer(None), layer(Some(0.25))],
        key: "secret".parse().unwrap(),
        notes: [None, Some("dry".into())],
        on: true,
        count: -3,
    }
}

fn row(place: &Place, value: Value<'_>) -> (u32, String, Access, String) {
    let mut path = String::new();
    for segment in place.path() {
        path.push_str(&format!("{segment:?} "));
    }
    (place.number(), path, place.access(), format!("{value:?}"))
}

#[test]
fn each_leaf_is_handed_out_in_the_order_of_the_contract_with_a_number_of_its_own() {
    let mut rows = Vec::new();
    profile().each_value(&mut |place, value| rows.push(row(place, value)));
    let brief: Vec<_> = rows.iter().map(|r| (r.0, r.2, r.3.as_str())).collect();
    assert_eq!(
        brief,
        [
            (0, Access::Read, "Variant(1)"),
            (2, Access::Config, "Number(U64(10))"),
            (3, Access::Config, "Number(U64(30))"),
            (4, Access::Read, "Number(F32(0.25))"),
            (5, Access::Config, "Number(U64(10))"),
            (6, Access::Config, "Number(U64(30))"),
            (7, Access::Write, "Text(\"secret\")"),
            (9, Access::Config, "Text(\"dry\")"),
            (10, Access::Read, "Boolean(true)"),
            (11, Access::Read, "Number(I64(-3))"),
        ]
    );
    assert_eq!(
        rows[5].1,
        "Field(\"layers\") Index(1) Field(\"depth_cm\") Index(1) "
    );
    assert_eq!(Profile::SCHEMA.leaves(), 12);
}

#[test]
fn a_place_leads_to_the_limits_of_its_own_property() {
    let mut units = Vec::new();
    profile().each_value(&mut |place, value| {
        if let (Value::Number(Number::F32(_)), Some(limits)) = (value, place.schema().numeric()) {
            units.push((
                place.property().map(|p| p.name()),
                limits.unit_code().map(|u| u.code()),
            ));
        }
    });
    assert_eq!(units, [(Some("water"), Some("m3/m3"))]);
}

#[test]
fn a_step_that_does_not_exist_leads_nowhere() {
    let place = Place::new(&Profile::SCHEMA).step(99);
    assert_eq!(place.number(), 0);
    assert_eq!(place.path().count(), 0);
}
