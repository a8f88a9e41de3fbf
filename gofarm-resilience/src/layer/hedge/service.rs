//! The service: [`Hedging`].

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll};

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_service::Service;

use super::future::{HedgeFuture, Second};
use crate::layer::clock::RuntimeClock;
use crate::layer::share::Share;
use crate::policy::{Idempotence, SharedHedge};

#[derive(Clone)]
pub(super) struct Terms<I, O, C> {
    pub(super) policy: Arc<SharedHedge>,
    pub(super) idempotence: I,
    pub(super) observer: O,
    pub(super) clock: C,
    pub(super) name: &'static str,
}

/// A service whose slow calls are made a second time, by a clone; ready when the inner service is.
///
/// Made by [`HedgeLayer`](super::HedgeLayer).
pub struct Hedging<S, I, O = (), C = RuntimeClock> {
    inner: S,
    terms: Share<Terms<I, O, C>>,
}

impl<S, I, O, C> Hedging<S, I, O, C> {
    pub(super) const fn new(inner: S, terms: Share<Terms<I, O, C>>) -> Self {
        Self { inner, terms }
    }

    /// The inner service.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, Request, I, O, C> Service<Request> for Hedging<S, I, O, C>
where
    S: Service<Request> + Clone,
    Request: Clone,
    I: Fn(&Request) -> Idempotence + Clone,
    O: Observer + Clone,
    C: Clock + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = HedgeFuture<S, Request, I, O, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let terms = self.terms.lend();
        let idempotence = (terms.idempotence)(&request);
        let second = terms.policy.delay(idempotence).map(|delay| Second {
            delay,
            service: self.inner.clone(),
            request: request.clone(),
        });
        let started = terms.clock.now();
        // The readied service itself makes the first call: nothing of its readiness is lost.
        let first = self.inner.call(request);
        HedgeFuture::new(first, second, started, Arc::clone(terms))
    }
}

impl<S: Clone, I, O, C> Clone for Hedging<S, I, O, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            terms: self.terms.clone(),
        }
    }
}

impl<S: fmt::Debug, I, O, C> fmt::Debug for Hedging<S, I, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hedging")
            .field("inner", &self.inner)
            .field("policy", &self.terms.policy)
            .finish_non_exhaustive()
    }
}
