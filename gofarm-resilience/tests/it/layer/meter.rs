//! R8: calls counted by how they ended, and whose they were.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use gofarm_core::observe::{Observer, Signal};
use gofarm_resilience::context::Contextual;
use gofarm_resilience::layer::{
    ByStatus, CarryLayer, INSTRUMENTS, MeterLayer, RateLimitLayer, TimeoutLayer,
};
use gofarm_resilience::policy::{Rate, TokenBucket};
use tokio_test::assert_pending;
use tokio_test::task::spawn;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::layer::field::{Request, field, request};
use crate::told::Told;

fn of(tenant: &'static str) -> Request {
    let mut request = request(7);
    for (name, value) in [("x-region", "eu-north"), ("x-tenant-id", tenant)] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

#[tokio::test(start_paused = true)]
async fn r8_each_call_is_told_of_once_with_its_outcome_region_and_tenant() {
    let told = Arc::new(Told::default());
    let (device, mut handle) = field();
    let tenant = |request: &Request| request.context().and_then(|c| c.labels().tenant().copied());
    let rate = TokenBucket::at(Rate::per_second(1)).burst(3);
    let mut server = ServiceBuilder::new()
        .layer(CarryLayer::incoming())
        .layer(MeterLayer::new(Arc::clone(&told)).named("modbus"))
        .layer(RateLimitLayer::keyed(tenant, rate).unwrap())
        .layer(TimeoutLayer::new(gofarm_core::time::secs(2)))
        .service(device);
    let line = |rest: &str| format!("gofarm.resilience.calls layer=modbus outcome={rest}");

    let mut call = spawn(server.ready().await.unwrap().call(of("coop-7")));
    assert_pending!(call.poll());
    handle.next_request().await.unwrap().1.send_response(70);
    assert_eq!(told.take(), [] as [&str; 0]);
    call.await.unwrap();
    assert_eq!(told.take(), [line("ok region=eu-north tenant=coop-7")]);

    let mut call = spawn(server.ready().await.unwrap().call(of("coop-7")));
    assert_pending!(call.poll());
    let (_, respond) = handle.next_request().await.unwrap();
    respond.send_error("lost");
    call.await.unwrap_err();
    let transient = line("transient region=eu-north tenant=coop-7");
    assert_eq!(told.take(), [transient]);

    let mut call = spawn(server.ready().await.unwrap().call(of("coop-7")));
    assert_pending!(call.poll());
    let _request = handle.next_request().await.unwrap();
    drop(call);
    let cancelled = line("cancelled region=eu-north tenant=coop-7");
    assert_eq!(told.take(), [cancelled]);

    // The fourth call within the second of one tenant is too many; another tenant's is not.
    let call = server.ready().await.unwrap().call(of("coop-7"));
    call.await.unwrap_err();
    let overloaded = line("overloaded region=eu-north tenant=coop-7");
    assert_eq!(told.take(), [overloaded]);
    let mut call = spawn(server.ready().await.unwrap().call(of("coop-8")));
    assert_pending!(call.poll());
    tokio::time::advance(gofarm_core::time::secs(2)).await;
    call.await.unwrap_err();
    let timed_out = line("timed_out region=eu-north tenant=coop-8");
    assert_eq!(told.take(), [timed_out]);

    // Without labels there are none.
    drop(server.ready().await.unwrap().call(request(7)));
    assert_eq!(told.take(), [line("cancelled")]);
}

#[tokio::test]
async fn failures_that_come_as_http_answers_are_told_by_their_status() {
    let told = Arc::new(Told::default());
    let judged = MeterLayer::new(Arc::clone(&told)).judge(ByStatus);
    let mut server =
        ServiceBuilder::new()
            .layer(judged)
            .service(service_fn(async |request: Request| {
                let answer = http::Response::builder().status(*request.body());
                answer.body(()).map_err(std::io::Error::other)
            }));
    let rows = [
        (204, "ok"),
        (302, "ok"),
        (404, "invalid"),
        (408, "timed_out"),
        (429, "overloaded"),
        (500, "transient"),
        (501, "permanent"),
        (502, "transient"),
        (503, "overloaded"),
        (504, "timed_out"),
    ];
    for (status, outcome) in rows {
        let call = server.ready().await.unwrap().call(request(status));
        call.await.unwrap();
        let line = format!("gofarm.resilience.calls layer=meter outcome={outcome}");
        assert_eq!(told.take(), [line], "{status}");
    }
}

/// Counts signals of known instruments that belong to a trace.
#[derive(Default)]
struct Traced(AtomicU64);

impl Observer for Traced {
    fn observe(&self, signal: &Signal<'_>) {
        assert!(INSTRUMENTS.contains(&signal.instrument()));
        if signal.trace().is_some() {
            self.0.fetch_add(1, SeqCst);
        }
    }
}

#[tokio::test]
async fn a_call_is_told_of_within_its_trace() {
    let traced = Traced::default();
    let mut server = ServiceBuilder::new()
        .layer(CarryLayer::incoming())
        .layer(MeterLayer::new(&traced))
        .service(service_fn(async |_: Request| Ok::<_, std::io::Error>(())));
    let mut request = request(7);
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    request
        .headers_mut()
        .insert("traceparent", parent.parse().unwrap());
    server.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(traced.0.load(SeqCst), 1);
}
