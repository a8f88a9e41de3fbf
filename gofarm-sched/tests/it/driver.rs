//! The workers and the loop, on tokio's paused clock.

use alloc::sync::Arc;
use core::convert::Infallible;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::Mutex;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Clock, Instant, millis, secs};
use gofarm_sched::driver::{Controller, Reconciler, Stopped, TokioClock, every};
use gofarm_sched::reconcile::{AddError, Outcome, QueueConfig};
use tokio::time::sleep;

type Farm = Controller<u32, TokioClock>;

fn controller() -> Farm {
    Controller::new(QueueConfig::new().build().unwrap(), TokioClock::new())
}

async fn run(
    farm: &Farm,
    reconciler: impl Reconciler<u32>,
    workers: usize,
    time: Duration,
) -> Stopped {
    let workers = NonZeroUsize::new(workers).unwrap();
    farm.run(
        reconciler,
        workers,
        SplitMix64::new(7),
        sleep(time),
        secs(5),
    )
    .await
}

#[derive(Debug)]
struct Failed(Kind);

impl Classify for Failed {
    fn kind(&self) -> Kind {
        self.0
    }
}

/// Notes what runs at the same time.
#[derive(Clone, Default)]
struct Watch {
    now: Arc<Mutex<Vec<u32>>>,
    most: Arc<AtomicUsize>,
    runs: Arc<AtomicUsize>,
}

/// Takes its key out again when the run ends, in whichever way.
struct Inside(Watch, u32);

impl Watch {
    fn enter(&self, key: u32) -> Inside {
        let mut now = self.now.lock().unwrap();
        assert!(!now.contains(&key), "key {key} runs twice at once");
        now.push(key);
        self.most.fetch_max(now.len(), Ordering::Relaxed);
        self.runs.fetch_add(1, Ordering::Relaxed);
        Inside(self.clone(), key)
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.now.lock().unwrap().retain(|key| *key != self.1);
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_keys_run_at_once_as_there_are_workers_and_none_twice() {
    let (farm, watch) = (controller(), Watch::default());
    let adder = farm.clone();
    let adding = tokio::spawn(async move {
        for round in 0..200 {
            for key in 0..10 {
                adder.add(key).unwrap();
            }
            sleep(millis(round % 7)).await;
        }
    });
    let inside = watch.clone();
    let reconciler = move |key: u32| {
        let inside = inside.enter(key);
        async move {
            sleep(millis(u64::from(key))).await;
            drop(inside);
            Ok::<_, Infallible>(Outcome::Done)
        }
    };
    let stopped = run(&farm, reconciler, 3, secs(10)).await;
    adding.await.unwrap();
    assert_eq!(
        (stopped, watch.most.load(Ordering::Relaxed)),
        (Stopped::default(), 3)
    );
    let counts = farm.with(|queue, _| queue.counts());
    assert_eq!(
        (counts.added + counts.coalesced, counts.succeeded),
        (2_000, counts.started)
    );
    assert!(counts.coalesced > 0 && watch.runs() > 100, "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn it_looks_again_when_the_outcome_says() {
    let farm = controller();
    farm.add(1).unwrap();
    farm.add_after(2, secs(3)).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (note, clock) = (Arc::clone(&seen), TokioClock::new());
    let reconciler = move |key: u32| {
        note.lock()
            .unwrap()
            .push((key, clock.now().as_micros() / 1_000_000));
        async move {
            Ok::<_, Infallible>(if key == 1 {
                Outcome::Requeue
            } else {
                Outcome::RequeueAfter(secs(40))
            })
        }
    };
    run(&farm, reconciler, 1, secs(100)).await;
    assert_eq!(
        *seen.lock().unwrap(),
        [(1, 0), (2, 3), (1, 30), (2, 43), (1, 60), (2, 83), (1, 90)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_backs_off_and_a_hopeless_one_is_left_alone() {
    let farm = controller();
    farm.add(1).unwrap();
    farm.add(2).unwrap();
    let watch = Watch::default();
    let inside = watch.clone();
    let reconciler = move |key: u32| {
        let inside = inside.enter(key);
        async move {
            drop(inside);
            Err::<Outcome, _>(Failed(if key == 1 {
                Kind::Transient
            } else {
                Kind::Permanent
            }))
        }
    };
    // Waits of 0.5..=1, 1..=2, 2..=4, ... seconds: 7 to 8 runs in 100 s, and one of the hopeless one.
    run(&farm, reconciler, 4, secs(100)).await;
    let counts = farm.with(|queue, _| queue.counts());
    assert_eq!(counts.dropped, 1);
    assert!((7..=8).contains(&counts.retried), "{counts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_is_dropped_and_tried_again() {
    let (farm, watch) = (controller(), Watch::default());
    farm.add(1).unwrap();
    let inside = watch.clone();
    let reconciler = move |key: u32| {
        let (inside, first) = (inside.enter(key), inside.runs() == 1);
        async move {
            if first {
                core::future::pending::<()>().await;
            }
            drop(inside);
            Ok::<_, Infallible>(Outcome::Done)
        }
    };
    run(&farm, reconciler, 1, secs(70)).await;
    let counts = farm.with(|queue, _| queue.counts());
    assert_eq!(
        (
            watch.runs(),
            counts.timed_out,
            counts.retried,
            counts.succeeded
        ),
        (2, 1, 1, 1)
    );
    assert!(watch.now.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn cancelling_a_key_drops_its_run_with_all_that_it_awaits() {
    let (farm, watch) = (controller(), Watch::default());
    farm.add(1).unwrap();
    let canceller = farm.clone();
    let cancelling = tokio::spawn(async move {
        sleep(secs(5)).await;
        canceller.cancel(&1)
    });
    let inside = watch.clone();
    let reconciler = move |key: u32| {
        let inside = inside.clone();
        async move {
            let deeper = async {
                let _held = inside.enter(key);
                core::future::pending::<()>().await;
            };
            deeper.await;
            Ok::<_, Infallible>(Outcome::Requeue)
        }
    };
    let stopped = run(&farm, reconciler, 1, secs(6)).await;
    assert!(cancelling.await.unwrap());
    assert!(watch.now.lock().unwrap().is_empty());
    assert_eq!(
        (stopped, farm.with(|queue, _| queue.running())),
        (Stopped::default(), 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_one_run_and_not_the_loop() {
    let (farm, watch) = (controller(), Watch::default());
    farm.add(1).unwrap();
    let inside = watch.clone();
    let reconciler = move |key: u32| {
        let (inside, first) = (inside.enter(key), inside.runs() == 1);
        async move {
            assert!(!first, "this panic is part of the test");
            drop(inside);
            Ok::<_, Infallible>(Outcome::Done)
        }
    };
    run(&farm, reconciler, 1, secs(10)).await;
    let counts = farm.with(|queue, _| queue.counts());
    assert_eq!(
        (counts.started, counts.retried, counts.succeeded),
        (2, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_runs_end_within_the_grace_and_drops_the_rest() {
    let (farm, watch, clock) = (controller(), Watch::default(), TokioClock::new());
    for key in [1, 4, 60, 2] {
        farm.add(key).unwrap();
    }
    let inside = watch.clone();
    let reconciler = move |key: u32| {
        let inside = inside.enter(key);
        async move {
            sleep(secs(1 + u64::from(key))).await;
            drop(inside);
            Ok::<_, Infallible>(Outcome::Requeue)
        }
    };
    // 1, 4 and 60 run; at 1 s it stops, at 2 s and 5 s runs end, at 6 s the last is dropped. 2 never begins.
    let stopped = run(&farm, reconciler, 3, secs(1)).await;
    assert_eq!((stopped.finished(), stopped.aborted()), (2, 1));
    assert_eq!(clock.now().as_micros() / 1_000_000, 6);
    assert_eq!((watch.runs(), watch.now.lock().unwrap().len()), (3, 0));
    assert_eq!(farm.add(5), Err(AddError::ShutDown));
}

#[tokio::test(start_paused = true)]
async fn the_loop_can_be_spawned_and_takes_keys_from_elsewhere() {
    let (farm, watch) = (controller(), Watch::default());
    let (worker, inside) = (farm.clone(), watch.clone());
    let task = tokio::spawn(async move {
        let reconciler = move |key: u32| {
            drop(inside.enter(key));
            async { Ok::<_, Infallible>(Outcome::Done) }
        };
        run(&worker, reconciler, 2, secs(10)).await
    });
    sleep(secs(2)).await;
    farm.add(1).unwrap();
    sleep(millis(1)).await;
    assert_eq!(watch.runs(), 1);
    assert_eq!(task.await.unwrap(), Stopped::default());
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_is_late_leaves_turns_out_and_keeps_its_grid() {
    let clock = TokioClock::new();
    let start = clock.now();
    let mut seen = Vec::new();
    let skipped = every(clock, secs(10), sleep(secs(95)), |tick| {
        seen.push((tick.now().saturating_since(start).as_secs(), tick.skipped()));
        let is_late = seen.len() == 2;
        async move {
            if is_late {
                sleep(secs(35)).await;
            }
        }
    })
    .await;
    assert_eq!(
        seen,
        [(0, 0), (10, 0), (50, 3), (60, 0), (70, 0), (80, 0), (90, 0)]
    );
    assert_eq!((skipped, clock.now()), (3, Instant::from_secs(95)));
}

#[tokio::test(start_paused = true)]
async fn the_step_that_runs_when_it_stops_is_finished() {
    let clock = TokioClock::new();
    let finished = AtomicUsize::new(0);
    every(clock, secs(10), sleep(secs(1)), |_| async {
        sleep(secs(5)).await;
        finished.fetch_add(1, Ordering::Relaxed);
    })
    .await;
    assert_eq!(finished.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_loop_can_be_spawned() {
    let turns = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&turns);
    let task = tokio::spawn(async move {
        let step = |_| {
            let count = Arc::clone(&count);
            async move {
                sleep(millis(1)).await;
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        every(TokioClock::new(), secs(1), sleep(millis(2_500)), step).await
    });
    assert_eq!((task.await.unwrap(), turns.load(Ordering::Relaxed)), (0, 3));
}
