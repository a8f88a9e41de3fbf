//! What a receiver reads, by the official protobuf definitions.

use gofarm_otel::attribute::Attribute;
use gofarm_otel::batch::{Batch, Kind};
use gofarm_otel::queue::Queue;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message;

/// The one resource of a batch of spans.
pub(crate) fn traces(batch: &Batch) -> ResourceSpans {
    assert_eq!(batch.kind, Kind::Traces);
    let mut request = ExportTraceServiceRequest::decode(&*batch.body).unwrap();
    assert_eq!(request.resource_spans.len(), 1);
    request.resource_spans.remove(0)
}

/// All spans that wait, in the order in which a receiver reads them.
pub(crate) fn spans(queue: &Queue) -> Vec<Span> {
    let mut spans = Vec::new();
    while let Some(batch) = queue.take(usize::MAX) {
        let before = spans.len();
        let scopes = traces(&batch).scope_spans.into_iter();
        spans.extend(scopes.flat_map(|scope| scope.spans));
        assert_eq!(usize::try_from(batch.items).unwrap(), spans.len() - before);
    }
    spans
}

/// The one span that waits.
pub(crate) fn span(queue: &Queue) -> Span {
    let mut spans = spans(queue);
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

/// All log records that wait.
pub(crate) fn logs(queue: &Queue) -> Vec<LogRecord> {
    let mut logs = Vec::new();
    while let Some(batch) = queue.take(usize::MAX) {
        assert_eq!(batch.kind, Kind::Logs);
        let request = ExportLogsServiceRequest::decode(&*batch.body).unwrap();
        let scopes = request.resource_logs.into_iter().flat_map(|r| r.scope_logs);
        logs.extend(scopes.flat_map(|scope| scope.log_records));
    }
    logs
}

/// The value of an attribute; it must not be there twice.
pub(crate) fn value(attributes: &[KeyValue], key: &str) -> Option<Value> {
    let mut of_key = attributes.iter().filter(|attribute| attribute.key == key);
    let value = of_key.next()?.value.clone()?.value;
    assert_eq!(of_key.next(), None, "{key}");
    value
}

pub(crate) fn text(text: &str) -> Option<Value> {
    Some(Value::StringValue(text.to_owned()))
}

/// An attribute of ours as the receiver reads it.
pub(crate) fn key_value(attribute: &Attribute<'_>) -> KeyValue {
    use gofarm_otel::attribute::Value as Own;
    let value = match attribute.value {
        Own::Text(text) => Value::StringValue(text.to_owned()),
        Own::Bool(so) => Value::BoolValue(so),
        Own::Int(number) => Value::IntValue(number),
        Own::Double(number) => Value::DoubleValue(number),
    };
    KeyValue {
        key: attribute.key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
