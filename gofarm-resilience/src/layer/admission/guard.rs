//! Who settles the permit, whatever happens to the call: [`Guard`].

use alloc::sync::Arc;
use core::convert::Infallible;
use core::fmt;

use gofarm_core::observe::{Observer, Signal};
use gofarm_core::time::{Clock, Instant};

use super::gate::{Gate, Settle};
use crate::layer::classifier::Classifier;
use crate::layer::instrument;
use crate::policy::Rejected;
use crate::policy::breaker::{self, Transition};

/// What all services and calls of one layer share.
#[derive(Clone, Debug)]
pub(crate) struct Terms<G, K, O, C> {
    pub(crate) gate: G,
    pub(crate) classifier: K,
    pub(crate) observer: O,
    pub(crate) clock: C,
    pub(crate) name: &'static str,
}

impl<G: Settle, K, O: Observer, C: Clock> Terms<G, K, O, C> {
    /// The time at which a call asks for leave, if the gate wants to know it.
    fn admitting(&self) -> Instant {
        self.now_if(G::TIME.admitting())
    }

    /// The time at which a call is settled, if the gate wants to know it.
    fn settling(&self) -> Instant {
        self.now_if(G::TIME.settling())
    }

    fn now_if(&self, is_looked_at: bool) -> Instant {
        if is_looked_at {
            self.clock.now()
        } else {
            Instant::ZERO
        }
    }

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

    pub(in crate::layer) fn event(&self, event: &impl Event) {
        event.tell(*self);
    }
}

/// What a policy tells of itself when it is asked or told; implemented for the policies of this crate.
pub trait Event: super::gate::Sealed {
    /// Tells it as a signal.
    fn tell<O: Observer>(&self, reporter: Reporter<'_, O>);
}

impl super::gate::Sealed for Transition {}

impl Event for Transition {
    fn tell<O: Observer>(&self, reporter: Reporter<'_, O>) {
        breaker::observe_named(reporter.observer, reporter.layer, *self);
    }
}

impl super::gate::Sealed for Infallible {}

impl Event for Infallible {
    fn tell<O: Observer>(&self, _: Reporter<'_, O>) {
        match *self {}
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
            .try_acquire(request, terms.admitting(), terms.reporter());
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
                .record(permit, terms.settling(), outcome, terms.reporter());
        }
    }
}

impl<G: Settle, K, O: Observer, C: Clock> Drop for Guard<G, K, O, C> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            let terms = &*self.terms;
            terms
                .gate
                .cancel(permit, terms.settling(), terms.reporter());
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
