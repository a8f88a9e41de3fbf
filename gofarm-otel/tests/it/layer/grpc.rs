//! Calls of gRPC, and answers that end with their body.

use alloc::collections::VecDeque;
use core::pin::Pin;
use core::task::{Context, Poll};

use bytes::Bytes;
use gofarm_otel::layer::{GrpcClientLayer, GrpcServerLayer, ServerLayer};
use gofarm_otel::sampler::{LateKeep, Sampler};
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tower::{Layer, ServiceExt, service_fn};

use super::{PARENT, UNWANTED, bench, now};
use crate::received::{span, spans, text, value};

type Answer = Result<Response<Frames>, core::convert::Infallible>;

/// A body of these frames.
struct Frames(VecDeque<Frame<Bytes>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

fn message() -> Frame<Bytes> {
    Frame::data(Bytes::from_static(b"\0\0\0\0\0"))
}

fn trailers(code: &'static str) -> Frame<Bytes> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", code.parse().unwrap());
    Frame::trailers(trailers)
}

fn answer(frames: impl IntoIterator<Item = Frame<Bytes>>) -> Response<Frames> {
    Response::new(Frames(frames.into_iter().collect()))
}

fn call(method: &str, parent: &str) -> Request<()> {
    let request = Request::post(format!("http://valves:50051{method}"));
    request.header("traceparent", parent).body(()).unwrap()
}

#[test]
fn a_call_ends_with_the_status_in_its_trailers() {
    let bench = bench(Sampler::ratio(gofarm_otel::sampler::Ratio::NEVER));
    let service =
        GrpcServerLayer::new(&bench.pipeline).layer(service_fn(async |_: Request<()>| -> Answer {
            Ok(answer([message(), message(), trailers("14")]))
        }));
    let response = now(service.oneshot(call("/farm.v1.Valves/Open", PARENT))).unwrap();
    assert_eq!(spans(&bench.queue), [], "it has not ended");
    now(response.into_body().collect()).unwrap();

    let span = span(&bench.queue);
    assert_eq!(
        (&*span.name, span.kind()),
        ("farm.v1.Valves/Open", SpanKind::Server)
    );
    assert_eq!(
        span.status.clone().unwrap_or_default().code(),
        StatusCode::Error
    );
    for (key, expected) in [
        ("rpc.system.name", "grpc"),
        ("rpc.method", "farm.v1.Valves/Open"),
        ("rpc.response.status_code", "UNAVAILABLE"),
        ("error.type", "UNAVAILABLE"),
        ("server.address", "valves"),
    ] {
        assert_eq!(value(&span.attributes, key), text(expected), "{key}");
    }
    let labels = "error.type=Text(\"UNAVAILABLE\") rpc.method=Text(\"farm.v1.Valves/Open\") \
                  rpc.response.status_code=Text(\"UNAVAILABLE\") rpc.system.name=Text(\"grpc\")";
    assert_eq!(
        bench.durations("rpc.server.call.duration"),
        [(labels.to_owned(), 1)]
    );
}

#[test]
fn a_failed_call_that_was_sampled_out_is_kept_late() {
    let bench = bench(Sampler::always_off().late_keep(LateKeep::default()));
    for code in ["0", "5", "12", "13"] {
        let service = GrpcServerLayer::new(&bench.pipeline).layer(service_fn(
            async |_: Request<()>| -> Answer { Ok(answer([message(), trailers(code)])) },
        ));
        let response = now(service.oneshot(call("/farm.v1.Valves/Open", UNWANTED))).unwrap();
        now(response.into_body().collect()).unwrap();
    }
    let span = span(&bench.queue);
    assert_eq!(span.name, "farm.v1.Valves/Open");
    assert_eq!(
        value(&span.attributes, "rpc.response.status_code"),
        text("INTERNAL")
    );
    assert_eq!(value(&span.attributes, "server.address"), text("valves"));
}

#[test]
fn methods_that_strangers_make_up_share_one_series() {
    let bench = bench(Sampler::always_on());
    let layer = GrpcServerLayer::new(&bench.pipeline);
    let long = format!("/{}", "x".repeat(300));
    for method in ["/a/b", "/c/d", "/", &long] {
        let service = layer.layer(service_fn(async |_: Request<()>| -> Answer {
            let mut response = answer([]);
            response
                .headers_mut()
                .insert("grpc-status", "12".parse().unwrap());
            Ok(response)
        }));
        drop(now(service.oneshot(call(method, PARENT))).unwrap());
    }
    let rows = bench.durations("rpc.server.call.duration");
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(
        rows[0].0.contains("rpc.method=Text(\"_OTHER\")"),
        "{rows:?}"
    );
    let spans = spans(&bench.queue);
    assert_eq!(value(&spans[0].attributes, "rpc.method"), text("_OTHER"));
    assert_eq!(
        value(&spans[0].attributes, "rpc.method_original"),
        text("a/b")
    );
}

#[test]
fn a_client_sends_the_trace_and_counts_by_server() {
    let bench = bench(Sampler::always_on());
    let service = GrpcClientLayer::new(&bench.pipeline).layer(service_fn(
        async |request: Request<()>| -> Answer {
            assert!(request.headers().contains_key("traceparent"));
            Ok(answer([message(), trailers("0")]))
        },
    ));
    let response = now(service.oneshot(call("/farm.v1.Valves/Open", ""))).unwrap();
    now(response.into_body().collect()).unwrap();
    assert_eq!(span(&bench.queue).kind(), SpanKind::Client);
    let rows = bench.durations("rpc.client.call.duration");
    assert!(
        rows[0]
            .0
            .contains("server.address=Text(\"valves\") server.port=Int(50051)"),
        "{rows:?}"
    );
}

#[test]
fn a_call_without_a_status_is_unknown_and_one_that_is_given_up_is_cancelled() {
    let bench = bench(Sampler::always_on());
    let layer = GrpcServerLayer::new(&bench.pipeline);
    for (frames, is_read, expected) in [(1, true, "UNKNOWN"), (2, false, "CANCELLED")] {
        let service = layer.layer(service_fn(async |_: Request<()>| -> Answer {
            Ok(answer((0..frames).map(|_| message())))
        }));
        let response = now(service.oneshot(call("/farm.v1.Valves/Open", PARENT))).unwrap();
        match is_read {
            true => drop(now(response.into_body().collect()).unwrap()),
            false => drop(response),
        }
        let span = span(&bench.queue);
        assert_eq!(
            value(&span.attributes, "rpc.response.status_code"),
            text(expected)
        );
    }
}

#[test]
fn an_http_request_may_end_with_the_last_byte_of_its_answer() {
    let bench = bench(Sampler::always_on());
    let layer = ServerLayer::new(&bench.pipeline).until_body_end();
    let service = layer.layer(service_fn(async |_: Request<()>| -> Answer {
        Ok(answer([message()]))
    }));

    let response = now(service.clone().oneshot(call("/plots", PARENT))).unwrap();
    assert_eq!(spans(&bench.queue), [], "it has not ended");
    now(response.into_body().collect()).unwrap();
    assert_eq!(value(&span(&bench.queue).attributes, "error.type"), None);

    drop(now(service.clone().oneshot(call("/plots", PARENT))).unwrap());
    assert_eq!(
        value(&span(&bench.queue).attributes, "error.type"),
        text("cancelled")
    );

    // Nobody reads the body that stands for the answer to HEAD.
    let mut head = call("/plots", PARENT);
    *head.method_mut() = http::Method::HEAD;
    drop(now(service.oneshot(head)).unwrap());
    assert_eq!(value(&span(&bench.queue).attributes, "error.type"), None);
}
