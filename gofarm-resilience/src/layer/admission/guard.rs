//! Who settles the permit, whatever happens to the call: [`Guard`].

use alloc::sync::Arc;
use core::fmt;

use gofarm_core::observe::{Label, Observer, Signal};
use gofarm_core::time::Clock;

use super::gate::{Gate, Settle};
use crate::layer::classifier::Classifier;
use crate::layer::instrument;
use crate::policy::Rejected;

/// What all services and calls of one layer share.
#[derive(Clone, Debug)]
pub(crate) struct Terms<G, K, O, C> {
    pub(crate) gate: G,
    pub(crate) classifier: K,
    pub(crate) observer: O,
    pub(crate) clock: C,
    pub(crate) name: &'static str,
}

impl<G, K, O: Observer, C> Terms<G, K, O, C> {
    fn reporter(&self) -> Reporter<'_, O> {
        Reporter {
            observer: &self.observer,
            layer: self.name,
        }
    }
}

/// Tells a layer's observer what happened, under the layer's name.
#[derive(Debug)]
pub struct Reporter<'a, O> {
    observer: &'a O,
    layer: &'static str,
}

impl<O> Clone for Reporter<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Reporter<'_, O> {}

impl<O: Observer> Reporter<'_, O> {
    /// The layer's name.
    #[must_use]
    pub const fn layer(&self) -> &'static str {
        self.layer
    }

    /// Passes on a signal of your own.
    pub fn observe(&self, signal: &Signal<'_>) {
        self.observer.observe(signal);
    }

    /// A breaker went from one state to another; both by their names for labels.
    pub fn transition(&self, from: &'static str, to: &'static str) {
        let labels = [
            Label::text("layer", self.layer),
            Label::text("from", from),
            Label::text("to", to),
        ];
        self.observe(&instrument::TRANSITIONS.count(1).labelled(&labels));
    }
}

/// The permit of one call. It is settled exactly once: by the call's result, or as cancelled when the guard goes.
pub(crate) struct Guard<G: Settle, K, O: Observer, C: Clock> {
    terms: Arc<Terms<G, K, O, C>>,
    permit: Option<G::Permit>,
}

impl<G: Settle, K, O: Observer, C: Clock> Guard<G, K, O, C> {
    pub(crate) fn admit<Request>(
        terms: &Arc<Terms<G, K, O, C>>,
        request: &Request,
    ) -> Result<Self, Rejected>
    where
        G: Gate<Request>,
    {
        let admitted = terms
            .gate
            .try_acquire(request, terms.clock.now(), terms.reporter());
        match admitted {
            Ok(permit) => Ok(Self {
                terms: Arc::clone(terms),
                permit: Some(permit),
            }),
            Err(rejected) => {
                instrument::rejected(&terms.observer, terms.name, &rejected);
                Err(rejected)
            }
        }
    }

    pub(crate) fn settle<T, E>(&mut self, result: &Result<T, E>)
    where
        K: Classifier<T, E>,
    {
        let terms = &*self.terms;
        // The classifier is not ours: were it to panic, the permit would still be here to be cancelled.
        let outcome = terms.classifier.outcome(result);
        if let Some(permit) = self.permit.take() {
            terms
                .gate
                .record(permit, terms.clock.now(), outcome, terms.reporter());
        }
    }
}

impl<G: Settle, K, O: Observer, C: Clock> Drop for Guard<G, K, O, C> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let terms = &*self.terms;
            terms
                .gate
                .cancel(permit, terms.clock.now(), terms.reporter());
        }
    }
}

impl<G: Settle, K, O: Observer, C: Clock> fmt::Debug for Guard<G, K, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("layer", &self.terms.name)
            .field("settled", &self.permit.is_none())
            .finish()
    }
}
