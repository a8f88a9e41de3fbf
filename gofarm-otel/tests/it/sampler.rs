//! What the samplers keep and what it costs.

mod chain;
mod dynamic;

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use std::thread;

use gofarm_core::DeviceId;
use gofarm_core::observe::{InstrumentKind, Measurement, Observer, Signal};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::millis;
use gofarm_core::trace_context::{TraceContext, TraceId};
use gofarm_core::verify::{KeyId, Purpose, Signed, Verifier, VerifyError};
use gofarm_otel::clock::Moment;
use gofarm_otel::sampler::{
    Control, Decision, DeviceHash, Head, LateKeep, Limits, Parent, Percent, Ratio, RatioRefused,
    RatioUpdates, Sample, Sampler, SignedRatio, signal,
};

fn moment(since: Duration) -> Moment {
    Moment::from_nanos(u64::try_from(since.as_nanos()).unwrap())
}

fn root(trace_id: TraceId) -> Head<'static> {
    Head::new(trace_id, Parent::None, "test")
}

fn device(text: &str) -> DeviceId {
    DeviceId::new(text).unwrap()
}

fn traces(seed: u64) -> impl Iterator<Item = TraceId> {
    let mut random = SplitMix64::new(seed);
    core::iter::repeat_with(move || TraceContext::root(&mut random).trace_id())
}

/// Traces with ids 1, 2, 3...
fn counted_traces() -> impl Iterator<Item = TraceId> {
    (1_u128..).map(|n| TraceId::new(n.to_be_bytes()).unwrap())
}

fn share(kept: usize, of: usize) -> f64 {
    kept as f64 / of as f64
}

#[test]
fn the_device_hash_gives_the_vectors_of_another_implementation() {
    let vectors = include_str!("data/device_hash.txt");
    let mut count = 0;
    for line in vectors.lines().filter(|line| !line.starts_with('#')) {
        let [trace, name, _, hash, tenth, hundredth] = *line.split(' ').collect::<Vec<_>>() else {
            panic!("{line}");
        };
        let trace = u128::from_str_radix(trace, 16).unwrap().to_be_bytes();
        let trace = TraceId::new(trace).unwrap();
        let sampler = DeviceHash::new(device(name), 10.percent());
        assert_eq!(format!("{:016x}", sampler.hash(&trace)), hash, "{line}");
        for (ratio, kept) in [(10.percent(), tenth), (1.percent(), hundredth)] {
            let kept = kept == "yes";
            assert_eq!(DeviceHash::new(device(name), ratio).keeps(&trace), kept);
            let shared = Sampler::device_hash(ratio).device(device(name));
            assert_eq!(shared.sample(&root(trace)) == Decision::Keep, kept);
        }
        count += 1;
    }
    assert_eq!(count, 64);
}

#[test]
fn each_rule_keeps_its_share_also_of_ids_from_a_counter() {
    let rows: [(Sampler, Vec<TraceId>); 3] = [
        (
            Sampler::ratio(10.percent()),
            traces(1).take(50_000).collect(),
        ),
        (
            Sampler::device_hash(10.percent()).device(device("gw-7")),
            traces(2).take(50_000).collect(),
        ),
        (
            Sampler::device_hash(10.percent()).device(device("gw-7")),
            counted_traces().take(50_000).collect(),
        ),
    ];
    for (sampler, traces) in rows {
        let kept = traces
            .iter()
            .filter(|id| sampler.sample(&root(**id)) == Decision::Keep);
        let share = share(kept.count(), traces.len());
        assert!((0.095..0.105).contains(&share), "{sampler:?} {share}");
    }
}

#[test]
fn devices_whose_names_differ_in_one_letter_keep_different_traces() {
    for ids in [
        traces(3).take(50_000).collect::<Vec<_>>(),
        counted_traces().take(50_000).collect(),
    ] {
        let one = DeviceHash::new(device("valve-1"), 10.percent());
        let two = DeviceHash::new(device("valve-2"), 10.percent());
        let both = ids
            .iter()
            .filter(|id| one.keeps(id) && two.keeps(id))
            .count();
        let share = share(both, ids.len());
        assert!((0.008..0.012).contains(&share), "{share} instead of 0.01");
    }
}

#[test]
fn always_on_and_always_off_ask_nobody() {
    let trace = TraceId::new([1; 16]).unwrap();
    let sampled = Head::new(trace, Parent::Remote { sampled: true }, "");
    let unsampled = Head::new(trace, Parent::Local { sampled: false }, "");
    let debug = Head::new(trace, Parent::Debug, "");
    assert_eq!(Sampler::always_on().sample(&unsampled), Decision::Keep);
    assert_eq!(Sampler::always_off().sample(&sampled), Decision::Drop);
    assert_eq!(Sampler::always_off().sample(&debug), Decision::Keep);
    assert_eq!(
        Sampler::always_off().ignore_remote().sample(&debug),
        Decision::Drop
    );
    assert_eq!(
        Sampler::ratio(Ratio::NEVER)
            .ignore_remote()
            .sample(&sampled),
        Decision::Drop
    );
    assert!(!Sampler::always_on().keep_late(Moment::from_nanos(1)));

    // Turned down while it runs, it still asks nobody.
    let sampler = Sampler::always_on();
    sampler.control().set_ratio(10.percent());
    let heads = traces(6)
        .take(2_000)
        .map(|id| Head::new(id, Parent::Remote { sampled: true }, ""));
    let kept = heads
        .filter(|head| sampler.sample(head) == Decision::Keep)
        .count();
    assert!((150..250).contains(&kept), "{kept} of 2000");
}

#[test]
fn samplers_are_named_as_the_environment_names_them() {
    let trace = TraceId::new([1; 16]).unwrap();
    let (none, yes, no) = (
        Parent::None,
        Parent::Remote { sampled: true },
        Parent::Remote { sampled: false },
    );
    use Decision::{Drop, Keep};
    let rows = [
        ("always_on", "", [Keep, Keep, Keep]),
        ("always_off", "1", [Drop, Drop, Drop]),
        ("traceidratio", "0", [Drop, Drop, Drop]),
        ("traceidratio", "2", [Keep, Keep, Keep]),
        ("parentbased_always_on", "0", [Keep, Keep, Drop]),
        ("parentbased_always_off", "1", [Drop, Keep, Drop]),
        ("parentbased_traceidratio", "0.0", [Drop, Keep, Drop]),
        ("parentbased_traceidratio", "most", [Keep, Keep, Drop]),
    ];
    for (name, argument, decisions) in rows {
        let sampler = Sampler::from_names(name, argument).unwrap();
        let decided = [none, yes, no].map(|parent| sampler.sample(&Head::new(trace, parent, "")));
        assert_eq!(decided, decisions, "{name} {argument}");
    }
    assert!(Sampler::from_names("jaeger_remote", "").is_none());
}

#[test]
fn the_path_of_a_request_allocates_nothing() {
    let sampler = Sampler::device_hash(10.percent())
        .device(device("gw-7"))
        .escalate_on_error();
    let ids: Vec<_> = traces(4).take(1_000).collect();
    let measured = allocation_counter::measure(|| {
        for (n, id) in ids.iter().enumerate() {
            let now = moment(millis(20) * u32::try_from(n).unwrap());
            if sampler.sample(&root(*id)) == Decision::Drop {
                core::hint::black_box(sampler.keep_late(now));
            }
            sampler.record(now, n % 3 == 0, millis(1));
        }
    });
    assert_eq!(measured.count_total, 0);
}

#[test]
fn a_sampler_is_shared_and_changed_by_tasks() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Sampler>();
    shared::<Control>();

    let sampler = Sampler::ratio(Ratio::NEVER)
        .late_keep(LateKeep::new(1_000, 100))
        .dynamic(Limits::new());
    let (stop, late) = (AtomicBool::new(false), AtomicU64::new(0));
    let lowest = TraceId::new([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut nanos = 0;
                while !stop.load(Relaxed) && nanos < 20_000_000_000 {
                    nanos += 10_000;
                    let now = Moment::from_nanos(nanos.min(1_000_000_000));
                    let _decision = core::hint::black_box(sampler.sample(&root(lowest)));
                    sampler.record(now, false, millis(1));
                    late.fetch_add(u64::from(sampler.keep_late(now)), Relaxed);
                }
            });
        }
        let control = sampler.control();
        for n in 0..2_000_u32 {
            control.set_ratio(if n % 2 == 0 {
                Ratio::ALWAYS
            } else {
                Ratio::NEVER
            });
        }
        control.set_ratio(Ratio::NEVER);
        stop.store(true, Relaxed);
    });
    // No more than the burst and what flowed in within the one second.
    assert!(late.load(Relaxed) <= 1_100, "{late:?}");
    assert_eq!(sampler.current_ratio(), Ratio::NEVER);
    assert_eq!(sampler.sample(&root(lowest)), Decision::Drop);
    sampler.control().set_ratio(Ratio::ALWAYS);
    sampler
        .control()
        .set_limits(Limits::new().traces_per_second(u32::MAX));
    assert_eq!(sampler.sample(&root(lowest)), Decision::Keep);
}

struct Keys;

impl Verifier for Keys {
    fn verify(&self, signed: &Signed<'_>) -> Result<(), VerifyError> {
        let good = signed.purpose == Purpose::Configuration && signed.signature == b"good";
        if good {
            Ok(())
        } else {
            Err(VerifyError::Mismatch)
        }
    }
}

#[test]
fn a_ratio_over_the_air_counts_once_and_only_if_it_is_signed() {
    let sampler = Sampler::device_hash(10.percent()).device(device("gw-7"));
    let control = sampler.control();
    control.accept_updates(RatioUpdates::new(4).bounds(1.percent(), 20.percent()));
    let apply = |number, ratio, signature: &'static [u8]| {
        let message = SignedRatio::message(number, ratio);
        let update = SignedRatio {
            message: &message,
            key: KeyId(1),
            signature,
        };
        control.apply(&update, &Keys)
    };
    assert_eq!(
        apply(5, 2.percent(), b"bad"),
        Err(RatioRefused::Unsigned(VerifyError::Mismatch))
    );
    assert_eq!(
        apply(4, 2.percent(), b"good"),
        Err(RatioRefused::Replayed { number: 4, last: 4 })
    );
    assert_eq!(
        apply(5, Ratio::ALWAYS, b"good"),
        Err(RatioRefused::OutOfRange)
    );
    assert_eq!(sampler.current_ratio(), 10.percent());
    assert_eq!(apply(5, 2.percent(), b"good"), Ok(2.percent()));
    assert_eq!(sampler.current_ratio(), 2.percent());
    assert_eq!(
        apply(5, 3.percent(), b"good"),
        Err(RatioRefused::Replayed { number: 5, last: 5 })
    );
    assert_eq!(control.updates().last(), 5);
}

/// The signals that an observer saw: name, first label, value.
#[derive(Default)]
struct Seen(core::cell::RefCell<Vec<(&'static str, String, f64)>>);

impl Seen {
    fn value(&self, name: &str, label: &str) -> f64 {
        let rows = self.0.borrow();
        let row = rows.iter().find(|(n, l, _)| *n == name && l == label);
        row.unwrap_or_else(|| panic!("no {name} {label}")).2
    }
}

impl Observer for Seen {
    fn observe(&self, signal: &Signal<'_>) {
        use gofarm_core::observe::LabelValue;
        let label = match signal.labels() {
            [] => String::new(),
            [label, ..] => match label.value {
                LabelValue::Text(text) => text.to_string(),
                LabelValue::Number(number) => number.to_string(),
            },
        };
        let value = match signal.measurement() {
            Measurement::Count(n) => n as f64,
            Measurement::Change(n) => n as f64,
            Measurement::Value(value) => value,
        };
        self.0
            .borrow_mut()
            .push((signal.instrument().name(), label, value));
    }
}

#[test]
fn a_sampler_reports_what_is_in_force_and_what_happened_since() {
    let sampler = Sampler::ratio(Ratio::ALWAYS)
        .late_keep(LateKeep::new(1, 1))
        .dynamic(Limits::new());
    for id in traces(9).take(7) {
        let _kept = sampler.sample(&root(id));
    }
    let now = Moment::from_nanos(1);
    assert!(sampler.keep_late(now) && !sampler.keep_late(now));
    let seen = Seen::default();
    sampler.observe(&seen);
    let rows = [
        ("gofarm.otel.sampler.ratio", "", 1.0),
        ("gofarm.otel.sampler.phase", "steady", 1.0),
        ("gofarm.otel.sampler.phase", "failing", 0.0),
        ("gofarm.otel.sampler.sampled", "", 7.0),
        ("gofarm.otel.sampler.late", "kept", 1.0),
        ("gofarm.otel.sampler.late", "refused", 1.0),
    ];
    for (name, label, value) in rows {
        assert_eq!(seen.value(name, label), value, "{name} {label}");
    }
    let again = Seen::default();
    sampler.observe(&again);
    assert_eq!(again.value("gofarm.otel.sampler.sampled", ""), 0.0);
    let named = |name: &str| signal::INSTRUMENTS.iter().any(|i| i.name() == name);
    assert!(seen.0.borrow().iter().all(|(name, ..)| named(name)));
    assert_eq!(signal::INSTRUMENTS[0].kind(), InstrumentKind::Gauge);
}
