//! Between [`TraceContext`], 25 bytes on any link, and the `SpanContext` of the OpenTelemetry API.

use gofarm_core::trace_context::TraceContext;
use opentelemetry::trace::{SpanContext, TraceFlags, TraceState};

/// The API's form of `context`; whether it came from another process is the caller's knowledge.
///
/// ```
/// use gofarm_core::trace_context::TraceContext;
/// use gofarm_otel::tracer::span_context;
/// use opentelemetry::trace::TraceState;
///
/// let context: TraceContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
/// let api = span_context::to_api(context, true, TraceState::NONE);
/// assert_eq!(api.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
/// assert_eq!(span_context::from_api(&api), Some(context));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[must_use]
pub fn to_api(context: TraceContext, is_remote: bool, trace_state: TraceState) -> SpanContext {
    SpanContext::new(
        opentelemetry::TraceId::from_bytes(*context.trace_id().as_bytes()),
        opentelemetry::SpanId::from_bytes(*context.span_id().as_bytes()),
        TraceFlags::new(context.flags()),
        is_remote,
        trace_state,
    )
}

/// The ids and flags of `context`; `None` if one of the ids is zero.
#[must_use]
pub fn from_api(context: &SpanContext) -> Option<TraceContext> {
    let mut bytes = [0; TraceContext::LEN];
    let (ids, flags) = bytes.split_at_mut(24);
    let (trace, span) = ids.split_at_mut(16);
    trace.copy_from_slice(&context.trace_id().to_bytes());
    span.copy_from_slice(&context.span_id().to_bytes());
    flags.fill(context.trace_flags().to_u8());
    TraceContext::from_bytes(bytes)
}
