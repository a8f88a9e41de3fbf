//! Requests under way: [`StreamedFuture`].

use core::any::type_name;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::Body;
use pin_project::pin_project;

use super::body::StreamedBody;
use crate::layer::ending::Ending;
use crate::layer::exchange::Exchange;

/// The future of [`Streamed`](super::Streamed): the inner call. Dropped before its end, it counts as cancelled.
#[pin_project]
pub struct StreamedFuture<F> {
    /// None before it begins.
    #[pin]
    call: Option<F>,
    /// Until it has ended or its answer goes on with it.
    exchange: Option<Exchange>,
}

impl<F> StreamedFuture<F> {
    #[inline]
    pub(super) const fn new(exchange: Exchange) -> Self {
        Self {
            call: None,
            exchange: Some(exchange),
        }
    }

    #[inline]
    pub(super) fn begin<B>(&mut self, mut request: Request<B>, call: impl FnOnce(Request<B>) -> F) {
        self.call = Some(match &mut self.exchange {
            Some(exchange) => {
                exchange.begin(&mut request);
                exchange.within(|| call(request))
            }
            None => call(request),
        });
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
        let Some(call) = this.call.as_pin_mut() else {
            return Poll::Pending;
        };
        let result = ready!(match this.exchange {
            Some(exchange) => exchange.within(|| call.poll(cx)),
            None => call.poll(cx),
        });
        let exchange = this.exchange.take();
        Poll::Ready(match result {
            Ok(response) => Ok(StreamedBody::of(response, exchange)),
            Err(error) => {
                if let Some(mut exchange) = exchange {
                    exchange.ended(Ending::Failed(type_name::<E>()));
                }
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
