//! Calls under way: [`HedgeFuture`].

use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use gofarm_core::observe::Observer;
use gofarm_core::time::{Clock, Instant};
use pin_project::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::service::Terms;
use crate::layer::instrument;

/// What is needed for a second call.
pub(super) struct Second<S, Request> {
    pub(super) delay: Duration,
    pub(super) service: S,
    pub(super) request: Request,
}

/// The future of [`Hedging`](super::Hedging): one call or two.
#[pin_project]
pub struct HedgeFuture<S: Service<Request>, Request, I, O, C> {
    #[pin]
    first: Option<S::Future>,
    #[pin]
    second: Option<S::Future>,
    #[pin]
    timer: Option<Sleep>,
    /// There until the second call is made or ruled out.
    spare: Option<Second<S, Request>>,
    /// Whether the budget has paid for the second call.
    paid: bool,
    started: Instant,
    terms: Arc<Terms<I, O, C>>,
}

impl<S: Service<Request>, Request, I, O, C> HedgeFuture<S, Request, I, O, C> {
    pub(super) const fn new(
        first: S::Future,
        spare: Option<Second<S, Request>>,
        started: Instant,
        terms: Arc<Terms<I, O, C>>,
    ) -> Self {
        Self {
            first: Some(first),
            second: None,
            timer: None,
            spare,
            paid: false,
            started,
            terms,
        }
    }
}

impl<S, Request, I, O, C> Future for HedgeFuture<S, Request, I, O, C>
where
    S: Service<Request>,
    O: Observer,
    C: Clock,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            if let Poll::Ready(result) = self.as_mut().poll_calls(cx) {
                return Poll::Ready(result);
            }
            // A second call that was just made has to be polled too, or nobody would wake for it.
            ready!(self.as_mut().poll_second_made(cx));
        }
    }
}

impl<S, Request, I, O, C> HedgeFuture<S, Request, I, O, C>
where
    S: Service<Request>,
    O: Observer,
    C: Clock,
{
    /// The first success, or the failure of the last call that is under way.
    fn poll_calls(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Response, S::Error>> {
        let this = self.project();
        let mut failed = None;
        let mut under_way = false;
        for mut slot in [this.first, this.second] {
            match slot.as_mut().as_pin_mut().map(|future| future.poll(cx)) {
                Some(Poll::Ready(Ok(answer))) => {
                    this.terms
                        .policy
                        .answered(*this.started, this.terms.clock.now());
                    return Poll::Ready(Ok(answer));
                }
                Some(Poll::Ready(Err(error))) => {
                    slot.set(None);
                    failed = Some(error);
                }
                Some(Poll::Pending) => under_way = true,
                None => {}
            }
        }
        match failed {
            Some(error) if !under_way => Poll::Ready(Err(error)),
            _ => Poll::Pending,
        }
    }

    /// Ready when the second call was made at this moment.
    fn poll_second_made(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(spare) = this.spare else {
            return Poll::Pending;
        };
        if !*this.paid {
            if this.timer.is_none() {
                this.timer.set(Some(sleep(spare.delay)));
            }
            if let Some(timer) = this.timer.as_mut().as_pin_mut() {
                ready!(timer.poll(cx));
            }
            if this.terms.policy.try_hedge(this.terms.clock.now()).is_err() {
                *this.spare = None;
                return Poll::Pending;
            }
            *this.paid = true;
        }
        // A service that cannot make the second call leaves the first one alone.
        let ready = ready!(spare.service.poll_ready(cx)).is_ok();
        if let Some(mut spare) = this.spare.take()
            && ready
        {
            instrument::counted(&this.terms.observer, &instrument::HEDGES, this.terms.name);
            this.second.set(Some(spare.service.call(spare.request)));
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl<S: Service<Request>, Request, I, O, C> fmt::Debug for HedgeFuture<S, Request, I, O, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HedgeFuture")
            .field("started", &self.started)
            .field("second", &self.second.is_some())
            .finish_non_exhaustive()
    }
}
