//! Requests made by the official definitions, which tests send and count.

use alloc::collections::BTreeMap;

use gofarm_otel::batch::{Batch, Kind};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

/// A request with the spans `first..first + count`, whose ids are their numbers.
pub(crate) fn batch(first: u64, count: u32) -> Batch {
    let span = |number: u64| Span {
        trace_id: [[7; 8], number.to_be_bytes()].concat(),
        span_id: number.to_be_bytes().to_vec(),
        name: "irrigate".into(),
        start_time_unix_nano: 1_767_225_600_000_000_000 + number,
        end_time_unix_nano: 1_767_225_600_001_000_000 + number,
        ..Span::default()
    };
    let spans = (first..first + u64::from(count)).map(span).collect();
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans {
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    };
    Batch {
        kind: Kind::Traces,
        items: count,
        body: request.encode_to_vec(),
    }
}

/// The numbers of the spans in a request.
pub(crate) fn numbers(body: &[u8]) -> Vec<u64> {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = request
        .resource_spans
        .into_iter()
        .flat_map(|resource| resource.scope_spans);
    let spans = scopes.flat_map(|scope| scope.spans);
    spans
        .map(|span| u64::from_be_bytes(span.span_id.try_into().unwrap()))
        .collect()
}

/// How often each span arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived(pub(crate) BTreeMap<u64, u32>);

impl Arrived {
    pub(crate) fn take(&mut self, body: &[u8]) {
        for number in numbers(body) {
            *self.0.entry(number).or_default() += 1;
        }
    }

    pub(crate) fn distinct(&self) -> u64 {
        self.0.len() as u64
    }
}
