//! The service: [`Metered`].

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll};

use gofarm_core::observe::Observer;
use tower_service::Service;

use super::future::{MeterFuture, Tally};
use crate::context::Contextual;
use crate::layer::classifier::ByKind;
use crate::layer::judge::Judge;
use crate::layer::share::Share;

#[derive(Clone)]
pub(super) struct Terms<O, J> {
    pub(super) observer: O,
    pub(super) judge: J,
    pub(super) name: &'static str,
}

/// A service whose calls are counted; ready when the inner service is.
///
/// Made by [`MeterLayer`](super::MeterLayer).
pub struct Metered<S, O, J = ByKind> {
    inner: S,
    terms: Share<Terms<O, J>>,
}

impl<S, O, J> Metered<S, O, J> {
    pub(super) const fn new(inner: S, terms: Share<Terms<O, J>>) -> Self {
        Self { inner, terms }
    }

    /// The inner service.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, Request, O, J> Service<Request> for Metered<S, O, J>
where
    S: Service<Request>,
    Request: Contextual,
    O: Observer + Clone,
    J: Judge<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = MeterFuture<S::Future, O, J>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let tally = Tally::new(request.context(), Arc::clone(self.terms.lend()));
        MeterFuture::new(self.inner.call(request), tally)
    }
}

impl<S: Clone, O, J> Clone for Metered<S, O, J> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            terms: self.terms.clone(),
        }
    }
}

impl<S: fmt::Debug, O, J> fmt::Debug for Metered<S, O, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metered")
            .field("inner", &self.inner)
            .field("layer", &self.terms.name)
            .finish_non_exhaustive()
    }
}
