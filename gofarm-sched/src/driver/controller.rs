//! [`Controller`]: workers for a queue of keys.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::future::Future;
use core::hash::Hash;
use core::num::NonZeroUsize;
use core::pin::pin;
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gofarm_core::error::Classify;
use gofarm_core::random::Random;
use gofarm_core::time::{Clock, Instant};
use hashbrown::HashMap;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

use super::Reconciler;
use crate::reconcile::{AddError, Interrupt, Outcome, Run, RunId, WorkQueue};

/// A work queue that tasks share, and the loop that works on it.
///
/// It is a handle: clone it to whoever adds keys. [`run`](Self::run) is called once.
///
/// ```
/// use core::convert::Infallible;
/// use core::num::NonZeroUsize;
/// use gofarm_core::random::SplitMix64;
/// use gofarm_core::time::secs;
/// use gofarm_sched::driver::{Controller, TokioClock};
/// use gofarm_sched::reconcile::{Outcome, QueueConfig};
/// use tokio::sync::mpsc;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let (looked_at, mut seen) = mpsc::unbounded_channel();
/// let controller = Controller::new(QueueConfig::new().build()?, TokioClock::new());
/// controller.add("valve-7").unwrap();
///
/// let reconciler = move |valve: &'static str| {
///     let looked_at = looked_at.clone();
///     async move {
///         looked_at.send(valve).ok();
///         Ok::<_, Infallible>(Outcome::Requeue)
///     }
/// };
/// let workers = NonZeroUsize::new(4).unwrap();
/// let two_minutes = tokio::time::sleep(secs(120));
/// let stopped = controller.run(reconciler, workers, SplitMix64::new(1), two_minutes, secs(5)).await;
/// assert_eq!(stopped.aborted(), 0);
/// assert!(seen.len() >= 4); // at once, and each 30 s
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// # }).unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Controller<K, C> {
    shared: Arc<Shared<K, C>>,
}

#[derive(Debug)]
struct Shared<K, C> {
    queue: Mutex<WorkQueue<K>>,
    changed: Notify,
    clock: C,
}

impl<K, C> Clone for Controller<K, C> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

/// How a [`Controller`] stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    finished: usize,
    aborted: usize,
}

impl Stopped {
    /// Runs that ended by themselves after it was told to stop.
    #[must_use]
    pub const fn finished(&self) -> usize {
        self.finished
    }

    /// Runs that were dropped because they did not end in time.
    #[must_use]
    pub const fn aborted(&self) -> usize {
        self.aborted
    }
}

impl<K, C> Controller<K, C>
where
    K: Eq + Hash + Clone + Send + 'static,
    C: Clock + Send + Sync,
{
    /// A handle to a queue, whose times are those of this clock: [`TokioClock`](super::TokioClock), or one in step with it.
    #[must_use]
    pub fn new(queue: WorkQueue<K>, clock: C) -> Self {
        Self {
            shared: Arc::new(Shared {
                queue: Mutex::new(queue),
                changed: Notify::new(),
                clock,
            }),
        }
    }

    /// Puts a key into the queue; see [`WorkQueue::add`].
    ///
    /// # Errors
    /// [`AddError`].
    pub fn add(&self, key: K) -> Result<(), AddError> {
        self.with(|queue, _| queue.add(key))
    }

    /// Puts a key into the queue after a time; see [`WorkQueue::add_after`].
    ///
    /// # Errors
    /// [`AddError`].
    pub fn add_after(&self, key: K, delay: Duration) -> Result<(), AddError> {
        self.with(|queue, now| queue.add_after(now, key, delay))
    }

    /// Takes a key out of the queue and ends its run; see [`WorkQueue::cancel`].
    pub fn cancel(&self, key: &K) -> bool {
        self.with(|queue, _| queue.cancel(key))
    }

    /// Does anything else with the queue, such as a report; it is locked for so long, so this must not take time.
    pub fn with<T>(&self, f: impl FnOnce(&mut WorkQueue<K>, Instant) -> T) -> T {
        let now = self.shared.clock.now();
        let result = f(&mut self.lock(), now);
        self.shared.changed.notify_one();
        result
    }

    /// Works on the queue until `stop` is ready; then takes no new key, gives what runs `grace` to end, and drops the rest.
    ///
    /// A run that panics counts as a failure that may pass. Dropping this future drops all runs at once; their keys stay
    /// taken, so the queue is of no use afterwards.
    pub async fn run<R, X>(
        &self,
        reconciler: R,
        workers: NonZeroUsize,
        random: X,
        stop: impl Future<Output = ()>,
        grace: Duration,
    ) -> Stopped
    where
        R: Reconciler<K>,
        X: Random,
    {
        let mut work = Work {
            controller: self,
            reconciler: Arc::new(reconciler),
            random,
            tasks: JoinSet::new(),
            runs: HashMap::new(),
            handles: BTreeMap::new(),
        };
        let mut stop = pin!(stop);
        loop {
            let timeout = work.turn(workers.get());
            tokio::select! {
                () = &mut stop => break,
                Some(end) = work.tasks.join_next_with_id() => work.finish(end),
                () = self.shared.changed.notified() => {}
                () = sleep_until(&self.shared.clock, timeout) => {}
            }
        }
        work.stop(grace).await
    }

    fn lock(&self) -> MutexGuard<'_, WorkQueue<K>> {
        // The queue's methods leave nothing half done that a panic could show.
        self.shared
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runs of one [`Controller::run`].
struct Work<'a, K, C, R: Reconciler<K>, X> {
    controller: &'a Controller<K, C>,
    reconciler: Arc<R>,
    random: X,
    tasks: JoinSet<Result<Outcome, R::Error>>,
    runs: HashMap<Id, Run<K>>,
    handles: BTreeMap<RunId, (AbortHandle, Option<Interrupt>)>,
}

type Ended<E> = Result<(Id, Result<Outcome, E>), JoinError>;

impl<K, C, R, X> Work<'_, K, C, R, X>
where
    K: Eq + Hash + Clone + Send + 'static,
    C: Clock + Send + Sync,
    R: Reconciler<K>,
    X: Random,
{
    /// Does what the queue asks for now, and says when to ask again.
    fn turn(&mut self, workers: usize) -> Option<Instant> {
        let now = self.controller.shared.clock.now();
        let mut queue = self.controller.lock();
        queue.handle_timeout(now);
        while let Some((id, interrupt)) = queue.poll_interrupt() {
            if let Some((handle, reason)) = self.handles.get_mut(&id) {
                *reason = Some(interrupt);
                handle.abort();
            }
        }
        while self.runs.len() < workers {
            let Some(run) = queue.get(now) else { break };
            let reconciler = Arc::clone(&self.reconciler);
            let key = run.key().clone();
            let task = async move { reconciler.reconcile(key).await };
            let handle = self.tasks.spawn(task);
            let id = run.id();
            self.runs.insert(handle.id(), run);
            self.handles.insert(id, (handle, None));
        }
        queue.poll_timeout()
    }

    fn finish(&mut self, end: Ended<R::Error>) {
        let id = match &end {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(run) = self.runs.remove(&id) else {
            return;
        };
        let handle = self.handles.remove(&run.id());
        let interrupt = match (&end, handle) {
            (Err(error), Some((_, Some(reason)))) if error.is_cancelled() => reason,
            (Err(error), _) if error.is_cancelled() => Interrupt::Cancelled,
            _ => Interrupt::Panicked,
        };
        let end: Result<Outcome, &dyn Classify> = match &end {
            Ok((_, Ok(outcome))) => Ok(*outcome),
            Ok((_, Err(error))) => Err(error),
            Err(_) => Err(&interrupt),
        };
        let now = self.controller.shared.clock.now();
        let mut queue = self.controller.lock();
        queue.finish(now, run, end, &mut self.random);
    }

    async fn stop(mut self, grace: Duration) -> Stopped {
        self.controller.lock().shut_down();
        let mut stopped = Stopped::default();
        let clock = &self.controller.shared.clock;
        let deadline = clock.now() + grace;
        while !self.runs.is_empty() {
            // Runs that take too long or are cancelled are ended meanwhile, too.
            let timeout = self.turn(0).map_or(deadline, |due| due.min(deadline));
            if clock.now() >= deadline {
                break;
            }
            tokio::select! {
                Some(end) = self.tasks.join_next_with_id() => {
                    if end.as_ref().is_err_and(JoinError::is_cancelled) {
                        stopped.aborted += 1;
                    } else {
                        stopped.finished += 1;
                    }
                    self.finish(end);
                }
                () = self.controller.shared.changed.notified() => {}
                () = sleep_until(clock, Some(timeout)) => {}
            }
        }
        self.tasks.abort_all();
        while let Some(end) = self.tasks.join_next_with_id().await {
            stopped.aborted += 1;
            self.finish(end);
        }
        stopped
    }
}

/// Sleeps until then; for ever if there is no such time.
async fn sleep_until(clock: &impl Clock, at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep(at.saturating_since(clock.now())).await,
        None => core::future::pending().await,
    }
}
