//! The derive macros: what is described, what is refused, and that both are the same limits.

use core::time::Duration;

use gofarm_core::contract::{Access, Literal, Number, OnLinkLoss, Rate, Repr, Schema, Violation};
use gofarm_core::text::Text;
use gofarm_core::{Action, Describe, Device, Event, Validate};

mod defaults;
mod fingerprint;
mod laws;

/// A probe with one property
/// of each kind.
#[derive(Device, Clone, Debug, PartialEq)]
#[device(
    model = "acme-probe",
    version = 3,
    actions(Open, Close, CleanSensor),
    events(LeakDetected, Woken)
)]
struct Probe {
    /// pH of the soil
    ///   solution.
    #[prop(range = 0.0..=14.0, unit = "[pH]", step = 0.01, max_rate = "0.5/10min", stale = "30min", stuck = "6h")]
    ph: f32,
    #[prop(range = -40..=85, unit = "Cel")]
    temperature: f64,
    #[prop(range = 10.., step = 5, config, default = 300, unit = "s")]
    sample_every: u16,
    #[prop(range = ..=-1, read)]
    below: i8,
    #[prop(range = 0..=255, step = 1)]
    whole: u8,
    #[prop(range = -0.5..)]
    from: f32,
    free: f64,
    count: u64,
    #[prop(config, default = true)]
    on: bool,
    #[prop(write, max_len = 4, default = "abcd")]
    secret: String,
    #[prop(name = "label", default = "north")]
    title: Text<8>,
    #[prop(config, default = Mode::Manual)]
    mode: Mode,
    #[prop(range = 0.0..=1.0)]
    layers: [Option<f32>; 3],
    #[prop(range = 1..=9, max_rate = "0.5/h")]
    grid: Option<[[u8; 2]; 2]>,
    zones: [Zone; 2],
    r#type: Option<Zone>,
    #[prop(max_len = 3)]
    tags: [Option<String>; 2],
}

/// How it runs.
#[derive(Describe, Clone, Copy, Debug, Default, PartialEq)]
enum Mode {
    /// By the schedule.
    #[default]
    Auto,
    #[prop(name = "by-hand")]
    Manual = 7,
}

#[derive(Describe, Clone, Debug, PartialEq)]
#[describe(defaults)]
struct Zone {
    #[prop(range = 0.0..=0.6, unit = "m3/m3", default = 0.25)]
    water: f32,
    #[prop(range = 1..=4, default = 2)]
    valve: Option<u8>,
    spare: Option<i32>,
    #[prop(default = Mode::Manual)]
    mode: Mode,
}

/// Opens the valve.
#[derive(Action, Clone, Debug)]
#[action(safe = "closed", max_run = "30min", idempotent, on_link_loss = "close")]
struct Open {
    #[prop(range = 1..=100, unit = "%", default = 50)]
    opening: u8,
}

#[derive(Action)]
#[action(name = "shut", safe = "closed", closes)]
struct Close;

#[derive(Action)]
struct CleanSensor;

/// Water where none should be.
#[derive(Event)]
struct LeakDetected {
    #[prop(range = 0.0.., unit = "L")]
    litres: f32,
}

#[derive(Event)]
#[event(name = "awake")]
struct Woken {}

fn probe() -> Probe {
    Probe {
        ph: 6.4,
        temperature: 21.5,
        sample_every: 300,
        below: -1,
        whole: 255,
        from: 0.0,
        free: 1.0,
        count: u64::MAX,
        on: true,
        secret: "1234".into(),
        title: Text::new("east").unwrap_or_default(),
        mode: Mode::Auto,
        layers: [Some(0.1), None, Some(1.0)],
        grid: Some([[1, 2], [3, 9]]),
        zones: [Zone::default(), Zone::default()],
        r#type: None,
        tags: [None, Some("abc".into())],
    }
}

fn all(value: &impl Validate) -> Vec<Violation> {
    let mut seen = Vec::new();
    value.validate_all(&mut |violation| seen.push(violation));
    seen
}

#[test]
fn a_violation_says_what_where_and_which_limit() {
    assert_eq!(probe().validate(), Ok(()));
    assert_eq!(all(&probe()), []);
    type Break = fn(&mut Probe);
    let rows: &[(Break, &str)] = &[
        (|p| p.ph = f32::NAN, "ph: NaN is outside 0..=14 [pH]"),
        (|p| p.ph = 14.001, "ph: 14.001 is outside 0..=14 [pH]"),
        (|p| p.ph = -f32::INFINITY, "ph: -inf is outside 0..=14 [pH]"),
        (
            |p| p.temperature = -40.5,
            "temperature: -40.5 is outside -40..=85 Cel",
        ),
        (|p| p.sample_every = 5, "sample_every: 5 is outside 10.. s"),
        (
            |p| p.sample_every = 12,
            "sample_every: 12 is not a multiple of 5 s",
        ),
        (|p| p.below = 0, "below: 0 is outside ..=-1"),
        (|p| p.from = -0.6, "from: -0.6 is outside -0.5.."),
        (|p| p.from = f32::INFINITY, "from: inf is outside -0.5.."),
        (|p| p.free = f64::NAN, "free: NaN is not a finite number"),
        (
            |p| p.secret = "12345".into(),
            "secret: text of 5 bytes is longer than 4",
        ),
        (
            |p| p.secret = "ééé".into(),
            "secret: text of 6 bytes is longer than 4",
        ),
        (
            |p| p.layers[2] = Some(1.5),
            "layers[2]: 1.5 is outside 0..=1",
        ),
        (
            |p| p.grid = Some([[1, 1], [0, 1]]),
            "grid[1][0]: 0 is outside 1..=9",
        ),
        (
            |p| p.zones[1].water = 0.7,
            "zones[1].water: 0.7 is outside 0..=0.6 m3/m3",
        ),
        (
            |p| p.zones[0].valve = Some(0),
            "zones[0].valve: 0 is outside 1..=4",
        ),
        (
            |p| {
                p.r#type = Some(Zone {
                    water: -0.1,
                    ..Zone::default()
                })
            },
            "type.water: -0.1 is outside 0..=0.6 m3/m3",
        ),
        (
            |p| p.tags[0] = Some("abcd".into()),
            "tags[0]: text of 4 bytes is longer than 3",
        ),
    ];
    for (break_it, message) in rows {
        let mut broken = probe();
        break_it(&mut broken);
        assert_eq!(broken.validate().unwrap_err().to_string(), *message);
        assert_eq!(all(&broken).len(), 1, "{message}");
    }
}

#[test]
fn all_violations_are_visited_in_the_order_of_declaration() {
    let mut broken = probe();
    broken.tags[1] = Some("abcd".into());
    broken.zones[1].water = f32::NAN;
    broken.zones[1].valve = Some(9);
    broken.layers = [Some(-1.0), None, Some(2.0)];
    broken.ph = 15.0;
    let messages: Vec<_> = all(&broken).iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "ph: 15 is outside 0..=14 [pH]",
            "layers[0]: -1 is outside 0..=1",
            "layers[2]: 2 is outside 0..=1",
            "zones[1].water: NaN is outside 0..=0.6 m3/m3",
            "zones[1].valve: 9 is outside 1..=4",
            "tags[1]: text of 4 bytes is longer than 3",
        ]
    );
}

#[test]
fn the_descriptor_holds_what_was_written() {
    let contract = Probe::DESCRIPTOR;
    assert_eq!((contract.model(), contract.version()), ("acme-probe", 3));
    assert_eq!(
        contract.description(),
        "A probe with one property of each kind."
    );
    let names: Vec<_> = contract.properties().iter().map(|p| p.name()).collect();
    assert_eq!(
        names,
        [
            "ph",
            "temperature",
            "sample_every",
            "below",
            "whole",
            "from",
            "free",
            "count",
            "on",
            "secret",
            "label",
            "mode",
            "layers",
            "grid",
            "zones",
            "type",
            "tags"
        ]
    );
    let property = |name| contract.property(name).unwrap();

    let ph = property("ph");
    let limits = ph.schema().numeric().unwrap();
    assert_eq!(ph.description(), "pH of the soil solution.");
    assert_eq!(limits.repr(), Repr::F32);
    assert_eq!(
        (limits.min(), limits.max()),
        (Some(Number::F32(0.0)), Some(Number::F32(14.0)))
    );
    assert_eq!(limits.resolution(), Some(Number::F32(0.01)));
    assert_eq!(limits.unit_code().unwrap().code(), "[pH]");
    assert_eq!(
        ph.rate_limit(),
        Some(Rate::new(Number::F32(0.5), Duration::from_secs(600)))
    );
    assert_eq!(ph.stale(), Some(Duration::from_secs(1800)));
    assert_eq!(ph.stuck(), Some(Duration::from_secs(21_600)));
    assert_eq!(ph.accessible(), Access::Read);

    let below = property("below").schema().numeric().unwrap();
    assert_eq!((below.min(), below.max()), (None, Some(Number::I64(-1))));
    let whole = property("whole").schema().numeric().unwrap();
    assert_eq!(
        (whole.min(), whole.max()),
        (Some(Number::U64(0)), Some(Number::U64(255)))
    );
    let grid = property("grid");
    assert_eq!(
        grid.rate_limit(),
        Some(Rate::new(Number::F64(0.5), Duration::from_secs(3600)))
    );
    assert_eq!(grid.schema().depth(), 2);
    assert!(matches!(
        grid.schema(),
        Schema::Optional(Schema::Array { len: 2, .. })
    ));

    assert_eq!(
        property("sample_every").default(),
        Some(Literal::Number(Number::U64(300)))
    );
    assert_eq!(property("sample_every").accessible(), Access::Config);
    assert_eq!(property("on").default(), Some(Literal::Boolean(true)));
    assert_eq!(property("secret").default(), Some(Literal::Text("abcd")));
    assert_eq!(property("secret").accessible(), Access::Write);
    assert_eq!(property("secret").schema(), &Schema::Text { max_len: 4 });
    assert_eq!(property("label").default(), Some(Literal::Text("north")));
    assert_eq!(property("mode").default(), Some(Literal::Text("by-hand")));
    let Schema::Enumeration(variants) = property("mode").schema() else {
        panic!("mode is an enumeration");
    };
    let variants: Vec<_> = variants
        .iter()
        .map(|v| (v.name(), v.description()))
        .collect();
    assert_eq!(variants, [("Auto", "By the schedule."), ("by-hand", "")]);
}

#[test]
fn actions_and_events_hold_what_was_written() {
    let [open, close, clean] = *Probe::DESCRIPTOR.actions() else {
        panic!("three actions");
    };
    assert_eq!(
        (open.name(), open.description()),
        ("open", "Opens the valve.")
    );
    assert_eq!(open.safe_state(), "closed");
    assert_eq!(open.longest_run(), Some(Duration::from_secs(1800)));
    assert_eq!(open.link_loss(), OnLinkLoss::Close);
    assert!(open.is_idempotent() && !open.closes());
    assert_eq!(
        open.inputs()[0].default(),
        Some(Literal::Number(Number::U64(50)))
    );
    assert_eq!(open, Open::CONTRACT);
    let refused = Open { opening: 0 }.validate().unwrap_err();
    assert_eq!(refused.to_string(), "opening: 0 is outside 1..=100 %");

    assert_eq!(
        (close.name(), close.safe_state(), close.closes()),
        ("shut", "closed", true)
    );
    assert_eq!((clean.name(), clean.longest_run()), ("clean_sensor", None));
    assert_eq!(clean.link_loss(), OnLinkLoss::Finish);
    assert_eq!(Close.validate(), Ok(()));

    let [leak, woken] = *Probe::DESCRIPTOR.events() else {
        panic!("two events");
    };
    assert_eq!((leak.name(), woken.name()), ("leak_detected", "awake"));
    assert_eq!(leak.description(), "Water where none should be.");
    let refused = LeakDetected { litres: -1.0 }.validate().unwrap_err();
    assert_eq!(refused.to_string(), "litres: -1 is outside 0.. L");
    assert_eq!(Woken {}.validate(), Ok(()));
}

#[test]
fn a_table_is_in_read_only_data_once() {
    let Schema::Record(properties) = Probe::SCHEMA else {
        panic!("a device is a record");
    };
    assert!(core::ptr::eq(properties, Probe::DESCRIPTOR.properties()));
    assert!(core::ptr::eq(
        Probe::DESCRIPTOR.actions()[0],
        Open::CONTRACT
    ));
}

#[test]
fn macro_rules_may_write_the_limits() {
    macro_rules! probe {
        ($name:ident, $ty:ty, $min:literal, $max:expr) => {
            #[derive(Describe)]
            struct $name {
                #[prop(range = $min..=$max)]
                value: Option<$ty>,
            }
        };
    }
    probe!(Sensor, f32, -1.5, 2.5);
    let refused = Sensor { value: Some(2.6) }.validate().unwrap_err();
    assert_eq!(refused.to_string(), "value: 2.6 is outside -1.5..=2.5");
}
