//! The traits of the OpenTelemetry API.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use std::time::SystemTime;

use opentelemetry::trace::{
    self, SpanBuilder, SpanContext, SpanKind as ApiKind, Status as ApiStatus, TraceContextExt,
    TraceState,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue};

use super::opening::{Opening, When};
use super::{Span, Tracer, TracerProvider, pool, span_context};
use crate::current;
use crate::sampler::{Decision, Head, Parent};
use crate::span::{SpanKind, Status};
use crate::timestamp::Timestamp;

impl trace::TracerProvider for TracerProvider {
    type Tracer = Tracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Tracer {
        self.tracer_for(&scope)
    }
}

impl trace::Tracer for Tracer {
    type Span = Span;

    fn build_with_context(&self, builder: SpanBuilder, parent_cx: &Context) -> Span {
        let shared = &*self.provider.0;
        let parent = parent_cx.span();
        let parent = parent.span_context();
        // A request that is not recorded has no context of the API, see [`current`].
        let unrecorded = || current::unrecorded().filter(|_| !parent_cx.has_active_span());
        let caused_by = span_context::from_api(parent).or_else(unrecorded);
        let trace_state = match caused_by {
            Some(_) => parent.trace_state().clone(),
            None => TraceState::NONE,
        };
        let context = shared.ids.next(caused_by);
        let decision = match caused_by {
            None => Parent::None,
            Some(_) if parent.is_remote() => Parent::Remote {
                sampled: parent.is_sampled(),
            },
            Some(_) => Parent::Local {
                sampled: parent.is_sampled(),
            },
        };
        let kind = builder
            .span_kind
            .as_ref()
            .map_or(SpanKind::Internal, own_kind);
        let head = Head::new(context.trace_id(), decision, &builder.name).kind(kind);
        if parent_cx.is_telemetry_suppressed() || shared.sampler.sample(&head) == Decision::Drop {
            return Span::dropped_with(context, trace_state);
        }
        let start = match builder.start_time {
            Some(time) => When::Date(Timestamp::from(time)),
            None => When::Moment(shared.clock.now()),
        };
        let opening = Opening {
            context: context.sampled(),
            parent: caused_by.map(|parent| parent.span_id()),
            is_remote: caused_by.map(|_| parent.is_remote()),
            kind,
            start,
        };
        let limits = &shared.limits;
        let recording = pool::open(&opening, limits, &builder.name, &header(&trace_state));
        let span = Span::recorded(self.clone(), recording, opening.context, trace_state);
        if let Some((mut recording, limits)) = span.open() {
            for attribute in builder.attributes.iter().flatten() {
                recording.set_api(attribute, limits);
            }
            for event in builder.events.iter().flatten() {
                let dropped = event.dropped_attributes_count;
                let at = Timestamp::from(event.timestamp);
                recording.event_api(&event.name, at, &event.attributes, dropped, limits);
            }
            for link in builder.links.iter().flatten() {
                let dropped = link.dropped_attributes_count;
                recording.link_api(&link.span_context, &link.attributes, dropped, limits);
            }
        }
        span
    }
}

impl trace::Span for Span {
    fn add_event<T>(&mut self, name: T, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(at) = self.date() {
            self.add_event_at(&name.into(), at, &attributes);
        }
    }

    fn add_event_with_timestamp<T>(
        &mut self,
        name: T,
        timestamp: SystemTime,
        attributes: Vec<KeyValue>,
    ) where
        T: Into<Cow<'static, str>>,
    {
        self.add_event_at(&name.into(), Timestamp::from(timestamp), &attributes);
    }

    fn span_context(&self) -> &SpanContext {
        self.api()
    }

    fn is_recording(&self) -> bool {
        Self::is_recording(self)
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some((mut recording, limits)) = self.open() {
            recording.set_api(&attribute, limits);
        }
    }

    fn set_attributes(&mut self, attributes: impl IntoIterator<Item = KeyValue>) {
        for attribute in attributes {
            self.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: ApiStatus) {
        self.status(match &status {
            ApiStatus::Unset => Status::Unset,
            ApiStatus::Ok => Status::Ok,
            ApiStatus::Error { description } => Status::Error(description),
        });
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.rename(&new_name.into());
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some((mut recording, limits)) = self.open() {
            recording.link_api(&span_context, &attributes, 0, limits);
        }
    }

    fn end(&mut self) {
        if let Some(now) = self.now() {
            self.close(When::Moment(now));
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        if let Some(at) = self.when(timestamp) {
            self.close(at);
        }
    }
}

impl Span {
    fn add_event_at(&self, name: &str, at: Timestamp, attributes: &[KeyValue]) {
        if let Some((mut recording, limits)) = self.open() {
            recording.event_api(name, at, attributes, 0, limits);
        }
    }
}

pub(crate) fn own_kind(kind: &ApiKind) -> SpanKind {
    match kind {
        ApiKind::Client => SpanKind::Client,
        ApiKind::Server => SpanKind::Server,
        ApiKind::Producer => SpanKind::Producer,
        ApiKind::Consumer => SpanKind::Consumer,
        ApiKind::Internal => SpanKind::Internal,
    }
}

/// The `tracestate` header; an empty one costs nothing.
pub(super) fn header(trace_state: &TraceState) -> String {
    if trace_state.into_iter().len() == 0 {
        return String::new();
    }
    trace_state.header()
}
