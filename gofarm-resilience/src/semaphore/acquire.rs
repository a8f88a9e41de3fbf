//! [`Acquire`]: the future of a permit.

use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::queue::Ticket;
use super::{Permit, ShardedSemaphore};

/// Resolves to a [`Permit`]; made by [`ShardedSemaphore::acquire`]. Dropping it while it waits is safe.
#[derive(Debug)]
#[must_use = "futures do nothing until they are polled"]
pub struct Acquire<S: Deref<Target = ShardedSemaphore>> {
    /// Gone once the permit is there.
    semaphore: Option<S>,
    key: u64,
    ticket: Option<Ticket>,
}

impl<S: Deref<Target = ShardedSemaphore>> Acquire<S> {
    pub(super) const fn new(semaphore: S, key: u64) -> Self {
        Self {
            semaphore: Some(semaphore),
            key,
            ticket: None,
        }
    }
}

impl<S: Deref<Target = ShardedSemaphore> + Unpin> Future for Acquire<S> {
    type Output = Permit<S>;

    /// # Panics
    /// When it is polled after it gave out its permit.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Permit<S>> {
        let this = &mut *self;
        let Some(semaphore) = this.semaphore.take() else {
            panic!("an acquire was polled after it was ready");
        };
        let home = match this.ticket {
            Some(ticket) => semaphore.handed_over(ticket, context.waker()),
            None => match semaphore.take_or_join(this.key, context.waker()) {
                Ok(home) => Some(home),
                Err(ticket) => {
                    this.ticket = Some(ticket);
                    None
                }
            },
        };
        match home {
            Some(home) => {
                this.ticket = None;
                Poll::Ready(Permit::new(semaphore, home))
            }
            None => {
                this.semaphore = Some(semaphore);
                Poll::Pending
            }
        }
    }
}

impl<S: Deref<Target = ShardedSemaphore>> Drop for Acquire<S> {
    fn drop(&mut self) {
        if let (Some(semaphore), Some(ticket)) = (&self.semaphore, self.ticket) {
            semaphore.leave(ticket);
        }
    }
}
