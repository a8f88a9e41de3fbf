//! Calls under way or waiting: [`ConcurrencyFuture`].

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project::pin_project;
use tower_service::Service;

use crate::layer::admission::CallError;
use crate::policy::Rejected;
use crate::semaphore::{Acquire, Permit, ShardedSemaphore};

/// The future of [`ConcurrencyLimited`](super::ConcurrencyLimited): waits for a place, then for the inner service,
/// then makes the call.
///
/// The place is given back when the call has ended, or when this is dropped.
#[pin_project]
pub struct ConcurrencyFuture<S: Service<Request>, Request> {
    #[pin]
    step: Step<S::Future>,
    /// What is called once there is a place.
    call: Option<(S, Request)>,
    permit: Option<Permit<Arc<ShardedSemaphore>>>,
}

#[pin_project(project = StepProjection)]
enum Step<F> {
    Waiting(#[pin] Acquire<Arc<ShardedSemaphore>>),
    Readying,
    Made(#[pin] F),
    Rejected(Rejected),
}

impl<S: Service<Request>, Request> ConcurrencyFuture<S, Request> {
    pub(super) const fn made(future: S::Future, permit: Permit<Arc<ShardedSemaphore>>) -> Self {
        Self {
            step: Step::Made(future),
            call: None,
            permit: Some(permit),
        }
    }

    pub(super) const fn readying(
        service: S,
        request: Request,
        permit: Permit<Arc<ShardedSemaphore>>,
    ) -> Self {
        Self {
            step: Step::Readying,
            call: Some((service, request)),
            permit: Some(permit),
        }
    }

    pub(super) const fn waiting(
        service: S,
        request: Request,
        acquire: Acquire<Arc<ShardedSemaphore>>,
    ) -> Self {
        Self {
            step: Step::Waiting(acquire),
            call: Some((service, request)),
            permit: None,
        }
    }

    pub(super) const fn rejected(rejected: Rejected) -> Self {
        Self {
            step: Step::Rejected(rejected),
            call: None,
            permit: None,
        }
    }
}

impl<S: Service<Request>, Request> Future for ConcurrencyFuture<S, Request> {
    type Output = Result<S::Response, CallError<S::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.step.as_mut().project() {
                StepProjection::Waiting(acquire) => {
                    *this.permit = Some(ready!(acquire.poll(cx)));
                    this.step.set(Step::Readying);
                }
                StepProjection::Readying => {
                    let Some((service, _)) = this.call else {
                        unreachable!("polled after it was ready");
                    };
                    let ready = ready!(service.poll_ready(cx));
                    match (ready, this.call.take()) {
                        (Ok(()), Some((mut service, request))) => {
                            this.step.set(Step::Made(service.call(request)));
                        }
                        (Err(error), _) => {
                            *this.permit = None;
                            return Poll::Ready(Err(CallError::Inner(error)));
                        }
                        (Ok(()), None) => unreachable!("taken above only"),
                    }
                }
                StepProjection::Made(future) => {
                    let result = ready!(future.poll(cx));
                    *this.permit = None;
                    return Poll::Ready(result.map_err(CallError::Inner));
                }
                StepProjection::Rejected(rejected) => {
                    return Poll::Ready(Err(CallError::Rejected(*rejected)));
                }
            }
        }
    }
}

impl<S: Service<Request>, Request> fmt::Debug for ConcurrencyFuture<S, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyFuture")
            .field("permit", &self.permit)
            .finish_non_exhaustive()
    }
}
