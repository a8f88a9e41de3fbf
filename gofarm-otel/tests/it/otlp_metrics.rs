//! What an independent decoder reads in our OTLP requests.

use gofarm_core::observe::{Instrument, Label, Observer};
use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
use gofarm_otel::batch::{Batch, Kind};
use gofarm_otel::clock::Clock;
use gofarm_otel::instrument::Registry;
use gofarm_otel::otlp_metrics::MetricsEncoder;
use gofarm_otel::resource::Resource;
use gofarm_otel::timestamp::Timestamp;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, exemplar};
use proptest::prelude::*;
use prost::Message as _;

static OPENED: Instrument = Instrument::counter("test.opened", "{valve}", "Valves opened");
static LITRES: Instrument = Instrument::counter("test.litres", "L", "Water");
static DEPTH: Instrument = Instrument::up_down_counter("test.depth", "{item}", "Items that wait");
static LEVEL: Instrument = Instrument::gauge("test.level", "m", "Water in the tank");
static DELAY: Instrument = Instrument::histogram("test.delay", "s", "From reading to command");

const START: u64 = 1_767_225_600_000_000_000;

fn registry() -> (Registry, Clock) {
    let clock = Clock::manual(Timestamp::from_unix_nanos(START));
    (Registry::builder().clock(clock.clone()).build(), clock)
}

fn encoder() -> MetricsEncoder {
    MetricsEncoder::new(&Resource::new("gateway"))
}

fn encode(encoder: &mut MetricsEncoder, registry: &Registry) -> Vec<Batch> {
    encoder.encode(registry.collect(registry.clock().now()))
}

fn decode(batches: &[Batch]) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for batch in batches {
        assert_eq!(batch.kind, Kind::Metrics);
        let request = ExportMetricsServiceRequest::decode(&*batch.body).unwrap();
        for resource in request.resource_metrics {
            let attributes = resource.resource.unwrap().attributes;
            assert_eq!(text(&attributes, "service.name"), "gateway");
            for scope in resource.scope_metrics {
                assert_eq!(scope.scope.unwrap().name, "gofarm");
                metrics.extend(scope.metrics);
            }
        }
    }
    metrics.retain(|metric| metric.name.starts_with("test."));
    metrics
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.unwrap().value.clone().unwrap().value.unwrap() {
        any_value::Value::StringValue(text) => text,
        any_value::Value::IntValue(int) => int.to_string(),
        other => panic!("{other:?}"),
    }
}

fn one(metrics: &[Metric], name: &str) -> Data {
    let found = metrics.iter().find(|metric| metric.name == name);
    found.unwrap().data.clone().unwrap()
}

fn context() -> TraceContext {
    let (trace, span) = (TraceId::new([1; 16]).unwrap(), SpanId::new([2; 8]).unwrap());
    TraceContext::new(trace, span).sampled()
}

#[test]
fn every_kind_is_read_as_it_was_measured() {
    let (registry, clock) = registry();
    registry.observe(
        &OPENED
            .count(3)
            .labelled(&[Label::text("zone", "north"), Label::number("port", 7)]),
    );
    registry.observe(&LITRES.measure(1.5));
    registry.observe(&DEPTH.change(-4));
    registry.observe(&LEVEL.measure(0.25));
    clock.advance(core::time::Duration::from_secs(1));
    registry.observe(&DELAY.measure(0.3).within(context()));
    let batches = encode(&mut encoder(), &registry);
    assert_eq!(batches.len(), 1);
    let metrics = decode(&batches);
    assert_eq!(batches[0].items, 5 + 2); // and the registry's own two

    let Data::Sum(opened) = one(&metrics, "test.opened") else {
        panic!()
    };
    assert!(opened.is_monotonic);
    assert_eq!(opened.aggregation_temporality, 2);
    let point = &opened.data_points[0];
    assert_eq!(point.value, Some(Value::AsInt(3)));
    assert_eq!(
        (point.start_time_unix_nano, point.time_unix_nano),
        (START, START + 1_000_000_000)
    );
    assert_eq!(text(&point.attributes, "zone"), "north");
    assert_eq!(text(&point.attributes, "port"), "7");

    let Data::Sum(litres) = one(&metrics, "test.litres") else {
        panic!()
    };
    assert_eq!(litres.data_points[0].value, Some(Value::AsDouble(1.5)));
    let Data::Sum(depth) = one(&metrics, "test.depth") else {
        panic!()
    };
    assert!(!depth.is_monotonic);
    assert_eq!(depth.data_points[0].value, Some(Value::AsInt(-4)));
    let Data::Gauge(level) = one(&metrics, "test.level") else {
        panic!()
    };
    assert_eq!(level.data_points[0].value, Some(Value::AsDouble(0.25)));

    let Data::Histogram(delay) = one(&metrics, "test.delay") else {
        panic!()
    };
    let point = &delay.data_points[0];
    assert_eq!((point.count, point.sum), (1, Some(0.3)));
    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
    assert_eq!(point.explicit_bounds[7], 0.5);
    assert_eq!(point.bucket_counts[7], 1);
    let exemplar = &point.exemplars[0];
    assert_eq!(exemplar.value, Some(exemplar::Value::AsDouble(0.3)));
    assert_eq!(exemplar.trace_id, [1; 16]);
    assert_eq!(exemplar.span_id, [2; 8]);
    assert_eq!(exemplar.time_unix_nano, START + 1_000_000_000);

    let named = metrics
        .iter()
        .find(|metric| metric.name == "test.delay")
        .unwrap();
    assert_eq!(
        (&*named.unit, &*named.description),
        ("s", "From reading to command")
    );
}

#[test]
fn an_exemplar_is_sent_once() {
    let (registry, clock) = registry();
    let delay = registry.histogram(&DELAY, &[]);
    delay.record_within(0.3, context());
    let mut encoder = encoder();
    let sent = |metrics: &[Metric]| match one(metrics, "test.delay") {
        Data::Histogram(delay) => delay.data_points[0].exemplars.len(),
        _ => 0,
    };
    assert_eq!(sent(&decode(&encode(&mut encoder, &registry))), 1);
    clock.advance(core::time::Duration::from_secs(1));
    assert_eq!(sent(&decode(&encode(&mut encoder, &registry))), 0);
    clock.advance(core::time::Duration::from_secs(1));
    delay.record_within(0.3, context());
    assert_eq!(sent(&decode(&encode(&mut encoder, &registry))), 1);
}

#[test]
fn differences_begin_where_the_last_ones_ended() {
    let (registry, clock) = registry();
    let mut encoder = encoder().delta();
    let (opened, depth) = (
        registry.counter(&OPENED, &[]),
        registry.up_down_counter(&DEPTH, &[]),
    );
    let delay = registry.histogram(&DELAY, &[]);
    let mut seen = Vec::new();
    for n in 1..=3 {
        opened.add(n);
        depth.add(1);
        delay.record(1.0);
        clock.advance(core::time::Duration::from_secs(10));
        let metrics = decode(&encode(&mut encoder, &registry));
        let Data::Sum(opened) = one(&metrics, "test.opened") else {
            panic!()
        };
        assert_eq!(opened.aggregation_temporality, 1);
        let point = &opened.data_points[0];
        let Some(Value::AsInt(count)) = point.value else {
            panic!()
        };
        seen.push((
            count,
            point.start_time_unix_nano - START,
            point.time_unix_nano - START,
        ));
        let Data::Histogram(delay) = one(&metrics, "test.delay") else {
            panic!()
        };
        assert_eq!(
            (delay.data_points[0].count, delay.data_points[0].sum),
            (1, Some(1.0))
        );
        let Data::Sum(depth) = one(&metrics, "test.depth") else {
            panic!()
        };
        assert_eq!(depth.aggregation_temporality, 2);
        assert_eq!(depth.data_points[0].start_time_unix_nano, START);
    }
    const S: u64 = 10_000_000_000;
    assert_eq!(seen, [(1, 0, S), (2, S, 2 * S), (3, 2 * S, 3 * S)]);
    assert!(
        decode(&encode(&mut encoder, &registry))
            .iter()
            .all(|m| m.name == "test.depth")
    );
}

#[test]
fn nothing_to_say_is_no_request() {
    let (registry, _) = registry();
    let mut encoder = encoder().delta();
    assert!(encode(&mut encoder, &registry).is_empty());
}

proptest! {
    #[test]
    fn requests_are_below_the_bound_and_together_hold_every_point(
        series in 1u64..300, bound in 800usize..5000, zone in ".{0,40}",
    ) {
        let (registry, _) = registry();
        for port in 0..series {
            let labels = [Label::number("port", port), Label::text("zone", &zone)];
            registry.observe(&OPENED.count(port).labelled(&labels));
            registry.observe(&DELAY.measure(0.1).labelled(&labels).within(context()));
        }
        let batches = encode(&mut encoder().max_bytes(bound), &registry);
        prop_assert!(batches.iter().all(|batch| batch.body.len() <= bound));
        let items: u32 = batches.iter().map(|batch| batch.items).sum();
        prop_assert_eq!(u64::from(items), 2 * series + 2);
        let mut ports = Vec::new();
        let mut counts = 0;
        for metric in decode(&batches) {
            match metric.data.unwrap() {
                Data::Sum(sum) => for point in sum.data_points {
                    let port: i64 = text(&point.attributes, "port").parse().unwrap();
                    prop_assert_eq!(text(&point.attributes, "zone"), zone.as_str());
                    prop_assert_eq!(point.value, Some(Value::AsInt(port)));
                    ports.push(port.cast_unsigned());
                },
                Data::Histogram(histogram) => counts += histogram.data_points.len() as u64,
                other => panic!("{other:?}"),
            }
        }
        ports.sort_unstable();
        prop_assert_eq!(ports, (0..series).collect::<Vec<_>>());
        prop_assert_eq!(counts, series);
    }
}
