//! A span that runs.

use alloc::sync::Arc;
use core::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::SystemTime;

use gofarm_core::trace_context::TraceContext;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceState};

use super::limits::Limits;
use super::opening::When;
use super::recording::{self, Recording};
use super::{Tracer, pool, span_context};
use crate::attribute::Attribute;
use crate::clock::Moment;
use crate::span::Status;
use crate::timestamp::Timestamp;

/// A span that has begun, or the ids of one that the sampler did not want.
///
/// It ends when it is dropped, if it was not ended before. What is said afterwards is ignored.
///
/// See [`SpanStart`](super::SpanStart) for an example.
#[must_use = "a span that is dropped at once measures nothing"]
pub struct Span {
    context: TraceContext,
    api: SpanContext,
    recorded: Option<Recorded>,
}

struct Recorded {
    recording: Arc<Mutex<Recording>>,
    tracer: Tracer,
    /// Whether the span ends with this handle; the one in a context of the API only writes.
    is_owner: bool,
}

impl Span {
    pub(super) fn dropped(context: TraceContext) -> Self {
        Self::dropped_with(context, TraceState::NONE)
    }

    pub(super) fn dropped_with(context: TraceContext, trace_state: TraceState) -> Self {
        Self {
            context,
            api: span_context::to_api(context, false, trace_state),
            recorded: None,
        }
    }

    pub(super) fn recorded(
        tracer: Tracer,
        recording: Arc<Mutex<Recording>>,
        context: TraceContext,
        trace_state: TraceState,
    ) -> Self {
        Self {
            context,
            api: span_context::to_api(context, false, trace_state),
            recorded: Some(Recorded {
                recording,
                tracer,
                is_owner: true,
            }),
        }
    }

    /// What goes on with a call: the trace, this span, and whether it is recorded.
    #[must_use]
    pub const fn context(&self) -> TraceContext {
        self.context
    }

    /// Whether what is said here will be exported: the sampler wanted it and it has not ended.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.open().is_some()
    }

    /// Says something about the span; a key that was set before takes the new value.
    pub fn set(&self, attribute: Attribute<'_>) {
        self.set_all(&[attribute]);
    }

    /// Says several things at once, which is cheaper than one by one.
    pub fn set_all(&self, attributes: &[Attribute<'_>]) {
        if let Some((mut recording, limits)) = self.open() {
            for attribute in attributes {
                recording.set(attribute, limits);
            }
        }
    }

    /// Replaces the name, as the route of a request is known only once it was found.
    pub fn rename(&self, name: &str) {
        if let Some((mut recording, limits)) = self.open() {
            recording.rename(name, limits);
        }
    }

    /// Notes that something happened meanwhile.
    pub fn event(&self, name: &str, at: Moment, attributes: &[Attribute<'_>]) {
        if let Some(recorded) = &self.recorded {
            let at = recorded.tracer.clock().timestamp(at);
            let limits = recorded.tracer.limits();
            recorded.lock().event(name, at, attributes, limits);
        }
    }

    /// Connects the span to one that did not cause it: a message of the batch that it works on.
    pub fn link(&self, to: TraceContext) {
        if let Some((mut recording, limits)) = self.open() {
            recording.link(to, limits);
        }
    }

    /// Says that it failed, and why, in a sentence for a person (may be empty).
    pub fn fail(&self, why: &str) {
        self.status(Status::Error(why));
    }

    /// Says how it ends; once it is [`Status::Ok`] it stays so.
    pub fn status(&self, status: Status<'_>) {
        if let Some((mut recording, limits)) = self.open() {
            recording.status_later(status, limits);
        }
    }

    /// Ends the span at that moment; one before its start counts as its start.
    pub fn end_at(self, at: Moment) {
        self.close(When::Moment(at));
    }

    /// `context` with this span as the current one, so that what a handler says through the API lands here.
    ///
    /// The span still ends with this value and not with the context. One that is not recorded goes on as ids
    /// alone. If the span was begun by [`Tracer::begin`] its `tracestate` is exported, but is not in the context.
    #[must_use]
    pub fn in_context(&self, context: &Context) -> Context {
        match self.recorded {
            Some(_) => context.with_span(self.writer()),
            None => context.with_remote_span_context(self.api.clone()),
        }
    }

    /// The same span, which does not end with this value.
    pub(crate) fn writer(&self) -> Self {
        let recorded = self.recorded.as_ref().map(|recorded| Recorded {
            recording: recorded.recording.clone(),
            tracer: recorded.tracer.clone(),
            is_owner: false,
        });
        Self {
            context: self.context,
            api: self.api.clone(),
            recorded,
        }
    }

    pub(super) fn api(&self) -> &SpanContext {
        &self.api
    }

    pub(super) fn close(&self, at: When) {
        if let Some(recorded) = &self.recorded {
            // A queue that is full has counted it.
            let _ = recorded.lock().end(at, &recorded.tracer);
        }
    }

    /// The present time, if the span is recorded.
    pub(super) fn now(&self) -> Option<Moment> {
        let recorded = self.recorded.as_ref()?;
        Some(recorded.tracer.clock().now())
    }

    /// A time that the API was told, if the span is recorded.
    pub(super) fn when(&self, time: SystemTime) -> Option<When> {
        let clock = self.recorded.as_ref()?.tracer.clock();
        Some(if clock.is_now(time) {
            When::Moment(clock.now())
        } else {
            When::Date(Timestamp::from(time))
        })
    }

    /// The present date, if the span is recorded.
    pub(super) fn date(&self) -> Option<Timestamp> {
        let recorded = self.recorded.as_ref()?;
        let clock = recorded.tracer.clock();
        Some(clock.timestamp(clock.now()))
    }

    /// The recording, while it may be written to.
    pub(super) fn open(&self) -> Option<(MutexGuard<'_, Recording>, &Limits)> {
        let recorded = self.recorded.as_ref()?;
        let recording = recorded.lock();
        recording
            .is_open()
            .then_some((recording, recorded.tracer.limits()))
    }
}

impl Recorded {
    fn lock(&self) -> MutexGuard<'_, Recording> {
        recording::lock(&self.recording)
    }
}

/// Ends the span, and leaves its buffer to the next one.
impl Drop for Span {
    fn drop(&mut self) {
        let Some(recorded) = self.recorded.take() else {
            return;
        };
        if recorded.is_owner {
            let mut recording = recorded.lock();
            if recording.is_open() {
                let now = recorded.tracer.clock().now();
                // A queue that is full has counted it.
                let _ = recording.end(When::Moment(now), &recorded.tracer);
            }
        }
        pool::close(recorded.recording);
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Span")
            .field("context", &self.context)
            .field("is_recording", &self.is_recording())
            .finish_non_exhaustive()
    }
}
