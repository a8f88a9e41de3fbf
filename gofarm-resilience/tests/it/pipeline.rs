//! Lines on a paused clock: nothing lost, nothing twice, order kept, memory bounded.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::convert::Infallible;
use core::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Mutex;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{millis, secs};
use gofarm_resilience::pipeline::{
    FailureReason, LineError, NotAccepted, Pipeline, Stage, TryNotAccepted, Unfinished, step_fn,
};
use proptest::prelude::*;
use tokio::time::{Instant, sleep, timeout};

#[derive(Debug, thiserror::Error)]
#[error("the probe is broken")]
struct Broken;

impl Classify for Broken {
    fn kind(&self) -> Kind {
        Kind::Permanent
    }
}

/// An item that knows how many of its kind are alive.
#[derive(Debug)]
struct Reading {
    key: u64,
    serial: u64,
    living: Arc<Living>,
}

#[derive(Debug, Default)]
struct Living {
    now: AtomicI64,
    most: AtomicI64,
}

impl Reading {
    fn new(key: u64, serial: u64, living: &Arc<Living>) -> Self {
        let now = living.now.fetch_add(1, Ordering::SeqCst) + 1;
        living.most.fetch_max(now, Ordering::SeqCst);
        let living = Arc::clone(living);
        Self {
            key,
            serial,
            living,
        }
    }
}

impl Clone for Reading {
    fn clone(&self) -> Self {
        Self::new(self.key, self.serial, &self.living)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.living.now.fetch_sub(1, Ordering::SeqCst);
    }
}

fn stage(name: &'static str, buffer: u32, lanes: u16) -> Stage {
    Stage::named(name)
        .peak(1, secs(1))
        .buffer(buffer)
        .lanes(lanes)
        .timeout(millis(500))
        .build()
        .unwrap()
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

/// What a step does with an item, decided by seed and serial alone: the same at each look.
fn fate(seed: u64, serial: u64) -> u64 {
    SplitMix64::new(seed ^ serial.wrapping_mul(0x9E37_79B9)).below(20)
}

/// Works for up to 40 ms; fails 1 of 20, hangs 1 of 20, panics 1 of 20.
async fn work(seed: u64, reading: Reading) -> Result<Reading, Broken> {
    match fate(seed, reading.serial) {
        0 => Err(Broken),
        1 => core::future::pending().await,
        2 => panic!("injected"),
        n => {
            sleep(millis(n * 2)).await;
            Ok(reading)
        }
    }
}

#[derive(Debug, Default)]
struct Seen {
    /// Failures by item, with the stage.
    failures: Mutex<Vec<(u64, &'static str)>>,
}

async fn nothing_is_lost(seed: u64, count: u64, keys: u64, lanes: u16, buffer: u32) {
    let living = Arc::new(Living::default());
    let seen = Arc::new(Seen::default());
    let builder = Pipeline::builder().on_failure({
        let seen = Arc::clone(&seen);
        move |failure| {
            let entry = (failure.item(), failure.stage());
            seen.failures.lock().unwrap().push(entry);
        }
    });
    let (inlet, flow) = builder.inlet::<Reading>();
    let [left, right] = flow
        .keyed_step(
            stage("in", buffer, lanes),
            |reading: &Reading| reading.key,
            step_fn(move |reading| work(seed, reading)),
        )
        .fan_out();
    let left = left.keyed_step(
        stage("left", buffer, lanes),
        |reading: &Reading| reading.key,
        step_fn(move |reading| work(seed.wrapping_add(1), reading)),
    );
    let right = right.step(
        stage("right", buffer, 1),
        step_fn(move |reading| work(seed.wrapping_add(2), reading)),
    );
    let (mut left, mut right) = (left.outlet(1), right.outlet(1));
    let mut line = builder.start().unwrap();

    let source = tokio::spawn({
        let living = Arc::clone(&living);
        let inlet = inlet.clone();
        async move {
            let mut random = SplitMix64::new(seed);
            for serial in 0..count {
                sleep(millis(random.below(10))).await;
                let reading = Reading::new(random.below(keys), serial, &living);
                assert_eq!(inlet.send(reading).await.ok(), Some(serial));
            }
        }
    });
    // Each outlet is read at a pace of its own.
    let reader = |mut random: SplitMix64| {
        move |got: &mut Vec<(u64, u64)>, reading: Reading| {
            got.push((reading.key, reading.serial));
            drop(reading);
            sleep(millis(random.below(30)))
        }
    };
    let left = tokio::spawn({
        let mut read = reader(SplitMix64::new(seed + 1));
        async move {
            let mut got = Vec::new();
            while let Some(reading) = left.recv().await {
                read(&mut got, reading).await;
            }
            got
        }
    });
    let right = tokio::spawn({
        let mut read = reader(SplitMix64::new(seed + 2));
        async move {
            let mut got = Vec::new();
            while let Some(reading) = right.recv().await {
                read(&mut got, reading).await;
            }
            got
        }
    });
    source.await.unwrap();
    let holds = line.holds();
    line.shutdown(line.longest_shutdown() + secs(3_600))
        .await
        .unwrap();
    let (left, right) = (left.await.unwrap(), right.await.unwrap());

    // Each item is in each branch once, or failed once on the way there.
    let failures = seen.failures.lock().unwrap();
    for (branch, got) in [("left", &left), ("right", &right)] {
        let mut ends: BTreeMap<u64, u32> = (0..count).map(|serial| (serial, 0)).collect();
        let failed = failures
            .iter()
            .filter(|(_, stage)| *stage == "in" || *stage == branch)
            .map(|(item, _)| *item);
        for serial in got.iter().map(|(_, serial)| *serial).chain(failed) {
            *ends.get_mut(&serial).unwrap() += 1;
        }
        assert!(ends.values().all(|times| *times == 1), "{branch}: {ends:?}");

        // The items of one key come in the order in which they went.
        let mut last: BTreeMap<u64, u64> = BTreeMap::new();
        for (key, serial) in got {
            assert!(last.insert(*key, *serial).is_none_or(|last| last < *serial));
        }
    }
    // A stage of one lane keeps the order of all that one lane before it left in order.
    if lanes == 1 {
        assert!(right.is_sorted_by_key(|(_, serial)| *serial));
    }
    // What is counted is what happened.
    for count in line.counts() {
        assert_eq!(count.taken, count.passed + count.failed);
        let reported = failures
            .iter()
            .filter(|entry| entry.1 == count.stage)
            .count();
        assert_eq!(count.failed, reported as u64);
    }
    assert_eq!(inlet.accepted(), count);
    // In the stages, in the outlets (room 1 each), in the hands of the readers and of the source.
    let most = u64::try_from(living.most.load(Ordering::SeqCst)).unwrap();
    assert!(most <= holds + 2 + 2 + 1, "{most} alive, {holds} allowed");
    assert_eq!(living.now.load(Ordering::SeqCst), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_accepted_comes_out_once_or_is_reported_once_in_order_per_key_in_bounded_memory(
        seed in 0_u64..1_000_000,
        count in 1_u64..200,
        keys in 1_u64..12,
        lanes in 1_u16..6,
        buffer in 1_u32..20,
    ) {
        // Injected panics are expected: say nothing about them.
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload_as_str() != Some("injected") {
                report(info);
            }
        }));
        paused().block_on(nothing_is_lost(seed, count, keys, lanes, buffer));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stuck_step_times_out_and_the_line_goes_on() {
    let failures = Arc::new(Mutex::new(Vec::new()));
    let builder = Pipeline::builder().on_failure({
        let failures = Arc::clone(&failures);
        move |failure| {
            let FailureReason::TimedOut { after } = failure.reason() else {
                panic!("{failure}");
            };
            assert_eq!(failure.kind(), Kind::TimedOut);
            failures.lock().unwrap().push((failure.item(), after));
        }
    });
    let (inlet, flow) = builder.inlet::<u32>();
    let mut outlet = flow
        .step(
            stage("stick", 4, 1),
            step_fn(|n: u32| async move {
                if n == 1 {
                    core::future::pending::<()>().await;
                }
                Ok::<_, Infallible>(n)
            }),
        )
        .outlet(4);
    let mut line = builder.start().unwrap();
    let from = Instant::now();
    for n in 0..3 {
        inlet.send(n).await.unwrap();
    }
    assert_eq!(outlet.recv().await, Some(0));
    assert_eq!(outlet.recv_numbered().await, Some((2, 2)));
    assert_eq!(from.elapsed(), millis(500));
    assert_eq!(*failures.lock().unwrap(), [(1, millis(500))]);
    line.shutdown(secs(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_full_line_makes_its_source_wait() {
    let builder = Pipeline::builder();
    let (inlet, flow) = builder.inlet::<u32>();
    let mut outlet = flow
        .step(
            stage("a", 2, 1),
            step_fn(|n| async move { Ok::<_, Infallible>(n) }),
        )
        .step(
            stage("b", 3, 1),
            step_fn(|n| async move { Ok::<_, Infallible>(n) }),
        )
        .outlet(1);
    let mut line = builder.start().unwrap();
    // Nobody reads: 3 in a, 4 in b, 1 in the outlet.
    for n in 0..8 {
        timeout(secs(1), inlet.send(n)).await.unwrap().unwrap();
    }
    assert_eq!(line.holds(), 7);
    assert!(timeout(secs(3_600), inlet.send(8)).await.is_err());
    assert_eq!(inlet.try_send(8), Err(TryNotAccepted::Full { item: 8 }));
    // The call that gave up left nothing behind, and used up no number.
    assert_eq!(outlet.recv().await, Some(0));
    assert_eq!(timeout(secs(1), inlet.send(9)).await.unwrap(), Ok(8));
    let rest = tokio::spawn(async move {
        let mut rest = Vec::new();
        while let Some(n) = outlet.recv().await {
            rest.push(n);
        }
        rest
    });
    line.shutdown(secs(60)).await.unwrap();
    assert_eq!(rest.await.unwrap(), [1, 2, 3, 4, 5, 6, 7, 9]);
}

#[tokio::test(start_paused = true)]
async fn the_slowest_branch_sets_the_pace() {
    let builder = Pipeline::builder();
    let (inlet, flow) = builder.inlet::<u32>();
    let [fast, slow] = flow.fan_out();
    let done = Arc::new(AtomicU64::new(0));
    fast.step(
        stage("fast", 1, 1),
        step_fn({
            let done = Arc::clone(&done);
            move |_| {
                done.fetch_add(1, Ordering::SeqCst);
                async { Ok::<_, Infallible>(()) }
            }
        }),
    )
    .discard();
    slow.step(
        stage("slow", 1, 1),
        step_fn(|_| async {
            sleep(millis(100)).await;
            Ok::<_, Infallible>(())
        }),
    )
    .discard();
    let mut line = builder.start().unwrap();
    let from = Instant::now();
    for n in 0..20 {
        inlet.send(n).await.unwrap();
        let ahead = done
            .load(Ordering::SeqCst)
            .saturating_sub(line.counts().nth(1).unwrap().passed);
        assert!(ahead <= 4, "{ahead} ahead");
    }
    line.shutdown(secs(60)).await.unwrap();
    assert_eq!(from.elapsed(), secs(2));
    assert_eq!(done.load(Ordering::SeqCst), 20);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_takes_nothing_new_and_loses_nothing_accepted() {
    let builder = Pipeline::builder();
    let (inlet, flow) = builder.inlet::<u32>();
    let mut outlet = flow
        .step(
            stage("a", 50, 1),
            step_fn(|n| async move {
                sleep(millis(100)).await;
                Ok::<_, Infallible>(n)
            }),
        )
        .outlet(64);
    let mut line = builder.start().unwrap();
    assert_eq!(inlet.send(0).await, Ok(0));
    for n in 1..40 {
        inlet.try_send(n).unwrap();
    }
    // Dropped half way, and called again.
    assert!(timeout(millis(250), line.shutdown(secs(60))).await.is_err());
    assert_eq!(
        inlet.send(40).await.map_err(NotAccepted::into_item),
        Err(40)
    );
    assert!(matches!(
        inlet.try_send(40),
        Err(TryNotAccepted::Stopped { item: 40 })
    ));
    line.shutdown(secs(60)).await.unwrap();
    for n in 0..40 {
        assert_eq!(outlet.recv().await, Some(n));
    }
    assert_eq!(outlet.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_line_whose_inlets_are_gone_ends_by_itself() {
    let builder = Pipeline::builder();
    let (inlet, flow) = builder.inlet::<u32>();
    let mut outlet = flow
        .step(
            stage("a", 5, 1),
            step_fn(|n| async move { Ok::<_, Infallible>(n) }),
        )
        .outlet(5);
    let mut line = builder.start().unwrap();
    inlet.send(1).await.unwrap();
    drop(inlet);
    line.join().await.unwrap();
    assert_eq!(outlet.recv().await, Some(1));
    assert_eq!(outlet.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_takes_too_long_says_so() {
    let builder = Pipeline::builder();
    let (inlet, flow) = builder.inlet::<u32>();
    let outlet = flow
        .step(
            stage("a", 5, 1),
            step_fn(|n| async move { Ok::<_, Infallible>(n) }),
        )
        .outlet(1);
    let mut line = builder.start().unwrap();
    for n in 0..5 {
        inlet.send(n).await.unwrap();
    }
    let expected = Err(Unfinished::TimedOut { after: secs(2) });
    assert_eq!(line.shutdown(secs(2)).await, expected);
    assert_eq!(line.shutdown(secs(2)).await, expected);
    drop(outlet);
}

#[tokio::test(start_paused = true)]
async fn items_for_an_outlet_that_is_gone_are_reported() {
    let unclaimed = Arc::new(AtomicU64::new(0));
    let builder = Pipeline::builder().on_failure({
        let unclaimed = Arc::clone(&unclaimed);
        move |failure| {
            assert!(matches!(failure.reason(), FailureReason::Unclaimed));
            unclaimed.fetch_add(1, Ordering::SeqCst);
        }
    });
    let (inlet, flow) = builder.inlet::<u32>();
    let [gone, kept] = flow
        .step(
            stage("a", 5, 1),
            step_fn(|n| async move { Ok::<_, Infallible>(n) }),
        )
        .fan_out();
    drop(gone.outlet(1));
    let mut kept = kept.outlet(10);
    let mut line = builder.start().unwrap();
    for n in 0..5 {
        inlet.send(n).await.unwrap();
    }
    line.shutdown(secs(1)).await.unwrap();
    for n in 0..5 {
        assert_eq!(kept.recv().await, Some(n));
    }
    assert_eq!(unclaimed.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_line_with_loose_ends_does_not_start() {
    let pass = || step_fn(|n: u32| async move { Ok::<_, Infallible>(n) });
    let builder = Pipeline::builder();
    let (inlet, flow) = builder.inlet::<u32>();
    drop(flow.step(stage("a", 1, 1), pass()));
    let error = builder.start().unwrap_err();
    assert_eq!(error, LineError::Unconnected { after: "a" });
    assert!(inlet.send(1).await.is_err());

    let builder = Pipeline::builder();
    let (_inlet, flow) = builder.inlet::<u32>();
    let [kept, _loose] = flow.fan_out();
    kept.discard();
    let error = builder.start().unwrap_err();
    assert_eq!(error, LineError::Unconnected { after: "inlet" });

    let builder = Pipeline::builder();
    let (_inlet, flow) = builder.inlet::<u32>();
    flow.step(stage("wide", 1, 2), pass()).discard();
    let error = builder.start().unwrap_err();
    assert_eq!(error, LineError::NoKey { stage: "wide" });
}

#[tokio::test(start_paused = true)]
async fn a_tower_service_is_a_step_and_its_readiness_counts_in_its_time() {
    let services = tower::ServiceBuilder::new()
        .concurrency_limit(1)
        .service(step_fn(|n: u32| async move {
            sleep(millis(300)).await;
            Ok::<_, Infallible>(n)
        }));
    let timed_out = Arc::new(AtomicU64::new(0));
    let builder = Pipeline::builder().on_failure({
        let timed_out = Arc::clone(&timed_out);
        move |_| {
            timed_out.fetch_add(1, Ordering::SeqCst);
        }
    });
    let (inlet, flow) = builder.inlet::<u32>();
    // Three lanes share one permit: the first waits 0, the second 300, the third 600 ms, over its 500.
    flow.keyed_step(stage("a", 3, 3), |n: &u32| *n, services)
        .discard();
    let mut line = builder.start().unwrap();
    let from = Instant::now();
    for n in 0..30 {
        inlet.send(n).await.unwrap();
    }
    line.shutdown(secs(600)).await.unwrap();
    let count = line.counts().next().unwrap();
    assert_eq!(count.passed + count.failed, 30);
    assert_eq!(count.failed, timed_out.load(Ordering::SeqCst));
    assert!(count.passed > 0 && count.failed > 0, "{count:?}");
    assert!(from.elapsed() >= Duration::from_millis(300 * count.passed));
}
