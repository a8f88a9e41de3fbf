//! [`Listener`]: who is told what happens, while it happens.
//!
//! Telemetry changes nothing: ids of traces are taken from the ids of commands, so that a season that somebody listens to
//! is the same season.

use alloc::sync::Arc;
use core::fmt;

use gofarm_core::command::CommandId;
use gofarm_core::observe::{Observer, Signal};
use gofarm_core::time::UnixMillis;
use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
use gofarm_otel::attribute::Attribute;
use gofarm_otel::span::{SpanKind, SpanRecord, Status};
use gofarm_otel::tracer::TracerProvider;

/// Takes the signals of all parts, and the spans of commands; by itself nobody.
#[derive(Clone, Default)]
pub struct Listener {
    observer: Option<Arc<dyn Observer + Send + Sync>>,
    tracers: Option<TracerProvider>,
}

/// A step in the life of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// At the controller, from the decision until its end is known.
    Issue,
    /// At the valve, while water runs.
    Water,
}

impl Listener {
    /// Tells signals to `observer` and spans to `tracers`.
    pub fn new(observer: impl Observer + Send + Sync + 'static, tracers: TracerProvider) -> Self {
        Self {
            observer: Some(Arc::new(observer)),
            tracers: Some(tracers),
        }
    }

    /// The trace of a command, by which both sides tell what they did for it.
    pub(super) fn trace(id: CommandId) -> Option<TraceContext> {
        let trace = TraceId::new(*id.as_bytes())?;
        Some(TraceContext::new(trace, span_id(id, Step::Issue)?).sampled())
    }

    /// A step has ended.
    pub(super) fn ended(
        &self,
        step: Step,
        id: CommandId,
        from: UnixMillis,
        to: UnixMillis,
        how: &'static str,
        is_good: bool,
    ) {
        let Some((tracers, root)) = self.tracers.as_ref().zip(Self::trace(id)) else {
            return;
        };
        let attributes = [Attribute::text("gofarm.command.outcome", how)];
        let status = if is_good {
            Status::Unset
        } else {
            Status::Error(how)
        };
        let span = match step {
            Step::Issue => SpanRecord::new(root, "command valve", from.into(), to.into())
                .kind(SpanKind::Producer),
            Step::Water => {
                let Some(own) = span_id(id, step) else {
                    return;
                };
                SpanRecord::new(root.child(own), "water field", from.into(), to.into())
                    .kind(SpanKind::Consumer)
                    .parent(root.span_id())
            }
        };
        tracers.record(&span.attributes(&attributes).status(status));
    }
}

/// One of the halves of the command's id, which is random.
fn span_id(id: CommandId, step: Step) -> Option<SpanId> {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *id.as_bytes();
    SpanId::new(match step {
        Step::Issue => [a, b, c, d, e, f, g, h],
        Step::Water => rest,
    })
}

impl Observer for Listener {
    fn observe(&self, signal: &Signal<'_>) {
        self.observer.observe(signal);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("is_told", &self.observer.is_some())
            .finish_non_exhaustive()
    }
}
