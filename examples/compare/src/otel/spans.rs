//! One span: name, four attributes, end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use tracing_subscriber::layer::SubscriberExt as _;

use super::{ROUTE, SPAN_IN, SPAN_OUT, gofarm, process};
use crate::figures::Figures;

pub const NAME: &str = "GET /plots/{plot}";

pub fn measure(figures: &mut Figures) {
    gofarm::spans(figures);
    for (case, sampler) in [(SPAN_OUT, Sampler::AlwaysOff), (SPAN_IN, Sampler::AlwaysOn)] {
        let batches = Batches::new(sampler.clone());
        let tracer = batches.provider.tracer("compare");
        let engine = "opentelemetry SDK, batch processor";
        let mut made = 0;
        figures.time(case, engine, || {
            made += 1;
            process::span(&tracer);
        });
        batches.end(figures, case, engine, made);

        let batches = Batches::new(sampler);
        let layer = tracing_opentelemetry::layer().with_tracer(batches.provider.tracer("compare"));
        let subscriber = tracing_subscriber::registry().with(layer);
        let engine = "tracing-opentelemetry, batch processor";
        let mut made = 0;
        tracing::subscriber::with_default(subscriber, || {
            figures.time(case, engine, || {
                made += 1;
                let span = tracing::info_span!(
                    "GET /plots/{plot}",
                    otel.kind = "server",
                    http.request.method = "GET",
                    http.route = ROUTE,
                    url.scheme = "http",
                    http.response.status_code = 200_i64,
                );
                drop(span.entered());
            });
        });
        batches.end(figures, case, engine, made);
    }
    fastrace(figures);
}

fn fastrace(figures: &mut Figures) {
    use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};

    struct Nowhere;
    impl Reporter for Nowhere {
        fn report(&mut self, _: Vec<SpanRecord>) {}
    }

    fastrace::set_reporter(Nowhere, Config::default());
    for (case, sampled) in [(SPAN_OUT, false), (SPAN_IN, true)] {
        figures.time(case, "fastrace, root span", || {
            let parent = SpanContext::random().sampled(sampled);
            fastrace::Span::root(NAME, parent).with_properties(|| {
                [
                    ("http.request.method", "GET"),
                    ("http.route", ROUTE),
                    ("url.scheme", "http"),
                    ("http.response.status_code", "200"),
                ]
            })
        });
    }
    fastrace::flush();
}

/// The SDK with its batch processor as it comes; the batches go nowhere, without being encoded.
pub struct Batches {
    pub provider: SdkTracerProvider,
    exported: Arc<AtomicU64>,
}

impl Batches {
    pub fn new(sampler: Sampler) -> Self {
        let exported = Arc::new(AtomicU64::new(0));
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_batch_exporter(Nowhere(Arc::clone(&exported)))
            .build();
        Self { provider, exported }
    }

    /// Ends, after so many spans were begun.
    pub fn end(self, figures: &mut Figures, case: &str, engine: &str, made: u64) {
        let _ = self.provider.shutdown();
        let exported = self.exported.load(Ordering::Relaxed);
        if exported > 0 {
            note_lost(figures, case, engine, made, made.saturating_sub(exported));
        }
    }
}

/// How many of the spans of a bench, which makes more than anybody could send, found the queue full.
pub fn note_lost(figures: &mut Figures, case: &str, engine: &str, made: u64, lost: u64) {
    if made > 0 {
        #[expect(clippy::cast_precision_loss, reason = "some millions")]
        let share = 100.0 * lost as f64 / made as f64;
        figures.note(case, engine, "% lost", share);
    }
}

#[derive(Debug)]
struct Nowhere(Arc<AtomicU64>);

impl SpanExporter for Nowhere {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.fetch_add(batch.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}
