//! gofarm-otel, in its own words and by the OpenTelemetry API.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gofarm_core::observe::{Instrument, Label, Observer as _};
use gofarm_otel::attribute::Attribute;
use gofarm_otel::batch::Kind;
use gofarm_otel::clock::Clock;
use gofarm_otel::instrument::Registry;
use gofarm_otel::layer::{Pipeline, ServerLayer};
use gofarm_otel::meter::MeterProvider;
use gofarm_otel::queue::Queue;
use gofarm_otel::resource::Resource;
use gofarm_otel::sampler::{Ratio, Sampler};
use gofarm_otel::span::SpanKind;
use gofarm_otel::telemetry::Telemetry;
use gofarm_otel::tracer::{SpanStart, TracerProvider};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use tower::Layer as _;

use super::metrics::Values;
use super::process::{self, Found};
use super::requests::{bare, through};
use super::{COUNTER, GOFARM, HISTOGRAM, ROUTE, SPAN_IN, SPAN_OUT, spans};
use crate::figures::Figures;

pub const ENGINE: &str = GOFARM;

/// As `Telemetry` has it: so much may wait, from so much on the exporter is woken, so much is a request.
const QUEUE: usize = 2 << 20;
const WAKE: usize = 128 << 10;
const REQUEST: usize = 512 << 10;

pub fn spans(figures: &mut Figures) {
    for (case, sampler) in [
        (SPAN_OUT, Sampler::always_off()),
        (SPAN_IN, Sampler::always_on()),
    ] {
        let drained = Drained::new(sampler.clone());
        let (tracers, clock) = (&drained.tracers, drained.tracers.clock());
        let tracer = tracers.tracer("compare");
        let engine = "gofarm, own API";
        figures.time(case, engine, || {
            let start = SpanStart::new(spans::NAME, clock.now()).kind(SpanKind::Server);
            let span = tracer.begin(&start);
            span.set_all(&[
                Attribute::text("http.request.method", "GET"),
                Attribute::text("http.route", ROUTE),
                Attribute::text("url.scheme", "http"),
                Attribute::int("http.response.status_code", 200),
            ]);
            span.end_at(clock.now());
        });
        drained.end(figures, case, engine);

        let drained = Drained::new(sampler);
        let tracer = drained.tracers.tracer("compare");
        let engine = "gofarm, OpenTelemetry API";
        figures.time(case, engine, || process::span(&tracer));
        drained.end(figures, case, engine);
    }
}

pub fn metrics(figures: &mut Figures) {
    static REQUESTS: Instrument = Instrument::counter("requests", "{request}", "Requests");
    static DURATIONS: Instrument = Instrument::histogram("durations", "s", "Their durations");

    let registry = Registry::new();
    let labels = [
        Label::text("http.request.method", "GET"),
        Label::text("http.route", ROUTE),
        Label::number("http.response.status_code", 200),
    ];
    let counter = registry.counter(&REQUESTS, &labels);
    figures.time(COUNTER, "gofarm, held", || counter.add(1));
    figures.time(COUNTER, "gofarm, as a signal", || {
        registry.observe(&REQUESTS.count(1).labelled(&labels));
    });
    let histogram = registry.histogram(&DURATIONS, &labels);
    let mut values = Values::new();
    figures.time(HISTOGRAM, "gofarm, held", || {
        histogram.record(values.draw())
    });
    figures.time(HISTOGRAM, "gofarm, as a signal", || {
        registry.observe(&DURATIONS.measure(values.draw()).labelled(&labels));
    });

    let meter = MeterProvider::new(&registry).meter("compare");
    let labels = [
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("http.route", ROUTE),
        KeyValue::new("http.response.status_code", 200_i64),
    ];
    let counter = meter.u64_counter("requests.api").build();
    let engine = "gofarm, OpenTelemetry API";
    figures.time(COUNTER, engine, || counter.add(1, &labels));
    let histogram = meter.f64_histogram("durations.api").with_unit("s").build();
    figures.time(HISTOGRAM, engine, || {
        histogram.record(values.draw(), &labels);
    });
}

/// Through the Layer, which traces and counts; the sampler follows the caller.
pub fn requests(figures: &mut Figures, case: &str, sampled: bool) {
    let sampler = Sampler::ratio(Ratio::ALWAYS);
    let drained = Drained::new(sampler.clone());
    let pipeline = Pipeline::new(&drained.tracers, sampler, Registry::new());
    let service = ServerLayer::new(&pipeline)
        .route(|_| Some(ROUTE))
        .layer(bare());
    through(figures, case, GOFARM, sampled, service);
    drained.end(figures, case, GOFARM);
}

/// The whole set-up, as it comes: with traces, metrics and logs, and the meters of the process.
pub fn process(endpoint: &str) -> Found {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    process::run(
        || {
            let telemetry = runtime
                .block_on(async { Telemetry::builder("compare").otlp(endpoint).start() })
                .expect("a configuration");
            let tracer = telemetry.tracers().tracer("compare");
            (telemetry, tracer)
        },
        |(_, tracer)| process::span(tracer),
        |(telemetry, _)| {
            let _ = runtime.block_on(telemetry.shutdown(Duration::from_secs(5)));
        },
    )
}

/// A provider whose spans are taken out and encoded as requests by a thread, as in life, and then go nowhere.
struct Drained {
    tracers: TracerProvider,
    queue: Queue,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Drained {
    fn new(sampler: Sampler) -> Self {
        let queue = Queue::new(Kind::Traces, &Resource::new("compare"), QUEUE);
        let is_over = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (queue, is_over) = (queue.clone(), Arc::clone(&is_over));
            move || {
                while !is_over.load(Ordering::Relaxed) {
                    std::thread::park_timeout(Duration::from_millis(100));
                    while queue.take(REQUEST).is_some() {}
                }
            }
        });
        let exporter = thread.thread().clone();
        queue.wake_at(WAKE, move || exporter.unpark());
        Self {
            tracers: TracerProvider::new(sampler, queue.clone(), Clock::system()),
            queue,
            is_over,
            thread,
        }
    }

    fn end(self, figures: &mut Figures, case: &str, engine: &str) {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().expect("the thread takes");
        let stats = self.queue.stats();
        spans::note_lost(figures, case, engine, stats.pushed, stats.dropped);
    }
}
