//! Deadlines of calls: what is rejected, what is cancelled, what is left for the next hop.

use alloc::sync::Arc;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Clock, millis, secs};
use gofarm_resilience::context::{CallContext, Contextual};
use gofarm_resilience::deadline::Deadline;
use gofarm_resilience::layer::{
    CarryLayer, DeadlineError, DeadlineLayer, RuntimeClock, TimeoutLayer,
};
use gofarm_resilience::policy::Reason;
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready, assert_ready_err};
use tower::{Layer, Service, ServiceExt};

use crate::layer::field::{Request, field, request};
use crate::told::Told;

fn due_in(left: core::time::Duration) -> Request {
    let mut request = request(7);
    let deadline = Deadline::after(RuntimeClock.now(), left);
    *request.context_mut() = CallContext::new().with_deadline(deadline);
    request
}

#[tokio::test(start_paused = true)]
async fn a_call_is_cancelled_when_its_time_is_over_and_not_before() {
    let (inner, mut handle) = field();
    let mut service = DeadlineLayer::from_context().layer(inner);
    service.ready().await.unwrap();
    let mut call = spawn(service.call(due_in(millis(200))));
    assert_pending!(call.poll());
    let (_, _respond) = handle.next_request().await.unwrap();
    tokio::time::advance(millis(199)).await;
    assert_pending!(call.poll());
    tokio::time::advance(millis(2)).await;
    assert!(call.is_woken());
    let error = assert_ready_err!(call.poll());
    assert!(matches!(error, DeadlineError::Elapsed { after } if after >= millis(200)));
    assert_eq!(error.kind(), Kind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn the_inner_future_is_gone_when_its_time_is_over_even_if_the_outer_one_is_held() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let hangs = tower::service_fn(move |(): ()| {
        let held = Arc::clone(&held);
        async move {
            let _held = held;
            core::future::pending::<Result<(), std::io::Error>>().await
        }
    });
    let mut service = TimeoutLayer::new(secs(1)).layer(hangs);
    let mut call = spawn(service.ready().await.unwrap().call(()));
    assert_pending!(call.poll());
    assert_eq!(Arc::strong_count(&alive), 3);
    tokio::time::advance(secs(2)).await;
    assert_ready!(call.poll()).unwrap_err();
    assert_eq!(Arc::strong_count(&alive), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_enough_time_is_rejected_at_once_and_never_sent() {
    let (inner, mut handle) = field();
    let told = Arc::new(Told::default());
    let layer = DeadlineLayer::from_context().at_least(millis(20));
    let mut service = layer.observe(Arc::clone(&told)).layer(inner);
    for left in [0, 1, 19] {
        service.ready().await.unwrap();
        let error = assert_ready_err!(spawn(service.call(due_in(millis(left)))).poll());
        let DeadlineError::Rejected(rejected) = error else {
            panic!("{error:?}");
        };
        assert_eq!(rejected.reason(), Reason::DeadlineExceeded);
        assert_eq!((error.kind(), error.was_sent()), (Kind::TimedOut, false));
    }
    assert!(handle.poll_request().is_pending());
    let line = "gofarm.resilience.rejected layer=deadline reason=deadline_exceeded";
    assert_eq!(told.take(), [line; 3]);

    let mut call = spawn(service.call(due_in(millis(20))));
    assert_pending!(call.poll());
    tokio::time::advance(millis(21)).await;
    assert_ready_err!(call.poll());
    assert_eq!(told.take(), ["gofarm.resilience.elapsed layer=deadline"]);
}

#[tokio::test(start_paused = true)]
async fn the_next_hop_gets_what_is_left_less_the_reserve() {
    let (inner, mut handle) = field();
    let out = DeadlineLayer::from_context()
        .at_most(secs(1))
        .reserve(millis(50))
        .layer(CarryLayer::outgoing().layer(inner));
    // The caller's time, the time sent on in µs: the caller's counts unless the layer's own is shorter.
    for (given, sent) in [
        (Some(500), "450000u"),
        (Some(9_000), "1000000u"),
        (None, "1000000u"),
    ] {
        let request = match given {
            Some(left) => due_in(millis(left)),
            None => request(7),
        };
        let mut service = out.clone();
        let mut call = spawn(service.ready().await.unwrap().call(request));
        assert_pending!(call.poll());
        let (request, respond) = handle.next_request().await.unwrap();
        assert_eq!(request.headers()["grpc-timeout"], sent);
        respond.send_response(1);
        assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_nothing_is_limited() {
    let (inner, mut handle) = field();
    let mut service = DeadlineLayer::from_context().layer(inner);
    let mut call = spawn(service.ready().await.unwrap().call(request(1)));
    assert_pending!(call.poll());
    tokio::time::advance(secs(1_000_000)).await;
    assert_pending!(call.poll());
    handle.next_request().await.unwrap().1.send_response(5);
    assert_eq!(assert_ready!(call.poll()).unwrap(), 5);
}
