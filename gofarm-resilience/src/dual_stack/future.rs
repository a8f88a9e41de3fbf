//! A call under way: [`DualFuture`].

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use pin_project::pin_project;
use tokio::sync::futures::OwnedNotified;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::service::Shared;
use super::{DualStackError, Path, PathEvent};

/// The future of a [`DualStack`](super::DualStack): a call on the path that was in use when it began.
#[pin_project]
pub struct DualFuture<A: Service<Q>, B: Service<Q>, Q> {
    #[pin]
    way: Way<A, B, Q>,
    /// Of a call that goes out.
    #[pin]
    terms: Option<Terms>,
}

#[pin_project(project = WayProjection)]
enum Way<A: Service<Q>, B: Service<Q>, Q> {
    First(#[pin] Turn<A, Q>),
    Second(#[pin] Turn<B, Q>),
    NotCarried,
}

#[pin_project]
struct Terms {
    #[pin]
    abandoned: OwnedNotified,
    #[pin]
    timer: Sleep,
    timeout: Duration,
    shared: Arc<Shared>,
}

impl Terms {
    fn new(abandoned: OwnedNotified, shared: Arc<Shared>, timeout: Duration) -> Option<Self> {
        Some(Self {
            abandoned,
            timer: sleep(timeout),
            timeout,
            shared,
        })
    }
}

impl<A: Service<Q>, B: Service<Q>, Q> DualFuture<A, B, Q> {
    pub(super) fn first(
        service: A,
        request: Q,
        abandoned: OwnedNotified,
        shared: Arc<Shared>,
        timeout: Duration,
    ) -> Self {
        Self {
            way: Way::First(Turn::new(service, request)),
            terms: Terms::new(abandoned, shared, timeout),
        }
    }

    pub(super) fn second(
        service: B,
        request: Q,
        abandoned: OwnedNotified,
        shared: Arc<Shared>,
        timeout: Duration,
    ) -> Self {
        Self {
            way: Way::Second(Turn::new(service, request)),
            terms: Terms::new(abandoned, shared, timeout),
        }
    }

    pub(super) const fn not_carried() -> Self {
        Self {
            way: Way::NotCarried,
            terms: None,
        }
    }
}

impl<A, B, Q, R> Future for DualFuture<A, B, Q>
where
    A: Service<Q, Response = R>,
    B: Service<Q, Response = R>,
    A::Error: Classify,
    B::Error: Classify,
{
    type Output = Result<R, DualStackError<A::Error, B::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (path, ended) = match this.way.project() {
            WayProjection::First(turn) => {
                let ended = turn.poll(cx).map_err(DualStackError::First);
                (Path::First, ended)
            }
            WayProjection::Second(turn) => {
                let ended = turn.poll(cx).map_err(DualStackError::Second);
                (Path::Second, ended)
            }
            WayProjection::NotCarried => return Poll::Ready(Err(DualStackError::NotCarried)),
        };
        let Some(terms) = this.terms.as_pin_mut() else {
            return Poll::Ready(Err(DualStackError::NotCarried));
        };
        let terms = terms.project();
        if let Poll::Ready(result) = ended {
            terms.shared.handle(event(path, &result));
            return Poll::Ready(result);
        }
        if terms.abandoned.poll(cx).is_ready() {
            return Poll::Ready(Err(DualStackError::Abandoned { path }));
        }
        if terms.timer.poll(cx).is_ready() {
            terms.shared.handle(PathEvent::Failed(path));
            let after = *terms.timeout;
            return Poll::Ready(Err(DualStackError::TimedOut { path, after }));
        }
        Poll::Pending
    }
}

/// What the end of a call says about its path: a refusal is an answer too.
fn event<T, E: Classify>(path: Path, result: &Result<T, E>) -> PathEvent {
    match result {
        Err(error) if error.was_sent() => match error.kind() {
            Kind::Transient | Kind::TimedOut => PathEvent::Failed(path),
            Kind::Permanent | Kind::Overloaded | Kind::Invalid | Kind::Cancelled => {
                PathEvent::Answered(path)
            }
        },
        _ => PathEvent::Answered(path),
    }
}

impl<A: Service<Q>, B: Service<Q>, Q> fmt::Debug for DualFuture<A, B, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.way {
            Way::First(_) => "DualFuture(first path)",
            Way::Second(_) => "DualFuture(second path)",
            Way::NotCarried => "DualFuture(not carried)",
        })
    }
}

/// A service made ready and called.
#[pin_project(project = TurnProjection)]
enum Turn<S: Service<Q>, Q> {
    Waiting(S, Option<Q>),
    Called(#[pin] S::Future),
}

impl<S: Service<Q>, Q> Turn<S, Q> {
    const fn new(service: S, request: Q) -> Self {
        Self::Waiting(service, Some(request))
    }
}

impl<S: Service<Q>, Q> Future for Turn<S, Q> {
    type Output = Result<S::Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let future = match self.as_mut().project() {
                TurnProjection::Called(future) => return future.poll(cx),
                TurnProjection::Waiting(service, request) => {
                    ready!(service.poll_ready(cx))?;
                    match request.take() {
                        Some(request) => service.call(request),
                        // After an error of its readiness: polled though it has ended.
                        None => return Poll::Pending,
                    }
                }
            };
            self.set(Self::Called(future));
        }
    }
}
