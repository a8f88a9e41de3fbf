//! Requests under way: [`StreamedFuture`].

use core::any::type_name;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project::pin_project;

use super::body::StreamedBody;
use crate::layer::ending::Ending;
use crate::layer::exchange::Exchange;

/// The future of [`Streamed`](super::Streamed): the inner call. Dropped before its end, it counts as cancelled.
#[pin_project]
pub struct StreamedFuture<F> {
    #[pin]
    call: F,
    exchange: Exchange,
}

impl<F> StreamedFuture<F> {
    #[inline]
    pub(super) const fn new(call: F, exchange: Exchange) -> Self {
        Self { call, exchange }
    }
}

impl<F, C, E> Future for StreamedFuture<F>
where
    F: Future<Output = Result<Response<C>, E>>,
    C: Body,
{
    type Output = Result<Response<StreamedBody<C>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let entered = this.exchange.enter();
        let result = ready!(this.call.poll(cx));
        drop(entered);
        Poll::Ready(match result {
            Ok(response) => Ok(StreamedBody::of(response, this.exchange.take())),
            Err(error) => {
                this.exchange.ended(Ending::Failed(type_name::<E>()));
                Err(error)
            }
        })
    }
}

impl<F> fmt::Debug for StreamedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamedFuture").finish_non_exhaustive()
    }
}
