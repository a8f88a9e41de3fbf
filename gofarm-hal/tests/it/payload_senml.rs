//! SenML packs: what another implementation writes is read, what is written is read back, and what is wrong is refused.

use core::time::Duration;

use gofarm_core::contract::Number;
use gofarm_core::quantity::Unit;
use gofarm_core::text::Text as ShortText;
use gofarm_core::time::UnixMillis;
use gofarm_core::{Describe, Device};
use gofarm_hal::payload::senml::{Decoder, Entry, Pack, PackError, Reason, Record, Value};
use proptest::prelude::*;

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
    assert_eq!(packs, 18);
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

fn json(fill: impl FnOnce(&mut Pack<'_, '_>)) -> String {
    let mut buffer = [0; 512];
    let mut pack = Pack::json(&mut buffer);
    fill(&mut pack);
    String::from_utf8(pack.finish().to_vec()).unwrap()
}

#[test]
fn an_entry_is_written_as_the_standard_says() {
    let at = UnixMillis::new(1_790_000_000_000);
    let rows = [
        (Entry::new("a").number(23.1_f32), r#"[{"n":"a","v":23.1}]"#),
        (Entry::new("a").number(23.1_f64), r#"[{"n":"a","v":23.1}]"#),
        (Entry::new("a").number(-7_i8), r#"[{"n":"a","v":-7}]"#),
        (Entry::new("a").number(0_u8), r#"[{"n":"a","v":0}]"#),
        (
            Entry::new("a").number(i64::MIN),
            r#"[{"n":"a","v":-9223372036854775808}]"#,
        ),
        (Entry::new("a").number(5.0_f32), r#"[{"n":"a","v":5}]"#),
        (Entry::new("a").number(1e-9_f64), r#"[{"n":"a","v":1e-9}]"#),
        (
            Entry::new("a").text("\"\u{fc}\"\\\n\u{1}"),
            "[{\"n\":\"a\",\"vs\":\"\\\"\u{fc}\\\"\\\\\\u000a\\u0001\"}]",
        ),
        (
            Entry::new("a").data(&[0xfb, 0xff]),
            r#"[{"n":"a","vd":"-_8"}]"#,
        ),
        (
            Entry::new("a").sum(2_u8).at(at + Duration::from_millis(50)),
            r#"[{"n":"a","t":1790000000.05,"s":2}]"#,
        ),
        (
            Entry::new("a").boolean(false).ago(Duration::from_millis(5)),
            r#"[{"n":"a","t":-0.005,"vb":false}]"#,
        ),
    ];
    for (entry, text) in rows {
        assert_eq!(json(|pack| pack.push(entry).unwrap()), text);
    }
    assert_eq!(json(|_| ()), "[]");
}

#[test]
fn base_fields_are_written_once_with_the_next_record_that_fits() {
    let mut buffer = [0; 100];
    let mut pack = Pack::json(&mut buffer);
    pack.base_name("gw-7/");
    pack.base_unit("Cel");
    pack.base_time(UnixMillis::new(1_790_000_000_000));
    let long = "x".repeat(100);
    let error = pack.push(Entry::new("a").text(&long)).unwrap_err();
    assert_eq!(error, PackError::NoRoom { left: 98 });
    let at = UnixMillis::new(1_789_999_999_250);
    pack.push(Entry::new("a").number(1).at(at)).unwrap();
    pack.push(Entry::new("b").number(2)).unwrap();
    assert_eq!(
        core::str::from_utf8(pack.finish()).unwrap(),
        r#"[{"bn":"gw-7/","bt":1790000000,"bu":"Cel","n":"a","t":-0.75,"v":1},{"n":"b","v":2}]"#
    );
}

#[test]
fn an_entry_that_is_not_sound_leaves_the_pack_as_it_was() {
    let text = json(|pack| {
        pack.push(Entry::new("a").number(1)).unwrap();
        let rows = [
            (Entry::new("").number(1), PackError::Name),
            (Entry::new("a b").number(1), PackError::Name),
            (Entry::new("a"), PackError::NoValue),
            (Entry::new("a").number(f64::NAN), PackError::NotFinite),
            (Entry::new("a").sum(f32::INFINITY), PackError::NotFinite),
            (
                Entry::new("a").number(1).at(UnixMillis::new(1_000)),
                PackError::Time,
            ),
        ];
        for (entry, error) in rows {
            assert_eq!(pack.push(entry), Err(error));
        }
    });
    assert_eq!(text, r#"[{"n":"a","v":1}]"#);
}

#[test]
fn a_cbor_array_says_how_many_records_it_has() {
    for count in [0_u16, 1, 23, 24, 25, 255, 256, 257, 1_000] {
        let mut buffer = [0; 8_192];
        let mut pack = Pack::cbor(&mut buffer);
        for i in 0..count {
            pack.push(Entry::new("a").number(i)).unwrap();
        }
        assert_eq!(pack.len(), usize::from(count));
        let pack = pack.finish();
        let numbers: Vec<_> = Decoder::cbor(pack).map(|r| r.unwrap().number()).collect();
        let written: Vec<_> = (0..count).map(|i| Some(f64::from(i))).collect();
        assert_eq!(numbers, written);
    }
    // A pack that is full to the byte, before and behind the change of its head.
    for len in 130..150 {
        let mut buffer = vec![0; len];
        let mut pack = Pack::cbor(&mut buffer);
        let mut count = 0;
        while pack.push(Entry::new("a").number(1)).is_ok() {
            count += 1;
        }
        assert_eq!(Decoder::cbor(pack.finish()).check(), Ok(count), "{len}");
    }
}

#[derive(Describe)]
enum Mode {
    #[expect(dead_code, reason = "the second one is used")]
    Auto,
    #[prop(name = "by-hand")]
    Manual,
}

#[derive(Device)]
#[device(model = "acme-station", version = 3)]
struct Station {
    #[prop(range = 300.0..=1100.0, unit = "hPa")]
    pressure: f32,
    #[prop(range = -200.0..=0.0, unit = "kPa")]
    tension: f64,
    #[prop(unit = "umol/(m2.s)")]
    light: Option<f32>,
    #[prop(range = 0.0..=0.6, unit = "m3/m3")]
    water: [Option<f32>; 2],
    mode: Mode,
    name: ShortText<8>,
    rain: bool,
    #[prop(config, unit = "min")]
    every: u8,
    #[prop(write)]
    key: u32,
}

fn station() -> Station {
    Station {
        pressure: 1013.2,
        tension: -33.5,
        light: Some(412.5),
        water: [None, Some(0.29)],
        mode: Mode::Manual,
        name: "north".parse().unwrap(),
        rain: true,
        every: 15,
        key: 42,
    }
}

#[test]
fn a_contract_says_name_and_unit_of_each_value() {
    let text = json(|pack| {
        pack.base_name("st-7/");
        assert_eq!(pack.device(&station(), 0), Ok(None));
    });
    assert_eq!(
        text,
        concat!(
            r#"[{"bn":"st-7/","n":"pressure","u":"Pa","v":101320},{"n":"tension","u":"Pa","v":-33500},"#,
            r#"{"n":"light","v":412.5},{"n":"water/1","u":"/","v":0.29},{"n":"mode","vs":"by-hand"},"#,
            r#"{"n":"name","vs":"north"},{"n":"rain","vb":true},{"n":"every","u":"s","v":900}]"#
        )
    );
}

#[test]
fn a_record_that_is_longer_than_the_buffer_goes_on_in_the_next_pack() {
    let (mut names, mut from) = (Vec::new(), Some(0));
    while let Some(number) = from {
        let mut buffer = [0; 48];
        let mut pack = Pack::cbor(&mut buffer);
        pack.base_name("st-7/");
        from = pack.device(&station(), number).unwrap();
        for record in Decoder::cbor(pack.finish()) {
            names.push(record.unwrap().name().to_string());
        }
    }
    assert_eq!(names.len(), 8);
    assert_eq!(names[3], "st-7/water/1");
    let mut broken = station();
    broken.tension = f64::NAN;
    let mut buffer = [0; 48];
    let error = Pack::json(&mut buffer).device(&broken, 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "value 1 of the contract: not a finite number"
    );
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<f32>().prop_map(Number::F32),
        any::<f64>().prop_map(Number::F64),
        any::<i32>().prop_map(Number::from),
        (-(1_i64 << 53)..(1 << 53)).prop_map(Number::I64),
        (-32_768..32_768_i32).prop_map(|steps| Number::F32(steps as f32 / 100.0)),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back_as_the_same_value(value in number(), millis in 300_000_000_000..4_000_000_000_000_u64) {
        prop_assume!(value.is_finite());
        let time = UnixMillis::new(millis);
        let entry = Entry::new("a").number(value).at(time);
        let (mut text, mut binary) = ([0; 80], [0; 80]);
        let mut pack = Pack::json(&mut text);
        pack.push(entry).unwrap();
        let read = Decoder::json(pack.finish()).next().unwrap().unwrap();
        let found = read.number().unwrap();
        match value {
            // The digits are the shortest that give this f32, so they do not name the same f64.
            Number::F32(value) => prop_assert_eq!((found as f32).to_bits(), value.to_bits()),
            other => prop_assert_eq!(found.to_bits(), other.as_f64().to_bits()),
        }
        prop_assert_eq!(read.time().unix(None), Some(time));
        let mut pack = Pack::cbor(&mut binary);
        pack.push(entry).unwrap();
        let read = Decoder::cbor(pack.finish()).next().unwrap().unwrap();
        prop_assert_eq!(read.number().unwrap().to_bits(), value.as_f64().to_bits());
        prop_assert_eq!(read.time().unix(None), Some(time));
    }

    #[test]
    fn text_and_data_read_back(text in ".{0,20}", data in prop::collection::vec(any::<u8>(), 0..20)) {
        for is_json in [true, false] {
            let mut buffer = [0; 512];
            let mut pack = if is_json { Pack::json(&mut buffer) } else { Pack::cbor(&mut buffer) };
            pack.push(Entry::new("t").text(&text)).unwrap();
            pack.push(Entry::new("d").data(&data)).unwrap();
            let pack = pack.finish();
            let decoder = if is_json { Decoder::json(pack) } else { Decoder::cbor(pack) };
            let records: Vec<Record<'_>> = decoder.map(Result::unwrap).collect();
            let Some(Value::Text(found)) = records[0].value() else { panic!("text") };
            prop_assert!(found == text.as_str());
            let Some(Value::Data(found)) = records[1].value() else { panic!("data") };
            prop_assert!(found.bytes().eq(data.iter().copied()));
        }
    }

    #[test]
    fn a_pack_never_leaves_its_buffer_and_is_always_sound(
        len in 2..120_usize,
        names in prop::collection::vec("[a-z]{1,9}", 0..12),
        is_json: bool,
    ) {
        let mut buffer = vec![0; len];
        let mut pack = if is_json { Pack::json(&mut buffer) } else { Pack::cbor(&mut buffer) };
        let mut kept = Vec::new();
        for name in &names {
            if pack.push(Entry::new(name).number(1.5_f32)).is_ok() {
                kept.push(name.clone());
            }
        }
        let pack = pack.finish();
        let decoder = if is_json { Decoder::json(pack) } else { Decoder::cbor(pack) };
        let read: Vec<String> = decoder.map(|r| r.unwrap().name().to_string()).collect();
        prop_assert_eq!(read, kept);
    }
}

/// A million packs, each a right one with some bytes changed, or cut.
#[test]
fn a_million_hostile_packs_end_in_records_or_an_error() {
    use gofarm_core::random::{Random, SplitMix64};
    let packs: Vec<(Vec<u8>, Vec<u8>)> = PACKS
        .lines()
        .filter(|line| line.starts_with("pack\t"))
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            (columns[2].as_bytes().to_vec(), unhex(columns[4]))
        })
        .filter(|(text, _)| text.len() < 600)
        .collect();
    let mut random = SplitMix64::new(0x5e_4d);
    let rounds = if cfg!(miri) { 100 } else { 500_000 };
    let (mut sound, mut refused) = (0_u32, 0_u32);
    let mut draw = |bound: usize| random.below(bound as u64) as usize;
    for _ in 0..rounds {
        let (text, binary) = &packs[draw(packs.len())];
        let (mut text, mut binary) = (text.clone(), binary.clone());
        for pack in [&mut text, &mut binary] {
            for _ in 0..draw(4) {
                let at = draw(pack.len());
                pack[at] = draw(256) as u8;
            }
            if draw(3) == 0 {
                pack.truncate(draw(pack.len()));
            }
        }
        for result in [Decoder::json(&text).check(), Decoder::cbor(&binary).check()] {
            match result {
                Ok(_) => sound += 1,
                Err(error) => {
                    assert!(error.position() <= text.len().max(binary.len()));
                    refused += 1;
                }
            }
        }
    }
    assert!(sound > 0 && refused > 0);
}
