//! Two paths with a real server at the end of each: tonic's gRPC and plain HTTP/2, both under TLS.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;
mod tcp;
mod wire;

use alloc::sync::Arc;
use core::time::Duration;

use bytes::Bytes;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{millis, secs};
use gofarm_resilience::dual_stack::{
    ConnectError, ConnectionError, DualStack, DualStackError, Endpoint, GrpcError, GrpcPath, Http2,
    HttpError, HttpPath, Path, SelectorConfig, SwitchReason, Traffic,
};
use http::Request;
use server::{Authority, Ledger, Speaks};
use tokio::time::Instant;
use tower::{Service, ServiceExt};
use wire::Wire;

use crate::told::Told;

type Stack = DualStack<GrpcPath<Wire>, HttpPath<Wire>>;
type StackError = DualStackError<GrpcError, HttpError>;

fn call(traffic: Traffic, body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request = Request::new(body.into());
    *request.uri_mut() = "/farm.v1.Control/Beat".parse().unwrap();
    request.extensions_mut().insert(traffic);
    request
}

async fn beat(stack: &mut Stack, body: &'static str) -> Result<Bytes, StackError> {
    let service = stack.ready().await?;
    let answer = service.call(call(Traffic::Heartbeat, body)).await?;
    Ok(answer.into_body())
}

/// Two wires with a server behind each, on a clock that stands still.
fn world(config: SelectorConfig) -> (Stack, Wire, Wire, Arc<Ledger>) {
    let authority = Authority::new();
    let ledger = Arc::new(Ledger::default());
    let first = Wire::new(&authority, Speaks::Grpc, &ledger);
    let second = Wire::new(&authority, Speaks::Http, &ledger);
    let (stack, supervisor) = DualStack::new(
        GrpcPath::new(Http2::new(first.clone())),
        HttpPath::new(Http2::new(second.clone())),
        config,
    );
    tokio::spawn(supervisor.run());
    (stack, first, second, ledger)
}

#[tokio::test(start_paused = true)]
async fn a_frozen_first_path_is_left_after_two_checks_and_taken_again_when_it_has_proven_itself() {
    let (mut stack, first, _second, ledger) = world(SelectorConfig::DEFAULT);
    assert_eq!(beat(&mut stack, "1").await.unwrap(), "grpc 1");
    tokio::time::advance(millis(2_700)).await;
    assert_eq!(beat(&mut stack, "2").await.unwrap(), "grpc 2");

    let mut stuck = stack.clone();
    let stuck = tokio::spawn(async move { beat(&mut stuck, "hang").await });
    ledger.reached("hang").await;
    first.freeze();
    let frozen = Instant::now();
    assert_eq!(stack.changed().await, Path::Second);
    // One check each second, given up after half a second.
    assert!(frozen.elapsed() <= millis(2_500), "{:?}", frozen.elapsed());
    let switched = Instant::now();
    assert_eq!(beat(&mut stack, "3").await.unwrap(), "http 3");
    assert!(switched.elapsed() <= millis(300));
    assert_eq!(
        stack.last_switch().unwrap().reason(),
        SwitchReason::ChecksFailed
    );
    assert!(stack.last_switch().unwrap().took().unwrap() <= millis(300));
    // What was under way knows at once, and not after its 5 s, that nobody knows what became of it.
    let error = stuck.await.unwrap().unwrap_err();
    assert!(matches!(
        error,
        DualStackError::Abandoned { path: Path::First }
    ));
    assert!(error.was_sent() && error.kind() == Kind::Transient);
    assert!(switched.elapsed() <= millis(300));

    // Payload waits; it was not sent, and says so.
    let payload = stack
        .call(call(Traffic::Payload, "photo"))
        .await
        .unwrap_err();
    assert!(matches!(payload, DualStackError::NotCarried));
    assert!(!payload.was_sent());

    first.thaw();
    let thawed = Instant::now();
    assert_eq!(stack.changed().await, Path::First);
    // The old connection is given up by its pings, a new one made, and 10 s without a failure waited for.
    let took = thawed.elapsed();
    assert!((secs(10)..=secs(22)).contains(&took), "{took:?}");
    assert_eq!(beat(&mut stack, "4").await.unwrap(), "grpc 4");
    assert!(stack.last_switch().unwrap().took().unwrap() <= millis(300));
    assert_eq!((stack.switches(), stack.late_switches()), (2, 0));
    assert_eq!(
        ledger.entries(),
        ["grpc 1", "grpc 2", "grpc hang", "http 3", "grpc 4"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_first_path_that_is_silent_for_three_seconds_is_left_before_its_checks_are_due() {
    let config = SelectorConfig::builder()
        .check_every(secs(60))
        .check_timeout(secs(50))
        .standby_every(secs(60))
        .build()
        .unwrap();
    let (mut stack, first, _second, _ledger) = world(config);
    beat(&mut stack, "1").await.unwrap();
    first.cut();
    let error = beat(&mut stack, "2").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    let cut = Instant::now();
    assert_eq!(stack.changed().await, Path::Second);
    assert_eq!(cut.elapsed(), secs(3));
    assert_eq!(beat(&mut stack, "3").await.unwrap(), "http 3");
    assert_eq!(cut.elapsed(), secs(3));
}

#[tokio::test(start_paused = true)]
async fn each_call_has_five_seconds() {
    let (mut stack, _first, _second, _ledger) = world(SelectorConfig::DEFAULT);
    let from = Instant::now();
    let error = beat(&mut stack, "hang").await.unwrap_err();
    assert_eq!(from.elapsed(), secs(5));
    assert!(matches!(
        error,
        DualStackError::TimedOut {
            path: Path::First,
            ..
        }
    ));
    // Checks pass: the path is well, only this call was not.
    assert_eq!(stack.active(), Path::First);
}

#[tokio::test(start_paused = true)]
async fn no_heartbeat_is_lost_without_an_error_however_the_paths_come_and_go() {
    // So that there are many changes: without this the first path would be taken again ever later.
    let config = SelectorConfig::builder()
        .return_after(secs(2))
        .return_limit(secs(2))
        .build();
    let (mut stack, first, second, ledger) = world(config.unwrap());
    let mut answered = Vec::new();
    let mut failed = 0;
    for round in 0_u32..600 {
        match round % 60 {
            5 => first.cut(),
            25 => first.mend(),
            40 => first.freeze(),
            45 => second.cut(),
            50 => {
                first.thaw();
                second.mend();
            }
            _ => {}
        }
        let body = round.to_string();
        let sent = Instant::now();
        let service = stack.ready().await.unwrap();
        match service.call(call(Traffic::Heartbeat, body)).await {
            Ok(answer) => answered.push(String::from_utf8(answer.into_body().to_vec()).unwrap()),
            Err(_) => failed += 1,
        }
        assert!(sent.elapsed() <= secs(5));
        tokio::time::sleep(millis(500)).await;
    }
    let entries = ledger.entries();
    // Each answer stands for one entry at a server, and none was made twice.
    for answer in &answered {
        assert_eq!(entries.iter().filter(|entry| *entry == answer).count(), 1);
    }
    assert_eq!(answered.len() + failed, 600);
    assert!(stack.switches() >= 10, "{}", stack.switches());
    assert!(answered.len() > 450, "{} of 600 answered", answered.len());
}

#[tokio::test(start_paused = true)]
async fn both_paths_carry_metadata_both_ways() {
    for speaks in [Speaks::Grpc, Speaks::Http] {
        let wire = Wire::new(&Authority::new(), speaks, &Arc::default());
        let connection = Http2::new(wire);
        let mut request = call(Traffic::Metadata, "1");
        let tenant = "coop-7".parse().unwrap();
        request.headers_mut().insert("x-tenant-id", tenant);
        let answer = match speaks {
            Speaks::Grpc => GrpcPath::new(connection).oneshot(request).await.unwrap(),
            Speaks::Http => HttpPath::new(connection).oneshot(request).await.unwrap(),
        };
        assert_eq!(answer.headers()["x-tenant-id"], "coop-7");
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_say_what_they_are() {
    let authority = Authority::new();
    let grpc = Wire::new(&authority, Speaks::Grpc, &Arc::default());
    let mut grpc = GrpcPath::new(Http2::new(grpc));
    let error = grpc.call(call(Traffic::Payload, "busy")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Overloaded);
    assert_eq!(error.retry_after(), Some(millis(1_500)));

    let http = Wire::new(&authority, Speaks::Http, &Arc::default());
    let mut http = HttpPath::new(Http2::new(http));
    let error = http.call(call(Traffic::Payload, "busy")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Overloaded);
    assert_eq!(error.retry_after(), Some(secs(2)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_trusted_or_speaks_something_else_gets_nothing() {
    let ledger = Arc::new(Ledger::default());
    let wire = Wire::new(&Authority::new(), Speaks::Http, &ledger);
    let mut stranger = HttpPath::new(Http2::new(wire.trusting(&Authority::new())));
    let error = stranger
        .call(call(Traffic::Heartbeat, "1"))
        .await
        .unwrap_err();
    let expected = HttpError::Connection(ConnectionError::Connect(ConnectError::Tls));
    assert_eq!(error, expected);
    assert_eq!(error.kind(), Kind::Permanent);

    let mut old = HttpPath::new(Http2::new(wire.without_alpn()));
    let error = old.call(call(Traffic::Heartbeat, "1")).await.unwrap_err();
    let expected = HttpError::Connection(ConnectionError::Connect(ConnectError::NotHttp2));
    assert_eq!(error, expected);
    assert!(ledger.entries().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_demands_a_certificate_answers_only_those_who_have_one() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let ledger = Arc::new(Ledger::default());
    let grpc = Wire::new(&authority, Speaks::Grpc, &ledger);
    let http = Wire::new(&authority, Speaks::Http, &ledger);
    let beat = |body: &'static str| call(Traffic::Heartbeat, body);

    let known = authority.client_with_identity_of(&authority);
    let wire = grpc.demanding(&authority, known.clone());
    let answer = GrpcPath::new(Http2::new(wire)).oneshot(beat("1")).await;
    assert_eq!(answer.unwrap().into_body(), "grpc 1");
    let wire = http.demanding(&authority, known);
    let answer = HttpPath::new(Http2::new(wire)).oneshot(beat("2")).await;
    assert_eq!(answer.unwrap().into_body(), "http 2");

    // Nobody vouches for the first; for the second somebody whom the server does not believe.
    for unknown in [
        authority.client(),
        authority.client_with_identity_of(&stranger),
    ] {
        let wire = grpc.demanding(&authority, unknown.clone());
        let refused = GrpcPath::new(Http2::new(wire)).oneshot(beat("3")).await;
        assert!(refused.is_err(), "{refused:?}");
        let wire = http.demanding(&authority, unknown);
        let refused = HttpPath::new(Http2::new(wire)).oneshot(beat("4")).await;
        assert!(refused.is_err(), "{refused:?}");
    }
    assert_eq!(ledger.entries(), ["grpc 1", "http 2"]);
}

#[tokio::test(start_paused = true)]
async fn each_change_of_the_path_is_told_with_the_time_it_took() {
    let authority = Authority::new();
    let ledger = Arc::new(Ledger::default());
    let first = Wire::new(&authority, Speaks::Grpc, &ledger);
    let second = Wire::new(&authority, Speaks::Http, &ledger);
    let (mut stack, supervisor) = DualStack::new(
        GrpcPath::new(Http2::new(first.clone())),
        HttpPath::new(Http2::new(second)),
        SelectorConfig::DEFAULT,
    );
    let told = Arc::new(Told::default());
    tokio::spawn(supervisor.observe(Arc::clone(&told)).run());
    let lines = |rest: &str| {
        ["switches", "switch_time"]
            .map(|name| format!("gofarm.resilience.dual_stack.{name} {rest}"))
    };
    tokio::time::sleep(secs(5)).await;
    assert_eq!(told.take(), [] as [&str; 0]);

    first.freeze();
    assert_eq!(stack.changed().await, Path::Second);
    tokio::time::sleep(secs(1)).await;
    assert_eq!(told.take(), lines("to=second reason=checks_failed"));
    first.thaw();
    assert_eq!(stack.changed().await, Path::First);
    tokio::time::sleep(secs(5)).await;
    assert_eq!(told.take(), lines("to=first reason=returned"));
}

#[test]
fn an_endpoint_is_an_https_origin() {
    let tls = Authority::new().client();
    for good in [
        "https://farm.example",
        "https://farm.example:8443/",
        "https://127.0.0.1:1",
        "https://[::1]:2",
    ] {
        assert!(Endpoint::new(good, &tls).is_ok(), "{good}");
    }
    for bad in [
        "",
        "http://farm.example",
        "farm.example:443",
        "https://farm.example/api",
        "https://",
    ] {
        assert!(Endpoint::new(bad, &tls).is_err(), "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_supervisor_ends_with_the_last_service() {
    let wire = Wire::new(&Authority::new(), Speaks::Grpc, &Arc::default());
    let path = GrpcPath::new(Http2::new(wire));
    let (stack, supervisor) = DualStack::new(path.clone(), path, SelectorConfig::DEFAULT);
    let supervisor = tokio::spawn(supervisor.run());
    let other = stack.clone();
    drop(stack);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(!supervisor.is_finished());
    drop(other);
    supervisor.await.unwrap();
}
