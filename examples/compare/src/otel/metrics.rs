//! One addition to a counter and one value of a histogram, each with three labels.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{SdkMeterProvider, Temporality};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use super::{COUNTER, HISTOGRAM, gofarm};
use crate::figures::Figures;

/// The boundaries of `http.server.request.duration` in the semantic conventions, in seconds.
pub const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Some durations, one after the other.
pub struct Values(usize);

impl Values {
    pub fn new() -> Self {
        Self(0)
    }

    pub fn draw(&mut self) -> f64 {
        const VALUES: [f64; 8] = [0.002, 0.013, 0.004, 0.21, 0.033, 0.0071, 1.3, 0.06];
        self.0 = (self.0 + 1) % VALUES.len();
        VALUES[self.0]
    }
}

pub fn measure(figures: &mut Figures) {
    gofarm::metrics(figures);
    sdk(figures);
    prometheus_client(figures);
    metrics_crate(figures);
    floor(figures);
}

fn floor(figures: &mut Figures) {
    use std::sync::atomic::{AtomicU64, Ordering};
    let cell = AtomicU64::new(0);
    figures.time(COUNTER, "floor, a relaxed atomic addition", || {
        cell.fetch_add(1, Ordering::Relaxed)
    });
}

/// The SDK's meters with its periodic reader as it comes; what it reads goes nowhere.
pub fn meters() -> SdkMeterProvider {
    SdkMeterProvider::builder()
        .with_periodic_exporter(Nowhere)
        .build()
}

struct Nowhere;

impl PushMetricExporter for Nowhere {
    async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}

fn sdk(figures: &mut Figures) {
    let provider = meters();
    let meter = provider.meter("compare");
    let labels = [
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("http.route", "/plots/{plot}"),
        KeyValue::new("http.response.status_code", 200_i64),
    ];
    let counter = meter.u64_counter("requests").build();
    figures.time(COUNTER, "opentelemetry SDK", || counter.add(1, &labels));
    let bound = counter.bind(&labels);
    figures.time(COUNTER, "opentelemetry SDK, bound (experimental)", || {
        bound.add(1)
    });
    let histogram = meter
        .f64_histogram("durations")
        .with_boundaries(SECONDS.to_vec())
        .build();
    let mut values = Values::new();
    figures.time(HISTOGRAM, "opentelemetry SDK", || {
        histogram.record(values.draw(), &labels)
    });
    let bound = histogram.bind(&labels);
    figures.time(HISTOGRAM, "opentelemetry SDK, bound (experimental)", || {
        bound.record(values.draw());
    });
}

fn prometheus_client(figures: &mut Figures) {
    type Labels = [(&'static str, &'static str); 3];
    const LABELS: Labels = [
        ("http.request.method", "GET"),
        ("http.route", "/plots/{plot}"),
        ("http.response.status_code", "200"),
    ];
    let family = Family::<Labels, Counter>::default();
    figures.time(COUNTER, "prometheus-client, family", || {
        family.get_or_create(&LABELS).inc()
    });
    let held = family.get_or_create(&LABELS).clone();
    figures.time(COUNTER, "prometheus-client, held", || held.inc());
    let family = Family::<Labels, Histogram>::new_with_constructor(|| Histogram::new(SECONDS));
    let mut values = Values::new();
    figures.time(HISTOGRAM, "prometheus-client, family", || {
        family.get_or_create(&LABELS).observe(values.draw());
    });
    let held = family.get_or_create(&LABELS).clone();
    figures.time(HISTOGRAM, "prometheus-client, held", || {
        held.observe(values.draw())
    });
}

fn metrics_crate(figures: &mut Figures) {
    use metrics_util::registry::{AtomicStorage, Registry};
    use std::sync::Arc;

    struct Recorder(Registry<::metrics::Key, AtomicStorage>);
    impl ::metrics::Recorder for Recorder {
        fn describe_counter(
            &self,
            _: ::metrics::KeyName,
            _: Option<::metrics::Unit>,
            _: ::metrics::SharedString,
        ) {
        }
        fn describe_gauge(
            &self,
            _: ::metrics::KeyName,
            _: Option<::metrics::Unit>,
            _: ::metrics::SharedString,
        ) {
        }
        fn describe_histogram(
            &self,
            _: ::metrics::KeyName,
            _: Option<::metrics::Unit>,
            _: ::metrics::SharedString,
        ) {
        }
        fn register_counter(
            &self,
            key: &::metrics::Key,
            _: &::metrics::Metadata<'_>,
        ) -> ::metrics::Counter {
            self.0.get_or_create_counter(key, |counter| {
                ::metrics::Counter::from_arc(Arc::clone(counter))
            })
        }
        fn register_gauge(
            &self,
            key: &::metrics::Key,
            _: &::metrics::Metadata<'_>,
        ) -> ::metrics::Gauge {
            self.0
                .get_or_create_gauge(key, |gauge| ::metrics::Gauge::from_arc(Arc::clone(gauge)))
        }
        fn register_histogram(
            &self,
            key: &::metrics::Key,
            _: &::metrics::Metadata<'_>,
        ) -> ::metrics::Histogram {
            self.0
                .get_or_create_histogram(key, |h| ::metrics::Histogram::from_arc(Arc::clone(h)))
        }
    }

    let recorder = Recorder(Registry::atomic());
    ::metrics::with_local_recorder(&recorder, || {
        figures.time(COUNTER, "metrics, macro", || {
            ::metrics::counter!("requests", "method" => "GET", "route" => "/plots/{plot}", "status" => "200")
                .increment(1);
        });
        let held = ::metrics::counter!("requests", "method" => "GET", "route" => "/plots/{plot}", "status" => "200");
        figures.time(COUNTER, "metrics, held", || held.increment(1));
        let held = ::metrics::histogram!("durations", "method" => "GET", "route" => "/plots/{plot}", "status" => "200");
        let mut values = Values::new();
        // It keeps every value until somebody reads it, which nobody would do for ever.
        figures.time(HISTOGRAM, "metrics, held", || {
            held.record(values.draw());
        });
        recorder
            .0
            .visit_histograms(|_, histogram| histogram.clear());
    });
}
