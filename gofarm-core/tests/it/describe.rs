//! What a contract is written as, held against the standards' own schemas.

mod open_api;

use core::fmt::Write;
use std::path::PathBuf;
use std::sync::LazyLock;

use gofarm_core::contract::{
    Access, ActionContract, Descriptor, Dialect, EventContract, Literal, Number, Numeric,
    OpenApiVersion, Property, Repr, Schema, Security,
};
use gofarm_core::text::Text;
use gofarm_core::{Device, Validate};
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;

use crate::generated::{self, Dice};
use crate::soil_probe::{Mode, SoilProbe, Zone};

const DIALECTS: [Dialect; 3] = [Dialect::Draft202012, Dialect::Draft07, Dialect::Unnamed];

/// The text of a file that may not be committed; elsewhere than in CI a test may do without.
fn data(path: &str) -> Option<String> {
    let folder = match std::env::var_os("GOFARM_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
    };
    let text = std::fs::read_to_string(folder.join(path)).ok();
    assert!(
        text.is_some() || std::env::var("CI").as_deref() != Ok("true"),
        "{path} is missing in {}",
        folder.display()
    );
    text
}

static THING_DESCRIPTION: LazyLock<Option<Validator>> =
    LazyLock::new(|| official("wot/td-json-schema-validation.json"));
static THING_MODEL: LazyLock<Option<Validator>> =
    LazyLock::new(|| official("wot/tm-json-schema-validation.json"));

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn official(path: &str) -> Option<Validator> {
    let schema = data(path).map(|text| json(&text));
    if schema.is_none() {
        eprintln!("skipped: {path}");
    }
    schema.map(|schema| jsonschema::validator_for(&schema).unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e} in {text}"))
}

fn assert_valid(validator: &Option<Validator>, text: &str) {
    let value = json(text);
    let Some(validator) = validator else { return };
    if let Err(e) = validator.validate(&value) {
        panic!("{e} at {} in {text}", e.instance_path());
    }
}

/// A validator of the schema, after the schema itself has been held against its draft.
fn validator(device: &Descriptor, only: Option<Access>, dialect: Dialect) -> Validator {
    let mut schema = device.json_schema(dialect);
    if let Some(access) = only {
        schema = schema.only(access);
    }
    let schema = json(&schema.to_string());
    if dialect == Dialect::Unnamed {
        assert!(jsonschema::draft7::meta::is_valid(&schema), "{schema}");
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{schema}");
        return jsonschema::draft7::new(&schema).unwrap();
    }
    assert!(jsonschema::meta::is_valid(&schema), "{schema}");
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_every_description_is_valid(device: &Descriptor) {
    for dialect in DIALECTS {
        for only in [
            None,
            Some(Access::Read),
            Some(Access::Config),
            Some(Access::Write),
        ] {
            validator(device, only, dialect);
        }
    }
    let thing = device.thing_description("urn:dev:mac:0024befffe804ff1");
    assert_valid(&THING_DESCRIPTION, &thing.to_string());
    for scheme in [
        Security::Basic,
        Security::Digest,
        Security::Bearer,
        Security::Psk,
        Security::Auto,
    ] {
        let thing = thing.security(scheme).base("coap://probe-7.farm.example/");
        assert_valid(&THING_DESCRIPTION, &thing.to_string());
    }
    assert_valid(&THING_MODEL, &device.thing_model().to_string());
    open_api::assert_is_valid(device);
}

#[test]
fn every_description_of_the_soil_probe_validates() {
    assert_every_description_is_valid(SoilProbe::DESCRIPTOR);
}

/// A test of the tests: the official schemas see what is wrong.
#[test]
fn the_official_schemas_refuse_a_limit_that_is_no_number() {
    let good = SoilProbe::DESCRIPTOR.thing_model().to_string();
    let bad = good.replacen("\"maximum\":0.6", "\"maximum\":\"x\"", 1);
    assert_ne!(good, bad);
    if let Some(validator) = &*THING_MODEL {
        assert!(!validator.is_valid(&json(&bad)));
    }
    let bad = bad.replace("tm:ThingModel", "Thing");
    if let Some(validator) = &*THING_DESCRIPTION {
        assert!(!validator.is_valid(&json(&bad)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_description_of_a_generated_device_validates(seed in any::<u64>()) {
        assert_every_description_is_valid(&generated::descriptor(&mut Dice::new(seed)));
    }

    #[test]
    fn a_value_that_fits_the_contract_fits_its_schema(seed in any::<u64>()) {
        let dice = &mut Dice::new(seed);
        let device = generated::descriptor(dice);
        for access in [Access::Read, Access::Config, Access::Write] {
            let is_told = access == Access::Read;
            let leaves_out = if is_told { is_optional } else { may_be_left_out };
            let value = generated::document(dice, &device, access, leaves_out);
            for dialect in DIALECTS {
                let outcome = validator(&device, Some(access), dialect).is_valid(&json(&value));
                prop_assert!(outcome, "{} {}", value, device.json_schema(dialect).only(access));
            }
        }
    }
}

pub(crate) fn is_optional(field: &Property) -> bool {
    matches!(field.schema(), Schema::Optional(_))
}

pub(crate) fn may_be_left_out(field: &Property) -> bool {
    is_optional(field) || field.default().is_some()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_schema_accepts_the_numbers_that_the_contract_accepts(seed in any::<u64>()) {
        let dice = &mut Dice::new(seed);
        let numeric = generated::numeric(dice);
        let field = Property::new("x", Schema::Numeric(numeric));
        let device = Descriptor::new("x", 1, generated::leak(vec![field]), &[], &[]);
        let validator = validator(&device, None, Dialect::Draft07);
        for number in generated::numbers_around(dice, &numeric) {
            let is_allowed = numeric.encloses(number) && generated::is_multiple(&numeric, number);
            let value = json(&format!("{{\"x\":{number}}}"));
            prop_assert_eq!(validator.is_valid(&value), is_allowed, "{} {:?}", value, numeric);
        }
    }

    #[test]
    fn a_schema_accepts_the_records_that_validate_accepts(seed in any::<u64>()) {
        let dice = &mut Dice::new(seed);
        let probe = SoilProbe {
            water: dice.pick(&[-0.0, 0.0, 0.6, 0.6_f32.next_up(), -f32::MIN_POSITIVE, 0.1, 0.3]),
            ph: dice.pick(&[None, Some(14.0), Some(14.0_f32.next_up()), Some(7.1)]),
            layers: [dice.pick(&[-40.0, 20.5, 85.0, 85.0_f64.next_up()]), 0.1],
            sample_every: dice.pick(&[5, 9, 10, 11, 15, 3600, 3601, 3605]),
            mode: dice.pick(&[Mode::Auto, Mode::Manual]),
            night_mode: dice.pick(&[None, Some(Mode::Manual)]),
            zone: Zone { valve: dice.pick(&[0, 1, 4, 5]), name: Text::new("north").unwrap() },
            key: Text::empty(),
        };
        let mut schema = String::new();
        SoilProbe::DESCRIPTOR.json_schema(Dialect::Draft202012).write_to(&mut schema).unwrap();
        let accepted = jsonschema::is_valid(&json(&schema), &json(&as_json(&probe)));
        prop_assert_eq!(accepted, probe.validate().is_ok(), "{}", as_json(&probe));
    }
}

/// The record as serde writes it to text: floats in their shortest digits.
fn as_json(probe: &SoilProbe) -> String {
    let mode = |mode: Mode| match mode {
        Mode::Auto => "\"Auto\"",
        Mode::Manual => "\"by-hand\"",
    };
    let SoilProbe {
        water,
        ph,
        layers,
        sample_every,
        zone,
        ..
    } = probe;
    let ph = ph.map_or("null".to_owned(), |ph| ph.to_string());
    let night = probe.night_mode.map_or("null", mode);
    format!(
        r#"{{"water":{water},"ph":{ph},"layers":{layers:?},"sample_every":{sample_every},"mode":{},"night_mode":{night},"zone":{{"valve":{},"name":"{}"}},"key":"{}"}}"#,
        mode(probe.mode),
        zone.valve,
        &*zone.name,
        &*probe.key,
    )
}

/// Contracts made by hand may hold what the derive macros refuse.
#[test]
fn what_json_cannot_hold_is_left_out() {
    let odd = Numeric::new(Repr::F64)
        .at_least(Number::F64(f64::NEG_INFINITY))
        .at_most(Number::F64(f64::NAN))
        .step(Number::F64(0.0));
    let wide = Numeric::new(Repr::U8)
        .at_least(Number::I64(-1))
        .at_most(Number::U64(1000))
        .step(Number::U64(0));
    let fields = vec![
        Property::new("odd", Schema::Numeric(odd))
            .default_value(Literal::Number(Number::F64(f64::NAN)))
            .max_rate(gofarm_core::contract::Rate::new(
                Number::F32(f32::INFINITY),
                core::time::Duration::ZERO,
            )),
        Property::new("wide", Schema::Numeric(wide)),
    ];
    let device = Descriptor::new("x", 1, generated::leak(fields), &[], &[]);
    assert_every_description_is_valid(&device);
    let schema = device.json_schema(Dialect::Unnamed).to_string();
    assert!(
        schema.contains(r#""odd":{"type":"number","readOnly":true}"#),
        "{schema}"
    );
    assert!(
        schema.contains(r#""minimum":0,"maximum":255,"readOnly""#),
        "{schema}"
    );
}

/// Only the device's own properties have an access; what is inside of them, input and data share it.
#[test]
fn a_form_lets_everything_in_it_be_written() {
    const INNER: Schema = Schema::Record(&[Property::new("inner", Schema::Boolean)]);
    const ACTION: ActionContract = ActionContract::new("a").input(&[Property::new("in", INNER)]);
    const EVENT: EventContract = EventContract::new("e").data(&[Property::new("out", INNER)]);
    const DEVICE: Descriptor = Descriptor::new(
        "d",
        1,
        &[Property::new("config", INNER).access(Access::Config)],
        &[&ACTION],
        &[&EVENT],
    );
    for text in [
        DEVICE.json_schema(Dialect::Unnamed).to_string(),
        DEVICE.thing_model().to_string(),
        DEVICE.open_api(OpenApiVersion::V3_0).to_string(),
    ] {
        assert!(!text.contains("readOnly"), "{text}");
    }
}

#[test]
fn an_action_and_an_event_of_one_name_are_two_components() {
    const FIELDS: &[Property] = &[Property::new("x", Schema::Boolean)];
    const ACTION: ActionContract = ActionContract::new("configuration").input(FIELDS);
    const EVENT: EventContract = EventContract::new("configuration").data(FIELDS);
    const SPACE: EventContract = EventContract::new("a b").data(FIELDS);
    const UNDERSCORE: EventContract = EventContract::new("a_b").data(FIELDS);
    const DEVICE: Descriptor = Descriptor::new(
        "d",
        1,
        &[Property::new("on", Schema::Boolean).access(Access::Config)],
        &[&ACTION],
        &[&EVENT, &SPACE, &UNDERSCORE],
    );
    open_api::assert_is_valid(&DEVICE);
}

/// A sink with room for so many bytes.
struct Narrow(usize);

impl Write for Narrow {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        self.0 = self.0.checked_sub(s.len()).ok_or(core::fmt::Error)?;
        Ok(())
    }
}

#[test]
fn a_sink_that_fails_is_an_error_wherever_it_fails() {
    let device = SoilProbe::DESCRIPTOR;
    let schema = device.json_schema(Dialect::Draft07);
    let thing = device.thing_description("urn:x:1");
    let open_api = device.open_api(OpenApiVersion::V3_1);
    let source = device.rust_source("RELEASED");
    type Writer<'a> = &'a dyn Fn(&mut Narrow) -> core::fmt::Result;
    let writers: [(usize, Writer<'_>); 4] = [
        (schema.to_string().len(), &|out| schema.write_to(out)),
        (thing.to_string().len(), &|out| thing.write_to(out)),
        (open_api.to_string().len(), &|out| open_api.write_to(out)),
        (source.to_string().len(), &|out| source.write_to(out)),
    ];
    for (len, write) in writers {
        assert_eq!(write(&mut Narrow(len)), Ok(()));
        for room in 0..len {
            assert!(write(&mut Narrow(room)).is_err());
        }
    }
}

#[test]
fn the_soil_probe_is_written_as_in_the_golden_files() {
    let device = SoilProbe::DESCRIPTOR;
    let id = "urn:dev:mac:0024befffe804ff1";
    let form = device.json_schema(Dialect::Unnamed).only(Access::Config);
    let outputs = [
        (
            "schema.json",
            device.json_schema(Dialect::Draft202012).to_string(),
        ),
        ("form.json", form.to_string()),
        ("td.json", device.thing_description(id).to_string()),
        ("tm.json", device.thing_model().to_string()),
        (
            "openapi_3_1.json",
            device.open_api(OpenApiVersion::V3_1).to_string(),
        ),
        (
            "openapi_3_0.json",
            device.open_api(OpenApiVersion::V3_0).to_string(),
        ),
    ];
    for (file, text) in outputs {
        assert_golden(&format!("soil_probe.{file}"), &text);
    }
}

/// Compares with a committed file; `GOFARM_BLESS=1` writes it instead.
pub(crate) fn assert_golden(file: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(file);
    if std::env::var_os("GOFARM_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        golden, text,
        "{file} differs: GOFARM_BLESS=1 cargo test writes it again"
    );
}
