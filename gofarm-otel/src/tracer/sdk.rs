//! Spans that an SDK has recorded.

use opentelemetry::trace::Status as ApiStatus;
use opentelemetry_sdk::trace::SpanData;

use gofarm_core::trace_context::SpanId;

use super::api::{header, own_kind};
use super::opening::{Opening, When};
use super::{Tracer, TracerProvider, pool, recording, span_context};
use crate::span::Status;
use crate::timestamp::Timestamp;

impl TracerProvider {
    /// Writes down spans that have ended; how many found no room.
    pub(crate) fn record_sdk(&self, spans: &[SpanData]) -> usize {
        let mut lost = 0;
        // Spans of one library tend to stand together.
        let mut last: Option<(&SpanData, Tracer)> = None;
        for span in spans {
            let scope = &span.instrumentation_scope;
            let tracer = match last.take() {
                Some((before, tracer)) if before.instrumentation_scope == *scope => tracer,
                _ => self.tracer_for(scope),
            };
            lost += usize::from(!tracer.record_sdk(span));
            last = Some((span, tracer));
        }
        lost
    }
}

impl Tracer {
    fn record_sdk(&self, span: &SpanData) -> bool {
        let limits = self.limits();
        let Some(context) = span_context::from_api(&span.span_context) else {
            return false;
        };
        let parent = SpanId::new(span.parent_span_id.to_bytes());
        let opening = Opening {
            context,
            parent,
            is_remote: parent.map(|_| span.parent_span_is_remote),
            kind: own_kind(&span.span_kind),
            start: When::Date(Timestamp::from(span.start_time)),
        };
        let trace_state = header(span.span_context.trace_state());
        let recording = pool::open(&opening, limits, &span.name, &trace_state);
        let is_kept = {
            let mut recording = recording::lock(&recording);
            for attribute in &span.attributes {
                recording.set_api(attribute, limits);
            }
            for event in span.events.iter() {
                let dropped = event.dropped_attributes_count;
                let at = Timestamp::from(event.timestamp);
                recording.event_api(&event.name, at, &event.attributes, dropped, limits);
            }
            for link in span.links.iter() {
                let dropped = link.dropped_attributes_count;
                recording.link_api(&link.span_context, &link.attributes, dropped, limits);
            }
            recording.lost(
                span.dropped_attributes_count,
                span.events.dropped_count,
                span.links.dropped_count,
            );
            let status = match &span.status {
                ApiStatus::Unset => Status::Unset,
                ApiStatus::Ok => Status::Ok,
                ApiStatus::Error { description } => Status::Error(description),
            };
            recording.status(status, limits);
            recording.end(When::Date(Timestamp::from(span.end_time)), self)
        };
        pool::close(recording);
        is_kept
    }
}
