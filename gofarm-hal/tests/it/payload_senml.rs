//! SenML packs: what another implementation writes is read, and what is wrong is refused where it stands.

#![expect(
    clippy::cast_possible_truncation,
    reason = "indices of a test are small"
)]

use gofarm_core::quantity::Unit;
use gofarm_core::time::UnixMillis;
use gofarm_hal::payload::senml::{Decoder, Reason, Record, Value};

const PACKS: &str = include_str!("../data/senml/packs.tsv");

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn hex(bytes: impl Iterator<Item = u8>) -> String {
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// The record as a line of packs.tsv says it, with floats as bits.
fn row(record: &Record<'_>) -> Vec<String> {
    let bits = |value: f64| value.to_bits().to_string();
    let (kind, value) = match record.value() {
        Some(Value::Number(value)) => ("v", bits(value)),
        Some(Value::Text(text)) => ("vs", hex(text.to_string().bytes())),
        Some(Value::Boolean(value)) => ("vb", value.to_string()),
        Some(Value::Data(data)) => ("vd", hex(data.bytes())),
        None => ("-", "-".into()),
    };
    vec![
        record.name().to_string(),
        record
            .unit_name()
            .map_or("-".into(), |unit| unit.to_string()),
        kind.into(),
        value,
        record.sum().map_or("-".into(), bits),
        bits(record.time().seconds()),
    ]
}

fn expected(line: &str) -> Vec<String> {
    let mut row: Vec<String> = line.split('\t').skip(1).map(Into::into).collect();
    let bits = |text: &str| text.parse::<f64>().unwrap().to_bits().to_string();
    if row[2] == "v" {
        row[3] = bits(&row[3]);
    }
    if row[4] != "-" {
        row[4] = bits(&row[4]);
    }
    row[5] = bits(&row[5]);
    row
}

#[test]
fn packs_of_another_implementation_resolve_to_the_same_records_in_every_form() {
    let mut packs = 0;
    for block in PACKS.split("pack\t").filter(|block| !block.is_empty()) {
        let mut lines = block.lines();
        let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
        let records: Vec<Vec<String>> = lines.map(expected).collect();
        let (plain, fractions) = (unhex(columns[2]), unhex(columns[3]));
        let forms = [
            ("json", Decoder::json(columns[1].as_bytes())),
            ("cbor", Decoder::cbor(&plain)),
            ("decimal fractions", Decoder::cbor(&fractions)),
        ];
        for (form, decoder) in forms {
            assert_eq!(decoder.check(), Ok(records.len()), "{} {form}", columns[0]);
            let read: Vec<_> = decoder.map(|record| row(&record.unwrap())).collect();
            assert_eq!(read, records, "{} {form}", columns[0]);
        }
        packs += 1;
    }
    assert_eq!(packs, 19);
}

/// The hex of RFC 8428, section 6.
#[test]
fn the_cbor_example_of_the_rfc() {
    let pack = unhex(
        "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b0010622361412005006776\
         6f6c7461676501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333333333a30067637572726\
         56e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3ff6666666666666a3006763757272656e740621\
         02f93e00a3006763757272656e74062002fb3ff999999999999aa3006763757272656e74060002fb3ffb333333333333",
    );
    let records: Vec<Record<'_>> = Decoder::cbor(&pack).map(Result::unwrap).collect();
    assert_eq!(records.len(), 7);
    assert!(records[0].name() == "urn:dev:ow:10e2073a0108006:voltage");
    assert_eq!(records[0].unit(), Some(Unit::new("V")));
    assert_eq!(records[4].number(), Some(1.5));
    let time = records[1].time().unix(None);
    assert_eq!(time, Some(UnixMillis::new(1_276_020_071_001)));
}

#[test]
fn what_is_wrong_is_refused_where_it_stands() {
    let rows: &[(&str, Reason, usize)] = &[
        ("", Reason::Truncated, 0),
        ("{}", Reason::Syntax, 0),
        ("[{}]", Reason::NoValue, 1),
        (r#"[{"n":"a"}]"#, Reason::NoValue, 1),
        (r#"[{"v":1}]"#, Reason::Name, 1),
        (r#"[{"n":"","v":1}]"#, Reason::Name, 1),
        (r#"[{"n":"-a","v":1}]"#, Reason::Name, 1),
        (r#"[{"bn":"a","n":" b","v":1}]"#, Reason::Name, 1),
        (r#"[{"n":"a","v":1,"vb":true}]"#, Reason::TwoValues, 1),
        (r#"[{"n":"a","v":1,"v":1}]"#, Reason::Duplicate, 16),
        (r#"[{"n":"a","v":1,"\u0076":1}]"#, Reason::Duplicate, 16),
        (r#"[{"n":"a","v":"1"}]"#, Reason::Type, 10),
        (r#"[{"n":"a","v":null}]"#, Reason::Type, 14),
        (r#"[{"n":"a","vb":1}]"#, Reason::Type, 10),
        (r#"[{"n":1,"v":1}]"#, Reason::Type, 2),
        (r#"[{"n":"a","v":1e999}]"#, Reason::Number, 10),
        (r#"[{"n":"a","v":NaN}]"#, Reason::Syntax, 14),
        (r#"[{"n":"a","v":-Infinity}]"#, Reason::Number, 14),
        (r#"[{"n":"a","v":01}]"#, Reason::Number, 14),
        (r#"[{"n":"a","v":1.}]"#, Reason::Number, 14),
        (r#"[{"n":"a","v":1,"x_":1}]"#, Reason::NotUnderstood, 16),
        (
            r#"[{"n":"a","v":1,"x\u005f":1}]"#,
            Reason::NotUnderstood,
            16,
        ),
        (r#"[{"bver":11,"n":"a","v":1}]"#, Reason::Version, 1),
        (r#"[{"bver":0,"n":"a","v":1}]"#, Reason::Version, 1),
        (r#"[{"bver":10.5,"n":"a","v":1}]"#, Reason::Version, 1),
        (
            r#"[{"n":"a","v":1},{"bver":5,"n":"a","v":1}]"#,
            Reason::Version,
            17,
        ),
        (r#"[{"n":"a","vd":"Zg=="}]"#, Reason::Data, 15),
        (r#"[{"n":"a","v":1}"#, Reason::Truncated, 16),
        (r#"[{"n":"a","v":1}]]"#, Reason::Trailing, 17),
        (r#"[{"n":"a","v":1},]"#, Reason::Syntax, 17),
        (r#"[{"n":"a","vs":"\x"}]"#, Reason::Text, 17),
        (r#"[{"n":"a","vs":"\ud800x"}]"#, Reason::Text, 22),
        ("[{\"n\":\"a\",\"vs\":\"\n\"}]", Reason::Text, 16),
        (
            r#"[{"n":"a","v":1,"x":[[[[[[[[[1]]]]]]]]]}]"#,
            Reason::TooDeep,
            28,
        ),
        (
            r#"[{"n":"a","v":1e307,"bv":1e308},{"n":"b","v":1.7e308}]"#,
            Reason::Number,
            32,
        ),
    ];
    for (pack, reason, position) in rows {
        let error = Decoder::json(pack.as_bytes()).check().unwrap_err();
        assert_eq!(
            (error.reason(), error.position()),
            (*reason, *position),
            "{pack}"
        );
    }
    let bytes = b"[{\"n\":\"a\",\"vs\":\"\xff\"}]";
    let error = Decoder::json(bytes).check().unwrap_err();
    assert_eq!((error.reason(), error.position()), (Reason::Text, 16));
}

#[test]
fn what_is_wrong_in_cbor_is_refused_where_it_stands() {
    let rows: &[(&str, Reason, usize)] = &[
        ("", Reason::Truncated, 0),
        ("a0", Reason::Syntax, 0),
        ("81", Reason::Truncated, 1),
        ("81a0", Reason::NoValue, 1),
        ("81a2006161", Reason::Truncated, 5),
        ("81a20061610201 00", Reason::Trailing, 7),
        ("81a2006161 02f97e00", Reason::Number, 5),
        ("81a2006161 02fb7ff0000000000000", Reason::Number, 5),
        ("81a2006161 02f6", Reason::Type, 6),
        ("81a2006161 036161ff", Reason::Trailing, 8),
        ("81a2006161 037f6161ff", Reason::Unsupported, 7),
        ("81a2006161 02c24101", Reason::Unsupported, 6),
        ("81a3006161 0201 0201", Reason::Duplicate, 7),
        ("81a3006161 0201 62785f01", Reason::NotUnderstood, 7),
        ("81a3 20f94900 006161 0201", Reason::Type, 3),
        ("81a3 200b 006161 0201", Reason::Version, 1),
        ("81a2 006161 0261 31", Reason::Type, 5),
        ("81a2 0061ff 0201", Reason::Text, 4),
        ("81a2 006161 1c", Reason::Syntax, 5),
        ("9f bf006161 0201ff", Reason::Truncated, 8),
        (
            "81a3 006161 0201 09 9b ffffffffffffffff",
            Reason::Truncated,
            17,
        ),
    ];
    for (pack, reason, position) in rows {
        let pack = unhex(&pack.replace(' ', ""));
        let error = Decoder::cbor(&pack).check().unwrap_err();
        assert_eq!(
            (error.reason(), error.position()),
            (*reason, *position),
            "{pack:02x?}"
        );
    }
    let streamed = unhex("9fbf0061610201ffff");
    assert_eq!(Decoder::cbor(&streamed).check(), Ok(1));
}

#[test]
fn limits_hold_before_anything_is_kept() {
    let pack = br#"[{"n":"a","v":1},{"n":"b","v":2}]"#;
    let reason = |decoder: Decoder<'_>| decoder.check().unwrap_err().reason();
    assert_eq!(
        reason(Decoder::json(pack).max_records(1)),
        Reason::TooManyRecords
    );
    assert_eq!(reason(Decoder::json(pack).max_len(32)), Reason::TooLong);
    assert_eq!(
        Decoder::json(pack).max_len(33).max_records(2).check(),
        Ok(2)
    );
    let many = format!(r#"[{{"n":"a","v":1{}}}]"#, r#","x":1"#.repeat(63));
    assert_eq!(
        reason(Decoder::json(many.as_bytes())),
        Reason::TooManyFields
    );
    let long = format!(r#"[{{"bn":"{}","n":"b","v":1}}]"#, "a".repeat(256));
    assert_eq!(reason(Decoder::json(long.as_bytes())), Reason::Name);
}

/// A million packs of a form, each a right one with some bytes changed, or cut.
fn hostile(column: impl Fn(&[&str]) -> Vec<u8>, decoder: fn(&[u8]) -> Decoder<'_>) {
    use gofarm_core::random::{Random, SplitMix64};
    let packs: Vec<Vec<u8>> = PACKS
        .lines()
        .filter(|line| line.starts_with("pack\t"))
        .map(|line| column(&line.split('\t').collect::<Vec<_>>()))
        .filter(|pack| pack.len() < 600)
        .collect();
    let mut random = SplitMix64::new(0x5e_4d);
    let mut draw = |bound: usize| random.below(bound as u64) as usize;
    let (mut sound, mut refused) = (0_u32, 0_u32);
    for _ in 0..if cfg!(miri) { 100 } else { 1_000_000 } {
        let mut pack = packs[draw(packs.len())].clone();
        for _ in 0..draw(4) {
            let at = draw(pack.len());
            pack[at] = draw(256) as u8;
        }
        if draw(3) == 0 {
            pack.truncate(draw(pack.len()));
        }
        match decoder(&pack).check() {
            Ok(count) => {
                sound += 1;
                assert!(count <= pack.len());
            }
            Err(error) => {
                refused += 1;
                assert!(error.position() <= pack.len(), "{pack:02x?}");
            }
        }
    }
    assert!(sound > 100_000 && refused > 100_000, "{sound} {refused}");
}

#[test]
fn a_million_hostile_json_packs_end_in_records_or_an_error() {
    hostile(
        |columns| columns[2].as_bytes().to_vec(),
        |pack| Decoder::json(pack),
    );
}

#[test]
fn a_million_hostile_cbor_packs_end_in_records_or_an_error() {
    // Every other pack with its numbers as decimal fractions.
    hostile(
        |columns| unhex(columns[3 + columns[1].len() % 2]),
        |pack| Decoder::cbor(pack),
    );
}
