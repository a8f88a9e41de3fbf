//! The receiver is slow, ends in the middle, or is not there.

use core::time::Duration;
use std::time::Instant;

use gofarm_otel::clock::Moment;
use gofarm_otel::export::{Answer, Exporter, ExporterConfig, Reason};
use gofarm_otel::spool::{Directory, Limits, Spool};

use super::Running;
use super::receiver::{BOTH, By, Receiver};
use crate::spans;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_slower_than_the_deadline_has_everything_in_the_end() {
    let Some(mut receiver) = Receiver::start() else {
        return;
    };
    for (at, by) in (0..).zip(BOTH) {
        let first = at * 10_000;
        receiver.mode("delay 2");
        let config = receiver
            .config(*by)
            .with_timeout(Duration::from_millis(500));
        let running = Running::start(config, None);
        for batch in 0..5 {
            running.send(spans::batch(first + batch * 10, 10)).await;
        }
        let started = Instant::now();
        let tally = running
            .handle
            .flush(Duration::from_millis(1_500))
            .await
            .unwrap();
        assert!(started.elapsed() >= Duration::from_millis(1_500));
        assert_eq!(tally.exported().total(), 0, "{by:?}");
        receiver.mode("ok");
        let tally = running.end().await;
        assert_eq!(
            (tally.exported().total(), tally.dropped().total()),
            (50, 0),
            "{by:?}"
        );
        let arrived = receiver.arrived();
        assert!(
            (first..first + 50).all(|number| arrived.0.contains_key(&number)),
            "{by:?}"
        );
        assert!(
            arrived.0.values().any(|times| *times > 1),
            "what was not answered came again"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_is_always_slower_than_the_deadline_gets_more_time() {
    let Some(mut receiver) = Receiver::start() else {
        return;
    };
    receiver.mode("delay 2");
    for (at, by) in (0..).zip(BOTH) {
        let config = receiver.config(*by);
        let running = Running::start(config.with_timeout(Duration::from_millis(900)), None);
        running.send(spans::batch(at * 100, 10)).await;
        let tally = running.until(|tally| tally.held().total() == 0).await;
        assert_eq!(tally.exported().total(), 10, "{by:?}");
        running.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_killed_in_the_middle_of_a_batch_has_everything_after_it_is_back() {
    let Some(mut receiver) = Receiver::start() else {
        return;
    };
    for (at, by) in (0..).zip(BOTH) {
        let first = at * 10_000;
        let running = Running::start(receiver.config(*by), None);
        running.send(spans::batch(first, 10)).await;
        running.until(|tally| tally.exported().total() == 10).await;
        receiver.mode("die");
        for batch in 1..10 {
            running.send(spans::batch(first + batch * 100, 100)).await;
        }
        receiver.wait_for_end();
        receiver.again();
        let tally = running.end().await;
        assert_eq!(
            (tally.exported().total(), tally.dropped().total()),
            (910, 0),
            "{by:?}"
        );
        let arrived = receiver.arrived();
        let numbers = (first..first + 10).chain(first + 100..first + 1_000);
        assert!(
            numbers
                .into_iter()
                .all(|number| arrived.0.contains_key(&number)),
            "{by:?}"
        );
    }
}

/// Three days without receiver on a simulated clock, then the process starts again and the receiver is there.
async fn three_days(by: By, limits: Limits) -> (u64, u64) {
    let Some(receiver) = Receiver::start() else {
        return (0, 0);
    };
    let open = || Spool::open(Directory::open(receiver.directory()).unwrap(), limits).unwrap();
    let mut exporter = Exporter::new(ExporterConfig::DEFAULT, 7).with_spool(open());
    let (mut now, mut created) = (Moment::default(), 0);
    let mut ended = now;
    for _ in 0..72 * 6 {
        exporter.handle_batch(now, spans::batch(created, 100));
        created += 100;
        ended = ended + Duration::from_secs(600);
        while now < ended {
            if exporter.poll_transmit(now).is_some() {
                exporter.handle_answer(now, Answer::Unreachable);
            }
            now = exporter.poll_timeout().unwrap().min(ended);
        }
    }
    exporter.shut_down(now);
    let tally = exporter.tally();
    assert_eq!(tally.created().total(), created);
    assert_eq!(created, tally.dropped().total() + tally.held().total());
    let (lost, held) = (
        tally.dropped_for(Reason::Oldest).total(),
        tally.held().total(),
    );
    drop(exporter);

    let running = Running::start(receiver.config(by), Some(open()));
    let tally = running.until(|tally| tally.held().total() == 0).await;
    assert_eq!(
        (tally.recovered().total(), tally.exported().total()),
        (held, held),
        "{by:?}"
    );
    running.end().await;
    let arrived = receiver.arrived();
    assert!(
        arrived.0.keys().copied().eq(lost..created),
        "{by:?}: the newest, none missing"
    );
    assert!(arrived.0.values().all(|times| *times == 1), "{by:?}");
    (created, lost)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_three_simulated_days_a_receiver_has_everything_that_the_bound_allows() {
    for by in BOTH {
        let (created, lost) = three_days(*by, Limits::new(64 << 20)).await;
        assert_eq!(lost, 0, "{by:?}: {created} fit into 64 MiB");
        let (created, lost) = three_days(*by, Limits::new(1 << 20)).await;
        assert_eq!(
            lost > 0,
            created > 0,
            "{by:?}: {created} do not fit into 1 MiB"
        );
    }
}

/// The receiver is down for `down`, while a batch comes every `every`; the process ends once in the middle.
async fn survives(by: By, down: Duration, every: Duration) {
    let Some(mut receiver) = Receiver::start() else {
        return;
    };
    let spool = |receiver: &Receiver| {
        let directory = Directory::open(receiver.directory()).unwrap();
        Some(Spool::open(directory, Limits::new(16 << 20)).unwrap())
    };
    receiver.kill();
    let mut running = Running::start(receiver.config(by), spool(&receiver));
    let (mut created, mut dropped, mut exported) = (0, 0, 0);
    let started = Instant::now();
    let mut ticks = tokio::time::interval(every);
    let mut has_restarted = false;
    while started.elapsed() < down {
        ticks.tick().await;
        running.send(spans::batch(created, 25)).await;
        created += 25;
        if started.elapsed() > down / 2 && !has_restarted {
            has_restarted = true;
            let tally = running
                .handle
                .shutdown(Duration::from_millis(100))
                .await
                .unwrap();
            running.worker.await.unwrap();
            dropped += tally.dropped().total();
            exported += tally.exported().total();
            assert_eq!(tally.held().total(), created, "all of it is in the spool");
            running = Running::start(receiver.config(by), spool(&receiver));
        }
    }
    receiver.again();
    running.until(|tally| tally.held().total() == 0).await;
    let tally = running.end().await;
    dropped += tally.dropped().total();
    exported += tally.exported().total();
    let arrived = receiver.arrived();
    assert_eq!((exported, dropped), (created, 0), "{by:?}");
    assert_eq!(arrived.distinct(), created, "{by:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_down_for_a_real_minute_has_everything_after_it_is_back() {
    survives(
        By::Http,
        Duration::from_secs(60),
        Duration::from_millis(500),
    )
    .await;
}

#[cfg(feature = "grpc")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_of_grpc_down_for_some_seconds_has_everything_after_it_is_back() {
    survives(By::Grpc, Duration::from_secs(6), Duration::from_millis(100)).await;
}
