//! The sharded semaphore: nobody waits beside a free permit, nobody is forgotten, first come first served.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Context, Poll, Waker};

use gofarm_resilience::semaphore::{Acquire, Permit, ShardedSemaphore};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 8 } else { 512 };

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicU32);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A task that waits, or waited.
struct Task {
    future: Pin<Box<Acquire<Arc<ShardedSemaphore>>>>,
    bell: Arc<Bell>,
}

impl Task {
    fn new(semaphore: &Arc<ShardedSemaphore>, key: u64) -> Self {
        Self {
            future: Box::pin(Arc::clone(semaphore).acquire_owned(key)),
            bell: Arc::default(),
        }
    }

    fn poll(&mut self) -> Option<Permit<Arc<ShardedSemaphore>>> {
        let waker = Waker::from(Arc::clone(&self.bell));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(permit) => Some(permit),
            Poll::Pending => None,
        }
    }

    fn is_woken(&self) -> bool {
        self.bell.0.load(Ordering::SeqCst) > 0
    }
}

#[derive(Clone, Debug)]
enum Step {
    Acquire(u64),
    GiveBack(prop::sample::Index),
    Cancel(prop::sample::Index),
    /// A waiting task is polled without having been woken.
    Disturb(prop::sample::Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..5_u64).prop_map(Step::Acquire),
        3 => any::<prop::sample::Index>().prop_map(Step::GiveBack),
        1 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        1 => any::<prop::sample::Index>().prop_map(Step::Disturb),
    ];
    prop::collection::vec(step, 0..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_waits_beside_a_free_permit_and_the_first_is_served_first(
        shards in 1..6_u32,
        each in 1..3_u32,
        steps in steps(),
    ) {
        let semaphore = Arc::new(ShardedSemaphore::new(shards, each).unwrap());
        let mut held = Vec::new();
        let mut waiting: VecDeque<Task> = VecDeque::new();
        for step in steps {
            match step {
                Step::Acquire(key) => {
                    let mut task = Task::new(&semaphore, key);
                    match task.poll() {
                        Some(permit) => {
                            prop_assert!(waiting.is_empty(), "nobody overtakes");
                            held.push(permit);
                        }
                        None => waiting.push_back(task),
                    }
                }
                Step::GiveBack(which) if !held.is_empty() => {
                    drop(held.swap_remove(which.index(held.len())));
                    // Exactly the first is woken, and gets the permit although others poll before.
                    for (place, task) in waiting.iter_mut().enumerate().rev() {
                        prop_assert_eq!(task.is_woken(), place == 0);
                        if place > 0 {
                            prop_assert!(task.poll().is_none());
                        }
                    }
                    if let Some(mut first) = waiting.pop_front() {
                        held.push(first.poll().unwrap());
                    }
                }
                Step::Cancel(which) if !waiting.is_empty() => {
                    waiting.remove(which.index(waiting.len()));
                }
                Step::Disturb(which) if !waiting.is_empty() => {
                    let place = which.index(waiting.len());
                    prop_assert!(waiting[place].poll().is_none());
                }
                Step::GiveBack(_) | Step::Cancel(_) | Step::Disturb(_) => {}
            }
            prop_assert_eq!(semaphore.waiting(), waiting.len());
            prop_assert_eq!(semaphore.free() + held.len() as u64, semaphore.permits());
            prop_assert!(waiting.is_empty() || semaphore.free() == 0);
        }
        drop(waiting);
        drop(held);
        prop_assert_eq!((semaphore.free(), semaphore.waiting()), (semaphore.permits(), 0));
    }
}

#[test]
fn a_permit_handed_to_a_cancelled_task_goes_to_the_next() {
    let semaphore = Arc::new(ShardedSemaphore::new(2, 1).unwrap());
    let held: Vec<_> = (0..2)
        .map(|key| semaphore.try_acquire(key).unwrap())
        .collect();
    let mut tasks: Vec<Task> = (0..3).map(|key| Task::new(&semaphore, key)).collect();
    assert!(tasks.iter_mut().all(|task| task.poll().is_none()));
    drop(held);
    assert_eq!(semaphore.free(), 0, "both are handed over");
    drop(tasks.remove(0));
    drop(tasks.remove(0));
    assert!(tasks[0].is_woken());
    let last = tasks[0].poll().unwrap();
    assert_eq!(semaphore.free(), 1);
    drop(last);
    assert_eq!(semaphore.free(), 2);
}

#[test]
fn the_waker_of_the_last_poll_is_woken() {
    let semaphore = Arc::new(ShardedSemaphore::new(1, 1).unwrap());
    let held = semaphore.try_acquire(0).unwrap();
    let mut task = Task::new(&semaphore, 0);
    assert!(task.poll().is_none());
    let old = core::mem::take(&mut task.bell);
    assert!(task.poll().is_none());
    drop(held);
    assert_eq!(old.0.load(Ordering::SeqCst), 0);
    assert!(task.is_woken());
}

#[test]
fn a_future_that_was_never_polled_takes_nothing() {
    let semaphore = ShardedSemaphore::new(1, 1).unwrap();
    drop(semaphore.acquire(1));
    assert_eq!(semaphore.free(), 1);
}

#[test]
// Miri has no event queue of the operating system.
#[cfg(not(miri))]
fn tasks_on_several_threads_all_get_their_turn() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let semaphore = Arc::new(ShardedSemaphore::new(8, 1).unwrap());
    let inside = Arc::new(AtomicU32::new(0));
    let most = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..64_u64 {
            let (semaphore, inside) = (Arc::clone(&semaphore), Arc::clone(&inside));
            tasks.spawn(async move {
                let mut most = 0;
                for round in 0..500_u64 {
                    // Every third attempt is given up after one poll.
                    if round % 3 == 0 {
                        let once = core::pin::pin!(semaphore.acquire(task));
                        tokio::select! {
                            biased;
                            permit = once => drop(permit),
                            () = core::future::ready(()) => {}
                        }
                    }
                    let permit = semaphore.acquire(task % 3).await;
                    most = most.max(inside.fetch_add(1, Ordering::SeqCst) + 1);
                    tokio::task::yield_now().await;
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(permit);
                }
                most
            });
        }
        tasks.join_all().await.into_iter().max()
    });
    assert!(most <= Some(8), "{most:?}");
    assert_eq!((semaphore.free(), semaphore.waiting()), (8, 0));
}
