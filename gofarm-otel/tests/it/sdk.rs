//! Our samplers and our export in the places of the SDK.

use gofarm_otel::sdk::{SdkExporter, SdkSampler};
use opentelemetry::trace::{
    Event, Link, SpanKind, Status, TraceContextExt, TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_sdk::trace::SdkTracerProvider;

use crate::received;
use crate::tracer::{ByName, pipeline};

#[test]
fn a_span_of_the_sdk_is_received_like_one_of_ours() {
    let (ours, queue, _) = pipeline();
    let provider = SdkTracerProvider::builder()
        .with_sampler(SdkSampler::new(ByName))
        .with_simple_exporter(SdkExporter::new(ours))
        .build();
    let tracer = provider.tracer("library");
    let state = TraceState::from_key_value([("a", "1")]).unwrap();
    let remote = opentelemetry::trace::SpanContext::new(
        opentelemetry::TraceId::from(1),
        opentelemetry::SpanId::from(2),
        opentelemetry::TraceFlags::SAMPLED,
        true,
        state,
    );
    let parent = Context::new().with_remote_span_context(remote.clone());
    let builder = tracer
        .span_builder("job")
        .with_kind(SpanKind::Client)
        .with_attributes([KeyValue::new("n", 1)])
        .with_events(vec![Event::with_name("half")])
        .with_links(vec![Link::with_context(remote)]);
    let context = parent.with_span(builder.start_with_context(&tracer, &parent));
    context.span().set_status(Status::error("no room"));
    context.span().end();
    let dropped = tracer.start_with_context("no", &Context::new());
    drop(dropped);

    let read = received::span(&queue);
    assert_eq!((read.name.as_str(), read.kind), ("job", 3));
    assert_eq!((read.trace_state.as_str(), read.flags), ("a=1", 0x301));
    assert_eq!(read.parent_span_id, [0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(
        received::value(&read.attributes, "n"),
        Some(Value::IntValue(1))
    );
    assert_eq!((read.events.len(), read.links.len()), (1, 1));
    assert_eq!(read.status.unwrap().message, "no room");
    assert!(read.end_time_unix_nano >= read.start_time_unix_nano);
}
