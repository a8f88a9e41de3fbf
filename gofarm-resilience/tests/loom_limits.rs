//! Models of what tasks share, over every interleaving that loom finds.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p gofarm-resilience --no-default-features --features std --test loom_limits --release`
#![cfg(loom)]

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Waker};

use gofarm_core::time::{Instant, millis, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::policy::health::{HealthConfig, Status};
use gofarm_resilience::policy::{
    Aimd, BudgetConfig, Bulkhead, Policy, Rate, ShardedBulkhead, TokenBucket,
};
use gofarm_resilience::semaphore::ShardedSemaphore;
use gofarm_resilience::zone::{Zone, ZoneState, Zones};
use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

const NOW: Instant = Instant::from_secs(10);

/// Both threads want the only permit: a lost wake-up is a deadlock, which loom reports.
#[test]
fn no_wake_up_is_lost() {
    loom::model(|| {
        let semaphore = Arc::new(ShardedSemaphore::new(1, 1).unwrap());
        let inside = Arc::new(AtomicU32::new(0));
        let other = {
            let (semaphore, inside) = (Arc::clone(&semaphore), Arc::clone(&inside));
            thread::spawn(move || visit(&semaphore, &inside, 1))
        };
        visit(&semaphore, &inside, 2);
        other.join().unwrap();
        assert_eq!((semaphore.free(), semaphore.waiting()), (1, 0));
    });
}

fn visit(semaphore: &ShardedSemaphore, inside: &AtomicU32, key: u64) {
    let permit = block_on(semaphore.acquire(key));
    assert_eq!(
        inside.fetch_add(1, Ordering::Relaxed),
        0,
        "never two with one permit"
    );
    inside.fetch_sub(1, Ordering::Relaxed);
    drop(permit);
}

/// Two permits of two shards come back while one task waits: whichever is first wakes it, the other stays free.
#[test]
fn a_permit_of_any_shard_ends_the_wait() {
    loom::model(|| {
        let semaphore = Arc::new(ShardedSemaphore::new(2, 1).unwrap());
        let waiter = {
            let semaphore = Arc::clone(&semaphore);
            let [first, second] = [semaphore.try_acquire(1), semaphore.try_acquire(1)]
                .map(|permit| permit.unwrap().shard());
            assert_ne!(first, second);
            // Given back at once: what follows races with the waiter.
            thread::spawn(move || drop(block_on(semaphore.acquire(1))))
        };
        let permits = [semaphore.try_acquire(0), semaphore.try_acquire(0)];
        permits.into_iter().for_each(drop);
        waiter.join().unwrap();
        assert_eq!((semaphore.free(), semaphore.waiting()), (2, 0));
    });
}

/// A task gives up while a permit is handed to it: the next one in the queue gets it.
#[test]
fn a_cancelled_wait_passes_its_permit_on() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let semaphore = Arc::new(ShardedSemaphore::new(1, 1).unwrap());
        let held = semaphore.try_acquire(0).unwrap();
        let quitter = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || {
                let mut future = pin!(semaphore.acquire(0));
                let _ = future
                    .as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()));
            })
        };
        let waiter = {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || drop(block_on(semaphore.acquire(0))))
        };
        drop(held);
        quitter.join().unwrap();
        waiter.join().unwrap();
        assert_eq!((semaphore.free(), semaphore.waiting()), (1, 0));
    });
}

/// Runs the same on this thread and another one, and returns how often it said yes.
fn twice<T: Send + Sync + 'static>(shared: &Arc<T>, run: fn(&T) -> bool) -> u32 {
    let other = {
        let shared = Arc::clone(shared);
        thread::spawn(move || u32::from(run(&shared)))
    };
    u32::from(run(shared)) + other.join().unwrap()
}

#[test]
fn a_bulkhead_admits_no_more_than_its_limit() {
    loom::model(|| {
        let bulkhead = Arc::new(Bulkhead::shared(1).unwrap());
        let admitted = twice(&bulkhead, |bulkhead| {
            bulkhead.try_take().map(core::mem::forget).is_ok()
        });
        assert_eq!((admitted, bulkhead.in_flight()), (1, 1));
    });
}

#[test]
fn stealing_finds_the_permit_of_the_other_shard() {
    loom::model(|| {
        let bulkhead = Arc::new(ShardedBulkhead::shared(2, 1).unwrap());
        let admitted = twice(&bulkhead, |bulkhead| {
            bulkhead.try_take(5).map(core::mem::forget).is_ok()
        });
        assert_eq!((admitted, bulkhead.free()), (2, 0));
        assert!(bulkhead.try_take(5).is_err());
    });
}

#[test]
fn a_bucket_gives_a_token_once() {
    loom::model(|| {
        let bucket = TokenBucket::at(Rate::per_second(1)).burst(1);
        let bucket = Arc::new(bucket.build_shared().unwrap());
        assert_eq!(twice(&bucket, |bucket| bucket.try_take(1, NOW).is_ok()), 1);
    });
}

/// The rate changes between, before or after two takes: tokens are neither made nor lost.
#[test]
fn a_change_of_rate_makes_no_tokens() {
    loom::model(|| {
        let config = |rate| TokenBucket::at(Rate::per_second(rate)).burst(2);
        let bucket = Arc::new(config(1).build_shared().unwrap());
        bucket.try_take(1, NOW).unwrap();
        let changer = {
            let bucket = Arc::clone(&bucket);
            thread::spawn(move || {
                bucket.configure(&config(1_000), NOW).unwrap();
                bucket.configure(&config(3), NOW).unwrap();
            })
        };
        let taken =
            u32::from(bucket.try_take(1, NOW).is_ok()) + u32::from(bucket.try_take(1, NOW).is_ok());
        changer.join().unwrap();
        assert!(taken <= 1);
        assert_eq!(taken + bucket.available(NOW), 1);
    });
}

#[test]
fn a_budget_pays_a_token_once() {
    loom::model(|| {
        let budget = BudgetConfig::percent(100).reserve(Rate::ZERO, 1);
        let budget = Arc::new(budget.build_shared().unwrap());
        budget.deposit(NOW);
        assert_eq!(twice(&budget, |budget| budget.withdraw(NOW).is_ok()), 1);
    });
}

#[test]
fn two_failures_of_one_congestion_cut_once() {
    loom::model(|| {
        let limit = Aimd::slower_than(secs(1))
            .bounds(10, 1, 10)
            .keep_percent(50);
        let limit = Arc::new(limit.build_shared().unwrap());
        twice(&limit, |limit| {
            let permit = limit.try_acquire(NOW).unwrap();
            limit.record(permit, NOW + millis(1), Outcome::Failure);
            true
        });
        assert_eq!((limit.limit(), limit.in_flight()), (5, 0));
    });
}

#[test]
fn two_failed_checks_are_counted_as_two() {
    loom::model(|| {
        let component = HealthConfig::required().down_after(2);
        let component = Arc::new(component.build_shared().unwrap());
        let down = twice(&component, |component| {
            component.record(Outcome::Failure) == Status::Down
        });
        assert_eq!((down, component.status()), (1, Status::Down));
    });
}

#[test]
fn a_zone_that_went_down_is_not_chosen_afterwards() {
    loom::model(|| {
        let zones = Arc::new(Zones::shared([Zone::active(1), Zone::active(1)]).unwrap());
        let other = {
            let zones = Arc::clone(&zones);
            thread::spawn(move || zones.set(0, ZoneState::Down))
        };
        zones.set(1, ZoneState::Draining);
        other.join().unwrap();
        assert_eq!(
            (zones.choose(), zones.state(1)),
            (None, Some(ZoneState::Draining))
        );
    });
}
