//! How many requests are under way.

use core::future::pending;
use core::panic::AssertUnwindSafe;
use core::pin::pin;
use core::task::{Context, Waker};
use std::io::Error;
use std::panic::catch_unwind;

use gofarm_otel::instrument::{Number, Registry};
use gofarm_otel::layer::{ClientLayer, GrpcServerLayer, ServerLayer};
use gofarm_otel::sampler::Sampler;
use gofarm_otel::snapshot::Data;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{PARENT, UNWANTED, answers, bench, get, now};

const NAME: &str = "http.server.active_requests";

/// Method, scheme and how many, of each series.
fn active(registry: &Registry) -> Vec<(String, String, Number)> {
    let snapshot = registry.collect(registry.clock().now());
    let Some(Data::Sum { monotonic, points }) = snapshot.get(NAME).map(|metric| &metric.data)
    else {
        return Vec::new();
    };
    assert!(!monotonic);
    let points = points.iter().map(|point| {
        let keys: Vec<_> = point.labels.iter().map(|label| label.key).collect();
        assert_eq!(keys, ["http.request.method", "url.scheme"]);
        let mut values = point
            .labels
            .iter()
            .map(|label| format!("{:?}", label.value));
        (values.next().unwrap(), values.next().unwrap(), point.value)
    });
    points.collect()
}

fn of(method: &str, count: i64) -> Vec<(String, String, Number)> {
    let texts = [method, "http"].map(|text| format!("Text({text:?})"));
    let [method, scheme] = texts;
    vec![(method, scheme, Number::Int(count))]
}

#[test]
fn a_request_counts_while_it_is_under_way_whether_it_is_kept_or_not() {
    for parent in [PARENT, UNWANTED] {
        let bench = bench(Sampler::ratio(gofarm_otel::sampler::Ratio::NEVER));
        let registry = bench.registry.clone();
        let service = ServerLayer::new(&bench.pipeline).layer(service_fn(move |_| {
            assert_eq!(active(&registry), of("GET", 1));
            core::future::ready(Ok::<_, Error>(Response::new(())))
        }));
        for _ in 0..20 {
            let request = get("/plots/7", &[("traceparent", parent)]);
            now(service.clone().oneshot(request)).unwrap();
            assert_eq!(active(&bench.registry), of("GET", 0));
        }
    }
}

#[test]
fn a_request_that_is_given_up_counts_no_more() {
    let bench = bench(Sampler::always_off());
    let hangs = service_fn(|_: Request<()>| pending::<Result<Response<()>, Error>>());
    let mut service = ServerLayer::new(&bench.pipeline).layer(hangs);
    let never_polled = service.call(get("/plots/7", &[]));
    {
        let mut polled = pin!(service.call(get("/plots/7", &[])));
        let mut context = Context::from_waker(Waker::noop());
        assert!(polled.as_mut().poll(&mut context).is_pending());
        assert_eq!(active(&bench.registry), of("GET", 2));
    }
    assert_eq!(active(&bench.registry), of("GET", 1));
    drop(never_polled);
    assert_eq!(active(&bench.registry), of("GET", 0));
}

#[test]
fn a_request_that_fails_or_panics_counts_no_more() {
    let bench = bench(Sampler::always_off());
    let layer = ServerLayer::new(&bench.pipeline);
    let fails = service_fn(async |_: Request<()>| Err::<Response<()>, _>(core::fmt::Error));
    now(layer.layer(fails).oneshot(get("/plots/7", &[]))).unwrap_err();
    assert_eq!(active(&bench.registry), of("GET", 0));

    // In the handler, on the way to it, and in what the layer asks for the route.
    let polled = layer.layer(service_fn(async |request: Request<()>| {
        assert_eq!(request.uri().path(), "/");
        Ok::<_, Error>(Response::new(()))
    }));
    let called = layer.layer(service_fn(|request: Request<()>| {
        assert_eq!(request.uri().path(), "/");
        core::future::ready(Ok::<_, Error>(Response::new(())))
    }));
    let routed = layer
        .clone()
        .route(|head| {
            assert_eq!(head.uri().path(), "/");
            None
        })
        .layer(answers(200));
    let wrong = || get("/plots/7", &[]);
    let panics = [
        catch_unwind(AssertUnwindSafe(|| drop(now(polled.oneshot(wrong()))))),
        catch_unwind(AssertUnwindSafe(|| drop(now(called.oneshot(wrong()))))),
        catch_unwind(AssertUnwindSafe(|| drop(now(routed.oneshot(wrong()))))),
    ];
    assert!(panics.iter().all(Result::is_err));
    assert_eq!(active(&bench.registry), of("GET", 0));
}

#[test]
fn an_answer_that_is_streamed_counts_until_its_last_byte_or_until_it_is_dropped() {
    let bench = bench(Sampler::always_off());
    let layer = ServerLayer::new(&bench.pipeline).until_body_end();
    let service = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Error>(Response::new(Full::new(bytes::Bytes::from_static(b"clay"))))
    }));
    let read = now(service.clone().oneshot(get("/", &[]))).unwrap();
    let dropped = now(service.oneshot(get("/", &[]))).unwrap();
    assert_eq!(active(&bench.registry), of("GET", 2));
    now(read.into_body().collect()).unwrap();
    assert_eq!(active(&bench.registry), of("GET", 1));
    drop(dropped);
    assert_eq!(active(&bench.registry), of("GET", 0));
}

#[test]
fn a_stranger_chooses_no_label_and_clones_with_another_scheme_have_their_own() {
    let bench = bench(Sampler::always_off());
    let plain = ServerLayer::new(&bench.pipeline);
    for method in ["BREW", "get"] {
        let request = Request::builder().method(method).body(()).unwrap();
        now(plain.layer(answers(200)).oneshot(request)).unwrap();
        assert_eq!(active(&bench.registry), of("_OTHER", 0));
    }
    let secure = plain.clone().scheme("https").layer(answers(200));
    let request = Request::builder().method("BREW").body(()).unwrap();
    now(secure.oneshot(request)).unwrap();
    let schemes: Vec<_> = active(&bench.registry)
        .into_iter()
        .map(|row| row.1)
        .collect();
    assert_eq!(schemes, ["Text(\"http\")", "Text(\"https\")"]);
    let rows = bench.durations("http.server.request.duration");
    assert_eq!(rows.len(), 2, "{rows:?}");
}

#[test]
fn threads_count_together_and_end_at_nothing() {
    let bench = bench(Sampler::always_off());
    let layer = ServerLayer::new(&bench.pipeline);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut service = layer.layer(answers(200));
            scope.spawn(move || {
                for _ in 0..500 {
                    drop(now(service.call(get("/", &[]))));
                }
            });
        }
    });
    assert_eq!(active(&bench.registry), of("GET", 0));
    assert_eq!(bench.durations("http.server.request.duration")[0].1, 2000);
}

#[test]
fn clients_and_grpc_servers_count_none() {
    let bench = bench(Sampler::always_off());
    let client = ClientLayer::new(&bench.pipeline).layer(answers(200));
    now(client.oneshot(get("http://storage:9000/", &[]))).unwrap();
    let server = GrpcServerLayer::new(&bench.pipeline).layer(service_fn(async |_: Request<()>| {
        Ok::<_, Error>(Response::new(Full::new(bytes::Bytes::new())))
    }));
    now(server.oneshot(get("/farm.Plots/Get", &[]))).unwrap();
    assert_eq!(active(&bench.registry), []);
}
