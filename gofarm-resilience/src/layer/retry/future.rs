//! Calls under way: [`RetryFuture`].

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use gofarm_core::observe::Observer;
use gofarm_core::time::Clock;
use pin_project::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::repeat::Repeat;
use super::service::Terms;
use crate::layer::instrument;
use crate::layer::judge::Judge;
use crate::policy::{Attempts, Decision};

/// The future of [`Retrying`](super::Retrying): one try after the other.
#[pin_project]
pub struct RetryFuture<S: Service<Request>, Request, R, J, W, O, C> {
    #[pin]
    step: Step<S::Future>,
    service: S,
    /// The copy for the next try.
    again: Option<Request>,
    attempts: Attempts,
    terms: Arc<Terms<R, J, W, O, C>>,
}

#[pin_project(project = StepProjection)]
enum Step<F> {
    /// A try is under way.
    Trying(#[pin] F),
    /// Until the next try.
    Waiting(#[pin] Sleep),
    /// Until the inner service is ready for the next try.
    Readying,
}

impl<S, Request, R, J, W, O, C> RetryFuture<S, Request, R, J, W, O, C>
where
    S: Service<Request>,
    R: Repeat<Request>,
{
    pub(super) fn new(
        mut service: S,
        request: Request,
        attempts: Attempts,
        terms: Arc<Terms<R, J, W, O, C>>,
    ) -> Self {
        let again = terms.repeat.repeat(&request);
        Self {
            step: Step::Trying(service.call(request)),
            service,
            again,
            attempts,
            terms,
        }
    }
}

impl<S, Request, R, J, W, O, C> Future for RetryFuture<S, Request, R, J, W, O, C>
where
    S: Service<Request>,
    R: Repeat<Request>,
    J: Judge<S::Response, S::Error>,
    O: Observer,
    C: Clock,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let terms = &**this.terms;
        loop {
            match this.step.as_mut().project() {
                StepProjection::Trying(future) => {
                    let result = ready!(future.poll(cx));
                    let now = terms.clock.now();
                    let Some(failure) = terms.judge.failure(&result) else {
                        terms.policy.succeeded(now);
                        return Poll::Ready(result);
                    };
                    if this.again.is_none() {
                        return Poll::Ready(result);
                    }
                    let mut random = || terms.random.draw();
                    let attempts = &mut *this.attempts;
                    match terms
                        .policy
                        .after_failure(attempts, &failure, now, &mut random)
                    {
                        Decision::RetryAfter(wait) if wait.is_zero() => {
                            this.step.set(Step::Readying);
                        }
                        Decision::RetryAfter(wait) => this.step.set(Step::Waiting(sleep(wait))),
                        Decision::GiveUp(_) => return Poll::Ready(result),
                    }
                }
                StepProjection::Waiting(timer) => {
                    ready!(timer.poll(cx));
                    this.step.set(Step::Readying);
                }
                StepProjection::Readying => {
                    ready!(this.service.poll_ready(cx))?;
                    let Some(request) = this.again.take() else {
                        unreachable!("a try is followed by another only if there is a copy");
                    };
                    *this.again = terms.repeat.repeat(&request);
                    instrument::counted(&terms.observer, &instrument::RETRIES, terms.name);
                    let future = this.service.call(request);
                    this.step.set(Step::Trying(future));
                }
            }
        }
    }
}

impl<S: Service<Request>, Request, R, J, W, O, C> fmt::Debug
    for RetryFuture<S, Request, R, J, W, O, C>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture")
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
