//! What the samplers keep and what it costs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gofarm_core::DeviceId;
use gofarm_core::observe::{InstrumentKind, Measurement, Observer, Signal};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, millis, secs};
use gofarm_core::trace_context::{TraceContext, TraceId};
use gofarm_core::verify::{KeyId, Purpose, Signed, Verifier, VerifyError};
use gofarm_otel::clock::Moment;
use gofarm_otel::sampler::{
    Control, Decision, DeviceHash, Dynamic, Head, LateKeep, Limits, Outcome, Parent, Percent,
    Phase, Ratio, RatioRefused, RatioUpdates, Sample, Sampler, SignedRatio, signal,
};
use proptest::prelude::*;

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
    std::iter::repeat_with(move || TraceContext::root(&mut random).trace_id())
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

/// Three services, one behind the other, each a process of its own with its own sampler.
struct Chain {
    hops: [Sampler; 3],
    random: SplitMix64,
    now: Duration,
}

/// What came out of one stretch of simulated time.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    requests: usize,
    head_sampled: usize,
    failed: usize,
    failed_kept: usize,
    failed_sampled: usize,
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            head_sampled: self.head_sampled + other.head_sampled,
            failed: self.failed + other.failed,
            failed_kept: self.failed_kept + other.failed_kept,
            failed_sampled: self.failed_sampled + other.failed_sampled,
        }
    }
}

impl Chain {
    fn new(sampler: impl Fn() -> Sampler) -> Self {
        Self {
            hops: [sampler(), sampler(), sampler()],
            random: SplitMix64::new(0x0317),
            now: Duration::ZERO,
        }
    }

    /// So many requests a second for so long; of each `one_in` one fails at the last hop, and each hop before it.
    fn run(&mut self, per_second: u32, time: Duration, one_in: u64) -> Tally {
        use gofarm_core::random::Random;
        let mut tally = Tally::default();
        let until = self.now + time;
        while self.now < until {
            self.now += secs(1) / per_second;
            let trace = TraceContext::root(&mut self.random).trace_id();
            let fails = one_in > 0 && self.random.below(one_in) == 0;
            let mut parent = Parent::None;
            let decisions = self.hops.each_ref().map(|hop| {
                let decision = hop.sample(&Head::new(trace, parent, "hop"));
                let sampled = decision == Decision::Keep;
                parent = Parent::Remote { sampled };
                sampled
            });
            assert!(
                decisions.iter().all(|sampled| *sampled == decisions[0]),
                "a trace is kept whole"
            );
            let end = moment(self.now);
            let kept = self.hops.iter().filter(|hop| {
                hop.record(end, fails, millis(20));
                decisions[0] || fails && hop.keep_late(end)
            });
            let kept = kept.count();
            tally.requests += 1;
            tally.head_sampled += usize::from(decisions[0]);
            tally.failed += usize::from(fails);
            tally.failed_kept += usize::from(fails && kept == 3);
            tally.failed_sampled += usize::from(fails && decisions[0]);
        }
        tally
    }
}

#[test]
fn failing_chains_are_sampled_at_1_percent_while_98_percent_of_error_traces_are_kept() {
    let mut chain = Chain::new(|| Sampler::ratio(10.percent()).escalate_on_error());

    let healthy = chain.run(100, secs(600), 0);
    let head = share(healthy.head_sampled, healthy.requests);
    println!("healthy: {head:.4} sampled at the head, {healthy:?}");
    assert!((0.095..0.105).contains(&head));

    // The failure begins, and every minute there is a rush of ten times the requests.
    let first = chain.run(100, secs(5), 3);
    println!("the first 5 s of the failure: {first:?}");
    let mut failing = Tally::default();
    for _ in 0..10 {
        failing = failing + chain.run(100, secs(58), 3) + chain.run(1_000, secs(2), 3);
    }
    let head = share(failing.head_sampled, failing.requests);
    let all = failing + first;
    let errors = share(all.failed_kept, all.failed);
    println!("failing: {head:.4} sampled at the head, {errors:.4} of error traces kept, {all:?}");
    assert!((0.007..0.013).contains(&head));
    assert!(errors >= 0.98);

    // It gets well, and the ratio comes back.
    chain.run(100, secs(60), 0);
    let well = chain.run(100, secs(600), 0);
    let head = share(well.head_sampled, well.requests);
    println!("well again: {head:.4} sampled at the head, {well:?}");
    assert!((0.095..0.105).contains(&head));
}

#[test]
fn when_more_fails_than_the_budget_bears_the_rest_is_counted() {
    let late = || LateKeep::new(10, 50);
    let mut chain = Chain::new(|| {
        Sampler::ratio(10.percent())
            .dynamic(Limits::new())
            .late_keep(late())
    });
    let tally = chain.run(300, secs(60), 2);
    println!("60 s, 150 failures a second, a budget of 10: {tally:?}");
    assert!(tally.failed_kept < tally.failed / 10);
    for hop in &chain.hops {
        let seen = Seen::default();
        hop.observe(&seen);
        let late = |result| seen.value("gofarm.otel.sampler.late", result);
        assert!(late("kept") <= 50.0 + 10.0 * 60.0);
        let unsampled = tally.failed - tally.failed_sampled;
        assert_eq!(late("kept") + late("refused"), unsampled as f64);
    }
}

#[test]
fn what_is_not_traced_still_counts() {
    let sampler = Sampler::ratio(Ratio::NEVER).dynamic(Limits::new());
    for n in 0..200 {
        let now = moment(millis(10) * n);
        let trace = traces(u64::from(n)).next().unwrap();
        assert_eq!(sampler.sample(&root(trace)), Decision::Drop);
        sampler.record(now, n % 4 == 0, millis(1));
    }
    assert_eq!(sampler.phase(), Some(Phase::Failing));
}

#[test]
fn the_ratio_tightens_under_load_and_comes_back() {
    let mut chain =
        Chain::new(|| Sampler::ratio(10.percent()).dynamic(Limits::new().traces_per_second(20)));
    let calm = chain.run(50, secs(120), 0);
    assert!(
        (0.08..0.12).contains(&share(calm.head_sampled, calm.requests)),
        "{calm:?}"
    );
    chain.run(2_000, secs(2), 0);
    let rush = chain.run(2_000, secs(120), 0);
    let per_second = rush.head_sampled as f64 / 120.0;
    println!("2000 requests/s, limit 20 traces/s: {per_second:.1} traces/s");
    assert!(per_second <= 21.0, "{rush:?}");
    chain.run(50, secs(20), 0);
    let calm = chain.run(50, secs(120), 0);
    assert!(
        (0.08..0.12).contains(&share(calm.head_sampled, calm.requests)),
        "{calm:?}"
    );
}

/// Runs requests at 100 a second with that share of each outcome, then returns phase and ratio.
fn after(
    dynamic: &mut Dynamic,
    now: &mut Instant,
    time: Duration,
    failed: u64,
    slow: u64,
) -> (Phase, Ratio) {
    let until = *now + time;
    let mut n = 0;
    while *now < until {
        *now += millis(10);
        n += 1;
        let outcome = match n % 100 {
            k if k < failed => Outcome::Failed,
            k if k < failed + slow => Outcome::Slow,
            _ => Outcome::Succeeded,
        };
        dynamic.record(*now, outcome);
    }
    (dynamic.phase(), dynamic.ratio())
}

#[test]
fn phases_come_at_once_and_outlast_their_cause() {
    let limits = Limits::new()
        .escalate(2.percent(), 40.percent())
        .fail(20.percent(), 2.percent())
        .window(secs(5), 50)
        .hold(secs(60));
    let mut now = Instant::ZERO;
    let mut dynamic = Dynamic::new(10.percent(), limits);
    let mut step = |time, failed, slow| after(&mut dynamic, &mut now, time, failed, slow);
    assert_eq!(step(secs(30), 1, 0), (Phase::Steady, 10.percent()));
    assert_eq!(step(secs(6), 5, 0), (Phase::Escalated, 40.percent()));
    assert_eq!(step(secs(6), 30, 0), (Phase::Failing, 2.percent()));
    assert_eq!(step(secs(30), 0, 0), (Phase::Failing, 2.percent()));
    assert_eq!(step(secs(40), 0, 0), (Phase::Steady, 10.percent()));
    assert_eq!(
        step(secs(6), 0, 3),
        (Phase::Escalated, 40.percent()),
        "a breach of the SLA"
    );
    assert_eq!(step(secs(100), 0, 0), (Phase::Steady, 10.percent()));
}

#[test]
fn limits_and_base_change_at_once() {
    let mut dynamic = Dynamic::new(10.percent(), Limits::new());
    let mut now = Instant::ZERO;
    assert_eq!(
        after(&mut dynamic, &mut now, secs(12), 50, 0),
        (Phase::Failing, 1.percent())
    );
    dynamic.set_limits(Limits::new().fail(10.percent(), 3.percent()));
    assert_eq!(dynamic.ratio(), 3.percent());
    dynamic.set_base(0.5.percent());
    assert_eq!(dynamic.ratio(), 0.5.percent());
    dynamic.set_limits(Limits::new().fail(60.percent(), 3.percent()).hold(secs(0)));
    assert_eq!(
        after(&mut dynamic, &mut now, secs(2), 50, 0).0,
        Phase::Escalated
    );
    let slow = Limits::new().sla(millis(5));
    dynamic.set_limits(slow);
    assert_eq!(dynamic.outcome(false, millis(6)), Outcome::Slow);
    assert_eq!(dynamic.outcome(false, millis(5)), Outcome::Succeeded);
    assert_eq!(dynamic.outcome(true, millis(6)), Outcome::Failed);
}

proptest! {
    #[test]
    fn no_history_breaks_a_dynamic_sampler(
        steps in prop::collection::vec((0..200_000_000_u64, 0..3_u8), 0..200),
        traces_per_second in 0..1_000_u32,
        window in 0..20_000_u64,
    ) {
        let limits = Limits::new().traces_per_second(traces_per_second).window(millis(window), 3);
        let mut dynamic = Dynamic::new(10.percent(), limits);
        for (at, outcome) in steps {
            // Time may jump in both directions.
            let now = Instant::from_micros(at);
            dynamic.record(now, match outcome { 0 => Outcome::Succeeded, 1 => Outcome::Slow, _ => Outcome::Failed });
            prop_assert!(dynamic.poll(now) <= limits.escalated);
            prop_assert!(dynamic.poll_timeout() > now);
        }
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
                std::hint::black_box(sampler.keep_late(now));
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
                    let _decision = std::hint::black_box(sampler.sample(&root(lowest)));
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
struct Seen(std::cell::RefCell<Vec<(&'static str, String, f64)>>);

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
