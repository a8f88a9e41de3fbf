//! The service: [`Deadlined`].

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll};
use core::time::Duration;

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_service::Service;

use super::error::DeadlineError;
use super::future::DeadlineFuture;
use super::when::When;
use crate::layer::clock::RuntimeClock;
use crate::layer::instrument;
use crate::layer::share::Share;
use crate::policy::{Reason, Rejected};

#[derive(Clone)]
pub(super) struct Terms<W, O, C> {
    pub(super) when: W,
    pub(super) observer: O,
    pub(super) clock: C,
    pub(super) name: &'static str,
}

/// A service whose calls have deadlines; ready when the inner service is.
///
/// Made by [`DeadlineLayer`](super::DeadlineLayer).
pub struct Deadlined<S, W, O = (), C = RuntimeClock> {
    inner: S,
    terms: Share<Terms<W, O, C>>,
}

impl<S, W, O, C> Deadlined<S, W, O, C> {
    pub(super) const fn new(inner: S, terms: Share<Terms<W, O, C>>) -> Self {
        Self { inner, terms }
    }

    /// The inner service.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, Request, W, O, C> Service<Request> for Deadlined<S, W, O, C>
where
    S: Service<Request>,
    W: When<Request> + Clone,
    O: Observer + Clone,
    C: Clock + Clone,
{
    type Response = S::Response;
    type Error = DeadlineError<S::Error>;
    type Future = DeadlineFuture<S::Future, W, O, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(DeadlineError::Inner)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let terms = self.terms.lend();
        let now = terms.clock.now();
        let deadline = terms.when.deadline(&mut request, now);
        let enough = |left: Duration| left >= terms.when.at_least();
        if deadline.is_some_and(|deadline| !deadline.remaining(now).is_some_and(enough)) {
            let rejected = Rejected::new(Reason::DeadlineExceeded, Duration::ZERO);
            instrument::rejected(&terms.observer, terms.name, &rejected);
            return DeadlineFuture::rejected(rejected, now, Arc::clone(terms));
        }
        let future = self.inner.call(request);
        DeadlineFuture::made(future, deadline, now, Arc::clone(terms))
    }
}

impl<S: Clone, W, O, C> Clone for Deadlined<S, W, O, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            terms: self.terms.clone(),
        }
    }
}

impl<S: fmt::Debug, W: fmt::Debug, O, C> fmt::Debug for Deadlined<S, W, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlined")
            .field("inner", &self.inner)
            .field("when", &self.terms.when)
            .finish_non_exhaustive()
    }
}
