//! What a span costs in allocations.

use gofarm_otel::attribute::Attribute;
use gofarm_otel::batch::Kind;
use gofarm_otel::clock::{Clock, Moment};
use gofarm_otel::queue::Queue;
use gofarm_otel::resource::Resource;
use gofarm_otel::tracer::{SpanStart, Tracer, TracerProvider};
use opentelemetry::trace::{TraceContextExt, Tracer as _};
use opentelemetry::{Context, KeyValue};

use super::ByName;

#[test]
fn a_span_that_is_not_wanted_allocates_nothing_and_one_that_is_kept_reuses() {
    let queue = Queue::new(Kind::Traces, &Resource::new("gateway"), 1 << 20);
    let provider = TracerProvider::new(ByName, queue.clone(), Clock::system());
    let tracer = provider.tracer("test");
    let run = |name: &str| {
        let info = allocation_counter::measure(|| {
            for _ in 0..1000 {
                four_attributes(&tracer, name);
            }
        });
        info.count_total
    };
    run("yes");
    assert_eq!(run("no"), 0);
    while queue.take(1 << 16).is_some() {}
    let blocks = run("yes");
    assert!(
        blocks < 50,
        "{blocks} allocations for 1000 spans: the blocks of the queue"
    );
}

fn four_attributes(tracer: &Tracer, name: &str) {
    let span = tracer.begin(&SpanStart::new(name, Moment::default()));
    span.set_all(&[
        Attribute::text("http.request.method", "GET"),
        Attribute::text("http.route", "/plots/{plot}"),
        Attribute::int("http.response.status_code", 200),
        Attribute::text("server.address", "gateway.local"),
    ]);
    span.end_at(Moment::from_nanos(9));
}

#[test]
fn a_span_in_a_context_of_the_api_costs_at_most_four_allocations() {
    let queue = Queue::new(Kind::Traces, &Resource::new("gateway"), 1 << 20);
    let provider = TracerProvider::new(ByName, queue, Clock::system());
    let tracer = provider.tracer("test");
    let one = || {
        let context = Context::current_with_span(tracer.start_with_context("yes", &Context::new()));
        let _attached = context.clone().attach();
        context
            .span()
            .set_attribute(KeyValue::new("http.request.method", "GET"));
        context
            .span()
            .set_attribute(KeyValue::new("http.response.status_code", 200));
        context.span().end();
    };
    one();
    let info = allocation_counter::measure(one);
    assert!(info.count_total <= 2, "{info:?}");
}
