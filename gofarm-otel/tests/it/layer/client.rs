//! Requests of a client.

use gofarm_otel::layer::ClientLayer;
use gofarm_otel::sampler::Sampler;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tower::{Layer, ServiceExt};

use super::{answers, bench, get, now};
use crate::received::{span, text, value};

#[test]
fn a_kept_call_says_what_the_conventions_ask_for() {
    let bench = bench(Sampler::always_on());
    let layer = ClientLayer::new(&bench.pipeline).template(|_| Some("/plots/{plot}"));
    let request = get(
        "https://me:secret@storage:9000/plots/7?sig=1&soil=clay",
        &[],
    );
    now(layer.layer(answers(404)).oneshot(request)).unwrap();

    let span = span(&bench.queue);
    assert_eq!(
        (&*span.name, span.kind()),
        ("GET /plots/{plot}", SpanKind::Client)
    );
    assert_eq!(
        span.status.clone().unwrap_or_default().code(),
        StatusCode::Error
    );
    let rows = [
        (
            "url.full",
            "https://storage:9000/plots/7?sig=REDACTED&soil=clay",
        ),
        ("url.template", "/plots/{plot}"),
        ("http.request.method", "GET"),
        ("server.address", "storage"),
        ("error.type", "404"),
    ];
    for (key, expected) in rows {
        assert_eq!(value(&span.attributes, key), text(expected), "{key}");
    }
    let labels = "error.type=Text(\"404\") http.request.method=Text(\"GET\") http.response.status_code=Int(404) \
                  server.address=Text(\"storage\") server.port=Int(9000)";
    assert_eq!(
        bench.durations("http.client.request.duration"),
        [(labels.to_owned(), 1)]
    );
}
