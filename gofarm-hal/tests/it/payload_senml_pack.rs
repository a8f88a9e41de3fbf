//! SenML packs: what is written is as the standard says, and reads back as the same value.

#![expect(
    clippy::cast_possible_truncation,
    reason = "a test rounds to what it wants to see, and fails by panicking"
)]

use core::time::Duration;

use gofarm_core::contract::Number;
use gofarm_core::text::Text as ShortText;
use gofarm_core::time::UnixMillis;
use gofarm_core::{Describe, Device};
use gofarm_hal::payload::senml::{Decoder, Entry, Pack, PackError, Record, Value};
use proptest::prelude::*;

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
