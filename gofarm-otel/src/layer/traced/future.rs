//! Requests under way: [`TracedFuture`].

use core::any::type_name;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project::pin_project;

use crate::layer::ending::Ending;
use crate::layer::exchange::Exchange;

/// The future of [`Traced`](super::Traced): the inner call. Dropped before its end, it counts as cancelled.
#[pin_project]
pub struct TracedFuture<F> {
    /// None before it begins.
    #[pin]
    call: Option<F>,
    exchange: Exchange,
}

impl<F> TracedFuture<F> {
    #[inline]
    pub(super) const fn new(exchange: Exchange) -> Self {
        Self {
            call: None,
            exchange,
        }
    }

    #[inline]
    pub(super) fn begin<B>(&mut self, mut request: Request<B>, call: impl FnOnce(Request<B>) -> F) {
        self.exchange.begin(&mut request);
        self.call = Some(self.exchange.within(|| call(request)));
    }
}

impl<F, C, E> Future for TracedFuture<F>
where
    F: Future<Output = Result<Response<C>, E>>,
{
    type Output = Result<Response<C>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(call) = this.call.as_pin_mut() else {
            return Poll::Pending;
        };
        let result = ready!(this.exchange.within(|| call.poll(cx)));
        this.exchange.ended(match &result {
            Ok(response) => Ending::Answered(response.status().as_u16()),
            Err(_) => Ending::Failed(type_name::<E>()),
        });
        Poll::Ready(result)
    }
}

impl<F> fmt::Debug for TracedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedFuture").finish_non_exhaustive()
    }
}
