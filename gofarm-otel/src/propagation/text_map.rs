//! [`Propagators`] as the propagator of the OpenTelemetry API.
//!
//! It is for libraries that know the API alone; it copies, as the API wants. A B3 header that leaves the decision
//! open comes out as *not sampled*, because the API's context has no place for a third answer.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::str::FromStr;
use std::sync::OnceLock;

use opentelemetry::Context;
use opentelemetry::baggage::{BaggageExt, KeyValueMetadata};
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt, TraceState};

use super::carrier::{Carrier, Field, Headers};
use super::{Outgoing, Propagators, baggage};
use crate::tracer::span_context;

impl TextMapPropagator for Propagators {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let mut carrier = Injected(injector);
        let bag = bag(context);
        let span = context.span();
        let Some(here) = span_context::from_api(span.span_context()) else {
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
            let state = TraceState::from_str(remote.trace_state).unwrap_or_default();
            let api = span_context::to_api(remote.context, true, state);
            context = context.with_remote_span_context(api);
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
        // The bits of `W3C`, `BAGGAGE`, `B3` and `B3_MULTI`, the last two of which may not be compiled in.
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
