//! Requests under way: [`TracedFuture`].

use core::any::type_name;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use http::Response;
use pin_project::pin_project;

use crate::layer::ending::Ending;
use crate::layer::exchange::Exchange;

/// The future of [`Traced`](super::Traced): the inner call. Dropped before its end, it counts as cancelled.
#[pin_project]
pub struct TracedFuture<F> {
    #[pin]
    call: F,
    exchange: Exchange,
}

impl<F> TracedFuture<F> {
    #[inline]
    pub(super) const fn new(call: F, exchange: Exchange) -> Self {
        Self { call, exchange }
    }
}

impl<F, C, E> Future for TracedFuture<F>
where
    F: Future<Output = Result<Response<C>, E>>,
{
    type Output = Result<Response<C>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let entered = this.exchange.enter();
        let result = ready!(this.call.poll(cx));
        drop(entered);
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
