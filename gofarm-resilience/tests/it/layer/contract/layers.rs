//! Each Layer, held to the contract.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicI64, Ordering::SeqCst};

use gofarm_core::time::{Instant, hours, secs};
use gofarm_resilience::layer::{
    AdaptiveLayer, AdmissionLayer, BreakerLayer, BulkheadLayer, CarryLayer, ConcurrencyLayer,
    DeadlineLayer, FallbackLayer, HedgeLayer, LastAnswers, MeterLayer, RateLimitLayer, RetryLayer,
    Tier, TiersLayer, TimeoutLayer,
};
use gofarm_resilience::policy::breaker::Breaker;
use gofarm_resilience::policy::{
    Aimd, Answer, Gradient, Hedge, Idempotence, Rate, Retry, TokenBucket,
};
use gofarm_resilience::{Outcome, Policy, Rejected};
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok};
use tower::util::MapResponseLayer;
use tower::{Layer, Service, ServiceExt};

use crate::layer::field::{Request, field, request};

use super::{Waits, holds, rejects};

fn always() -> bool {
    true
}

/// Counts its permits.
#[derive(Default)]
struct Ledger(AtomicI64);

impl Policy for Ledger {
    type Permit = ();

    fn try_acquire(&self, _: Instant) -> Result<(), Rejected> {
        self.0.fetch_add(1, SeqCst);
        Ok(())
    }

    fn record(&self, (): (), _: Instant, _: Outcome) {
        self.0.fetch_sub(1, SeqCst);
    }

    fn cancel(&self, (): (), _: Instant) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn admission_of_any_policy_holds_the_contract() {
    let ledger = Arc::new(Ledger::default());
    let layer = AdmissionLayer::with("ledger", Arc::clone(&ledger));
    holds(layer, Waits::Outside, || ledger.0.load(SeqCst) == 0).await;
}

#[tokio::test(start_paused = true)]
async fn bulkheads_hold_the_contract() {
    let layer = BulkheadLayer::new(2).unwrap();
    let bulkhead = Arc::clone(layer.policy());
    holds(layer, Waits::Outside, || bulkhead.free() == 2).await;

    let layer = BulkheadLayer::sharded(2, 1, |request: &Request| *request.body()).unwrap();
    let bulkhead = Arc::clone(layer.bulkhead());
    holds(layer, Waits::Inside, || bulkhead.free() == 2).await;
}

#[tokio::test(start_paused = true)]
async fn rate_limits_hold_the_contract() {
    let layer = RateLimitLayer::new(TokenBucket::at(Rate::per_second(1)).burst(100)).unwrap();
    holds(layer, Waits::Outside, always).await;
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_place_holds_the_contract() {
    let layer = ConcurrencyLayer::sharded(2, 1, |request: &Request| *request.body()).unwrap();
    let semaphore = Arc::clone(layer.semaphore());
    holds(layer, Waits::Inside, || {
        semaphore.free() == 2 && semaphore.waiting() == 0
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn deadlines_hold_the_contract() {
    holds(TimeoutLayer::new(secs(5)), Waits::Outside, always).await;
    let layer = DeadlineLayer::from_context().at_most(hours(1));
    holds(layer, Waits::Outside, always).await;
}

#[tokio::test(start_paused = true)]
async fn retries_hold_the_contract() {
    let layer = RetryLayer::new(Retry::attempts(1)).unwrap();
    holds(layer, Waits::Outside, always).await;
    let layer = RetryLayer::new(Retry::attempts(1))
        .unwrap()
        .within_deadline();
    holds(layer, Waits::Outside, always).await;
}

#[tokio::test(start_paused = true)]
async fn hedges_hold_the_contract() {
    let layer = HedgeLayer::new(Hedge::after_permille(950), |_: &Request| {
        Idempotence::Idempotent
    });
    holds(layer.unwrap(), Waits::Outside, always).await;
}

#[tokio::test(start_paused = true)]
async fn carrying_holds_the_contract() {
    holds(CarryLayer::incoming(), Waits::Outside, always).await;
    holds(CarryLayer::outgoing(), Waits::Outside, always).await;
}

#[tokio::test(start_paused = true)]
async fn metering_holds_the_contract() {
    holds(MeterLayer::new(()), Waits::Outside, always).await;
}

#[tokio::test(start_paused = true)]
async fn breakers_hold_the_contract() {
    let layer = BreakerLayer::new(Breaker::consecutive(100)).unwrap();
    holds(layer, Waits::Outside, always).await;
    // A keyed table knows how many calls of a key are under way: only without any can it be forgotten.
    let key = |request: &Request| *request.body();
    let layer = BreakerLayer::keyed(key, Breaker::consecutive(100)).unwrap();
    holds(layer, Waits::Inside, always).await;
}

#[tokio::test(start_paused = true)]
async fn trials_that_are_dropped_give_their_place_back() {
    // Half-open all the time, with one trial: a lost permit would reject the next call.
    let layer = BreakerLayer::new(Breaker::consecutive(1).half_open(1)).unwrap();
    let breaker = Arc::clone(layer.breaker());
    let (inner, mut handle) = field();
    let mut service = layer.layer(inner);
    let mut fails = spawn(service.ready().await.unwrap().call(request(1)));
    assert_pending!(fails.poll());
    handle.next_request().await.unwrap().1.send_error("down");
    assert_ready_err!(fails.poll());
    tokio::time::advance(secs(31)).await;
    for _ in 0..100 {
        let mut trial = spawn(service.ready().await.unwrap().call(request(2)));
        assert_pending!(trial.poll());
        let mut second = spawn(service.ready().await.unwrap().call(request(3)));
        assert!(assert_ready_err!(second.poll()).rejected().is_some());
        drop(trial);
    }
    let mut trial = spawn(service.ready().await.unwrap().call(request(4)));
    assert_pending!(trial.poll());
    while let core::task::Poll::Ready(Some((_, respond))) = handle.poll_request() {
        respond.send_response(4);
    }
    assert_ready_ok!(trial.poll());
    assert_eq!(breaker.stats().opened(), 1);
}

#[tokio::test(start_paused = true)]
async fn adaptive_limits_hold_the_contract() {
    let layer = AdaptiveLayer::aimd(Aimd::slower_than(secs(1)).bounds(2, 2, 9)).unwrap();
    let limit = Arc::clone(layer.policy());
    holds(layer, Waits::Outside, || limit.in_flight() == 0).await;
    let layer = AdaptiveLayer::gradient(Gradient::adaptive().bounds(2, 2, 9)).unwrap();
    let limit = Arc::clone(layer.policy());
    holds(layer, Waits::Outside, || limit.in_flight() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn keyed_limits_hold_the_contract() {
    let key = |request: &Request| *request.body();
    let layer = BulkheadLayer::keyed(key, 1).unwrap();
    let table = Arc::clone(layer.table());
    let is_idle = || {
        let mut in_flight = 0;
        table.for_each_shard(|shard| {
            in_flight += shard
                .iter()
                .flat_map(|(_, place)| place)
                .map(|b| b.in_flight())
                .sum::<u32>();
        });
        in_flight == 0
    };
    holds(layer, Waits::Inside, is_idle).await;
    let rate = TokenBucket::at(Rate::per_second(1)).burst(100);
    holds(
        RateLimitLayer::keyed(key, rate).unwrap(),
        Waits::Inside,
        always,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn stale_answers_and_tiers_hold_the_contract() {
    let nothing_kept = || LastAnswers::new(1, |_: &Request| None::<u16>).unwrap();
    let layer = FallbackLayer::stale(nothing_kept(), secs(1)).unwrap();
    let plain = MapResponseLayer::new(Answer::<u16>::into_value as fn(_) -> _);
    let layer = tower_layer::Stack::new(layer, plain.clone());
    holds(layer, Waits::Outside, always).await;

    let key = |request: &Request| *request.body();
    let blame = |_: &crate::layer::field::Lost| Some(Tier::Device);
    let layer = TiersLayer::new(blame, key, key, nothing_kept(), secs(1)).unwrap();
    let layer = tower_layer::Stack::new(layer, plain);
    holds(layer, Waits::Inside, always).await;
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_rejects_never_makes_anybody_wait() {
    rejects(BulkheadLayer::new(1).unwrap(), Waits::Outside).await;
    rejects(
        RateLimitLayer::new(TokenBucket::at(Rate::per_second(1)).burst(1)).unwrap(),
        Waits::Outside,
    )
    .await;
    let one = |_: &Request| 1_u32;
    rejects(BulkheadLayer::keyed(one, 1).unwrap(), Waits::Inside).await;
    rejects(BulkheadLayer::sharded(1, 1, one).unwrap(), Waits::Inside).await;
    let queue = ConcurrencyLayer::sharded(1, 1, one)
        .unwrap()
        .waiting_at_most(0);
    rejects(queue, Waits::Inside).await;
    let aimd = Aimd::slower_than(secs(1)).bounds(1, 1, 1);
    rejects(AdaptiveLayer::aimd(aimd).unwrap(), Waits::Outside).await;
    let held = BreakerLayer::new(Breaker::consecutive(1).qps(1).burst(1)).unwrap();
    rejects(held, Waits::Outside).await;
    let held = BreakerLayer::keyed(one, Breaker::consecutive(1).qps(1).burst(1)).unwrap();
    rejects(held, Waits::Inside).await;
}
