//! What a request costs on the heap.

use allocation_counter::measure;
use gofarm_otel::layer::{ClientLayer, ServerLayer};
use gofarm_otel::sampler::Sampler;
use http::Request;
use tower::{Layer, Service};

use super::{PARENT, UNWANTED, answers, bench, get, now};

/// What tells a request that strangers send from a friendly one.
fn hostile() -> Vec<(&'static str, Request<()>)> {
    let long = "a".repeat(8000);
    let states = (0..40)
        .map(|i| format!("v{i}=1"))
        .collect::<Vec<_>>()
        .join(",");
    let mut many = Request::get("/plots/7");
    for i in 0..200 {
        many = many.header(format!("x-{i}"), "1");
    }
    let mut twice = get("/plots/7", &[("traceparent", UNWANTED)]);
    let value = http::HeaderValue::from_static(UNWANTED);
    twice.headers_mut().append("traceparent", value);
    let mut bytes = get("/plots/7", &[]);
    let value = http::HeaderValue::from_bytes(&[0xff; 300]).unwrap();
    bytes.headers_mut().insert("traceparent", value.clone());
    bytes.headers_mut().insert("user-agent", value.clone());
    bytes.headers_mut().insert("host", value);
    let method = http::Method::from_bytes(&[b'X'; 100]).unwrap();
    let odd = Request::builder()
        .method(method)
        .uri("/plots/7")
        .body(())
        .unwrap();
    vec![
        (
            "long traceparent",
            get("/plots/7", &[("traceparent", &long)]),
        ),
        ("long user-agent", get("/plots/7", &[("user-agent", &long)])),
        ("long path", get(&format!("/{long}?{long}"), &[])),
        ("long host", get("/plots/7", &[("host", &long)])),
        (
            "long tracestate",
            get(
                "/plots/7",
                &[("traceparent", UNWANTED), ("tracestate", &states)],
            ),
        ),
        (
            "long baggage",
            get("/plots/7", &[("traceparent", UNWANTED), ("baggage", &long)]),
        ),
        ("many headers", many.body(()).unwrap()),
        ("two parents", twice),
        ("no text", bytes),
        ("odd method", odd),
    ]
}

/// The allocations of one request through a service that has served some already.
fn allocations<S>(service: &mut S, request: Request<()>) -> u64
where
    S: Service<Request<()>>,
{
    let mut request = Some(request);
    let info = measure(|| {
        if let Some(request) = request.take() {
            drop(now(service.call(request)));
        }
    });
    info.count_total
}

fn warm<S: Service<Request<()>>>(service: &mut S, request: impl Fn() -> Request<()>) {
    for _ in 0..20 {
        drop(now(service.call(request())));
    }
}

#[test]
fn a_successful_request_that_is_sampled_out_allocates_nothing() {
    let bench = bench(Sampler::always_off());
    let layer = ServerLayer::new(&bench.pipeline).route(|_| Some("/plots/{plot}"));
    let mut service = layer.layer(answers(200));
    let request = || {
        let headers = [
            ("host", "gateway:8080"),
            ("user-agent", "curl/8.5.0"),
            ("traceparent", UNWANTED),
        ];
        get("http://gateway/plots/7?soil=clay", &headers)
    };
    warm(&mut service, request);
    assert_eq!(allocations(&mut service, request()), 0);
    assert_eq!(allocations(&mut service, get("/plots/7", &[])), 0);
    assert_eq!(bench.queue.stats().pushed, 0);
}

#[test]
fn a_request_that_is_sampled_in_allocates_at_most_four_times() {
    let bench = bench(Sampler::always_on());
    let layer = ServerLayer::new(&bench.pipeline).route(|_| Some("/plots/{plot}"));
    let mut service = layer.layer(answers(200));
    let request = || {
        let headers = [
            ("host", "gateway:8080"),
            ("user-agent", "curl/8.5.0"),
            ("traceparent", PARENT),
        ];
        get("/plots/7?soil=clay", &headers)
    };
    warm(&mut service, request);
    let count = allocations(&mut service, request());
    assert!(count <= 4, "{count} allocations");
    assert_eq!(bench.queue.stats().pushed, 21);
}

#[test]
fn hostile_headers_change_neither_the_count_nor_the_kind() {
    let bench = bench(Sampler::always_off());
    let mut service = ServerLayer::new(&bench.pipeline).layer(answers(200));
    warm(&mut service, || get("/plots/7", &[]));
    for (what, mut request) in hostile() {
        // A header that a server has read shares the buffer that it was read into; one that is made from a text here
        // is given its count of owners by being shared once.
        let shared: Vec<_> = request.headers().values().cloned().collect();
        if what == "odd method" {
            // The first request of an unknown method gets a row.
            warm(&mut service, || {
                Request::builder().method("BREW").body(()).unwrap()
            });
        }
        request.extensions_mut().clear();
        assert_eq!(allocations(&mut service, request), 0, "{what}");
        drop(shared);
    }
    let rows = bench.durations("http.server.request.duration");
    assert_eq!(rows.len(), 2, "{rows:?}");
}

#[test]
fn hostile_headers_cost_no_more_than_others_when_sampled_in() {
    let bench = bench(Sampler::always_on());
    let mut service = ServerLayer::new(&bench.pipeline).layer(answers(200));
    warm(&mut service, || get("/plots/7", &[]));
    warm(&mut service, || {
        Request::builder().method("BREW").body(()).unwrap()
    });
    for (what, request) in hostile() {
        let shared: Vec<_> = request.headers().values().cloned().collect();
        let count = allocations(&mut service, request);
        assert!(count <= 6, "{what}: {count} allocations");
        drop(shared);
    }
}

#[test]
fn a_failure_that_was_sampled_out_allocates_nothing_either() {
    let bench = bench(Sampler::always_off().late_keep(gofarm_otel::sampler::LateKeep::default()));
    let mut service = ServerLayer::new(&bench.pipeline).layer(answers(503));
    warm(&mut service, || get("/plots/7", &[]));
    assert_eq!(allocations(&mut service, get("/plots/7", &[])), 0);
    assert_eq!(bench.queue.stats().pushed, 21);
}

#[test]
fn a_call_allocates_the_value_of_its_header() {
    let bench = bench(Sampler::always_off());
    let mut service = ClientLayer::new(&bench.pipeline).layer(answers(200));
    // The map has room, as one with other headers has.
    let request = || {
        get(
            "http://gateway/plots/7",
            &[("host", "gateway"), ("accept", "text/plain")],
        )
    };
    warm(&mut service, request);
    assert_eq!(allocations(&mut service, request()), 1);
}
