//! Context across two hops: a gateway that is called and calls on.

use gofarm_core::time::millis;
use gofarm_resilience::context::{ContextError, Contextual};
use gofarm_resilience::layer::{CarryError, CarryLayer};
use tokio_test::task::spawn;
use tokio_test::{assert_pending, assert_ready_err};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::layer::field::{Request, field, request};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn incoming(headers: &[(&'static str, &'static str)]) -> Request {
    let mut incoming = request(7);
    for (name, value) in headers {
        incoming.headers_mut().append(*name, value.parse().unwrap());
    }
    incoming
}

#[tokio::test(start_paused = true)]
async fn labels_trace_id_and_the_time_that_is_left_reach_the_second_hop() {
    let (device, mut handle) = field();
    let out = CarryLayer::outgoing().layer(device);
    let gateway = service_fn(move |request: Request| {
        let out = out.clone();
        async move {
            tokio::time::sleep(millis(300)).await;
            let mut next = http::Request::new(*request.body());
            *next.context_mut() = request.context().cloned().unwrap_or_default();
            out.oneshot(next).await
        }
    });
    let mut gateway = CarryLayer::incoming().layer(gateway);
    let sent = [
        ("grpc-timeout", "2S"),
        ("traceparent", PARENT),
        ("x-request-id", "r-1"),
        ("x-region", "eu-north"),
        ("x-tenant-id", "coop-7"),
    ];
    let mut with_token = incoming(&sent);
    with_token
        .headers_mut()
        .insert("authorization", "Bearer x".parse().unwrap());
    let mut call = spawn(gateway.ready().await.unwrap().call(with_token));
    assert_pending!(call.poll());
    tokio::time::advance(millis(300)).await;
    assert_pending!(call.poll());
    let (received, respond) = handle.next_request().await.unwrap();
    assert_eq!(received.headers()["grpc-timeout"], "1700000u");
    for (name, value) in &sent[1..] {
        assert_eq!(received.headers()[*name], *value);
    }
    // A token goes only where it was said that it may go.
    assert!(!received.headers().contains_key("authorization"));
    respond.send_response(70);
    assert_eq!(call.await.unwrap(), 70);
}

#[tokio::test]
async fn a_token_is_passed_on_where_it_is_asked_for() {
    let (device, mut handle) = field();
    let mut both =
        CarryLayer::incoming().layer(CarryLayer::outgoing_with_authorization().layer(device));
    let mut request = incoming(&[("authorization", "Bearer x")]);
    request
        .headers_mut()
        .insert("x-own", "kept".parse().unwrap());
    let mut call = spawn(both.ready().await.unwrap().call(request));
    assert_pending!(call.poll());
    let (received, _respond) = handle.next_request().await.unwrap();
    assert_eq!(received.headers()["authorization"], "Bearer x");
    assert!(received.headers()["authorization"].is_sensitive());
    assert_eq!(received.headers()["x-own"], "kept");
}

#[tokio::test]
async fn a_request_with_a_malformed_header_does_not_reach_the_service() {
    let (device, mut handle) = field();
    let mut service = CarryLayer::incoming().layer(device);
    service.ready().await.unwrap();
    let twice = incoming(&[("x-tenant-id", "a"), ("x-tenant-id", "b")]);
    let error = assert_ready_err!(spawn(service.call(twice)).poll());
    let expected = ContextError::Repeated {
        header: "x-tenant-id",
    };
    assert_eq!(error, CarryError::Context(expected));
    assert!(handle.poll_request().is_pending());
    // The readiness was not used up.
    let mut call = spawn(service.call(incoming(&[("traceparent", "garbage")])));
    assert_pending!(call.poll());
    let (received, _respond) = handle.next_request().await.unwrap();
    assert_eq!(received.context().and_then(|context| context.trace()), None);
}
