//! Log records: what is written is what a receiver reads, with the ids of its trace.

use core::time::Duration;
use std::time::UNIX_EPOCH;

use gofarm_otel::attribute::Attribute;
use gofarm_otel::batch::Kind;
use gofarm_otel::clock::{Clock, Moment};
use gofarm_otel::logger::{Logger, LoggerProvider};
use gofarm_otel::queue::Queue;
use gofarm_otel::resource::Resource;
use gofarm_otel::timestamp::Timestamp;
use gofarm_otel::tracer::{Limits, SpanStart};
use opentelemetry::Context;
use opentelemetry::logs::{AnyValue, LogRecord, Logger as _, Severity};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message;

use crate::received;
use crate::tracer::{START, pipeline};

pub(crate) fn logs() -> (LoggerProvider, Queue) {
    let queue = Queue::new(Kind::Logs, &Resource::new("gateway"), 1 << 20);
    let clock = Clock::manual(Timestamp::from_unix_nanos(START));
    (LoggerProvider::new(queue.clone(), clock), queue)
}

fn line(logger: &Logger, text: &str) {
    let mut record = logger.create_log_record();
    record.set_severity_number(Severity::Info);
    record.text(text);
    record.set(Attribute::int("plot", 7));
    logger.emit(record);
}

#[test]
fn a_record_is_received_with_all_that_was_said() {
    let (provider, queue) = logs();
    let logger = provider.logger("planner");
    let mut record = logger.create_log_record();
    record.set_event_name("tank.low");
    record.set_timestamp(UNIX_EPOCH + Duration::from_nanos(START + 1));
    record.set_severity_number(Severity::Warn2);
    record.set_severity_text("WARN");
    record.set_body(AnyValue::from("first"));
    record.add_attribute("depth", 2);
    record.set_body(AnyValue::from_iter([("level", 0.5), ("limit", 1.0)]));
    record.add_attribute("list", AnyValue::from_iter(["a", "b"]));
    record.add_attribute("raw", AnyValue::from(&[1_u8, 2][..]));
    logger.emit(record);

    let read = received::logs(&queue).remove(0);
    assert_eq!(read.event_name, "tank.low");
    assert_eq!(
        (read.time_unix_nano, read.observed_time_unix_nano),
        (START + 1, START)
    );
    assert_eq!(
        (read.severity_number, read.severity_text.as_str()),
        (14, "WARN")
    );
    let Some(Value::KvlistValue(body)) = read.body.unwrap().value else {
        panic!("a map, the body that was set last")
    };
    assert_eq!(
        received::value(&body.values, "limit"),
        Some(Value::DoubleValue(1.0))
    );
    assert_eq!(read.attributes.len(), 3);
    assert_eq!(
        received::value(&read.attributes, "depth"),
        Some(Value::IntValue(2))
    );
    let raw = received::value(&read.attributes, "raw");
    assert_eq!(raw, Some(Value::BytesValue(vec![1, 2])));
    let Some(Value::ArrayValue(list)) = received::value(&read.attributes, "list") else {
        panic!("a list")
    };
    assert_eq!(list.values.len(), 2);
    assert!(read.trace_id.is_empty(), "no trace was current");
}

#[test]
fn a_record_has_the_ids_of_the_current_trace() {
    let (tracers, ..) = pipeline();
    let (provider, queue) = logs();
    let span = tracers
        .tracer("t")
        .begin(&SpanStart::new("span", Moment::default()));
    let logger = provider.logger("planner");
    {
        let _attached = span.in_context(&Context::new()).attach();
        line(&logger, "within");
    }
    line(&logger, "without");
    let [within, without] = &received::logs(&queue)[..] else {
        panic!("two records")
    };
    assert_eq!(within.trace_id, span.context().trace_id().as_bytes());
    assert_eq!(within.span_id, span.context().span_id().as_bytes());
    assert_eq!(within.flags & 1, 1);
    assert!(without.trace_id.is_empty() && without.span_id.is_empty());
}

#[test]
fn what_is_not_severe_enough_or_suppressed_is_not_written() {
    let (provider, queue) = logs();
    let logger = provider.at_least(Severity::Info).logger("planner");
    assert!(logger.event_enabled(Severity::Info, "", None));
    assert!(!logger.event_enabled(Severity::Debug4, "", None));
    line(&logger, "written");
    let mut record = logger.create_log_record();
    record.set_severity_number(Severity::Debug);
    logger.emit(record);
    {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        assert!(!logger.event_enabled(Severity::Fatal, "", None));
        line(&logger, "suppressed");
    }
    let bodies: Vec<_> = received::logs(&queue)
        .into_iter()
        .map(|log| log.body.unwrap().value)
        .collect();
    assert_eq!(bodies, [received::text("written")]);
}

#[test]
fn the_target_of_a_record_is_its_scope() {
    let (provider, queue) = logs();
    let logger = provider.logger("own");
    for target in ["a::b", "c", "a::b"] {
        let mut record = logger.create_log_record();
        record.set_target(target);
        logger.emit(record);
    }
    line(&logger, "no target");
    let body = queue.take(usize::MAX).unwrap().body;
    let request = ExportLogsServiceRequest::decode(&*body).unwrap();
    let scopes = &request.resource_logs.first().unwrap().scope_logs;
    let seen: Vec<_> = scopes
        .iter()
        .map(|of| {
            (
                of.scope.as_ref().unwrap().name.as_str(),
                of.log_records.len(),
            )
        })
        .collect();
    assert_eq!(seen, [("a::b", 2), ("c", 1), ("own", 1)]);
}

#[test]
fn a_record_is_bounded_and_says_what_it_left_out() {
    let (provider, queue) = logs();
    let limits = Limits::new().attributes(2).value_bytes(4).span_bytes(200);
    let logger = provider.limits(limits).logger("own");
    let mut record = logger.create_log_record();
    record.text("abcdef");
    for key in ["a", "b", "c"] {
        record.set(Attribute::text(key, "abcdef"));
    }
    logger.emit(record);
    let mut record = logger.create_log_record();
    record.set_body(AnyValue::from_iter((0..1000).map(AnyValue::from)));
    logger.emit(record);
    let [cut, large] = &received::logs(&queue)[..] else {
        panic!("two records")
    };
    assert_eq!(cut.body.clone().unwrap().value, received::text("abcd"));
    assert_eq!((cut.attributes.len(), cut.dropped_attributes_count), (2, 1));
    assert_eq!(large.body, None);
}

#[test]
fn a_record_reuses_its_buffer() {
    let (provider, _) = logs();
    let logger = provider.logger("own");
    line(&logger, "the tank is nearly empty");
    let info = allocation_counter::measure(|| {
        for _ in 0..50 {
            line(&logger, "the tank is nearly empty");
        }
    });
    assert_eq!(info.count_total, 0);
}
