//! Payloads: CayenneLPP beside cayenne_lpp, SenML beside serde_json of the same records; time, and wrong numbers.

use std::hint::black_box;

use cayenne_lpp::CayenneLPP;
use gofarm_core::Device;
use gofarm_hal::payload::cayenne_lpp::{Encoder, Mapping, Measurement};
use gofarm_hal::payload::senml::{Decoder, Entry, Pack};
use serde::{Deserialize, Serialize};

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    wrong_values(figures);
    encode(figures);
    senml(figures);
}

/// -30.00 to 30.00 by 0.01 as analog inputs: how many arrive as another decimal.
fn wrong_values(figures: &mut Figures) {
    const CASE: &str = "cayenne, 6001 analog values, wrong";
    let values = (-3_000..=3_000_i16).map(|steps| {
        let value: f32 = format!("{steps}e-2").parse().expect("a decimal");
        (steps, value)
    });
    let (mut ours, mut theirs) = (0_u32, 0_u32);
    for (steps, value) in values {
        let mut buffer = [0; 4];
        let mut encoder = Encoder::new(&mut buffer);
        let pushed = encoder.push(1, Measurement::AnalogInput(value.into()));
        let is_right = pushed.is_ok() && encoder.payload()[2..] == steps.to_be_bytes();
        ours += u32::from(!is_right);

        let mut buffer = [0; 4];
        let mut lpp = CayenneLPP::new(&mut buffer);
        let is_right = lpp.add_analog_input(1, value).is_ok()
            && lpp.payload_slice()[2..] == steps.to_be_bytes();
        theirs += u32::from(!is_right);
    }
    figures.note(CASE, "gofarm", "values", ours.into());
    figures.note(CASE, "cayenne_lpp", "values", theirs.into());
}

/// The readings of [`encode`], described: channels and types follow from it.
#[derive(Device)]
#[device(model = "acme-station", version = 1)]
struct Station {
    #[prop(range = -40.0..=80.0, unit = "Cel")]
    air: f32,
    #[prop(range = 0.0..=0.6, unit = "m3/m3")]
    water: f32,
    #[prop(unit = "lx")]
    light: u16,
}

fn encode(figures: &mut Figures) {
    const CASE: &str = "cayenne, encode 3 values";
    let readings = (18.5_f32, 0.29_f32, 40_000_u16);
    figures.time(CASE, "gofarm", || {
        let (air, water, light) = black_box(readings);
        let mut buffer = [0; 51];
        let mut encoder = Encoder::new(&mut buffer);
        encoder
            .push(1, Measurement::Temperature(air.into()))
            .and_then(|()| encoder.push(2, Measurement::AnalogInput(water.into())))
            .and_then(|()| encoder.push(3, Measurement::Illuminance(light)))
            .expect("in range");
        black_box(buffer)
    });
    figures.time(CASE, "gofarm, by the contract", || {
        let (air, water, light) = black_box(readings);
        let mut buffer = [0; 51];
        let mut encoder = Encoder::new(&mut buffer);
        let station = Station { air, water, light };
        let rest = Mapping::new().encode(&station, 0, &mut encoder);
        assert_eq!(rest, Ok(None));
        black_box(buffer)
    });
    figures.time(CASE, "cayenne_lpp", || {
        let (air, water, light) = black_box(readings);
        let mut buffer = [0; 51];
        let mut lpp = CayenneLPP::new(&mut buffer);
        lpp.add_temperature(1, air).expect("there is room");
        lpp.add_analog_input(2, water).expect("there is room");
        lpp.add_luminosity(3, light).expect("there is room");
        black_box(buffer)
    });
}

/// A record as a program without a SenML crate writes it.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    bn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bt: Option<f64>,
    n: &'a str,
    u: &'a str,
    v: f32,
}

const BASE: &str = "urn:dev:mac:0024befffe804ff1/";
const VALUES: [(&str, &str, f32); 4] = [
    ("water", "/", 0.29),
    ("air", "Cel", 18.5),
    ("pressure", "Pa", 101_320.0),
    ("light", "lx", 40_000.0),
];

fn senml(figures: &mut Figures) {
    const ENCODE: &str = "senml, encode 4 records";
    const DECODE: &str = "senml, decode 4 records";
    let mut json = [0; 512];
    let len = pack(Pack::json(&mut json)).len();
    let mut cbor = [0; 512];
    let cbor_len = pack(Pack::cbor(&mut cbor)).len();
    let text = std::str::from_utf8(&json[..len]).expect("text").to_owned();
    let binary = cbor[..cbor_len].to_vec();

    figures.time(ENCODE, "gofarm json", || {
        pack(Pack::json(black_box(&mut json))).len()
    });
    figures.time(ENCODE, "gofarm cbor", || {
        pack(Pack::cbor(black_box(&mut cbor))).len()
    });
    let mut into = Vec::with_capacity(512);
    figures.time(ENCODE, "serde_json into a kept Vec", || {
        into.clear();
        let records = VALUES.map(|(n, u, v)| {
            let is_first = n == "water";
            Record {
                bn: is_first.then_some(BASE),
                bt: is_first.then_some(black_box(1_790_000_000.5)),
                n,
                u,
                v: black_box(v),
            }
        });
        serde_json::to_writer(&mut into, &records).expect("memory");
        into.len()
    });
    // Ours resolves base fields, checks names and refuses what it must; theirs is parsed into a Vec.
    figures.time(DECODE, "gofarm json, resolved", || {
        Decoder::json(black_box(text.as_bytes())).check()
    });
    figures.time(DECODE, "gofarm cbor, resolved", || {
        Decoder::cbor(black_box(&binary)).check()
    });
    figures.time(DECODE, "serde_json, parsed only", || {
        let records: Vec<Record<'_>> = serde_json::from_str(black_box(&text)).expect("a pack");
        records.len()
    });
}

fn pack<'a>(mut pack: Pack<'a, '_>) -> &'a [u8] {
    use gofarm_core::time::UnixMillis;
    pack.base_name(BASE);
    pack.base_time(UnixMillis::new(black_box(1_790_000_000_500)));
    for (name, unit, value) in VALUES {
        let entry = Entry::new(name).unit(unit).number(black_box(value));
        pack.push(entry).expect("there is room");
    }
    pack.finish()
}
