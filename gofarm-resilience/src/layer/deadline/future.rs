//! Calls under way: [`DeadlineFuture`].

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use gofarm_core::observe::Observer;
use gofarm_core::time::{Clock, Instant};
use pin_project::pin_project;
use tokio::time::{Sleep, sleep};

use super::error::DeadlineError;
use super::service::Terms;
use crate::deadline::Deadline;
use crate::layer::instrument;
use crate::policy::Rejected;

/// The future of [`Deadlined`](super::Deadlined): the inner call and a timer, or a rejection.
///
/// The timer is set only if the call does not end when it is first polled.
#[pin_project]
pub struct DeadlineFuture<F, W, O, C> {
    #[pin]
    call: Call<F>,
    #[pin]
    timer: Option<Sleep>,
    deadline: Option<Deadline>,
    started: Instant,
    terms: Arc<Terms<W, O, C>>,
}

#[pin_project(project = CallProjection)]
enum Call<F> {
    Made(#[pin] F),
    Rejected(Rejected),
    /// Given up: the inner future is gone, even if somebody still holds this one.
    GivenUp,
}

impl<F, W, O, C> DeadlineFuture<F, W, O, C> {
    pub(super) const fn made(
        future: F,
        deadline: Option<Deadline>,
        started: Instant,
        terms: Arc<Terms<W, O, C>>,
    ) -> Self {
        Self {
            call: Call::Made(future),
            timer: None,
            deadline,
            started,
            terms,
        }
    }

    pub(super) const fn rejected(
        rejected: Rejected,
        started: Instant,
        terms: Arc<Terms<W, O, C>>,
    ) -> Self {
        Self {
            call: Call::Rejected(rejected),
            timer: None,
            deadline: None,
            started,
            terms,
        }
    }
}

impl<F, T, E, W, O, C> Future for DeadlineFuture<F, W, O, C>
where
    F: Future<Output = Result<T, E>>,
    O: Observer,
    C: Clock,
{
    type Output = Result<T, DeadlineError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        match this.call.as_mut().project() {
            CallProjection::Made(future) => {
                if let Poll::Ready(result) = future.poll(cx) {
                    return Poll::Ready(result.map_err(DeadlineError::Inner));
                }
            }
            CallProjection::Rejected(rejected) => {
                return Poll::Ready(Err(DeadlineError::Rejected(*rejected)));
            }
            CallProjection::GivenUp => return Poll::Pending,
        }
        let Some(deadline) = *this.deadline else {
            return Poll::Pending;
        };
        if this.timer.is_none()
            && let Some(left) = deadline.remaining(this.terms.clock.now())
        {
            this.timer.set(Some(sleep(left)));
        }
        if let Some(timer) = this.timer.as_mut().as_pin_mut()
            && timer.poll(cx).is_pending()
        {
            return Poll::Pending;
        }
        this.call.set(Call::GivenUp);
        instrument::counted(&this.terms.observer, &instrument::ELAPSED, this.terms.name);
        let after = this.terms.clock.now().saturating_since(*this.started);
        Poll::Ready(Err(DeadlineError::Elapsed { after }))
    }
}

impl<F, W, O, C> fmt::Debug for DeadlineFuture<F, W, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadlineFuture")
            .field("deadline", &self.deadline)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}
