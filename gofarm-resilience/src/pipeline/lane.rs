//! What moves items: one task for each lane of a stage, and the channels between them.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::future::{Future, poll_fn};
use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::panic::catch_unwind;

use gofarm_core::error::Classify;
use gofarm_core::observe::Observer;
use pin_project::pin_project;
use tokio::sync::mpsc;
use tower_service::Service;

use super::account::Account;
use super::signal::{self, HeldBack};
use super::{Failure, FailureReason, Stage};

/// An item on its way, with the number that its inlet gave it.
#[derive(Debug)]
pub(super) struct Item<T> {
    pub(super) number: u64,
    pub(super) value: T,
}

/// The number that items of one key share.
pub(super) type Key<T> = Arc<dyn Fn(&T) -> u64 + Send + Sync>;

/// What is told of each failure.
pub(super) type Report = Arc<dyn Fn(&Failure<'_>) + Send + Sync>;

/// What is told as signals.
pub(super) type Watcher = Arc<dyn Observer + Send + Sync>;

/// Who is told of what happens in a line.
#[derive(Clone)]
pub(super) struct Listeners {
    pub(super) report: Report,
    pub(super) watcher: Watcher,
}

/// The buffers of one stage, seen from before it.
pub(super) struct Lanes<T> {
    senders: Vec<mpsc::Sender<Item<T>>>,
    key: Option<Key<T>>,
}

impl<T> Lanes<T> {
    pub(super) fn new(
        lanes: u16,
        buffer: usize,
        key: Option<Key<T>>,
    ) -> (Self, Vec<mpsc::Receiver<Item<T>>>) {
        let (senders, receivers) = (0..lanes).map(|_| mpsc::channel(buffer)).unzip();
        (Self { senders, key }, receivers)
    }

    fn choose(&self, value: &T) -> Option<&mpsc::Sender<Item<T>>> {
        let lane = match &self.key {
            Some(key) => key(value) % (self.senders.len().max(1) as u64),
            None => 0,
        };
        self.senders.get(usize::try_from(lane).unwrap_or(0))
    }
}

/// All stages and outlets that get the items of one stage.
pub(super) struct Branches<T> {
    lanes: Vec<Lanes<T>>,
    clone: Option<fn(&T) -> T>,
    watcher: Watcher,
}

/// Why an item was not taken at once.
pub(super) enum Refused {
    Full,
    Closed,
}

impl<T> Branches<T> {
    pub(super) const fn new(
        lanes: Vec<Lanes<T>>,
        clone: Option<fn(&T) -> T>,
        watcher: Watcher,
    ) -> Self {
        Self {
            lanes,
            clone,
            watcher,
        }
    }

    /// Gives all branches the item, once all have room; none gets it if the call is dropped before, or one is gone.
    pub(super) async fn accept(&self, value: T, number: impl FnOnce() -> u64) -> Result<u64, T> {
        let mut permits = Vec::with_capacity(self.lanes.len());
        let mut has_waited = false;
        for lanes in &self.lanes {
            let Some(lane) = lanes.choose(&value) else {
                return Err(value);
            };
            if lane.capacity() == 0 && !has_waited && !lane.is_closed() {
                has_waited = true;
                signal::held_back(&self.watcher, HeldBack::Waits);
            }
            match lane.reserve().await {
                Ok(permit) => permits.push(permit),
                Err(_) => return Err(value),
            }
        }
        Ok(self.fill(permits, value, number()))
    }

    /// As [`accept`](Self::accept), without waiting.
    pub(super) fn try_accept(
        &self,
        value: T,
        number: impl FnOnce() -> u64,
    ) -> Result<u64, (T, Refused)> {
        let mut permits = Vec::with_capacity(self.lanes.len());
        for lanes in &self.lanes {
            let Some(lane) = lanes.choose(&value) else {
                return Err((value, Refused::Closed));
            };
            match lane.try_reserve() {
                Ok(permit) => permits.push(permit),
                Err(mpsc::error::TrySendError::Full(())) => {
                    signal::held_back(&self.watcher, HeldBack::Refused);
                    return Err((value, Refused::Full));
                }
                Err(mpsc::error::TrySendError::Closed(())) => {
                    return Err((value, Refused::Closed));
                }
            }
        }
        Ok(self.fill(permits, value, number()))
    }

    fn fill(&self, permits: Vec<mpsc::Permit<'_, Item<T>>>, value: T, number: u64) -> u64 {
        let mut value = Some(value);
        let last = permits.len().saturating_sub(1);
        for (index, permit) in permits.into_iter().enumerate() {
            if let Some(value) = self.share(&mut value, index == last) {
                permit.send(Item { number, value });
            }
        }
        number
    }

    /// Gives each branch the item, one after the other; returns how many of them are gone.
    async fn hand_on(&self, value: T, number: u64) -> usize {
        let mut value = Some(value);
        let last = self.lanes.len().saturating_sub(1);
        let mut gone = 0;
        for (index, lanes) in self.lanes.iter().enumerate() {
            // Room first, the copy then: a lane that waits holds one item, not two.
            let permit = match value.as_ref().and_then(|value| lanes.choose(value)) {
                Some(lane) => lane.reserve().await.ok(),
                None => None,
            };
            let shared = self.share(&mut value, index == last);
            match (permit, shared) {
                (Some(permit), Some(value)) => permit.send(Item { number, value }),
                _ => gone += 1,
            }
        }
        gone
    }

    /// The value itself for the last branch, copies for those before.
    fn share(&self, value: &mut Option<T>, is_last: bool) -> Option<T> {
        match self.clone {
            Some(clone) if !is_last => value.as_ref().map(clone),
            _ => value.take(),
        }
    }
}

impl<T> fmt::Debug for Branches<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Branches")
            .field("branches", &self.lanes.len())
            .finish_non_exhaustive()
    }
}

/// One lane of a stage: takes an item, has the step work on it, hands the answer on.
pub(super) struct Lane<T, U, S> {
    pub(super) stage: Stage,
    pub(super) items: mpsc::Receiver<Item<T>>,
    /// Never polled itself: what works is a clone, replaced when it may be in a bad state.
    pub(super) service: S,
    pub(super) next: Arc<Branches<U>>,
    pub(super) account: Arc<Account>,
    pub(super) listeners: Listeners,
}

impl<T, U, S> Lane<T, U, S>
where
    T: Send,
    U: Send,
    S: Service<T, Response = U> + Clone + Send,
    S::Future: Send,
    S::Error: Classify + Error + 'static,
{
    /// Runs until nothing can come any more and all that came has gone.
    pub(super) async fn run(mut self) {
        let mut service = self.service.clone();
        while let Some(Item { number, value }) = self.items.recv().await {
            self.account.taken();
            let work = Caught {
                work: call(&mut service, value),
            };
            let ended = tokio::time::timeout(self.stage.timeout(), work).await;
            let ended = ended.map_err(|_| FailureReason::TimedOut {
                after: self.stage.timeout(),
            });
            match self.settle(number, ended) {
                Some(value) => self.hand_on(number, value).await,
                None => service = self.service.clone(),
            }
        }
    }

    fn settle(
        &self,
        number: u64,
        ended: Result<Result<Result<U, S::Error>, Panicked>, FailureReason<'static>>,
    ) -> Option<U> {
        match ended {
            Ok(Ok(Ok(value))) => return Some(value),
            Ok(Ok(Err(error))) => self.fail(
                number,
                FailureReason::Failed {
                    kind: error.kind(),
                    error: &error,
                },
            ),
            Ok(Err(Panicked)) => self.fail(number, FailureReason::Panicked),
            Err(reason) => self.fail(number, reason),
        }
        None
    }

    async fn hand_on(&self, number: u64, value: U) {
        let gone = self.next.hand_on(value, number).await;
        for _ in 0..gone {
            self.tell(number, FailureReason::Unclaimed);
        }
        if gone > 0 && gone == self.next.lanes.len() {
            self.account.failed();
        } else {
            self.account.passed();
        }
    }

    fn fail(&self, number: u64, reason: FailureReason<'_>) {
        self.account.failed();
        self.tell(number, reason);
    }

    fn tell(&self, item: u64, reason: FailureReason<'_>) {
        let failure = Failure {
            stage: self.stage.name(),
            item,
            reason,
        };
        signal::failed(&self.listeners.watcher, &failure);
        (self.listeners.report)(&failure);
    }
}

async fn call<T, S: Service<T>>(service: &mut S, value: T) -> Result<S::Response, S::Error> {
    poll_fn(|cx| service.poll_ready(cx)).await?;
    service.call(value).await
}

/// A step that panicked.
struct Panicked;

/// Work whose panic is its own end and not that of the lane.
#[pin_project]
struct Caught<F> {
    #[pin]
    work: F,
}

impl<F: Future> Future for Caught<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let work = self.project().work;
        // What the step leaves behind is dropped, and the service replaced by a fresh clone.
        match catch_unwind(AssertUnwindSafe(|| work.poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    }
}
