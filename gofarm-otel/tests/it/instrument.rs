//! The registry, by handles and by signals.

use std::thread;

use gofarm_core::observe::{Instrument, Label, Observer};
use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
use gofarm_otel::attribute::{Attribute, Value};
use gofarm_otel::clock::Clock;
use gofarm_otel::instrument::{Boundaries, Labels, Number, Registry};
use gofarm_otel::snapshot::{Data, HistogramPoint, NumberPoint, Snapshot};
use gofarm_otel::timestamp::Timestamp;
use proptest::prelude::*;

static OPENED: Instrument = Instrument::counter("test.opened", "{valve}", "Valves opened");
static DEPTH: Instrument = Instrument::up_down_counter("test.depth", "{item}", "Items that wait");
static LEVEL: Instrument = Instrument::gauge("test.level", "m", "Water in the tank");
static DELAY: Instrument = Instrument::histogram("test.delay", "s", "From reading to command");

fn collect(registry: &Registry) -> Snapshot {
    registry.collect(registry.clock().now())
}

fn numbers(snapshot: &Snapshot, name: &str) -> Vec<NumberPoint> {
    match snapshot.get(name).map(|metric| &metric.data) {
        Some(Data::Sum { points, .. } | Data::Gauge(points)) => points.clone(),
        _ => Vec::new(),
    }
}

fn histograms(snapshot: &Snapshot, name: &str) -> Vec<HistogramPoint> {
    match snapshot.get(name).map(|metric| &metric.data) {
        Some(Data::Histogram { points, .. }) => points.clone(),
        _ => Vec::new(),
    }
}

fn values(snapshot: &Snapshot, name: &str) -> Vec<Number> {
    numbers(snapshot, name)
        .iter()
        .map(|point| point.value)
        .collect()
}

fn sampled(id: u8) -> TraceContext {
    let (trace, span) = (
        TraceId::new([id; 16]).unwrap(),
        SpanId::new([id; 8]).unwrap(),
    );
    TraceContext::new(trace, span).sampled()
}

#[test]
fn a_signal_and_a_handle_reach_the_same_series_whatever_the_order_of_labels() {
    let registry = Registry::new();
    let labels = [Label::text("zone", "north"), Label::number("port", 7)];
    let handle = registry.counter(&OPENED, &labels);
    handle.add(3);
    registry.observe(&OPENED.count(4).labelled(&[labels[1], labels[0]]));
    assert_eq!(handle.value(), Number::Int(7));
    assert_eq!(values(&collect(&registry), "test.opened"), [Number::Int(7)]);
}

#[test]
fn each_kind_adds_up_as_it_should() {
    let registry = Registry::new();
    for change in [5, -2] {
        registry.observe(&DEPTH.change(change));
    }
    for level in [1.5, 0.25] {
        registry.observe(&LEVEL.measure(level));
    }
    for delay in [0.004, 0.005, 0.3, 11.0] {
        registry.observe(&DELAY.measure(delay));
    }
    let snapshot = collect(&registry);
    assert_eq!(values(&snapshot, "test.depth"), [Number::Int(3)]);
    assert_eq!(values(&snapshot, "test.level"), [Number::Double(0.25)]);
    let histogram = &histograms(&snapshot, "test.delay")[0];
    assert_eq!(
        histogram.buckets,
        [2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    );
    assert_eq!((histogram.count(), histogram.sum), (4, 11.309));
}

#[test]
fn real_amounts_make_a_sum_real_and_nonsense_is_refused_and_counted() {
    let registry = Registry::new();
    registry.observe(&OPENED.count(2));
    registry.observe(&OPENED.measure(0.5).labelled(&[Label::text("zone", "a")]));
    let refused = [f64::NAN, f64::INFINITY, -1.0].map(|value| OPENED.measure(value));
    for signal in refused {
        registry.observe(&signal);
    }
    registry.observe(&OPENED.change(-1));
    registry.observe(&DEPTH.count(u64::MAX));
    let snapshot = collect(&registry);
    assert_eq!(
        values(&snapshot, "test.opened"),
        [Number::Double(2.0), Number::Double(0.5)]
    );
    let own = numbers(&snapshot, "gofarm.otel.metric.refused");
    for (point, (name, refused)) in own.iter().zip([("test.depth", 1), ("test.opened", 4)]) {
        assert_eq!(
            point.labels,
            Labels::new(&[Attribute::text("instrument", name)])
        );
        assert_eq!(point.value, Number::Int(refused));
    }
    assert_eq!(own.len(), 2);
}

#[test]
fn a_registered_counter_is_exported_as_zero_until_one_with_labels_exists() {
    let registry = Registry::new();
    registry.register(&[&OPENED, &LEVEL, &DELAY]);
    let snapshot = collect(&registry);
    assert_eq!(values(&snapshot, "test.opened"), [Number::Int(0)]);
    assert_eq!(histograms(&snapshot, "test.delay")[0].count(), 0);
    assert!(snapshot.get("test.level").is_none(), "a gauge has no value");

    registry.observe(&OPENED.count(1).labelled(&[Label::text("zone", "a")]));
    assert_eq!(values(&collect(&registry), "test.opened"), [Number::Int(1)]);
    // who holds the series wants it, even at zero
    let held = registry.counter(&OPENED, &[]);
    assert_eq!(values(&collect(&registry), "test.opened").len(), 2);
    held.add(1);
    assert_eq!(
        values(&collect(&registry), "test.opened"),
        [Number::Int(1); 2]
    );
}

#[test]
fn series_beyond_the_cardinality_share_one_that_says_so() {
    let registry = Registry::builder().cardinality(3).build();
    for port in 0..10 {
        registry.observe(&OPENED.count(1).labelled(&[Label::number("port", port)]));
    }
    let snapshot = collect(&registry);
    let points = numbers(&snapshot, "test.opened");
    assert_eq!(points.len(), 4);
    let over = |point: &&NumberPoint| {
        point.labels == Labels::new(&[Attribute::bool("otel.metric.overflow", true)])
    };
    assert_eq!(points.iter().find(over).unwrap().value, Number::Int(7));
    assert_eq!(
        values(&snapshot, "gofarm.otel.metric.overflow"),
        [Number::Int(7)]
    );
    // series that exist go on
    registry.observe(&OPENED.count(1).labelled(&[Label::number("port", 2)]));
    let two = Labels::new(&[Attribute::int("port", 2)]);
    let points = numbers(&collect(&registry), "test.opened");
    let known = points.iter().find(|point| point.labels == two).unwrap();
    assert_eq!(known.value, Number::Int(2));
}

#[test]
fn labels_of_a_hostile_length_are_not_kept() {
    let registry = Registry::new();
    let long = "x".repeat(5000);
    for _ in 0..3 {
        registry.observe(&OPENED.count(1).labelled(&[Label::text("agent", &long)]));
    }
    let points = numbers(&collect(&registry), "test.opened");
    assert_eq!(points.len(), 1);
    assert_eq!(
        points[0].labels,
        Labels::new(&[Attribute::bool("otel.metric.overflow", true)])
    );
    assert_eq!(points[0].value, Number::Int(3));
}

#[test]
fn handles_and_registry_may_go_to_any_thread() {
    fn anywhere<T: Send + Sync + Clone + 'static>() {}
    anywhere::<Registry>();
    anywhere::<gofarm_otel::instrument::Counter>();
    anywhere::<gofarm_otel::instrument::UpDownCounter>();
    anywhere::<gofarm_otel::instrument::Gauge>();
    anywhere::<gofarm_otel::instrument::Histogram>();
    anywhere::<gofarm_otel::meter::MeterProvider>();
    anywhere::<Snapshot>();
}

#[test]
fn the_cost_of_a_collection_grows_with_the_series_alone() {
    let allocations = |series: u64| {
        let registry = Registry::new();
        for port in 0..series {
            registry.observe(&OPENED.count(1).labelled(&[Label::number("port", port)]));
        }
        for _ in 0..1000 {
            registry.observe(&OPENED.count(1).labelled(&[Label::number("port", 0)]));
        }
        allocation_counter::measure(|| drop(collect(&registry))).bytes_total
    };
    let (ten, hundred, thousand) = (allocations(10), allocations(100), allocations(1000));
    let each = (thousand - hundred) / 900;
    assert!(each < 400, "{each} bytes for each series");
    assert!(hundred - ten < 90 * 400, "{ten} then {hundred} bytes");
}

#[test]
fn a_name_belongs_to_its_first_kind_and_unit() {
    static TWIN: Instrument = Instrument::counter("test.opened", "{valve}", "The same elsewhere");
    static STRANGER: Instrument = Instrument::gauge("test.opened", "m", "Something else");
    let registry = Registry::new();
    registry.observe(&OPENED.count(1));
    registry.observe(&TWIN.count(1));
    registry.observe(&STRANGER.measure(9.0));
    registry.gauge(&OPENED, &[]).set(7.0);
    let snapshot = collect(&registry);
    assert_eq!(values(&snapshot, "test.opened"), [Number::Int(2)]);
    let metrics = snapshot.metrics.iter().filter(|m| m.name == "test.opened");
    assert_eq!(metrics.count(), 1);
    assert_eq!(
        values(&snapshot, "gofarm.otel.metric.refused"),
        [Number::Int(2)]
    );
}

#[test]
fn the_latest_sampled_measurement_of_a_bucket_is_its_exemplar() {
    let clock = Clock::manual(Timestamp::from_unix_nanos(1_000));
    let registry = Registry::builder().clock(clock.clone()).build();
    let delay = registry.histogram(&DELAY, &[]);
    let unsampled = {
        let context = sampled(9);
        TraceContext::new(context.trace_id(), context.span_id())
    };
    delay.record_within(0.2, sampled(1));
    delay.record_within(0.21, sampled(2));
    delay.record_within(0.22, unsampled);
    clock.advance(core::time::Duration::from_nanos(5));
    registry.observe(&DELAY.measure(20.0).within(sampled(3)));
    let exemplars = histograms(&collect(&registry), "test.delay")[0]
        .exemplars
        .clone();
    let seen: Vec<_> = exemplars
        .iter()
        .map(|(place, e)| (*place, e.value, e.context))
        .collect();
    assert_eq!(seen, [(6, 0.21, sampled(2)), (14, 20.0, sampled(3))]);
    assert_eq!(exemplars[1].1.at, Timestamp::from_unix_nanos(1_005));

    registry.counter(&OPENED, &[]).add_within(2, sampled(4));
    let exemplar = numbers(&collect(&registry), "test.opened")[0]
        .exemplar
        .unwrap();
    assert_eq!((exemplar.value, exemplar.context), (2.0, sampled(4)));
}

#[test]
fn the_current_context_of_the_api_gives_the_exemplar_of_a_signal() {
    use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
    let registry = Registry::new();
    let context = SpanContext::new(
        opentelemetry::TraceId::from_bytes([7; 16]),
        opentelemetry::SpanId::from_bytes([7; 8]),
        TraceFlags::SAMPLED,
        false,
        TraceState::default(),
    );
    let attached = opentelemetry::Context::new()
        .with_remote_span_context(context)
        .attach();
    registry.observe(&DELAY.measure(0.2));
    drop(attached);
    registry.observe(&DELAY.measure(9.0));
    let point = &histograms(&collect(&registry), "test.delay")[0];
    let contexts: Vec<_> = point.exemplars.iter().map(|(_, e)| e.context).collect();
    assert_eq!(contexts, [sampled(7)]);
}

#[test]
fn a_view_decides_about_boundaries_before_the_code_and_the_code_before_the_unit() {
    let (two, three) = (
        Boundaries::new(&[1.0, 2.0]).unwrap(),
        Boundaries::new(&[1.0, 2.0, 3.0]).unwrap(),
    );
    let edges = |registry: &Registry| {
        registry.histogram_with(&DELAY, &[], &three).record(0.0);
        match collect(registry).get("test.delay").map(|m| m.data.clone()) {
            Some(Data::Histogram { boundaries, .. }) => boundaries,
            _ => Boundaries::new(&[]).unwrap(),
        }
    };
    assert_eq!(edges(&Registry::new()), three);
    let viewed = Registry::builder()
        .boundaries("test.delay", two.clone())
        .build();
    assert_eq!(edges(&viewed), two);
    let earlier = Registry::new();
    earlier.register(&[&DELAY]);
    assert_eq!(edges(&earlier), Boundaries::for_unit("s"));
}

#[test]
fn an_observable_is_asked_at_each_collection() {
    use core::sync::atomic::{AtomicI64, Ordering};
    let asked = AtomicI64::new(0);
    let registry = Registry::builder().cardinality(2).build();
    registry.register(&[&OPENED]);
    registry.observable(&OPENED, move |observation| {
        let n = asked.fetch_add(10, Ordering::Relaxed);
        for zone in ["b", "a", "a", "over"] {
            observation.set_whole(n + 10, &[Label::text("zone", zone)]);
        }
    });
    for total in [10, 20] {
        let points = numbers(&collect(&registry), "test.opened");
        let zones: Vec<_> = points
            .iter()
            .map(|p| p.labels.iter().next().unwrap().value)
            .collect();
        assert_eq!(zones, [Value::Text("a"), Value::Text("b")]);
        assert!(points.iter().all(|p| p.value == Number::Int(total)));
    }
}

#[test]
fn nothing_is_lost_between_threads() {
    const EACH: u64 = 20_000;
    let registry = Registry::new();
    thread::scope(|scope| {
        for thread in 0..4u8 {
            let registry = &registry;
            scope.spawn(move || {
                let held = registry.counter(&OPENED, &[Label::text("way", "held")]);
                let delay = registry.histogram(&DELAY, &[]);
                for n in 0..EACH {
                    held.add(1);
                    let port = Label::number("port", n % 16);
                    registry.observe(&OPENED.count(1).labelled(&[port]));
                    registry.observe(&LEVEL.measure(0.5));
                    delay.record_within(0.25, sampled(thread + 1));
                    if n % 4000 == 0 {
                        assert!(!collect(registry).metrics.is_empty());
                    }
                }
            });
        }
    });
    let snapshot = collect(&registry);
    let total: f64 = values(&snapshot, "test.opened")
        .iter()
        .map(|n| n.as_f64())
        .sum();
    assert_eq!(total, (2 * 4 * EACH) as f64);
    assert_eq!(values(&snapshot, "test.opened").len(), 17);
    let delay = &histograms(&snapshot, "test.delay")[0];
    assert_eq!((delay.count(), delay.sum), (4 * EACH, EACH as f64));
    assert_eq!(delay.exemplars.len(), 1);
}

#[test]
fn a_known_series_costs_no_allocation() {
    let registry = Registry::new();
    let labels = [
        Label::text("zone", "north"),
        Label::text("reason", "expired"),
        Label::number("port", 7),
    ];
    let signals = [OPENED.count(1), DELAY.measure(0.2).within(sampled(1))];
    let signals = signals.map(|signal| signal.labelled(&labels));
    let held = registry.histogram(&DELAY, &labels);
    signals.iter().for_each(|signal| registry.observe(signal));
    let info = allocation_counter::measure(|| {
        for _ in 0..100 {
            signals.iter().for_each(|signal| registry.observe(signal));
            held.record_within(0.3, sampled(2));
        }
    });
    // one for the exemplars of the histogram, which the first signal made
    assert_eq!(info.count_total, 0);
}

#[test]
fn the_start_stays_while_time_goes_on() {
    let clock = Clock::manual(Timestamp::from_unix_nanos(5));
    let registry = Registry::builder().clock(clock.clone()).build();
    clock.advance(core::time::Duration::from_secs(3600));
    let snapshot = collect(&registry);
    assert_eq!(snapshot.start, Timestamp::from_unix_nanos(5));
    assert_eq!(snapshot.at, Timestamp::from_unix_nanos(3_600_000_000_005));
}

proptest! {
    #[test]
    fn buckets_and_sum_are_those_of_a_naive_histogram(values in prop::collection::vec(-1e3f64..2e4, 0..200)) {
        static PLAIN: Instrument = Instrument::histogram("test.plain", "", "Anything");
        let registry = Registry::new();
        let histogram = registry.histogram(&PLAIN, &[]);
        values.iter().for_each(|&value| histogram.record(value));
        let snapshot = collect(&registry);
        let point = &histograms(&snapshot, "test.plain")[0];
        let edges = Boundaries::for_unit("");
        let mut low = f64::NEG_INFINITY;
        for (place, count) in point.buckets.iter().enumerate() {
            let high = edges.as_slice().get(place).copied().unwrap_or(f64::INFINITY);
            let naive = values.iter().filter(|&&v| v > low && v <= high).count();
            prop_assert_eq!(*count, naive as u64);
            low = high;
        }
        prop_assert_eq!(point.sum, values.iter().sum::<f64>());
    }

    #[test]
    fn a_counter_stands_at_the_sum_of_all_that_was_added(adds in prop::collection::vec((0u64..1000, 0u64..4), 0..100)) {
        let registry = Registry::new();
        for &(n, port) in &adds {
            registry.observe(&OPENED.count(n).labelled(&[Label::number("port", port)]));
        }
        let points = numbers(&collect(&registry), "test.opened");
        for point in points {
            let port = point.labels.iter().next().map(|label| label.value);
            let mine = adds.iter().filter(|(_, p)| port == Some(Value::Int(p.cast_signed())));
            prop_assert_eq!(point.value, Number::Int(mine.map(|(n, _)| n.cast_signed()).sum()));
        }
    }
}
