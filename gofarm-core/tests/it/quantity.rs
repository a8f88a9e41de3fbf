//! Unit codes: a table of valid and invalid ones, and laws of the grammar.

use gofarm_core::error::{Classify, Kind};
use gofarm_core::quantity::Unit;
use proptest::prelude::*;

const TABLE: &str = include_str!("../data/ucum.tsv");

fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').expect("a row has two columns"))
}

#[test]
fn codes_are_judged_as_the_table_says() {
    for (code, result) in rows() {
        let found = match Unit::parse(code) {
            Ok(unit) => {
                assert_eq!(unit.code(), code);
                "ok".to_owned()
            }
            Err(error) => format!("{} {:?}", error.position(), error.reason()),
        };
        assert_eq!(found, result, "{code:?}");
    }
    assert!(rows().count() > 250);
}

#[test]
fn a_common_mistake_is_told_what_to_write() {
    let rows = [
        ("", "1"),
        ("C", "Cel"),
        ("degC", "Cel"),
        ("°C", "Cel"),
        ("pH", "[pH]"),
        ("ph", "[pH]"),
        ("PH", "[pH]"),
        ("ppm", "[ppm]"),
        ("psi", "[psi]"),
        ("sec", "s"),
        ("mins", "min"),
        ("%RH", "%"),
        ("µm", "u"),
        ("lux", "lx"),
        ("kph", "km/h"),
        ("mph", "[mi_i]/h"),
        ("m³", "3"),
        ("m²", "2"),
        ("rpm", "/min"),
        ("hr", "h"),
        ("percent", "%"),
        ("m^3", "m3"),
        ("N*m", "."),
        ("ha", "har"),
        ("kWh", "kW.h"),
        ("kB", "kBy"),
        ("kΩ", "Ohm"),
        ("soil moisture", "."),
    ];
    for (code, write) in rows {
        let error = Unit::parse(code).unwrap_err();
        let words = error.message().split([' ', ',', ';', ':']);
        let words: Vec<&str> = words.collect();
        let told = words.windows(2).any(|w| w[0] == "write" && w[1] == write);
        assert!(told, "{code:?}: {error}");
        assert_eq!(error.kind(), Kind::Invalid);
    }
}

/// What a message says to write is itself a code: no advice leads into the next error.
#[test]
fn advice_is_itself_valid() {
    for (code, _) in rows() {
        let Err(error) = Unit::parse(code) else {
            continue;
        };
        let Some((_, advice)) = error.message().split_once("write ") else {
            continue;
        };
        let advised = advice.split([' ', ',', ';']).next().unwrap_or_default();
        if ["u", ".", "2", "3", "_", "an"].contains(&advised) {
            continue; // a part of a code
        }
        assert!(Unit::parse(advised).is_ok(), "{code:?}: {error}");
    }
}

#[test]
#[should_panic(expected = "write Cel for degrees Celsius")]
fn a_wrong_constant_panics_with_the_advice() {
    let _ = Unit::new("degC");
}

#[test]
fn display_honours_width() {
    assert_eq!(format!("{:>5}|", Unit::new("Cel")), "  Cel|");
}

fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// A random term together with the knowledge that it is well formed.
fn term() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "m",
        "kg",
        "s",
        "Cel",
        "[pH]",
        "%",
        "10*",
        "umol",
        "min",
        "dB[W]",
        "m[H2O]",
        "[in_i'Hg]",
    ]);
    let exponent = prop_oneof![
        Just(String::new()),
        (1..9_u8).prop_map(|n| n.to_string()),
        (1..9_u8).prop_map(|n| format!("-{n}")),
        (1..9_u8).prop_map(|n| format!("+{n}")),
    ];
    let note = prop_oneof![Just(""), Just("{a}"), Just("{dry_soil}")];
    let simple = (atom, exponent, note).prop_map(|(a, e, n)| format!("{a}{e}{n}"));
    let leaf = prop_oneof![
        6 => simple,
        1 => (1..1000_u16).prop_map(|n| n.to_string()),
        1 => Just("{plant}".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}.{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}/{b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.prop_map(|a| format!("({a}){{b}}")),
        ]
    })
}

proptest! {
    #[test]
    fn terms_of_the_grammar_are_accepted(term in term(), leads in any::<bool>()) {
        let code = leak(if leads { format!("/{term}") } else { term });
        prop_assert!(Unit::parse(code).is_ok(), "{code}");
    }

    #[test]
    fn a_term_cut_after_an_operator_is_refused(term in term(), cut in "[./(]") {
        let code = leak(term + &cut);
        prop_assert!(Unit::parse(code).is_err(), "{code}");
    }

    #[test]
    fn no_text_panics_and_errors_point_into_it(text in any::<String>()) {
        let text = leak(text);
        if let Err(error) = Unit::parse(text) {
            prop_assert!(error.position() <= text.len());
            prop_assert!(!error.message().is_empty());
        }
    }

    #[test]
    fn no_text_of_unit_characters_panics(text in "[a-zA-Z0-9./(){}\\[\\]+*^%'_ µ-]{0,24}") {
        let text = leak(text);
        if let Err(error) = Unit::parse(text) {
            prop_assert!(error.position() <= text.len());
        }
    }
}
