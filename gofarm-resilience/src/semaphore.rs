//! Waiting for a permit: [`ShardedSemaphore`], a semaphore for async tasks whose quick path is one
//! compare-and-swap on a cache line that few others use.
//!
//! A gateway with thousands of devices lets only so many calls out at once. One semaphore for all is one cache
//! line that every core fights for; one semaphore a shard makes tasks wait at a shard that is used up while the
//! next one idles. Here a task takes a permit of its home shard, else of any other, and waits only when there is
//! none at all.
//!
//! **No wake-up is lost.** Before a task waits it marks every shard as awaited, under the lock of the queue. A
//! permit is given back in one compare-and-swap that fails on a marked shard; it is then handed to the first in
//! the queue, under the lock. So while anybody waits, no shard has a free permit, and a permit that comes back
//! never lies idle beside a waiting task. The same word decides both, so no fence is needed between two.
//!
//! **Fair.** Who waits is served in the order of arrival; while somebody waits no permit is free, so nobody can
//! overtake. **Safe to cancel.** Dropping a waiting [`Acquire`] leaves the queue, and passes on a permit that was
//! handed to it.
//!
//! It needs no runtime: it works with any that polls futures.

mod acquire;
mod permit;
mod queue;

pub use acquire::Acquire;
pub use permit::Permit;

use alloc::sync::Arc;
use core::task::Waker;
use core::time::Duration;
use std::sync::PoisonError;

#[cfg(loom)]
use loom::sync::{Mutex, MutexGuard};
#[cfg(not(loom))]
use std::sync::{Mutex, MutexGuard};

use crate::memory::Shared;
use crate::policy::shards::{Home, Shards};
use crate::policy::{ConfigError, Reason, Rejected};
use queue::Queue;

/// Permits for async tasks, spread over shards by key.
///
/// It takes 128 bytes a shard and, once tasks have waited, 56 bytes for each of the most that waited at once.
///
/// ```
/// use gofarm_resilience::semaphore::ShardedSemaphore;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let modbus = ShardedSemaphore::new(64, 16)?;
/// let device = 4711;
/// let permit = modbus.acquire(device).await;
/// assert_eq!(modbus.free(), 64 * 16 - 1);
/// drop(permit);
/// assert_eq!(modbus.free(), 64 * 16);
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ShardedSemaphore {
    shards: Shards<Shared>,
    queue: Mutex<Queue>,
}

impl ShardedSemaphore {
    /// A semaphore with 1 to 1024 shards and at least one permit in each.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(shards: u32, permits_each: u32) -> Result<Self, ConfigError> {
        Ok(Self {
            shards: Shards::new(shards, permits_each)?,
            queue: Mutex::new(Queue::new()),
        })
    }

    /// Waits for a permit for a call with this key: a device's number or any hash of its name.
    ///
    /// Nothing is taken before the future is polled.
    pub const fn acquire(&self, key: u64) -> Acquire<&Self> {
        Acquire::new(self, key)
    }

    /// As [`acquire`](Self::acquire), for a permit that is not tied to a borrow.
    pub const fn acquire_owned(self: Arc<Self>, key: u64) -> Acquire<Arc<Self>> {
        Acquire::new(self, key)
    }

    /// Takes a permit if one is free.
    ///
    /// # Errors
    /// [`Rejected`] with [`Reason::Full`] if no shard has one.
    pub fn try_acquire(&self, key: u64) -> Result<Permit<&Self>, Rejected> {
        match self.take(key) {
            Some(home) => Ok(Permit::new(self, home)),
            None => Err(Rejected::new(Reason::Full, Duration::ZERO)),
        }
    }

    /// As [`try_acquire`](Self::try_acquire), for a permit that is not tied to a borrow.
    ///
    /// # Errors
    /// [`Rejected`] with [`Reason::Full`] if no shard has one.
    pub fn try_acquire_owned(self: Arc<Self>, key: u64) -> Result<Permit<Arc<Self>>, Rejected> {
        match self.take(key) {
            Some(home) => Ok(Permit::new(self, home)),
            None => Err(Rejected::new(Reason::Full, Duration::ZERO)),
        }
    }

    /// The free permits of all shards; while tasks come and go, a sum over different moments.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.shards.free()
    }

    /// All permits, free or not.
    #[must_use]
    pub fn permits(&self) -> u64 {
        self.shards.permits()
    }

    /// Tasks that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue().len()
    }

    fn take(&self, key: u64) -> Option<Home> {
        self.shards.take(self.shards.home(key))
    }

    /// Takes a permit, or joins the queue.
    fn take_or_join(&self, key: u64, waker: &Waker) -> Result<Home, queue::Ticket> {
        let home = self.shards.home(key);
        if !self.shards.is_awaited(home)
            && let Some(home) = self.shards.take(home)
        {
            return Ok(home);
        }
        let waker = waker.clone();
        let mut queue = self.queue();
        // While somebody waits every shard is marked and none has a permit: no need to look.
        if queue.is_empty()
            && let Some(home) = self.shards.take_or_await(home)
        {
            return Ok(home);
        }
        Err(queue.join(waker))
    }

    /// The permit that was handed to a waiting task, if there is one by now.
    fn handed_over(&self, ticket: queue::Ticket, waker: &Waker) -> Option<Home> {
        let mut queue = self.queue();
        let (home, old) = queue.handed_over(ticket, waker);
        drop(queue);
        // Dropping a waker may run any code: not under the lock.
        drop(old);
        home
    }

    /// Leaves the queue; a permit that was handed over goes to the next.
    fn leave(&self, ticket: queue::Ticket) {
        let mut queue = self.queue();
        let (handed, waker) = queue.leave(ticket);
        let next = handed.and_then(|home| self.hand_over(&mut queue, home));
        drop(queue);
        drop(waker);
        if let Some(next) = next {
            next.wake();
        }
    }

    fn give_back(&self, home: Home) {
        if self.shards.give_back(home) {
            return;
        }
        let mut queue = self.queue();
        let next = self.hand_over(&mut queue, home);
        drop(queue);
        if let Some(next) = next {
            next.wake();
        }
    }

    /// Hands a permit to the first in the queue, or back to its shard if nobody waits.
    fn hand_over(&self, queue: &mut Queue, home: Home) -> Option<Waker> {
        let next = queue.hand_to_first(home);
        if next.is_none() {
            self.shards.give_back_unawaited(home);
        }
        next
    }

    /// The queue. A waker that panicked in another task has left it in order: it was not called under the lock.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
