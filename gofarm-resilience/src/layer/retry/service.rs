//! The service: [`Retrying`].

use alloc::sync::Arc;
use core::fmt;
use core::mem;
use core::task::{Context, Poll};

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use tower_service::Service;

use super::future::RetryFuture;
use super::repeat::{ByClone, Repeat};
use crate::layer::classifier::ByKind;
use crate::layer::clock::RuntimeClock;
use crate::layer::deadline::{Unlimited, When};
use crate::layer::judge::Judge;
use crate::layer::random::SharedRandom;
use crate::layer::share::Share;
use crate::policy::{Attempts, SharedRetry};

#[derive(Clone)]
pub(super) struct Terms<R, J, W, O, C> {
    pub(super) policy: Arc<SharedRetry>,
    pub(super) repeat: R,
    pub(super) judge: J,
    pub(super) when: W,
    pub(super) random: SharedRandom,
    pub(super) observer: O,
    pub(super) clock: C,
    pub(super) name: &'static str,
}

/// A service whose failed calls are made again; ready when the inner service is.
///
/// The service that was ready makes all tries of a call, a clone of it stays here. Made by
/// [`RetryLayer`](super::RetryLayer).
pub struct Retrying<S, R = ByClone, J = ByKind, W = Unlimited, O = (), C = RuntimeClock> {
    inner: S,
    terms: Share<Terms<R, J, W, O, C>>,
}

impl<S, R, J, W, O, C> Retrying<S, R, J, W, O, C> {
    pub(super) const fn new(inner: S, terms: Share<Terms<R, J, W, O, C>>) -> Self {
        Self { inner, terms }
    }

    /// The inner service.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, Request, R, J, W, O, C> Service<Request> for Retrying<S, R, J, W, O, C>
where
    S: Service<Request> + Clone,
    R: Repeat<Request> + Clone,
    J: Judge<S::Response, S::Error> + Clone,
    W: When<Request> + Clone,
    O: Observer + Clone,
    C: Clock + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RetryFuture<S, Request, R, J, W, O, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let terms = self.terms.lend();
        let attempts = match terms.when.deadline(&mut request, terms.clock.now()) {
            Some(deadline) => Attempts::until(deadline.instant()),
            None => Attempts::new(),
        };
        let clone = self.inner.clone();
        let service = mem::replace(&mut self.inner, clone);
        RetryFuture::new(service, request, attempts, Arc::clone(terms))
    }
}

impl<S: Clone, R, J, W, O, C> Clone for Retrying<S, R, J, W, O, C> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            terms: self.terms.clone(),
        }
    }
}

impl<S: fmt::Debug, R, J, W, O, C> fmt::Debug for Retrying<S, R, J, W, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retrying")
            .field("inner", &self.inner)
            .field("policy", &self.terms.policy)
            .finish_non_exhaustive()
    }
}
