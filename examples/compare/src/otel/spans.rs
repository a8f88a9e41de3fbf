//! One span: name, four attributes, end.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Span as _, SpanKind, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData, SpanExporter,
};
use tracing_subscriber::layer::SubscriberExt as _;

use super::{SPAN_IN, SPAN_OUT, gofarm};
use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    gofarm::spans(figures);
    for (case, sampler) in [(SPAN_OUT, Sampler::AlwaysOff), (SPAN_IN, Sampler::AlwaysOn)] {
        let provider = batches(sampler.clone());
        let tracer = provider.tracer("compare");
        figures.time(case, "opentelemetry SDK, batch processor", || {
            let builder = tracer.span_builder("GET /plots/{plot}");
            let mut span = builder.with_kind(SpanKind::Server).start(&tracer);
            span.set_attribute(KeyValue::new("http.request.method", "GET"));
            span.set_attribute(KeyValue::new("http.route", "/plots/{plot}"));
            span.set_attribute(KeyValue::new("url.scheme", "http"));
            span.set_attribute(KeyValue::new("http.response.status_code", 200_i64));
            span.end();
        });
        let _ = provider.shutdown();

        let provider = batches(sampler);
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("compare"));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            figures.time(case, "tracing-opentelemetry, batch processor", || {
                let span = tracing::info_span!(
                    "request",
                    http.request.method = "GET",
                    http.route = "/plots/{plot}",
                    url.scheme = "http",
                    http.response.status_code = 200_i64,
                );
                drop(span.entered());
            });
        });
        let _ = provider.shutdown();
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
            fastrace::Span::root("GET /plots/{plot}", parent).with_properties(|| {
                [
                    ("http.request.method", "GET"),
                    ("http.route", "/plots/{plot}"),
                    ("url.scheme", "http"),
                    ("http.response.status_code", "200"),
                ]
            })
        });
    }
    fastrace::flush();
}

/// A provider whose batches go nowhere; its queue is long, but may be full: then it drops the span.
pub fn batches(sampler: Sampler) -> SdkTracerProvider {
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(65_536)
        .with_scheduled_delay(Duration::from_millis(100))
        .build();
    let processor = BatchSpanProcessor::builder(Nowhere).with_batch_config(config).build();
    SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_span_processor(processor)
        .build()
}

#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        drop(batch);
        Ok(())
    }
}
