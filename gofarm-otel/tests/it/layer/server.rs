//! Requests that a server answers.

use core::time::Duration;

use gofarm_otel::layer::{ClientLayer, ServerLayer};
use gofarm_otel::sampler::{LateKeep, Sampler};
use http::{Request, Response};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tower::{Layer, ServiceExt, service_fn};

use super::{PARENT, UNWANTED, answers, bench, get, now};
use crate::received::{span, spans, text, value};

const HEADERS: [(&str, &str); 3] = [
    ("host", "gateway:8080"),
    ("user-agent", "curl/8.5.0"),
    ("traceparent", PARENT),
];

fn attributes(span: &Span) -> Vec<(&str, String)> {
    let line = |value: Value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = span.attributes.iter().map(|attribute| {
        (
            attribute.key.as_str(),
            line(value(&span.attributes, &attribute.key).unwrap()),
        )
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort();
    pairs
}

/// What a span of `GET /plots/7?soil=clay` says, with status and kind of error.
fn expected(ending: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("client.address", "192.0.2.7"),
        ("http.request.method", "GET"),
        ("http.route", "/plots/{plot}"),
        ("network.peer.address", "192.0.2.7"),
        ("network.peer.port", "40000"),
        ("network.protocol.version", "1.1"),
        ("server.address", "gateway"),
        ("server.port", "8080"),
        ("url.path", "/plots/7"),
        ("url.query", "soil=clay"),
        ("url.scheme", "http"),
        ("user_agent.original", "curl/8.5.0"),
    ];
    rows.extend(ending);
    rows.sort();
    rows.into_iter()
        .map(|(key, value)| (key, value.to_owned()))
        .collect()
}

fn layer(bench: &super::Bench) -> ServerLayer {
    ServerLayer::new(&bench.pipeline)
        .route(|_| Some("/plots/{plot}"))
        .peer(|_| Some(([192, 0, 2, 7], 40000).into()))
}

#[test]
fn a_kept_request_says_what_the_conventions_ask_for() {
    let bench = bench(Sampler::always_on());
    let clock = bench.clock.clone();
    let service = layer(&bench).layer(service_fn(move |_: Request<()>| {
        clock.advance(Duration::from_millis(12));
        core::future::ready(Ok::<_, std::io::Error>(Response::new(())))
    }));
    now(service.oneshot(get("/plots/7?soil=clay", &HEADERS))).unwrap();

    let span = span(&bench.queue);
    assert_eq!(
        (&*span.name, span.kind()),
        ("GET /plots/{plot}", SpanKind::Server)
    );
    assert_eq!(
        span.end_time_unix_nano - span.start_time_unix_nano,
        12_000_000
    );
    assert_eq!(span.trace_id[..2], [0x0a, 0xf7]);
    assert_eq!(span.parent_span_id[..2], [0xb7, 0xad]);
    assert_eq!(
        span.status.clone().unwrap_or_default().code(),
        StatusCode::Unset
    );
    assert_eq!(
        attributes(&span),
        expected(&[("http.response.status_code", "200")])
    );
    let rows = bench.durations("http.server.request.duration");
    let labels = "http.request.method=Text(\"GET\") http.response.status_code=Int(200) \
                  http.route=Text(\"/plots/{plot}\") url.scheme=Text(\"http\")";
    assert_eq!(rows, [(labels.to_owned(), 1)]);
}

#[test]
fn a_failure_that_was_sampled_out_is_kept_late_with_all_its_attributes() {
    let bench = bench(Sampler::always_off().late_keep(LateKeep::new(1, 1)));
    let service = layer(&bench).layer(answers(503));
    let mut headers = HEADERS;
    headers[2].1 = UNWANTED;
    now(service.clone().oneshot(get("/plots/7?soil=clay", &headers))).unwrap();

    let span = span(&bench.queue);
    assert_eq!(
        (&*span.name, span.kind()),
        ("GET /plots/{plot}", SpanKind::Server)
    );
    assert_eq!(span.parent_span_id[..2], [0xb7, 0xad]);
    assert_eq!(
        span.status.clone().unwrap_or_default().code(),
        StatusCode::Error
    );
    let ending = [("http.response.status_code", "503"), ("error.type", "503")];
    assert_eq!(attributes(&span), expected(&ending));

    // The budget is used up; the next one is only counted.
    now(service.oneshot(get("/plots/7", &headers))).unwrap();
    assert_eq!(spans(&bench.queue), []);
    assert_eq!(bench.durations("http.server.request.duration")[0].1, 2);
}

#[test]
fn a_failure_says_nothing_of_the_request_before() {
    let bench = bench(Sampler::always_off().late_keep(LateKeep::default()));
    let success = layer(&bench).layer(answers(200));
    now(success.oneshot(get("/plots/7?soil=clay", &HEADERS))).unwrap();
    let failure = layer(&bench).layer(answers(503));
    now(failure.oneshot(get("/plots/8", &[]))).unwrap();

    let span = span(&bench.queue);
    assert_eq!(value(&span.attributes, "url.path"), text("/plots/8"));
    assert!(span.parent_span_id.is_empty());
    for key in ["url.query", "user_agent.original", "server.address"] {
        assert_eq!(value(&span.attributes, key), None);
    }
}

#[test]
fn what_a_stranger_may_choose_is_not_kept_late() {
    let bench = bench(Sampler::always_off().late_keep(LateKeep::default()));
    for status in [200, 400, 404, 429] {
        let service = layer(&bench).layer(answers(status));
        now(service.oneshot(get("/plots/7", &[]))).unwrap();
    }
    // Nor is a request that its client gave up.
    let hangs = service_fn(|_: Request<()>| {
        core::future::pending::<Result<Response<()>, std::io::Error>>()
    });
    drop(layer(&bench).layer(hangs).oneshot(get("/plots/7", &[])));
    assert_eq!(spans(&bench.queue), []);
}

#[test]
fn an_error_of_the_service_is_told_by_its_type() {
    let bench = bench(Sampler::always_on());
    let fails = service_fn(async |_: Request<()>| Err::<Response<()>, _>(core::fmt::Error));
    now(layer(&bench).layer(fails).oneshot(get("/plots/7", &[]))).unwrap_err();
    let span = span(&bench.queue);
    assert_eq!(
        value(&span.attributes, "error.type"),
        text("core::fmt::Error")
    );
    assert_eq!(value(&span.attributes, "http.response.status_code"), None);
    let rows = bench.durations("http.server.request.duration");
    assert!(
        rows[0].0.contains("error.type=Text(\"core::fmt::Error\")"),
        "{rows:?}"
    );
}

#[test]
fn a_request_that_is_given_up_ends_as_cancelled() {
    let bench = bench(Sampler::always_on());
    let hangs = service_fn(|_: Request<()>| {
        core::future::pending::<Result<Response<()>, std::io::Error>>()
    });
    let mut service = layer(&bench).layer(hangs);
    drop(tower::Service::call(&mut service, get("/plots/7", &[])));
    let span = span(&bench.queue);
    assert_eq!(value(&span.attributes, "error.type"), text("cancelled"));
}

#[test]
fn calls_in_a_request_belong_to_its_trace_whether_it_is_kept_or_not() {
    for (parent, flags) in [(PARENT, "01"), (UNWANTED, "00")] {
        let bench = bench(Sampler::ratio(gofarm_otel::sampler::Ratio::NEVER));
        let client =
            ClientLayer::new(&bench.pipeline).layer(service_fn(async |request: Request<()>| {
                Ok::<_, std::io::Error>(Response::new(request.headers().clone()))
            }));
        let service = layer(&bench).layer(service_fn(move |_: Request<()>| {
            let client = client.clone();
            async move { client.oneshot(get("http://storage:9000/plots", &[])).await }
        }));
        let headers = [
            ("traceparent", parent),
            ("tracestate", "vendor=1"),
            ("baggage", "farm=north"),
        ];
        let sent = now(service.oneshot(get("/plots/7", &headers)))
            .unwrap()
            .into_body();

        let sent_parent = sent["traceparent"].to_str().unwrap();
        assert_eq!(sent_parent[..36], parent[..36], "the same trace");
        assert_ne!(sent_parent[36..52], parent[36..52], "another span");
        assert_eq!(&sent_parent[53..], flags);
        assert_eq!(
            (&sent["tracestate"], &sent["baggage"]),
            (&"vendor=1".parse().unwrap(), &"farm=north".parse().unwrap())
        );
        let spans = spans(&bench.queue);
        assert_eq!(spans.len(), if flags == "01" { 2 } else { 0 });
        if let [client, server] = &*spans {
            assert_eq!(client.parent_span_id, server.span_id);
            assert_eq!(sent_parent[36..52], hex(&client.span_id));
        }
        assert_eq!(gofarm_otel::current::trace(), None);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
