//! gofarm-core beside hand-written code, garde, validator, jsonschema, schemars and wot-td.
//!
//! One record of 8 fields, 5 of them with a range, in each engine's own words.

pub mod instructions;
mod record;
mod thing;

use std::hint::black_box;

use garde::Validate as _;
use gofarm_core::{Device as _, Validate as _};
use validator::Validate as _;

use crate::figures::Figures;
use record::{Derived, Garde, Hand, Schemars, Validator};

pub fn measure(figures: &mut Figures) {
    validate_good(figures);
    validate_two_errors(figures);
    refuses_nan(figures);
    describe(figures);
}

const GOOD: &str = "validate 8 fields, good";
const BAD: &str = "validate 8 fields, 2 errors, all reported";
const NAN: &str = "NaN refused (1 is yes)";
const SCHEMA: &str = "JSON Schema as text";
const THING: &str = "Thing Description as text";

fn validate_good(figures: &mut Figures) {
    let hand = Hand::good();
    figures.time(GOOD, "hand (floor)", || black_box(&hand).check().is_ok());
    let derived = Derived::good();
    figures.time(GOOD, "gofarm", || black_box(&derived).validate().is_ok());
    let validator = Validator::good();
    figures.time(GOOD, "validator", || {
        black_box(&validator).validate().is_ok()
    });
    let garde = Garde::good();
    figures.time(GOOD, "garde", || black_box(&garde).validate().is_ok());
    let schema = compiled_schema();
    let value = serde_json::to_value(Schemars::good()).expect("plain values");
    figures.time(GOOD, "jsonschema", || schema.is_valid(black_box(&value)));
}

fn validate_two_errors(figures: &mut Figures) {
    let derived = Derived::bad();
    figures.time(BAD, "gofarm", || {
        let mut errors = 0_usize;
        black_box(&derived).validate_all(&mut |violation| {
            black_box(violation);
            errors += 1;
        });
        assert_eq!(errors, 2);
    });
    let validator = Validator::bad();
    figures.time(BAD, "validator", || {
        let errors = black_box(&validator).validate().expect_err("two errors");
        assert_eq!(errors.field_errors().len(), 2);
    });
    let garde = Garde::bad();
    figures.time(BAD, "garde", || {
        let errors = black_box(&garde).validate().expect_err("two errors");
        assert_eq!(errors.iter().count(), 2);
    });
    let schema = compiled_schema();
    let value = serde_json::to_value(Schemars::bad()).expect("plain values");
    figures.time(BAD, "jsonschema", || {
        assert_eq!(schema.iter_errors(black_box(&value)).count(), 2);
    });
}

fn refuses_nan(figures: &mut Figures) {
    let mut note = |engine, refused: bool| figures.note(NAN, engine, "yes", f64::from(refused));
    note("gofarm", Derived::nan().validate().is_err());
    note("validator", Validator::nan().validate().is_err());
    note("garde", Garde::nan().validate().is_err());
}

fn describe(figures: &mut Figures) {
    use gofarm_core::contract::Dialect;
    use std::fmt::Write as _;

    let mut text = String::with_capacity(4096);
    figures.time(SCHEMA, "gofarm", || {
        text.clear();
        let _ = write!(
            text,
            "{}",
            Derived::DESCRIPTOR.json_schema(Dialect::Draft202012)
        );
        text.len()
    });
    figures.time(SCHEMA, "schemars", || {
        serde_json::to_string(&schemars::schema_for!(Schemars)).expect("plain values")
    });
    figures.time(THING, "gofarm", || {
        text.clear();
        let _ = write!(
            text,
            "{}",
            Derived::DESCRIPTOR.thing_description("urn:dev:ops:1")
        );
        text.len()
    });
    figures.time(THING, "wot-td", || {
        serde_json::to_string(&thing::wot_thing()).expect("plain values")
    });
}

fn compiled_schema() -> jsonschema::Validator {
    let schema = serde_json::to_value(schemars::schema_for!(Schemars)).expect("plain values");
    jsonschema::validator_for(&schema).expect("schemars writes valid schemas")
}
