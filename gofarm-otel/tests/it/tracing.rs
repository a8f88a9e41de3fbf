//! Spans and events of the `tracing` crate.

use gofarm_otel::batch::Kind;
use gofarm_otel::clock::Clock;
use gofarm_otel::queue::Queue;
use gofarm_otel::resource::Resource;
use gofarm_otel::timestamp::Timestamp;
use gofarm_otel::tracer::TracerProvider;
use gofarm_otel::tracing::Layer;
use opentelemetry::trace::{TraceContextExt, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use tracing::field;
use tracing_subscriber::layer::SubscriberExt;

use crate::logger::logs;
use crate::received;
use crate::tracer::{ByName, pipeline};

struct Seen {
    spans: Vec<Span>,
    logs: Vec<opentelemetry_proto::tonic::logs::v1::LogRecord>,
}

impl Seen {
    fn span(&self, name: &str) -> &Span {
        let mut named = self.spans.iter().filter(|span| span.name == name);
        let span = named.next().unwrap();
        assert!(named.next().is_none(), "{name}");
        span
    }
}

fn observed(run: impl FnOnce(&TracerProvider)) -> Seen {
    let (tracers, spans, _) = pipeline();
    let (loggers, logs) = logs();
    let layer = Layer::new()
        .spans(tracers.tracer("tracing"))
        .events(loggers.logger("tracing"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || run(&tracers));
    Seen {
        spans: received::spans(&spans),
        logs: received::logs(&logs),
    }
}

#[test]
fn fields_become_attributes_and_some_have_a_meaning() {
    let seen = observed(|_| {
        let span = tracing::info_span!(
            "request",
            otel.name = "GET /plots",
            otel.kind = "server",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            plot = 7,
            share = 0.5,
            large = u64::MAX,
            dry = true,
            list = ?[1, 2],
            later = field::Empty,
        );
        span.record("later", "now");
        span.record("otel.status_description", "no room");
        span.record("otel.status_code", "ERROR");
    });
    let span = seen.span("GET /plots");
    assert_eq!(span.kind, 2);
    let read = |key| received::value(&span.attributes, key);
    assert_eq!(read("plot"), Some(Value::IntValue(7)));
    assert_eq!(read("share"), Some(Value::DoubleValue(0.5)));
    assert_eq!(read("large"), received::text("18446744073709551615"));
    assert_eq!(read("dry"), Some(Value::BoolValue(true)));
    assert_eq!(read("list"), received::text("[1, 2]"));
    assert_eq!(read("later"), received::text("now"));
    assert_eq!(span.attributes.len(), 6);
    let status = span.status.as_ref().unwrap();
    assert_eq!((status.code, status.message.as_str()), (2, "no room"));
}

#[test]
fn spans_of_both_kinds_form_one_trace() {
    let seen = observed(|tracers| {
        let outer = tracing::info_span!("outer");
        let _entered = outer.enter();
        let tracer = tracers.tracer("api");
        tracer.in_span("api", |context| {
            context.span().set_attribute(KeyValue::new("a", 1));
            tracing::info_span!("inner").in_scope(|| tracing::info!(n = 1, "said"));
            tracing::info!("said in the span of the API");
            tracing::info!(parent: &outer, "said of another span");
        });
        {
            let _nothing = Context::new().attach();
            tracing::info_span!("detached").in_scope(|| {});
        }
        let explicit = tracing::info_span!(parent: &outer, "explicit");
        explicit.follows_from(&outer);
        let root = tracing::info_span!(parent: None, "root");
        drop((explicit, root));
    });
    let (outer, api, inner) = (seen.span("outer"), seen.span("api"), seen.span("inner"));
    assert!(outer.parent_span_id.is_empty());
    assert_eq!(api.parent_span_id, outer.span_id);
    assert_eq!(inner.parent_span_id, api.span_id);
    assert_eq!(inner.trace_id, outer.trace_id);
    let explicit = seen.span("explicit");
    assert_eq!(explicit.parent_span_id, outer.span_id);
    assert_eq!(explicit.links.first().unwrap().span_id, outer.span_id);
    let root = seen.span("root");
    assert!(root.parent_span_id.is_empty() && root.trace_id != outer.trace_id);

    assert_eq!(seen.span("detached").parent_span_id, outer.span_id);

    let of_log: Vec<_> = seen.logs.iter().map(|log| &log.span_id).collect();
    assert_eq!(of_log, [&inner.span_id, &api.span_id, &outer.span_id]);
    let log = seen.logs.first().unwrap();
    assert_eq!(log.body.clone().unwrap().value, received::text("said"));
    assert_eq!(
        (&log.trace_id, &log.span_id),
        (&inner.trace_id, &inner.span_id)
    );
    assert_eq!(
        (log.severity_number, log.severity_text.as_str()),
        (9, "INFO")
    );
    assert_eq!(
        received::value(&log.attributes, "n"),
        Some(Value::IntValue(1))
    );
    assert!(!Context::current().has_active_span(), "all was left");
}

#[test]
fn what_a_span_that_is_not_wanted_causes_is_not_kept_either() {
    let seen = observed(|_| {
        let no = tracing::info_span!("no");
        let _entered = no.enter();
        tracing::info_span!("child").in_scope(|| tracing::info!("still written"));
        no.record("missing", 1);
    });
    assert_eq!(seen.spans.len(), 0);
    assert_eq!(seen.logs.len(), 1);
    assert!(seen.logs.first().unwrap().trace_id.is_empty());
}

#[test]
fn a_span_that_is_left_on_another_thread_than_it_was_made_on_is_whole() {
    let seen = observed(|_| {
        let span = tracing::info_span!("moved", done = field::Empty);
        std::thread::spawn(move || {
            span.in_scope(|| assert!(Context::current().has_active_span()));
            span.record("done", true);
        })
        .join()
        .unwrap();
    });
    let span = seen.span("moved");
    assert_eq!(
        received::value(&span.attributes, "done"),
        Some(Value::BoolValue(true))
    );
}

#[test]
fn a_span_of_tracing_that_is_not_wanted_costs_no_allocation() {
    let queue = Queue::new(Kind::Traces, &Resource::new("gateway"), 1 << 20);
    let clock = Clock::manual(Timestamp::UNKNOWN);
    let tracers = TracerProvider::new(ByName, queue, clock);
    let layer = Layer::new().spans(tracers.tracer("tracing"));
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let no = || {
            let span = tracing::info_span!("no", plot = 7, zone = "north", list = ?[1, 2]);
            span.in_scope(|| {});
        };
        let yes = || {
            let span = tracing::info_span!("yes", plot = 7, zone = "north", list = ?[1, 2]);
            span.in_scope(|| {});
        };
        for _ in 0..3 {
            no();
            yes();
        }
        let dropped = allocation_counter::measure(no);
        assert_eq!(dropped.count_total, 0);
        let kept = allocation_counter::measure(yes);
        assert!(kept.count_total <= 3, "{kept:?}");
    });
}
