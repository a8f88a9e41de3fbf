//! Random lines with steps that fail, hang and panic, and outlets that are read at a pace of their own.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicI64, Ordering};
use std::sync::Mutex;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{millis, secs};
use gofarm_resilience::pipeline::{Pipeline, step_fn};
use proptest::prelude::*;
use tokio::time::sleep;

use super::stage;

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
