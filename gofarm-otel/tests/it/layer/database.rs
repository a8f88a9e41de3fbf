//! Calls to a database.

use gofarm_otel::layer::{Database, Query, ServerLayer};
use gofarm_otel::sampler::{LateKeep, Ratio, Sampler};
use gofarm_otel::semantic::database;
use http::{Request, Response};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tower::{Layer, ServiceExt, service_fn};

use super::{PARENT, bench, get, now};
use crate::received::{span, spans, text, value};

const QUERY: Query<'_> = Query::new("SELECT")
    .collection("plots")
    .text("SELECT water FROM plots WHERE id = ?");

fn check(span: &opentelemetry_proto::tonic::trace::v1::Span) {
    assert_eq!(
        (&*span.name, span.kind()),
        ("SELECT plots", SpanKind::Client)
    );
    for (key, expected) in [
        ("db.system.name", "postgresql"),
        ("db.namespace", "farm"),
        ("db.operation.name", "SELECT"),
        ("db.collection.name", "plots"),
        ("db.query.text", "SELECT water FROM plots WHERE id = ?"),
        ("server.address", "storage"),
    ] {
        assert_eq!(value(&span.attributes, key), text(expected), "{key}");
    }
}

#[test]
fn a_call_in_a_request_is_a_span_of_its_trace() {
    let bench = bench(Sampler::ratio(Ratio::NEVER));
    let plots = Database::new(&bench.pipeline, database::POSTGRESQL)
        .namespace("farm")
        .server("storage", 5432);
    let service = ServerLayer::new(&bench.pipeline).layer(service_fn(async |_: Request<()>| {
        plots
            .call(QUERY, async { Ok::<_, std::io::Error>(Response::new(())) })
            .await
    }));
    now(service.oneshot(get("/plots/7", &[("traceparent", PARENT)]))).unwrap();
    let spans = spans(&bench.queue);
    check(&spans[0]);
    assert_eq!(spans[0].parent_span_id, spans[1].span_id);
    let labels = "db.collection.name=Text(\"plots\") db.namespace=Text(\"farm\") db.operation.name=Text(\"SELECT\") \
                  db.system.name=Text(\"postgresql\") server.address=Text(\"storage\") server.port=Int(5432)";
    assert_eq!(
        bench.durations("db.client.operation.duration"),
        [(labels.to_owned(), 1)]
    );
}

#[test]
fn a_failure_that_was_sampled_out_is_kept_late_and_a_success_costs_nothing() {
    let bench = bench(Sampler::always_off().late_keep(LateKeep::default()));
    let plots = Database::new(&bench.pipeline, database::POSTGRESQL)
        .namespace("farm")
        .server("storage", 5432);
    let fine = || plots.run(&QUERY, || Ok::<_, core::fmt::Error>(7));
    fine().unwrap();
    let info = allocation_counter::measure(|| {
        let _ = fine();
    });
    assert_eq!(info.count_total, 0);
    assert_eq!(spans(&bench.queue), []);

    plots
        .run(&QUERY, || Err::<u8, _>(core::fmt::Error))
        .unwrap_err();
    let span = span(&bench.queue);
    check(&span);
    assert_eq!(
        span.status.clone().unwrap_or_default().code(),
        StatusCode::Error
    );
    assert_eq!(
        value(&span.attributes, "error.type"),
        text("core::fmt::Error")
    );
}

#[test]
fn a_call_that_is_given_up_is_cancelled() {
    let bench = bench(Sampler::always_on());
    let plots = Database::new(&bench.pipeline, database::SQLITE);
    drop(plots.call(
        Query::new("VACUUM"),
        core::future::pending::<Result<(), std::io::Error>>(),
    ));
    let span = span(&bench.queue);
    assert_eq!(span.name, "VACUUM");
    assert_eq!(value(&span.attributes, "error.type"), text("cancelled"));
}
