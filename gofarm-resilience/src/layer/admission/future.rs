//! Calls under way: [`CallFuture`] and [`KeyedCallFuture`].

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use pin_project::pin_project;
use tower_service::Service;

use super::error::CallError;
use super::gate::Settle;
use super::guard::Guard;
use crate::layer::classifier::Classifier;
use crate::policy::Rejected;

/// The future of [`Guarded`](super::Guarded): the inner call with its permit, or a rejection.
///
/// Dropped before its end, it cancels the inner call first and then settles the permit as cancelled.
#[pin_project]
pub struct CallFuture<F, G: Settle, K, O: Observer, C: Clock> {
    #[pin]
    call: Call<F>,
    guard: Option<Guard<G, K, O, C>>,
}

#[pin_project(project = CallProjection)]
enum Call<F> {
    Made(#[pin] F),
    Rejected(Rejected),
}

impl<F, G: Settle, K, O: Observer, C: Clock> CallFuture<F, G, K, O, C> {
    pub(super) fn admitted(future: F, guard: Guard<G, K, O, C>) -> Self {
        Self {
            call: Call::Made(future),
            guard: Some(guard),
        }
    }

    pub(super) fn rejected(rejected: Rejected) -> Self {
        Self {
            call: Call::Rejected(rejected),
            guard: None,
        }
    }
}

impl<F, T, E, G, K, O, C> Future for CallFuture<F, G, K, O, C>
where
    F: Future<Output = Result<T, E>>,
    G: Settle,
    K: Classifier<T, E>,
    O: Observer,
    C: Clock,
{
    type Output = Result<T, CallError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.call.project() {
            CallProjection::Made(future) => {
                let result = ready!(future.poll(cx));
                if let Some(guard) = this.guard {
                    guard.settle(&result);
                }
                Poll::Ready(result.map_err(CallError::Inner))
            }
            CallProjection::Rejected(rejected) => Poll::Ready(Err(CallError::Rejected(*rejected))),
        }
    }
}

impl<F, G: Settle, K, O: Observer, C: Clock> fmt::Debug for CallFuture<F, G, K, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

/// The future of [`KeyedGuarded`](super::KeyedGuarded): waits for the inner service, then as [`CallFuture`].
#[pin_project]
pub struct KeyedCallFuture<S: Service<Request>, Request, G: Settle, K, O: Observer, C: Clock> {
    #[pin]
    call: KeyedCall<S, Request, S::Future>,
    guard: Option<Guard<G, K, O, C>>,
}

#[pin_project(project = KeyedCallProjection)]
enum KeyedCall<S, Request, F> {
    /// The inner service is not ready yet; the request is there until it is.
    Waiting(S, Option<Request>),
    Made(#[pin] F),
    Rejected(Rejected),
}

impl<S: Service<Request>, Request, G: Settle, K, O: Observer, C: Clock>
    KeyedCallFuture<S, Request, G, K, O, C>
{
    pub(super) fn waiting(service: S, request: Request, guard: Guard<G, K, O, C>) -> Self {
        Self {
            call: KeyedCall::Waiting(service, Some(request)),
            guard: Some(guard),
        }
    }

    pub(super) fn admitted(future: S::Future, guard: Guard<G, K, O, C>) -> Self {
        Self {
            call: KeyedCall::Made(future),
            guard: Some(guard),
        }
    }

    pub(super) fn rejected(rejected: Rejected) -> Self {
        Self {
            call: KeyedCall::Rejected(rejected),
            guard: None,
        }
    }
}

impl<S, Request, G, K, O, C> Future for KeyedCallFuture<S, Request, G, K, O, C>
where
    S: Service<Request>,
    G: Settle,
    K: Classifier<S::Response, S::Error>,
    O: Observer,
    C: Clock,
{
    type Output = Result<S::Response, CallError<S::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let result = match this.call.as_mut().project() {
                KeyedCallProjection::Waiting(service, request) => {
                    match (ready!(service.poll_ready(cx)), request.take()) {
                        (Ok(()), Some(request)) => {
                            let future = service.call(request);
                            this.call.set(KeyedCall::Made(future));
                            continue;
                        }
                        (Err(error), _) => Err(error),
                        (Ok(()), None) => unreachable!("polled after it was ready"),
                    }
                }
                KeyedCallProjection::Made(future) => ready!(future.poll(cx)),
                KeyedCallProjection::Rejected(rejected) => {
                    return Poll::Ready(Err(CallError::Rejected(*rejected)));
                }
            };
            if let Some(guard) = this.guard {
                guard.settle(&result);
            }
            return Poll::Ready(result.map_err(CallError::Inner));
        }
    }
}

impl<S: Service<Request>, Request, G: Settle, K, O: Observer, C: Clock> fmt::Debug
    for KeyedCallFuture<S, Request, G, K, O, C>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedCallFuture")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}
