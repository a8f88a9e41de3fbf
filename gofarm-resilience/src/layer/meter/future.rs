//! Calls under way: [`MeterFuture`].

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use gofarm_core::error::{Classify, Kind};
use gofarm_core::observe::{Label, Observer};
use gofarm_core::trace_context::TraceContext;
use pin_project::pin_project;

use super::service::Terms;
use crate::context::CallContext;
use crate::label::Labels;
use crate::layer::instrument;
use crate::layer::judge::Judge;

/// The future of [`Metered`](super::Metered): the inner call. Dropped before its end, it counts as cancelled.
#[pin_project]
pub struct MeterFuture<F, O: Observer, J> {
    #[pin]
    call: F,
    tally: Tally<O, J>,
}

impl<F, O: Observer, J> MeterFuture<F, O, J> {
    pub(super) const fn new(call: F, tally: Tally<O, J>) -> Self {
        Self { call, tally }
    }
}

impl<F, T, E, O, J> Future for MeterFuture<F, O, J>
where
    F: Future<Output = Result<T, E>>,
    O: Observer,
    J: Judge<T, E>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.call.poll(cx));
        this.tally.ended(&result);
        Poll::Ready(result)
    }
}

impl<F, O: Observer, J> fmt::Debug for MeterFuture<F, O, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeterFuture")
            .field("layer", &self.tally.terms.name)
            .finish_non_exhaustive()
    }
}

/// One call that is told of once: when it has ended, or as cancelled.
pub(super) struct Tally<O: Observer, J> {
    terms: Arc<Terms<O, J>>,
    labels: Labels,
    trace: Option<TraceContext>,
    is_told: bool,
}

impl<O: Observer, J> Tally<O, J> {
    pub(super) fn new(context: Option<&CallContext>, terms: Arc<Terms<O, J>>) -> Self {
        Self {
            terms,
            labels: context.map_or(const { Labels::new() }, |context| *context.labels()),
            trace: context.and_then(CallContext::trace),
            is_told: false,
        }
    }

    fn ended<T, E>(&mut self, result: &Result<T, E>)
    where
        J: Judge<T, E>,
    {
        let failure = self.terms.judge.failure(result);
        self.tell(failure.map_or("ok", |failure| failure.kind().as_str()));
    }

    fn tell(&mut self, outcome: &'static str) {
        self.is_told = true;
        let mut labels = [
            Label::text("layer", self.terms.name),
            Label::text("outcome", outcome),
            Label::text("", ""),
            Label::text("", ""),
        ];
        let mut len = 2;
        for (free, label) in labels.iter_mut().skip(2).zip(self.labels.observed()) {
            *free = label;
            len += 1;
        }
        let signal = instrument::CALLS.count(1);
        let signal = self.trace.map_or(signal, |trace| signal.within(trace));
        let labels = labels.get(..len).unwrap_or(&labels);
        self.terms.observer.observe(&signal.labelled(labels));
    }
}

impl<O: Observer, J> Drop for Tally<O, J> {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(Kind::Cancelled.as_str());
        }
    }
}
