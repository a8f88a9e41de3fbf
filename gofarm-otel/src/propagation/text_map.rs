//! [`Propagators`] as the propagator of the OpenTelemetry API.
//!
//! It is for libraries that know the API alone; it copies, as the API wants. A B3 header that leaves the decision
//! open comes out as *not sampled*, because the API's context has no place for a third answer.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::str::FromStr;
use std::sync::OnceLock;

use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
use opentelemetry::baggage::{BaggageExt, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceState};
use opentelemetry::{Context, SpanId as ApiSpanId, TraceFlags, TraceId as ApiTraceId};

use super::carrier::{Carrier, Field, Headers};
use super::{Outgoing, Propagators, Remote, baggage};

impl TextMapPropagator for Propagators {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let mut carrier = Injected(injector);
        let bag = bag(context);
        let span = context.span();
        let Some(here) = own_context(span.span_context()) else {
            if self.contains(Self::BAGGAGE) && !bag.is_empty() {
                carrier.set(Field::Baggage, bag.as_bytes());
            }
            return;
        };
        let state = span.span_context().trace_state().header();
        let outgoing = Outgoing::new(here).trace_state(&state).baggage(&bag);
        self.inject(outgoing, &mut carrier);
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let headers = Extracted(extractor);
        let mut context = context.clone();
        if let Some(remote) = self.extract(&headers) {
            context = context.with_remote_span_context(api_context(&remote));
        }
        if self.contains(Self::BAGGAGE) {
            let members: Vec<_> = baggage::entries(&headers).map(member).collect();
            if !members.is_empty() {
                context = context.with_baggage(members);
            }
        }
        context
    }

    fn fields(&self) -> FieldIter<'_> {
        static NAMES: [OnceLock<Vec<String>>; 16] = [const { OnceLock::new() }; 16];
        let names = NAMES[usize::from(self.0 & 15)].get_or_init(|| self.names());
        FieldIter::new(names)
    }
}

impl Propagators {
    fn names(self) -> Vec<String> {
        let sets: [(u8, &[Field]); 4] = [
            (1, &[Field::TraceParent, Field::TraceState]),
            (2, &[Field::Baggage]),
            (4, &[Field::B3]),
            (
                8,
                &[
                    Field::B3TraceId,
                    Field::B3SpanId,
                    Field::B3Sampled,
                    Field::B3Flags,
                ],
            ),
        ];
        let chosen = sets.iter().filter(|(bit, _)| self.0 & bit != 0);
        chosen
            .flat_map(|(_, fields)| fields.iter())
            .map(|field| field.as_str().to_string())
            .collect()
    }
}

/// Headers that are read through the API.
struct Extracted<'a>(&'a dyn Extractor);

impl Headers for Extracted<'_> {
    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]> {
        let values = self.0.get_all(field.as_str()).unwrap_or_default();
        values.into_iter().map(str::as_bytes)
    }
}

/// Headers that are written through the API.
struct Injected<'a>(&'a mut dyn Injector);

impl Carrier for Injected<'_> {
    fn set(&mut self, field: Field, value: &[u8]) {
        let value = String::from_utf8_lossy(value).into_owned();
        self.0.set(field.as_str(), value);
    }
}

fn own_context(context: &SpanContext) -> Option<TraceContext> {
    let trace_id = TraceId::new(context.trace_id().to_bytes())?;
    let span_id = SpanId::new(context.span_id().to_bytes())?;
    let own = TraceContext::new(trace_id, span_id);
    Some(if context.is_sampled() {
        own.sampled()
    } else {
        own
    })
}

fn api_context(remote: &Remote<'_>) -> SpanContext {
    let own = &remote.context;
    SpanContext::new(
        ApiTraceId::from_bytes(*own.trace_id().as_bytes()),
        ApiSpanId::from_bytes(*own.span_id().as_bytes()),
        TraceFlags::new(own.flags()) & TraceFlags::SAMPLED,
        true,
        TraceState::from_str(remote.trace_state).unwrap_or_default(),
    )
}

fn member(entry: baggage::Entry<'_>) -> KeyValueMetadata {
    KeyValueMetadata::new(
        entry.key.to_string(),
        entry.decoded().into_owned(),
        entry.properties,
    )
}

/// The baggage of a context as a header.
fn bag(context: &Context) -> String {
    let mut header = String::new();
    for (key, (value, metadata)) in context.baggage() {
        let before = header.len();
        if before > 0 {
            header.push(',');
        }
        if baggage::write(key.as_str(), value.as_str(), &mut header).is_err() {
            header.truncate(before);
            continue;
        }
        let metadata = metadata.as_str().trim();
        // A comma or a control character in it would be a member, or a header, of its own.
        if !metadata.is_empty()
            && metadata
                .bytes()
                .all(|b| matches!(b, b' '..=b'~') && b != b',')
        {
            header.push(';');
            header.push_str(metadata);
        }
    }
    header
}
