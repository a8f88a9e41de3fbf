//! The service: [`Streamed`].

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::body::StreamedBody;
use super::future::StreamedFuture;
use crate::layer::exchange::Exchange;
use crate::layer::share::Share;
use crate::layer::terms::Terms;

/// A service whose requests are traced and timed until the end of their answer; ready when the inner service is.
///
/// Made by [`StreamedLayer`](crate::layer::StreamedLayer), [`GrpcServerLayer`](crate::layer::GrpcServerLayer) and
/// [`GrpcClientLayer`](crate::layer::GrpcClientLayer).
pub struct Streamed<S> {
    inner: S,
    terms: Share<Terms>,
}

impl<S> Streamed<S> {
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

impl<S, B, C> Service<Request<B>> for Streamed<S>
where
    S: Service<Request<B>, Response = Response<C>>,
    C: Body,
{
    type Response = Response<StreamedBody<C>>;
    type Error = S::Error;
    type Future = StreamedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut exchange = Exchange::begin(Arc::clone(self.terms.lend()), &mut request);
        let entered = exchange.enter();
        let call = self.inner.call(request);
        drop(entered);
        StreamedFuture::new(call, exchange)
    }
}

impl<S: Clone> Clone for Streamed<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            terms: self.terms.clone(),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Streamed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streamed")
            .field("inner", &self.inner)
            .field("role", &self.terms.role)
            .finish_non_exhaustive()
    }
}
