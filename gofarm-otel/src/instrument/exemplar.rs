//! One measurement that can be traced: [`Exemplar`].

use alloc::boxed::Box;
use std::sync::{Mutex, OnceLock, PoisonError};

use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;

use crate::timestamp::Timestamp;

/// A single measurement and the sampled span in which it was made, so that a slow bucket leads to a slow trace.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Exemplar {
    /// What was measured; for a counter, what was added.
    pub value: f64,
    /// When.
    pub at: Timestamp,
    /// The span in which it happened.
    pub context: TraceContext,
}

/// The sampled span of the OpenTelemetry API that is current on this thread.
pub(crate) fn current() -> Option<TraceContext> {
    Context::map_current(|context| {
        if !context.has_active_span() {
            return None;
        }
        let span = context.span();
        let context = span.span_context();
        if !context.is_sampled() {
            return None;
        }
        let trace_id = TraceId::new(context.trace_id().to_bytes())?;
        let span_id = SpanId::new(context.span_id().to_bytes())?;
        Some(TraceContext::new(trace_id, span_id).sampled())
    })
}

/// Places for the latest exemplar of each bucket, made when the first one comes.
#[derive(Debug, Default)]
pub(crate) struct Slots(OnceLock<Box<[Mutex<Option<Exemplar>>]>>);

impl Slots {
    /// Puts an exemplar into a place out of `of`; never waits: if that place is in use at this very moment, the
    /// other measurement is as good.
    pub(crate) fn put(&self, place: usize, of: usize, exemplar: Exemplar) {
        let slots = self
            .0
            .get_or_init(|| (0..of).map(|_| Mutex::default()).collect());
        if let Some(Ok(mut slot)) = slots.get(place).map(Mutex::try_lock) {
            *slot = Some(exemplar);
        }
    }

    /// The exemplars that are there, by place.
    pub(crate) fn read(&self) -> impl Iterator<Item = (usize, Exemplar)> {
        let slots = self.0.get().map_or(&[][..], |slots| slots);
        slots.iter().enumerate().filter_map(|(place, slot)| {
            let exemplar = *slot.lock().unwrap_or_else(PoisonError::into_inner);
            Some((place, exemplar?))
        })
    }
}
