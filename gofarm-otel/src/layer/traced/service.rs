//! The service: [`Traced`].

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::future::TracedFuture;
use crate::layer::exchange::Exchange;
use crate::layer::share::Share;
use crate::layer::terms::Terms;

/// A service whose requests are traced and timed until the head of their answer; ready when the inner service is.
///
/// Made by [`ServerLayer`](crate::layer::ServerLayer) and [`ClientLayer`](crate::layer::ClientLayer).
pub struct Traced<S> {
    inner: S,
    terms: Share<Terms>,
}

impl<S> Traced<S> {
    pub(in crate::layer) fn new(inner: S, terms: Terms) -> Self {
        Self {
            inner,
            terms: Share::new(terms),
        }
    }

    /// The inner service.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, B, C> Service<Request<B>> for Traced<S>
where
    S: Service<Request<B>, Response = Response<C>>,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = TracedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut exchange = Exchange::begin(Arc::clone(self.terms.lend()), &mut request);
        let entered = exchange.enter();
        let call = self.inner.call(request);
        drop(entered);
        TracedFuture::new(call, exchange)
    }
}

impl<S: Clone> Clone for Traced<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            terms: self.terms.clone(),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Traced<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced")
            .field("inner", &self.inner)
            .field("role", &self.terms.role)
            .finish_non_exhaustive()
    }
}
