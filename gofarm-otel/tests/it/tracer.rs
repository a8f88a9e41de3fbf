//! Spans: what is recorded is what a receiver reads.

use core::time::Duration;

use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
use gofarm_otel::attribute::Attribute;
use gofarm_otel::batch::Kind;
use gofarm_otel::clock::Clock;
use gofarm_otel::queue::Queue;
use gofarm_otel::resource::Resource;
use gofarm_otel::sampler::{Decision, Head, Parent, Sample};
use gofarm_otel::span::SpanKind;
use gofarm_otel::timestamp::Timestamp;
use gofarm_otel::tracer::{Limits, Span, SpanStart, Tracer, TracerProvider, span_context};
use opentelemetry::trace::{
    SpanBuilder, TraceContextExt, TraceState, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, Value as ApiValue};
use opentelemetry_proto::tonic::common::v1::any_value::Value;

use crate::received;

mod allocations;
mod laws;

pub(crate) const START: u64 = 1_767_225_600_000_000_000;

/// Keeps what a parent keeps, and what begins here unless its name is "no".
#[derive(Clone, Copy)]
pub(crate) struct ByName;

impl Sample for ByName {
    fn sample(&self, head: &Head<'_>) -> Decision {
        match head.parent {
            Parent::Local { sampled: false } | Parent::Remote { sampled: false } => Decision::Drop,
            _ if head.name == "no" => Decision::Drop,
            _ => Decision::Keep,
        }
    }
}

pub(crate) fn pipeline() -> (TracerProvider, Queue, Clock) {
    let queue = Queue::new(Kind::Traces, &Resource::new("gateway"), 1 << 20);
    let clock = Clock::manual(Timestamp::from_unix_nanos(START));
    let provider = TracerProvider::new(ByName, queue.clone(), clock.clone()).seed(7);
    (provider, queue, clock)
}

fn begin(provider: &TracerProvider, name: &str) -> Span {
    let start = SpanStart::new(name, provider.clock().now());
    provider.tracer("test").begin(&start)
}

fn incoming() -> TraceContext {
    let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    text.parse().unwrap()
}

#[test]
fn a_span_is_received_with_ids_times_and_all_that_was_said() {
    let (provider, queue, clock) = pipeline();
    clock.advance(Duration::from_nanos(5));
    let start = SpanStart::new("GET", clock.now())
        .kind(SpanKind::Server)
        .remote(incoming(), Parent::Remote { sampled: true }, "vendor=1,b=2");
    let span = provider.tracer("server").begin(&start);
    span.set(Attribute::int("http.response.status_code", 200));
    span.set_all(&[Attribute::text("a", "x"), Attribute::bool("b", true)]);
    span.set(Attribute::int("http.response.status_code", 503));
    clock.advance(Duration::from_nanos(1));
    span.event("retried", clock.now(), &[Attribute::double("after", 0.5)]);
    let other = TraceContext::new(TraceId::new([3; 16]).unwrap(), SpanId::new([4; 8]).unwrap());
    span.link(other);
    span.rename("GET /plots/{plot}");
    span.fail("no room");
    clock.advance(Duration::from_nanos(1));
    let context = span.context();
    span.end_at(clock.now());

    let read = received::span(&queue);
    assert_eq!(read.trace_id, incoming().trace_id().as_bytes());
    assert_eq!(read.span_id, context.span_id().as_bytes());
    assert_eq!(read.parent_span_id, incoming().span_id().as_bytes());
    assert_eq!(read.trace_state, "vendor=1,b=2");
    assert_eq!(read.flags, 0x301, "sampled, and the parent is remote");
    assert_eq!((read.name.as_str(), read.kind), ("GET /plots/{plot}", 2));
    assert_eq!(read.start_time_unix_nano, START + 5);
    assert_eq!(read.end_time_unix_nano, START + 7);
    assert_eq!(read.attributes.len(), 3);
    let status = received::value(&read.attributes, "http.response.status_code");
    assert_eq!(status, Some(Value::IntValue(503)), "the later value");
    assert_eq!(received::value(&read.attributes, "a"), received::text("x"));
    let event = read.events.first().unwrap();
    assert_eq!(
        (event.name.as_str(), event.time_unix_nano),
        ("retried", START + 6)
    );
    assert_eq!(
        received::value(&event.attributes, "after"),
        Some(Value::DoubleValue(0.5))
    );
    let link = read.links.first().unwrap();
    assert_eq!(
        (link.trace_id.as_slice(), link.span_id.as_slice()),
        (&[3; 16][..], &[4; 8][..])
    );
    let status = read.status.unwrap();
    assert_eq!((status.code, status.message.as_str()), (2, "no room"));
}

#[test]
fn a_span_that_the_sampler_does_not_want_goes_on_as_ids_that_say_so() {
    let (provider, queue, clock) = pipeline();
    let span = begin(&provider, "no");
    assert!(!span.is_recording() && !span.context().is_sampled());
    let context = span.in_context(&Context::new());
    assert!(!context.span().span_context().is_sampled());
    assert_eq!(
        span_context::from_api(context.span().span_context()),
        Some(span.context())
    );
    let child = provider
        .tracer("child")
        .start_with_context("child", &context);
    assert_eq!(child.context().trace_id(), span.context().trace_id());
    assert!(!child.is_recording(), "a child follows its parent");
    drop(child);
    span.end_at(clock.now());
    assert_eq!(queue.stats().pushed, 0);
}

#[test]
fn what_a_handler_says_through_the_api_reaches_the_span_of_the_layer() {
    let (provider, queue, clock) = pipeline();
    let span = begin(&provider, "layer");
    let context = span.in_context(&Context::new());
    {
        let _attached = context.clone().attach();
        let current = Context::current();
        assert!(current.span().is_recording());
        current.span().set_attribute(KeyValue::new("plot", 7));
        let child = provider.tracer("handler").start("child");
        assert_eq!(child.context().trace_id(), span.context().trace_id());
    }
    assert!(span.is_recording(), "the context does not end it");
    span.set(Attribute::text("zone", "north"));
    span.end_at(clock.now());
    context.span().set_attribute(KeyValue::new("late", true));
    assert!(!context.span().is_recording());

    let [child, layer] = &received::spans(&queue)[..] else {
        panic!("two spans")
    };
    assert_eq!(child.parent_span_id, layer.span_id);
    assert_eq!(
        child.flags & 0x300,
        0x100,
        "the parent is known to be local"
    );
    assert_eq!(
        received::value(&layer.attributes, "plot"),
        Some(Value::IntValue(7))
    );
    assert_eq!(
        received::value(&layer.attributes, "zone"),
        received::text("north")
    );
    assert_eq!(layer.attributes.len(), 2, "nothing is added after the end");
}

#[test]
fn the_api_alone_gives_the_same_spans() {
    let (provider, queue, _) = pipeline();
    let scope = InstrumentationScope::builder("library")
        .with_version("1.2")
        .with_schema_url("https://opentelemetry.io/schemas/1.44.0")
        .with_attributes([KeyValue::new("k", "v")])
        .build();
    let tracer = provider.tracer_with_scope(scope);
    let state = TraceState::from_key_value([("a", "1")]).unwrap();
    let remote = span_context::to_api(incoming(), true, state);
    let parent = Context::new().with_remote_span_context(remote);
    let builder = SpanBuilder::from_name("job")
        .with_kind(opentelemetry::trace::SpanKind::Consumer)
        .with_attributes([KeyValue::new("n", 1), KeyValue::new("x", 1.5)])
        .with_links(vec![opentelemetry::trace::Link::with_context(
            span_context::to_api(incoming(), true, TraceState::NONE),
        )]);
    let context = parent.with_span(tracer.build_with_context(builder, &parent));
    let list = opentelemetry::Array::from(vec![1, 2]);
    let span = context.span();
    span.set_attribute(KeyValue::new("list", ApiValue::Array(list)));
    span.add_event("half", vec![KeyValue::new("so", true)]);
    span.set_status(opentelemetry::trace::Status::Ok);
    span.set_status(opentelemetry::trace::Status::error("late"));
    span.update_name("work");
    let end = std::time::UNIX_EPOCH + Duration::from_nanos(START + 3);
    span.end_with_timestamp(end);

    let batch = queue.take(usize::MAX).unwrap();
    let resource = received::traces(&batch);
    let attributes = resource.resource.unwrap().attributes;
    assert_eq!(
        received::value(&attributes, "service.name"),
        received::text("gateway")
    );
    let of_scope = resource.scope_spans.first().unwrap();
    let scope = of_scope.scope.as_ref().unwrap();
    assert_eq!(
        (scope.name.as_str(), scope.version.as_str()),
        ("library", "1.2")
    );
    assert_eq!(received::value(&scope.attributes, "k"), received::text("v"));
    assert!(of_scope.schema_url.ends_with("1.44.0"));
    let read = of_scope.spans.first().unwrap();
    assert_eq!((read.name.as_str(), read.kind), ("work", 5));
    assert_eq!(read.trace_state, "a=1");
    assert_eq!(read.end_time_unix_nano - read.start_time_unix_nano, 3);
    assert_eq!(
        received::value(&read.attributes, "x"),
        Some(Value::DoubleValue(1.5))
    );
    let Some(Value::ArrayValue(list)) = received::value(&read.attributes, "list") else {
        panic!("a list")
    };
    assert_eq!(list.values.len(), 2);
    assert_eq!(read.events.len(), 1);
    assert_eq!(read.links.first().unwrap().flags, 0x301);
    assert_eq!(read.status.as_ref().unwrap().code, 1, "ok stands");
}

#[test]
fn a_span_that_is_dropped_has_ended() {
    let (provider, queue, clock) = pipeline();
    let span = begin(&provider, "left");
    clock.advance(Duration::from_secs(1));
    drop(span);
    let read = received::span(&queue);
    assert_eq!(
        read.end_time_unix_nano - read.start_time_unix_nano,
        1_000_000_000
    );
}

#[test]
fn an_end_before_the_start_is_the_start() {
    let (provider, queue, clock) = pipeline();
    clock.advance(Duration::from_secs(1));
    let span = begin(&provider, "back");
    span.end_at(gofarm_otel::clock::Moment::from_nanos(0));
    let read = received::span(&queue);
    assert_eq!(read.end_time_unix_nano, read.start_time_unix_nano);
}

#[test]
fn what_goes_beyond_the_limits_is_counted() {
    let (provider, queue, clock) = pipeline();
    let limits = Limits::new()
        .attributes(3)
        .events(2)
        .links(1)
        .value_bytes(5);
    let provider = provider.limits(limits);
    let span = begin(&provider, "limited");
    for key in ["a", "b", "c", "d", "e", "a"] {
        span.set(Attribute::text(key, "länger"));
    }
    let many = [Attribute::int("n", 1); 5];
    for _ in 0..4 {
        span.event("event", clock.now(), &many);
        span.link(incoming());
    }
    span.end_at(clock.now());
    let read = received::span(&queue);
    assert_eq!(read.name, "limit");
    assert_eq!(
        (read.attributes.len(), read.dropped_attributes_count),
        (3, 2)
    );
    assert_eq!(
        received::value(&read.attributes, "a"),
        received::text("läng")
    );
    assert_eq!((read.events.len(), read.dropped_events_count), (2, 2));
    assert_eq!((read.links.len(), read.dropped_links_count), (1, 3));
    let event = read.events.first().unwrap();
    assert_eq!(
        (event.attributes.len(), event.dropped_attributes_count),
        (3, 2)
    );
}

#[test]
fn the_bytes_of_one_span_are_bounded() {
    let (provider, queue, clock) = pipeline();
    let provider = provider.limits(Limits::new().span_bytes(1000));
    let span = begin(&provider, "large");
    for n in 0..100 {
        let key = format!("key.{n}");
        span.set(Attribute::text(&key, &"x".repeat(100)));
        span.event(&"y".repeat(100), clock.now(), &[]);
    }
    span.end_at(clock.now());
    let batch = queue.take(usize::MAX).unwrap();
    assert!(batch.body.len() < 1500, "{}", batch.body.len());
    let read = received::traces(&batch);
    let read = read.scope_spans.first().unwrap().spans.first().unwrap();
    let attributes = u32::try_from(read.attributes.len()).unwrap();
    assert_eq!(attributes + read.dropped_attributes_count, 100);
    assert!(attributes > 2 && read.dropped_events_count > 90);
}

#[test]
fn a_seed_gives_the_same_ids_again_and_no_seed_gives_others() {
    let ids = |seed: Option<u64>| {
        let (provider, ..) = pipeline();
        let provider = match seed {
            Some(seed) => provider.seed(seed),
            None => {
                let (_, queue, clock) = pipeline();
                TracerProvider::new(ByName, queue, clock)
            }
        };
        begin(&provider, "span").context()
    };
    assert_eq!(ids(Some(1)), ids(Some(1)));
    assert_ne!(ids(Some(1)), ids(Some(2)));
    let drawn: alloc::collections::BTreeSet<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..1000).map(|_| ids(None).trace_id()).collect::<Vec<_>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect()
    });
    assert_eq!(drawn.len(), 4000);
}

#[test]
fn everything_goes_between_threads() {
    fn goes<T: Send + Sync>() {}
    goes::<TracerProvider>();
    goes::<Tracer>();
    goes::<Span>();
    goes::<Queue>();
    // The provider of the whole process, for libraries that ask the API for it.
    let _: fn(TracerProvider) -> _ = opentelemetry::global::set_tracer_provider;
}
