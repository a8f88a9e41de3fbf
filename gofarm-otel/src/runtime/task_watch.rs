//! Tasks that hold a thread, or that stand still: [`TaskWatch`].

use alloc::sync::{Arc, Weak};
use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};

use gofarm_core::observe::{Instrument, Label, Observer};

use crate::clock::{Clock, Moment};

/// Polls that held a thread too long, by `task`.
pub(super) static SLOW: Instrument = Instrument::counter(
    "gofarm.task.slow_polls",
    "{poll}",
    "Polls of watched tasks that held a thread longer than their limit, by task",
);

/// Tasks that stand still, by `task` and `reason`.
pub(super) static STUCK: Instrument = Instrument::counter(
    "gofarm.task.stuck",
    "{task}",
    "Watched tasks that stand still: blocking (a poll does not come back) or idle (not polled), by task and reason",
);

/// When a task counts as slow, and when as stuck.
///
/// ```
/// use core::time::Duration;
/// use gofarm_otel::runtime::TaskLimits;
///
/// let limits = TaskLimits::new().slow_poll(Duration::from_millis(2)).idle(Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskLimits {
    slow_poll: Duration,
    blocking: Duration,
    idle: Option<Duration>,
}

impl TaskLimits {
    /// A poll is slow from 10 ms, blocks from 5 s; a task may be idle for ever.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slow_poll: Duration::from_millis(10),
            blocking: Duration::from_secs(5),
            idle: None,
        }
    }

    /// A poll that took this long is slow.
    #[must_use]
    pub const fn slow_poll(mut self, limit: Duration) -> Self {
        self.slow_poll = limit;
        self
    }

    /// A poll that has not come back for this long blocks its thread.
    #[must_use]
    pub const fn blocking(mut self, limit: Duration) -> Self {
        self.blocking = limit;
        self
    }

    /// A task that was not polled for this long stands still: for one that has a rhythm, such as a sampling loop.
    #[must_use]
    pub const fn idle(mut self, limit: Duration) -> Self {
        self.idle = Some(limit);
        self
    }
}

impl Default for TaskLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// Watches tasks; clones watch the same ones.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use gofarm_otel::clock::Clock;
/// use gofarm_otel::runtime::{TaskLimits, TaskWatch};
///
/// let watch = TaskWatch::new(Clock::system());
/// let sampling = watch.task("sampling", TaskLimits::new(), (), async { 6 * 7 });
/// assert_eq!(tokio::spawn(sampling).await.unwrap(), 42);
/// watch.scan(&()); // each second or so: tells which tasks are stuck now
/// # }
/// ```
///
/// A scan that runs as a task of the same runtime does not run while *all* its threads are blocked; what each of them
/// does is told when the first one comes back. Who wants to know earlier scans from a thread of its own.
#[derive(Clone, Debug)]
pub struct TaskWatch {
    clock: Clock,
    tasks: Arc<Mutex<Vec<Weak<Task>>>>,
}

/// What a watched task and its watch share.
#[derive(Debug)]
struct Task {
    name: &'static str,
    limits: TaskLimits,
    /// Nanoseconds of the moment when the poll began that is under way, plus 1; 0 between polls.
    polling: AtomicU64,
    /// Nanoseconds of the moment when the last poll ended.
    rested: AtomicU64,
    /// The `polling` or `rested` that was told already: each standstill once.
    told: AtomicU64,
}

impl TaskWatch {
    /// Watches nothing yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            tasks: Arc::default(),
        }
    }

    /// Watches `future` under `name`; `observer` hears of its slow polls.
    pub fn task<F, O: Observer>(
        &self,
        name: &'static str,
        limits: TaskLimits,
        observer: O,
        future: F,
    ) -> Watched<F, O> {
        let task = Arc::new(Task {
            name,
            limits,
            polling: AtomicU64::new(0),
            rested: AtomicU64::new(self.clock.now().as_nanos()),
            told: AtomicU64::new(u64::MAX),
        });
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| task.strong_count() > 0);
        tasks.push(Arc::downgrade(&task));
        drop(tasks);
        Watched {
            future,
            observer,
            clock: self.clock.clone(),
            task,
        }
    }

    /// Tells `observer` which tasks have come to a standstill since the last scan; each standstill is told once.
    ///
    /// Returns how many stand still now. Cost grows with the number of watched tasks.
    pub fn scan(&self, observer: &impl Observer) -> usize {
        let now = self.clock.now();
        let mut stuck = 0;
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| {
            let Some(task) = task.upgrade() else {
                return false;
            };
            if let Some((reason, since)) = task.standstill(now) {
                stuck += 1;
                if task.told.swap(since, Ordering::Relaxed) != since {
                    let labels = [
                        Label::text("task", task.name),
                        Label::text("reason", reason),
                    ];
                    observer.observe(&STUCK.count(1).labelled(&labels));
                }
            }
            true
        });
        stuck
    }
}

impl Task {
    fn standstill(&self, now: Moment) -> Option<(&'static str, u64)> {
        match self.polling.load(Ordering::Relaxed) {
            0 => {
                let rested = self.rested.load(Ordering::Relaxed);
                let idle = now.since(Moment::from_nanos(rested));
                let limit = self.limits.idle?;
                (idle >= limit).then_some(("idle", rested))
            }
            since => {
                let held = now.since(Moment::from_nanos(since - 1));
                (held >= self.limits.blocking).then_some(("blocking", since))
            }
        }
    }
}

/// A watched task: the future of [`TaskWatch::task`].
#[pin_project::pin_project]
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct Watched<F, O> {
    #[pin]
    future: F,
    observer: O,
    clock: Clock,
    task: Arc<Task>,
}

impl<F: Future, O: Observer> Future for Watched<F, O> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let start = this.clock.now();
        let task = &**this.task;
        task.polling
            .store(start.as_nanos().saturating_add(1), Ordering::Relaxed);
        let result = this.future.poll(cx);
        let end = this.clock.now();
        task.rested.store(end.as_nanos(), Ordering::Relaxed);
        task.polling.store(0, Ordering::Relaxed);
        if end.since(start) >= task.limits.slow_poll {
            let labels = [Label::text("task", task.name)];
            this.observer.observe(&SLOW.count(1).labelled(&labels));
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timestamp::Timestamp;
    use core::cell::RefCell;
    use core::task::Waker;
    use gofarm_core::observe::{LabelValue, Signal};

    #[derive(Default)]
    struct Told(RefCell<Vec<String>>);

    impl Observer for Told {
        fn observe(&self, signal: &Signal<'_>) {
            let mut text = signal.instrument().name().to_owned();
            for label in signal.labels() {
                if let LabelValue::Text(value) = label.value {
                    text = text + " " + value;
                }
            }
            self.0.borrow_mut().push(text);
        }
    }

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_poll_that_held_its_thread_is_told_with_the_tasks_name() {
        let clock = Clock::manual(Timestamp::UNKNOWN);
        let watch = TaskWatch::new(clock.clone());
        let told = Told::default();
        let work = core::future::poll_fn(|_| {
            clock.advance(Duration::from_millis(10));
            Poll::<()>::Pending
        });
        let mut task = core::pin::pin!(watch.task("pump", TaskLimits::new(), &told, work));
        assert!(poll(task.as_mut()).is_pending());
        assert_eq!(*told.0.borrow(), ["gofarm.task.slow_polls pump"]);
    }

    #[test]
    fn a_poll_that_does_not_come_back_is_told_once_while_it_lasts() {
        let clock = Clock::manual(Timestamp::UNKNOWN);
        let watch = TaskWatch::new(clock.clone());
        let told = Told::default();
        let work = core::future::poll_fn(|_| {
            for _ in 0..7 {
                clock.advance(seconds(1));
                watch.scan(&told);
            }
            Poll::Ready(())
        });
        let mut task = core::pin::pin!(watch.task("disk", TaskLimits::new(), (), work));
        assert!(poll(task.as_mut()).is_ready());
        assert_eq!(*told.0.borrow(), ["gofarm.task.stuck disk blocking"]);
        assert_eq!(watch.scan(&told), 0, "it came back");
    }

    #[test]
    fn a_task_with_a_rhythm_is_told_when_it_misses_it_and_again_after_it_went_on() {
        let clock = Clock::manual(Timestamp::UNKNOWN);
        let watch = TaskWatch::new(clock.clone());
        let told = Told::default();
        let limits = TaskLimits::new().idle(seconds(60));
        let never = core::future::pending::<()>();
        let mut task = core::pin::pin!(watch.task("sampling", limits, (), never));
        let mut still = Vec::new();
        for step in 0..4 {
            clock.advance(seconds(30));
            still.push(watch.scan(&told));
            if step == 2 {
                assert!(poll(task.as_mut()).is_pending());
            }
        }
        assert_eq!(still, [0, 1, 1, 0]);
        clock.advance(seconds(30));
        assert_eq!(watch.scan(&told), 1);
        assert_eq!(*told.0.borrow(), ["gofarm.task.stuck sampling idle"; 2]);
    }

    #[test]
    fn a_task_that_ended_is_forgotten() {
        let watch = TaskWatch::new(Clock::manual(Timestamp::UNKNOWN));
        for _ in 0..100 {
            let mut task = core::pin::pin!(watch.task("short", TaskLimits::new(), (), async {}));
            assert!(poll(task.as_mut()).is_ready());
        }
        watch.scan(&());
        assert!(watch.tasks.lock().unwrap().is_empty());
    }
}
