//! Calls under way: [`CarryFuture`].

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project::pin_project;

use super::error::CarryError;
use crate::context::ContextError;

/// The future of an incoming [`Carry`](super::Carry): the inner call, or the refusal of its headers.
#[pin_project]
#[derive(Debug)]
pub struct CarryFuture<F> {
    #[pin]
    call: Call<F>,
}

#[pin_project(project = CallProjection)]
#[derive(Debug)]
enum Call<F> {
    Made(#[pin] F),
    Refused(ContextError),
}

impl<F> CarryFuture<F> {
    pub(super) const fn made(future: F) -> Self {
        Self {
            call: Call::Made(future),
        }
    }

    pub(super) const fn refused(error: ContextError) -> Self {
        Self {
            call: Call::Refused(error),
        }
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Future for CarryFuture<F> {
    type Output = Result<T, CarryError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().call.project() {
            CallProjection::Made(future) => future.poll(cx).map_err(CarryError::Inner),
            CallProjection::Refused(error) => Poll::Ready(Err(CarryError::Context(*error))),
        }
    }
}
