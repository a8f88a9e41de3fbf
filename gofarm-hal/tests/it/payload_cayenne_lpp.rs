//! Cayenne payloads: exact numbers, typed refusals, and records straight from a contract.

#![expect(
    clippy::cast_possible_truncation,
    clippy::type_complexity,
    reason = "indices and tables of a test"
)]

use gofarm_core::text::Text;
use gofarm_core::{Describe, Device};
use gofarm_hal::payload::cayenne_lpp::{
    DecodeError, Decoder, EncodeError, Encoder, Kind, Mapping, MappingError, Measurement, Record,
};
use proptest::prelude::*;

fn bytes(measurement: Measurement) -> Vec<u8> {
    let mut buffer = [0; 16];
    let mut encoder = Encoder::new(&mut buffer);
    encoder.push(7, measurement).unwrap();
    encoder.finish().to_vec()
}

fn analog(steps: i16) -> Vec<u8> {
    let [high, low] = steps.to_be_bytes();
    vec![7, 2, high, low]
}

#[test]
fn all_6001_analog_values_are_encoded_to_their_own_integer() {
    for steps in -3_000..=3_000_i16 {
        let written = format!("{}e-2", steps);
        let wide: f64 = written.parse().unwrap();
        let narrow: f32 = written.parse().unwrap();
        assert_eq!(bytes(Measurement::AnalogInput(wide)), analog(steps));
        assert_eq!(
            bytes(Measurement::AnalogInput(narrow.into())),
            analog(steps)
        );
    }
}

#[test]
fn every_decimal_on_a_grid_is_encoded_to_its_own_integer_and_comes_back() {
    type Make = fn(f64) -> Measurement;
    let kinds: [(Make, f64, i64, i64); 5] = [
        (Measurement::AnalogOutput, 100.0, -32_768, 32_767),
        (Measurement::Temperature, 10.0, -32_768, 32_767),
        (Measurement::Humidity, 2.0, 0, 255),
        (Measurement::Barometer, 10.0, 0, 65_535),
        (Measurement::Current, 1_000.0, 0, 65_535),
    ];
    for (make, per_unit, min, max) in kinds {
        for steps in min..=max {
            let value = steps as f64 / per_unit;
            let payload = bytes(make(value));
            let tail = &steps.to_be_bytes()[10 - payload.len()..];
            assert_eq!(&payload[2..], tail, "{:?}", make(value));
            let record = Decoder::new(&payload).next().unwrap().unwrap();
            assert_eq!(record.measurement, make(value));
        }
    }
}

/// The examples of myDevices' specification.
#[test]
fn the_examples_of_the_specification() {
    let rows: [(&[u8], &[(u8, Measurement)]); 4] = [
        (
            &[0x03, 0x67, 0x01, 0x10, 0x05, 0x67, 0x00, 0xff],
            &[
                (3, Measurement::Temperature(27.2)),
                (5, Measurement::Temperature(25.5)),
            ],
        ),
        (
            &[0x01, 0x67, 0xff, 0xd7],
            &[(1, Measurement::Temperature(-4.1))],
        ),
        (
            &[0x06, 0x71, 0x04, 0xd2, 0xfb, 0x2e, 0x00, 0x00],
            &[(6, Measurement::Accelerometer([1.234, -1.234, 0.0]))],
        ),
        (
            &[
                0x01, 0x88, 0x06, 0x76, 0x5f, 0xf2, 0x96, 0x0a, 0x00, 0x03, 0xe8,
            ],
            &[(
                1,
                Measurement::Gps {
                    latitude: 42.3519,
                    longitude: -87.9094,
                    altitude: 10.0,
                },
            )],
        ),
    ];
    for (payload, records) in rows {
        let mut buffer = [0; 51];
        let mut encoder = Encoder::new(&mut buffer);
        for (channel, measurement) in records {
            encoder.push(*channel, *measurement).unwrap();
        }
        assert_eq!(encoder.payload(), payload);
        let decoded: Vec<Record> = Decoder::new(payload).map(Result::unwrap).collect();
        let decoded: Vec<_> = decoded.iter().map(|r| (r.channel, r.measurement)).collect();
        assert_eq!(decoded, records);
    }
}

#[test]
fn what_does_not_fit_is_named_and_leaves_the_payload_as_it_was() {
    let mut buffer = [0; 6];
    let mut encoder = Encoder::new(&mut buffer);
    encoder.push(1, Measurement::Temperature(20.0)).unwrap();
    let before = encoder.payload().to_vec();
    let rows = [
        (
            Measurement::Humidity(127.8),
            "channel 9: 127.8 is outside 0..=127.5 of humidity",
        ),
        (
            Measurement::Temperature(f64::NAN),
            "channel 9: temperature is not a number",
        ),
        (
            Measurement::Temperature(f64::INFINITY),
            "channel 9: inf is outside -3276.8..=3276.7 of temperature",
        ),
        (
            Measurement::Gps {
                latitude: 90.1,
                longitude: 0.0,
                altitude: 0.0,
            },
            "channel 9: 90.1 is outside -90..=90 of gps",
        ),
        (
            Measurement::Voltage(-0.1),
            "channel 9: -0.1 is outside 0..=655.35 of voltage",
        ),
        (
            Measurement::Presence(true),
            "channel 9: a record of 3 bytes does not fit into the 2 left",
        ),
    ];
    for (measurement, message) in rows {
        let error = encoder.push(9, measurement).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(encoder.payload(), before);
    }
}

#[test]
fn a_decoder_says_where_it_stopped_and_stops_there() {
    let rows: [(&[u8], DecodeError); 3] = [
        (&[1, 102, 1, 2], DecodeError::NoType { position: 3 }),
        (
            &[1, 102, 1, 2, 240, 9, 9],
            DecodeError::UnknownType {
                position: 3,
                code: 240,
            },
        ),
        (
            &[1, 102, 1, 2, 136, 9, 9],
            DecodeError::Truncated {
                position: 3,
                kind: Kind::Gps,
                needed: 11,
                left: 4,
            },
        ),
    ];
    for (payload, error) in rows {
        let mut decoder = Decoder::new(payload);
        assert!(decoder.next().unwrap().is_ok());
        assert_eq!(decoder.next(), Some(Err(error)));
        assert_eq!(decoder.next(), None);
    }
    let long = [0; 256];
    let error = Decoder::new(&long).next().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a payload of 256 bytes is longer than 255"
    );
}

#[derive(Describe)]
enum Mode {
    #[expect(dead_code, reason = "the second one is used")]
    Auto,
    Manual,
}

#[derive(Device)]
#[device(model = "acme-station", version = 3)]
struct Station {
    #[prop(range = -40.0..=80.0, unit = "Cel")]
    air: f32,
    #[prop(range = 0.0..=100.0, unit = "%")]
    humidity: f32,
    #[prop(range = 0.0..=300.0, unit = "%")]
    overload: f32,
    #[prop(range = 300.0..=1100.0, unit = "hPa")]
    pressure: f64,
    #[prop(unit = "lx")]
    light: u16,
    #[prop(range = 0.0..=0.6, unit = "m3/m3")]
    water: [Option<f32>; 3],
    #[prop(range = 0.0..=30.0, unit = "V")]
    battery: f32,
    mode: Mode,
    name: Text<8>,
    rain: bool,
    #[prop(config, range = 1..=100, unit = "%")]
    level: u8,
    #[prop(write)]
    key: u32,
}

fn station() -> Station {
    Station {
        air: -4.1,
        humidity: 55.5,
        overload: 250.0,
        pressure: 1013.2,
        light: 40_000,
        water: [Some(0.29), None, Some(0.31)],
        battery: 3.58,
        mode: Mode::Manual,
        name: "north".parse().unwrap(),
        rain: true,
        level: 80,
        key: 42,
    }
}

#[test]
fn a_contract_says_channel_and_type_of_each_value() {
    let mut buffer = [0; 255];
    let mut encoder = Encoder::new(&mut buffer);
    let mapping = Mapping::new().with_config().with_extensions();
    assert_eq!(mapping.encode(&station(), 0, &mut encoder), Ok(None));
    let records: Vec<_> = Decoder::new(encoder.payload())
        .map(|record| record.map(|r| (r.channel, r.measurement)))
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(
        records,
        [
            (1, Measurement::Temperature(-4.1)),
            (2, Measurement::Humidity(55.5)),
            (3, Measurement::AnalogInput(250.0)),
            (4, Measurement::Barometer(1013.2)),
            (5, Measurement::Illuminance(40_000)),
            (6, Measurement::AnalogInput(0.29)),
            (8, Measurement::AnalogInput(0.31)),
            (9, Measurement::Voltage(3.58)),
            (10, Measurement::DigitalInput(1)),
            (12, Measurement::DigitalInput(1)),
            (13, Measurement::AnalogOutput(80.0)),
        ]
    );
    let mut buffer = [0; 255];
    let mut encoder = Encoder::new(&mut buffer);
    let mapping = Mapping::new().first_channel(100);
    assert_eq!(mapping.encode(&station(), 0, &mut encoder), Ok(None));
    let channels: Vec<_> = Decoder::new(encoder.payload())
        .map(|record| record.unwrap().channel)
        .collect();
    assert_eq!(channels, [100, 101, 102, 103, 104, 105, 107, 108, 109, 111]);
    let last = Decoder::new(encoder.payload()).nth(7).unwrap().unwrap();
    assert_eq!(last.measurement, Measurement::AnalogInput(3.58));
}

#[test]
fn a_record_that_is_longer_than_the_link_goes_on_in_the_next_payload() {
    let mapping = Mapping::new();
    let mut whole = [0; 255];
    let mut encoder = Encoder::new(&mut whole);
    mapping.encode(&station(), 0, &mut encoder).unwrap();
    let whole = encoder.finish();

    let (mut parts, mut from) = (Vec::new(), Some(0));
    while let Some(number) = from {
        let mut buffer = [0; 11];
        let mut encoder = Encoder::new(&mut buffer);
        from = mapping.encode(&station(), number, &mut encoder).unwrap();
        assert!(!encoder.is_empty());
        parts.extend_from_slice(encoder.payload());
    }
    assert_eq!(parts, whole);

    let mut tiny = [0; 3];
    let error = mapping.encode(&station(), 0, &mut Encoder::new(&mut tiny));
    let error = error.unwrap_err();
    assert!(matches!(
        error,
        MappingError::Encode(EncodeError::NoRoom { channel: 1, .. })
    ));
}

#[test]
fn a_value_beyond_its_contract_or_a_channel_beyond_the_last_is_refused() {
    let mut broken = station();
    broken.air = f32::NAN;
    let mut buffer = [0; 51];
    let error = Mapping::new().encode(&broken, 0, &mut Encoder::new(&mut buffer));
    assert_eq!(
        error.unwrap_err().to_string(),
        "channel 1: temperature is not a number"
    );
    let error =
        Mapping::new()
            .first_channel(250)
            .encode(&station(), 0, &mut Encoder::new(&mut buffer));
    let error = error.unwrap_err();
    assert_eq!(
        error.to_string(),
        "value 7 of the contract would be on channel 257, and 255 is the last"
    );
}

proptest! {
    #[test]
    fn decoding_hostile_bytes_never_panics_and_never_reads_past_them(
        payload in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut read = 0;
        for record in Decoder::new(&payload) {
            let Ok(record) = record else { break };
            read += 2 + record.measurement.kind().size();
        }
        prop_assert!(read <= payload.len());
    }

    #[test]
    fn what_is_decoded_is_encoded_to_the_same_bytes(
        kind in prop::sample::select(Kind::ALL),
        value in any::<[u8; 9]>(),
    ) {
        let mut payload = vec![1, kind.code()];
        payload.extend_from_slice(&value[..kind.size()]);
        let record = Decoder::new(&payload).next().unwrap().unwrap();
        let mut buffer = [0; 11];
        let mut encoder = Encoder::new(&mut buffer);
        // A meaning narrower than the wire (a latitude, a switch) may refuse or reduce what came.
        let narrow = matches!(kind, Kind::Gps | Kind::Presence | Kind::Switch | Kind::Percentage | Kind::Direction);
        match encoder.push(1, record.measurement) {
            Ok(()) => prop_assert!(narrow || encoder.payload() == payload),
            Err(_) => prop_assert!(narrow),
        }
    }

    #[test]
    fn an_encoded_value_is_off_by_at_most_half_a_step(value in -327.0..327.0_f64) {
        let payload = bytes(Measurement::AnalogInput(value));
        let record = Decoder::new(&payload).next().unwrap().unwrap();
        prop_assert!((record.measurement.values()[0] - value).abs() <= 0.005 + 1e-12);
    }
}

/// A million payloads, most of which begin as a right one does.
#[test]
fn a_million_hostile_payloads_end_in_records_or_an_error() {
    use gofarm_core::random::{Random, SplitMix64};
    let mut random = SplitMix64::new(0xca7e);
    let rounds = if cfg!(miri) { 100 } else { 1_000_000 };
    let (mut records, mut errors) = (0_u32, 0_u32);
    for _ in 0..rounds {
        let mut payload = [0; 32];
        for chunk in payload.chunks_mut(8) {
            chunk.copy_from_slice(&random.next_u64().to_be_bytes());
        }
        let len = random.below(32) as usize;
        if random.below(3) > 0 {
            payload[1] = Kind::ALL[random.below(Kind::ALL.len() as u64) as usize].code();
        }
        for record in Decoder::new(&payload[..len]) {
            match record {
                Ok(_) => records += 1,
                Err(_) => errors += 1,
            }
        }
    }
    assert!(records > 0 && errors > 0);
}
