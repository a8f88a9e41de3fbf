//! Lines on a paused clock: nothing lost, nothing twice, order kept, memory bounded.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod simulation;

use alloc::sync::Arc;
use core::convert::Infallible;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Mutex;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{millis, secs};
use gofarm_resilience::pipeline::{
    FailureReason, LineError, NotAccepted, Pipeline, Stage, TryNotAccepted, Unfinished, step_fn,
};
use tokio::time::{Instant, sleep, timeout};

use crate::told::Told;

fn stage(name: &'static str, buffer: u32, lanes: u16) -> Stage {
    Stage::named(name)
        .peak(1, secs(1))
        .buffer(buffer)
        .lanes(lanes)
        .timeout(millis(500))
        .build()
        .unwrap()
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

#[tokio::test(start_paused = true)]
async fn items_that_fail_or_find_no_room_are_told_to_an_observer() {
    let told = Arc::new(Told::default());
    let builder = Pipeline::builder().observe(Arc::clone(&told));
    let (inlet, flow) = builder.inlet::<u32>();
    let mut outlet = flow
        .step(
            stage("a", 1, 1),
            step_fn(|n: u32| async move {
                match n {
                    0 => core::future::pending().await,
                    1 => Err(std::io::Error::from(std::io::ErrorKind::InvalidInput)),
                    2 => panic!("a fault of the step"),
                    n => Ok(n),
                }
            }),
        )
        .outlet(1);
    let mut line = builder.start().unwrap();
    let failed = |reason| format!("gofarm.resilience.pipeline.failed stage=a reason={reason}");
    let held_back = |item| format!("gofarm.resilience.pipeline.held_back item={item}");

    inlet.send(0).await.unwrap();
    tokio::task::yield_now().await;
    inlet.send(1).await.unwrap();
    assert_eq!(told.take(), [] as [&str; 0]);
    // One is in the step's hands and one in its buffer.
    assert_eq!(inlet.try_send(2), Err(TryNotAccepted::Full { item: 2 }));
    assert_eq!(told.take(), [held_back("refused")]);
    inlet.send(2).await.unwrap();
    let lines = [held_back("waits"), failed("timed_out"), failed("invalid")];
    assert_eq!(told.take(), lines);
    tokio::task::yield_now().await;
    inlet.send(3).await.unwrap();
    assert_eq!(outlet.recv().await, Some(3));
    assert_eq!(told.take(), [failed("panicked")]);
    drop(outlet);
    inlet.send(4).await.unwrap();
    line.shutdown(secs(1)).await.unwrap();
    assert_eq!(told.take(), [failed("unclaimed")]);
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
