//! What every Layer keeps: readiness, clones, dropped futures, errors of `poll_ready`.

mod layers;

use core::fmt::Debug;

use gofarm_core::time::secs;
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok};
use tower::{Layer, Service, ServiceExt};

use crate::layer::field::{Field, Request, field, request};

/// Where a layer waits for a service that is not ready.
#[derive(Clone, Copy, PartialEq)]
enum Waits {
    /// In `poll_ready`.
    Outside,
    /// In the future.
    Inside,
}

/// Holds a layer to all of it. `is_idle` tells whether every permit has been settled.
async fn holds<L>(layer: L, waits: Waits, is_idle: impl Fn() -> bool)
where
    L: Layer<Field>,
    L::Service: Service<Request, Response = u16> + Clone + Debug,
    <L::Service as Service<Request>>::Error: core::error::Error,
{
    readiness_is_not_lost_and_a_clone_is_not_ready(&layer).await;
    back_pressure_is_passed_on_or_waited_for_inside(&layer, waits).await;
    an_error_of_poll_ready_passes_through(&layer);
    a_future_dropped_at_any_point_settles_its_permit(&layer, waits, &is_idle).await;
    answers_and_errors_pass_through(&layer).await;
    assert!(is_idle());
}

async fn readiness_is_not_lost_and_a_clone_is_not_ready<L>(layer: &L)
where
    L: Layer<Field>,
    L::Service: Service<Request, Response = u16> + Clone + Debug,
    <L::Service as Service<Request>>::Error: core::error::Error,
{
    let (inner, mut handle) = field();
    let mut service = layer.layer(inner);
    service.ready().await.unwrap();
    // A clone between `poll_ready` and `call` must not take the readiness along: the mock would panic.
    let mut clone = service.clone();
    let mut call = spawn(service.call(request(1)));
    assert_pending!(call.poll());
    clone.ready().await.unwrap();
    let mut other = spawn(clone.call(request(2)));
    assert_pending!(other.poll());
    for _ in 0..2 {
        let (sent, respond) = handle.next_request().await.unwrap();
        respond.send_response(*sent.body() * 10);
    }
    assert_eq!(call.await.unwrap(), 10);
    assert_eq!(other.await.unwrap(), 20);

    // Readied twice, called once; and dropped while it was ready.
    service.ready().await.unwrap();
    service.ready().await.unwrap();
    let mut call = spawn(service.call(request(3)));
    assert_pending!(call.poll());
    handle.next_request().await.unwrap().1.send_response(3);
    assert_eq!(call.await.unwrap(), 3);
    service.ready().await.unwrap();
}

async fn back_pressure_is_passed_on_or_waited_for_inside<L>(layer: &L, waits: Waits)
where
    L: Layer<Field>,
    L::Service: Service<Request, Response = u16> + Clone + Debug,
    <L::Service as Service<Request>>::Error: core::error::Error,
{
    let (inner, mut handle) = field();
    handle.allow(0);
    let mut service = layer.layer(inner);
    let mut ready = spawn(async move {
        service.ready().await.unwrap();
        service
    });
    let mut service = match waits {
        Waits::Outside => {
            assert_pending!(ready.poll());
            handle.allow(1);
            assert!(ready.is_woken());
            assert_ready!(ready.poll())
        }
        Waits::Inside => assert_ready!(ready.poll()),
    };
    let mut call = spawn(service.call(request(7)));
    if waits == Waits::Inside {
        assert_pending!(call.poll());
        assert!(handle.poll_request().is_pending());
        handle.allow(1);
        assert!(call.is_woken());
    }
    assert_pending!(call.poll());
    handle.next_request().await.unwrap().1.send_response(7);
    assert_eq!(assert_ready_ok!(call.poll()), 7);
}

fn an_error_of_poll_ready_passes_through<L>(layer: &L)
where
    L: Layer<Field>,
    L::Service: Service<Request, Response = u16> + Clone + Debug,
    <L::Service as Service<Request>>::Error: core::error::Error,
{
    let (inner, mut handle) = field();
    let mut service = layer.layer(inner);
    handle.send_error("broken");
    let error = assert_ready_err!(spawn(service.ready()).poll());
    assert_eq!(error.to_string(), "broken");
}

async fn a_future_dropped_at_any_point_settles_its_permit<L>(
    layer: &L,
    waits: Waits,
    is_idle: &impl Fn() -> bool,
) where
    L: Layer<Field>,
    L::Service: Service<Request, Response = u16> + Clone + Debug,
    <L::Service as Service<Request>>::Error: core::error::Error,
{
    let (inner, mut handle) = field();
    let mut service = layer.layer(inner);

    service.ready().await.unwrap();
    drop(service.call(request(1))); // never polled
    assert!(is_idle());

    service.ready().await.unwrap();
    let mut call = spawn(service.call(request(2)));
    assert_pending!(call.poll());
    drop(call); // under way
    assert!(is_idle());

    service.ready().await.unwrap();
    let mut call = spawn(service.call(request(3)));
    assert_pending!(call.poll());
    while let core::task::Poll::Ready(Some((_, respond))) = handle.poll_request() {
        respond.send_response(3);
    }
    assert_ready_ok!(call.poll());
    assert!(is_idle()); // ended, and still held
    drop(call);
    assert!(is_idle());

    if waits == Waits::Inside {
        handle.allow(0);
        service.ready().await.unwrap();
        let mut call = spawn(service.call(request(4)));
        assert_pending!(call.poll());
        drop(call); // waiting for the inner service
        assert!(is_idle());

        service.ready().await.unwrap();
        let mut call = spawn(service.call(request(5)));
        assert_pending!(call.poll());
        handle.send_error("broken");
        let error = assert_ready_err!(call.poll());
        assert_eq!(error.to_string(), "broken");
        assert!(is_idle());
        handle.allow(u64::MAX);
    }
    // None of it has used anything up.
    service.ready().await.unwrap();
    let mut call = spawn(service.call(request(6)));
    assert_pending!(call.poll());
    handle.next_request().await.unwrap().1.send_response(6);
    assert_eq!(call.await.unwrap(), 6);
}

async fn answers_and_errors_pass_through<L>(layer: &L)
where
    L: Layer<Field>,
    L::Service: Service<Request, Response = u16> + Clone + Debug,
    <L::Service as Service<Request>>::Error: core::error::Error,
{
    let (inner, mut handle) = field();
    let mut service = layer.layer(inner);
    service.ready().await.unwrap();
    let mut call = spawn(service.call(request(1)));
    assert_pending!(call.poll());
    handle
        .next_request()
        .await
        .unwrap()
        .1
        .send_error("no answer");
    assert_eq!(call.await.unwrap_err().to_string(), "no answer");
}

/// The layer admits one call and rejects what comes while it is under way: at once, without a word to the inner
/// service and without using up its readiness.
async fn rejects<L>(layer: L, waits: Waits)
where
    L: Layer<Field>,
    L::Service: Service<Request, Response = u16> + Clone + Debug,
    <L::Service as Service<Request>>::Error: core::error::Error,
{
    let (inner, mut handle) = field();
    let mut service = layer.layer(inner);
    let mut first = spawn(service.ready().await.unwrap().call(request(1)));
    assert_pending!(first.poll());
    let (_, respond) = handle.next_request().await.unwrap();
    handle.allow(1);
    for _ in 0..1_000 {
        assert_ready_ok!(spawn(service.ready()).poll());
        let error = assert_ready_err!(spawn(service.call(request(2))).poll());
        assert!(
            error.to_string().starts_with("the call was rejected"),
            "{error}"
        );
    }
    assert!(handle.poll_request().is_pending());
    if waits == Waits::Inside {
        // An inner service that is not ready changes nothing of it.
        handle.allow(0);
        let mut other = service.clone();
        assert_ready_ok!(spawn(other.ready()).poll());
        assert_ready_err!(spawn(other.call(request(2))).poll());
        handle.allow(1);
    }
    respond.send_response(1);
    assert_ready_ok!(first.poll());
    drop(first);
    tokio::time::advance(secs(60)).await;
    let mut again = spawn(service.ready().await.unwrap().call(request(3)));
    assert_pending!(again.poll());
    handle.next_request().await.unwrap().1.send_response(3);
    assert_ready_ok!(again.poll());
}
