//! gofarm-otel beside the OpenTelemetry SDK, tracing-opentelemetry, fastrace, tower-otel,
//! opentelemetry-instrumentation-tower, metrics and prometheus-client.
//!
//! "In" is sampled in, "out" is sampled out. What is exported goes nowhere, except in the last part, where a process
//! each sends to a receiver of ours.

mod gofarm;
mod metrics;
mod process;
mod requests;
mod spans;

use crate::figures::Figures;

pub use process::{CHILD, run_child};

pub fn measure(figures: &mut Figures) {
    spans::measure(figures);
    metrics::measure(figures);
    requests::measure(figures);
    over_no_layer(figures);
    process::measure(figures);
}

/// What a Layer adds to the request.
fn over_no_layer(figures: &mut Figures) {
    for case in [REQUEST_OUT, REQUEST_IN] {
        for unit in ["ns", "allocations"] {
            let Some(base) = figures.find(case, NO_LAYER, unit) else {
                continue;
            };
            for engine in [GOFARM, TOWER_OTEL, INSTRUMENTATION_TOWER] {
                if let Some(value) = figures.find(case, engine, unit) {
                    figures.note(
                        &format!("{case}: over no layer"),
                        engine,
                        unit,
                        value - base,
                    );
                }
            }
        }
    }
}

const SPAN_OUT: &str = "a span with four attributes, sampled out";
const SPAN_IN: &str = "a span with four attributes, sampled in";
const COUNTER: &str = "a counter with three labels: one addition";
const HISTOGRAM: &str = "a histogram with three labels: one value";
const REQUEST_OUT: &str = "an HTTP request through a service, sampled out";
const REQUEST_IN: &str = "an HTTP request through a service, sampled in";

/// The template that the path of each request comes from.
const ROUTE: &str = "/plots/{plot}";

const GOFARM: &str = "gofarm";
const NO_LAYER: &str = "no layer";
const TOWER_OTEL: &str = "tower-otel, traces and metrics";
const INSTRUMENTATION_TOWER: &str = "opentelemetry-instrumentation-tower";
