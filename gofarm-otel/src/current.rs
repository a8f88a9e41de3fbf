//! The trace that the running code belongs to: [`trace`].
//!
//! The OpenTelemetry API keeps it in a `Context`, which is a count on the heap for each span, also for those that nobody
//! records. What a layer has to hand on for a request that is sampled out is 25 bytes; they are kept here, in the
//! thread while the request is polled, and cost no allocation. A context of the API that holds a span goes first.
//!
//! ```
//! use gofarm_otel::current;
//!
//! assert_eq!(current::trace(), None);
//! ```

use core::cell::Cell;

use gofarm_core::trace_context::TraceContext;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use crate::tracer::span_context;

std::thread_local! {
    static UNRECORDED: Cell<Option<TraceContext>> = const { Cell::new(None) };
}

/// The trace and the span that the calling code works for, recorded or not.
///
/// It is that of the current context of the OpenTelemetry API, or that of the request that a
/// layer of this crate serves. A task that was spawned has none, unless it was given one.
#[must_use]
pub fn trace() -> Option<TraceContext> {
    Context::map_current(|context| {
        if context.has_active_span() {
            span_context::from_api(context.span().span_context())
        } else {
            unrecorded()
        }
    })
}

/// The trace of a request that is not recorded, on this thread.
pub(crate) fn unrecorded() -> Option<TraceContext> {
    UNRECORDED.try_with(Cell::get).ok().flatten()
}

/// Makes `trace` change places with the unrecorded one of this thread.
#[cfg(feature = "tower")]
#[inline]
pub(crate) fn swap(trace: &mut Option<TraceContext>) {
    // While a thread ends it works for nobody.
    let _ = UNRECORDED.try_with(|current| *trace = current.replace(*trace));
}
