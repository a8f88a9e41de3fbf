//! The service: [`Carry`].

use core::task::{Context, Poll};

use gofarm_core::time::Clock;
use tower_service::Service;

use super::error::CarryError;
use super::future::CarryFuture;
use super::layer::{Incoming, Outgoing};
use crate::context::{CallContext, Contextual};
use crate::layer::clock::RuntimeClock;

/// A service whose requests carry their context; ready when the inner service is.
///
/// Made by [`CarryLayer`](super::CarryLayer).
#[derive(Clone, Debug)]
pub struct Carry<S, D, C = RuntimeClock> {
    inner: S,
    direction: D,
    clock: C,
}

impl<S, D, C> Carry<S, D, C> {
    pub(super) const fn new(inner: S, direction: D, clock: C) -> Self {
        Self {
            inner,
            direction,
            clock,
        }
    }

    /// The inner service.
    pub const fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S, B, C> Service<http::Request<B>> for Carry<S, Incoming, C>
where
    S: Service<http::Request<B>>,
    C: Clock,
{
    type Response = S::Response;
    type Error = CarryError<S::Error>;
    type Future = CarryFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(CarryError::Inner)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        match CallContext::from_headers(request.headers(), self.clock.now()) {
            Ok(context) => {
                request.extensions_mut().insert(context);
                CarryFuture::made(self.inner.call(request))
            }
            Err(error) => CarryFuture::refused(error),
        }
    }
}

impl<S, B, C> Service<http::Request<B>> for Carry<S, Outgoing, C>
where
    S: Service<http::Request<B>>,
    C: Clock,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        // Taken out for the moment: headers and extensions are both borrowed from the request.
        if let Some(context) = request.extensions_mut().remove::<CallContext>() {
            context.write_to(request.headers_mut(), self.clock.now());
            if self.direction.authorization {
                context.write_authorization_to(request.headers_mut());
            }
            *request.context_mut() = context;
        }
        self.inner.call(request)
    }
}
