//! The metrics API of OpenTelemetry over the registry.

use gofarm_core::observe::{Instrument, Observer};
use gofarm_otel::attribute::Attribute;
use gofarm_otel::exposition::{Format, write};
use gofarm_otel::instrument::{Boundaries, Labels, Number, Registry};
use gofarm_otel::meter::MeterProvider;
use gofarm_otel::resource::Resource;
use gofarm_otel::snapshot::{Data, NumberPoint, Snapshot};
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};

fn meter(registry: &Registry) -> Meter {
    let scope = InstrumentationScope::builder("some.library").with_version("1.2");
    MeterProvider::new(registry).meter_with_scope(scope.build())
}

fn collect(registry: &Registry) -> Snapshot {
    registry.collect(registry.clock().now())
}

fn points(snapshot: &Snapshot, name: &str) -> Vec<NumberPoint> {
    match &snapshot.get(name).unwrap().data {
        Data::Sum { points, .. } | Data::Gauge(points) => points.clone(),
        other => panic!("{other:?}"),
    }
}

fn value(snapshot: &Snapshot, name: &str) -> Number {
    points(snapshot, name)[0].value
}

#[test]
fn every_instrument_of_the_api_arrives_with_its_type() {
    let registry = Registry::new();
    let meter = meter(&registry);
    meter.u64_counter("a").build().add(2, &[]);
    meter.f64_counter("b").build().add(2.0, &[]);
    meter.i64_up_down_counter("c").build().add(-2, &[]);
    meter.f64_up_down_counter("d").build().add(-2.0, &[]);
    meter.u64_gauge("e").build().record(u64::MAX, &[]);
    meter.i64_gauge("f").build().record(-3, &[]);
    meter.f64_gauge("g").build().record(0.5, &[]);
    meter.u64_histogram("h").build().record(7, &[]);
    let histogram = meter
        .f64_histogram("i")
        .with_unit("s")
        .with_boundaries(vec![1.0]);
    histogram.build().record(7.0, &[]);

    let snapshot = collect(&registry);
    let expected = [
        ("a", Number::Int(2)),
        ("b", Number::Double(2.0)),
        ("c", Number::Int(-2)),
        ("d", Number::Double(-2.0)),
        ("e", Number::Int(i64::MAX)),
        ("f", Number::Int(-3)),
        ("g", Number::Double(0.5)),
    ];
    for (name, expected) in expected {
        assert_eq!(value(&snapshot, name), expected, "{name}");
    }
    let histogram = |name: &str| match &snapshot.get(name).unwrap().data {
        Data::Histogram { boundaries, points } => (boundaries.clone(), points[0].sum),
        other => panic!("{other:?}"),
    };
    assert_eq!(histogram("h"), (Boundaries::for_unit(""), 7.0));
    assert_eq!(histogram("i"), (Boundaries::new(&[1.0]).unwrap(), 7.0));
}

#[test]
fn an_observable_exports_what_its_callbacks_say_and_nothing_else() {
    use alloc::sync::Arc;
    use core::sync::atomic::{AtomicU64, Ordering};
    let registry = Registry::new();
    let meter = meter(&registry);
    let asked = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&asked);
    let _total = meter
        .u64_observable_counter("total")
        .with_callback(move |observer| {
            let n = shared.fetch_add(1, Ordering::Relaxed);
            observer.observe(n, &[KeyValue::new("n", n.cast_signed() % 2)]);
        })
        .build();
    let _level = meter
        .f64_observable_gauge("level")
        .with_callback(|observer| observer.observe(1.0, &[KeyValue::new("tank", "a")]))
        .with_callback(|observer| observer.observe(2.0, &[KeyValue::new("tank", "b")]))
        .build();
    let _depth = meter
        .i64_observable_up_down_counter("depth")
        .with_callback(|observer| observer.observe(-1, &[]))
        .build();
    for n in 0..3i64 {
        let snapshot = collect(&registry);
        let total = points(&snapshot, "total");
        assert_eq!(total.len(), 1);
        assert_eq!(total[0].value, Number::Int(n));
        assert_eq!(total[0].labels, Labels::new(&[Attribute::int("n", n % 2)]));
        let level = points(&snapshot, "level");
        assert_eq!(level.iter().map(|p| p.value.as_f64()).sum::<f64>(), 3.0);
        assert_eq!(value(&snapshot, "depth"), Number::Int(-1));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[test]
fn the_same_name_in_two_scopes_is_two_metrics_told_apart_by_a_label() {
    static ITEMS: Instrument = Instrument::counter("items", "", "Ours");
    let registry = Registry::new();
    registry.observe(&ITEMS.count(1));
    meter(&registry).u64_counter("items").build().add(2, &[]);
    let snapshot = collect(&registry);
    let found = snapshot
        .metrics
        .iter()
        .filter(|metric| metric.name == "items");
    let scopes: Vec<_> = found.map(|metric| metric.scope.name()).collect();
    assert_eq!(scopes, ["gofarm", "some.library"]);
    let mut page = String::new();
    write(&mut page, Format::Text, &snapshot, &Resource::new("x")).unwrap();
    let labels = "{otel_scope_name=\"some.library\",otel_scope_version=\"1.2\"}";
    assert!(
        page.contains(&format!("items_total 1\nitems_total{labels} 2\n")),
        "{page}"
    );
}

#[test]
fn two_builders_of_one_name_share_their_series() {
    let registry = Registry::new();
    let provider = MeterProvider::new(&registry);
    for zone in ["a", "a", "b"] {
        let counter = provider.meter("lib").u64_counter("opened").build();
        counter.add(1, &[KeyValue::new("zone", zone)]);
    }
    let snapshot = collect(&registry);
    let values: Vec<_> = points(&snapshot, "opened")
        .iter()
        .map(|p| p.value)
        .collect();
    assert_eq!(values, [Number::Int(2), Number::Int(1)]);
}

#[test]
fn lists_become_text_and_the_last_of_a_repeated_key_counts() {
    let registry = Registry::new();
    let counter = meter(&registry).u64_counter("opened").build();
    let list = Value::Array(Array::I64(vec![1, 2]));
    for _ in 0..2 {
        counter.add(1, &[KeyValue::new("ports", list.clone())]);
        counter.add(1, &[KeyValue::new("k", 1), KeyValue::new("k", 2)]);
    }
    let points = points(&collect(&registry), "opened");
    let labels: Vec<_> = points.iter().map(|point| point.labels.clone()).collect();
    assert_eq!(
        labels,
        [
            Labels::new(&[Attribute::int("k", 2)]),
            Labels::new(&[Attribute::text("ports", "[1,2]")])
        ]
    );
    assert!(points.iter().all(|point| point.value == Number::Int(2)));
}

#[test]
fn edges_that_cannot_be_fall_back_to_those_of_the_unit() {
    let registry = Registry::new();
    let meter = meter(&registry);
    let histogram = meter.f64_histogram("delay").with_unit("s");
    histogram
        .with_boundaries(vec![2.0, 1.0])
        .build()
        .record(1.0, &[]);
    match &collect(&registry).get("delay").unwrap().data {
        Data::Histogram { boundaries, .. } => assert_eq!(*boundaries, Boundaries::for_unit("s")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_and_a_real_gauge_of_one_name_are_not_mixed() {
    let registry = Registry::new();
    let meter = meter(&registry);
    meter.i64_gauge("level").build().record(1, &[]);
    meter.f64_gauge("level").build().record(1.5, &[]);
    let snapshot = collect(&registry);
    assert_eq!(value(&snapshot, "level"), Number::Int(1));
    assert_eq!(
        value(&snapshot, "gofarm.otel.metric.refused"),
        Number::Int(1)
    );
}

#[test]
fn a_known_series_costs_no_allocation_through_the_api() {
    let registry = Registry::new();
    let counter = meter(&registry).u64_counter("opened").build();
    let labels = [KeyValue::new("zone", "north"), KeyValue::new("port", 7)];
    counter.add(1, &labels);
    let info = allocation_counter::measure(|| {
        for _ in 0..100 {
            counter.add(1, &labels);
        }
    });
    assert_eq!(info.count_total, 0);
}
