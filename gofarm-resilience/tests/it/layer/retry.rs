//! Calls that are tried again, and calls that are made twice.

use alloc::sync::Arc;

use gofarm_core::error::Kind;
use gofarm_core::time::{Clock, millis, secs};
use gofarm_resilience::context::{CallContext, Contextual};
use gofarm_resilience::deadline::Deadline;
use gofarm_resilience::layer::{
    BulkheadLayer, Failure, HedgeLayer, RetryLayer, RuntimeClock, SharedRandom,
};
use gofarm_resilience::policy::{
    Backoff, BudgetConfig, Hedge, Idempotence, Jitter, Rate, Retry, RetryConfig,
};
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok};
use tower::{Layer, Service, ServiceExt};

use crate::layer::field::{Lost, Request, field, request};
use crate::told::Told;

fn plain(attempts: u32) -> RetryConfig {
    Retry::attempts(attempts).backoff(Backoff::exponential(millis(100), secs(2), Jitter::None))
}

#[tokio::test(start_paused = true)]
async fn waits_as_the_back_off_says_and_as_long_as_the_device_asks() {
    let (inner, mut handle) = field();
    let told = Arc::new(Told::default());
    let layer = RetryLayer::new(plain(4))
        .unwrap()
        .observe(Arc::clone(&told));
    let mut service = layer.layer(inner);
    let mut call = spawn(service.ready().await.unwrap().call(request(7)));
    for (error, wait) in [("lost", 100), ("retry 1500", 1_500), ("lost", 400)] {
        assert_pending!(call.poll());
        handle.next_request().await.unwrap().1.send_error(error);
        assert_pending!(call.poll());
        tokio::time::advance(millis(wait - 1)).await;
        assert_pending!(call.poll());
        assert!(handle.poll_request().is_pending());
        tokio::time::advance(millis(2)).await;
    }
    assert_pending!(call.poll());
    handle.next_request().await.unwrap().1.send_response(70);
    assert_eq!(assert_ready_ok!(call.poll()), 70);
    assert_eq!(told.take(), ["gofarm.resilience.retries layer=retry"; 3]);
}

#[tokio::test(start_paused = true)]
async fn gives_up_when_the_next_try_could_not_end_before_the_deadline() {
    let (inner, mut handle) = field();
    let layer = RetryLayer::new(plain(9)).unwrap().within_deadline();
    let mut service = layer.layer(inner);
    let mut limited = request(7);
    let deadline = Deadline::after(RuntimeClock.now(), millis(250));
    *limited.context_mut() = CallContext::new().with_deadline(deadline);
    let mut call = spawn(service.ready().await.unwrap().call(limited));
    assert_pending!(call.poll());
    handle.next_request().await.unwrap().1.send_error("first");
    assert_pending!(call.poll()); // again after 100 ms
    tokio::time::advance(millis(101)).await;
    assert_pending!(call.poll());
    handle.next_request().await.unwrap().1.send_error("second");
    // The next would go out after 200 ms more, at 301 ms.
    assert_eq!(assert_ready_err!(call.poll()), Lost("second".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_budget_lets_every_call_through_once() {
    let (inner, mut handle) = field();
    let config = plain(3).budget(BudgetConfig::percent(10).reserve(Rate::ZERO, 2));
    let service = RetryLayer::new(config).unwrap().layer(inner);
    let mut sent = 0;
    for _ in 0..50 {
        let mut call = spawn(service.clone().oneshot(request(7)));
        loop {
            if let core::task::Poll::Ready(result) = call.poll() {
                result.unwrap_err();
                break;
            }
            while let core::task::Poll::Ready(Some((_, respond))) = handle.poll_request() {
                sent += 1;
                respond.send_error("down");
            }
            if !call.is_woken() {
                tokio::time::advance(secs(3)).await;
            }
        }
    }
    assert!((50..=50 + 50).contains(&sent), "{sent}");
    assert!(
        sent < 150,
        "{sent} calls for 50 requests to a server that is down"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_copied_is_tried_once_and_answers_can_be_judged() {
    let (inner, mut handle) = field();
    let layer = RetryLayer::new(plain(3))
        .unwrap()
        .random(SharedRandom::seeded(1))
        .repeat(|request: &Request| (*request.body() != 13).then(|| request.clone()))
        .judge(|result: &Result<u16, Lost>| match result {
            Ok(503) => Some(Failure::new(Kind::Overloaded).retry_after(millis(1))),
            Ok(_) => None,
            Err(error) => Some(Failure::of(error)),
        });
    let mut service = layer.layer(inner);
    let mut dose = spawn(service.ready().await.unwrap().call(request(13)));
    assert_pending!(dose.poll());
    handle.next_request().await.unwrap().1.send_error("lost");
    assert_ready_err!(dose.poll());

    let mut read = spawn(service.ready().await.unwrap().call(request(7)));
    assert_pending!(read.poll());
    handle.next_request().await.unwrap().1.send_response(503);
    assert_pending!(read.poll());
    tokio::time::advance(millis(101)).await;
    assert_pending!(read.poll());
    handle.next_request().await.unwrap().1.send_response(200);
    assert_eq!(assert_ready_ok!(read.poll()), 200);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_given_up_while_it_waits_holds_nothing() {
    let (inner, mut handle) = field();
    let bulkhead = BulkheadLayer::new(1).unwrap();
    let places = Arc::clone(bulkhead.policy());
    let mut service = RetryLayer::new(plain(3))
        .unwrap()
        .layer(bulkhead.layer(inner));
    let mut call = spawn(service.ready().await.unwrap().call(request(7)));
    assert_pending!(call.poll());
    assert_eq!(places.free(), 0);
    handle.next_request().await.unwrap().1.send_error("lost");
    assert_pending!(call.poll());
    assert_eq!(places.free(), 1); // between two tries no place is held
    drop(call);
    assert_eq!(places.free(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_of_two_counts_and_the_other_call_is_cancelled() {
    let (inner, mut handle) = field();
    let bulkhead = BulkheadLayer::new(9).unwrap();
    let places = Arc::clone(bulkhead.policy());
    let told = Arc::new(Told::default());
    let hedge = Hedge::after_permille(950).start_with(millis(50));
    let layer = HedgeLayer::new(hedge, |request: &Request| match request.body() {
        13 => Idempotence::Once,
        _ => Idempotence::Idempotent,
    });
    let layer = layer.unwrap().observe(Arc::clone(&told));
    let mut service = layer.layer(bulkhead.layer(inner));

    for second_wins in [true, false] {
        let mut call = spawn(service.ready().await.unwrap().call(request(7)));
        assert_pending!(call.poll());
        let (_, first) = handle.next_request().await.unwrap();
        assert_eq!(places.in_flight(), 1);
        tokio::time::advance(millis(60)).await;
        assert_pending!(call.poll());
        let (_, second) = handle.next_request().await.unwrap();
        assert_eq!(places.in_flight(), 2);
        // One of the two may fail: the other one counts.
        let (winner, loser) = if second_wins {
            (second, first)
        } else {
            (first, second)
        };
        loser.send_error("lost");
        assert_pending!(call.poll());
        winner.send_response(70);
        assert_eq!(assert_ready!(call.poll()).unwrap(), 70);
        drop(call);
        assert_eq!(places.in_flight(), 0);
    }
    assert_eq!(told.take(), ["gofarm.resilience.hedges layer=hedge"; 2]);

    let mut dose = spawn(service.ready().await.unwrap().call(request(13)));
    assert_pending!(dose.poll());
    tokio::time::advance(secs(60)).await;
    assert_pending!(dose.poll());
    assert_eq!(places.in_flight(), 1);

    let mut fails = spawn(service.ready().await.unwrap().call(request(7)));
    assert_pending!(fails.poll());
    handle.next_request().await.unwrap();
    let (_, respond) = handle.next_request().await.unwrap();
    respond.send_error("before the second was due");
    assert_ready_err!(fails.poll());
    assert_eq!(places.in_flight(), 1);
}
