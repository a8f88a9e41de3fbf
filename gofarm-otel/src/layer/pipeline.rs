//! What layers report to: [`Pipeline`].

use crate::clock::Clock;
use crate::instrument::Registry;
use crate::propagation::Propagators;
use crate::sampler::Sampler;
use crate::tracer::{Tracer, TracerProvider};

/// Where spans and metrics of the layers go, and who decides about them; clones report to the same place.
///
/// ```
/// use gofarm_otel::batch::Kind;
/// use gofarm_otel::clock::Clock;
/// use gofarm_otel::instrument::Registry;
/// use gofarm_otel::layer::{ClientLayer, Pipeline, ServerLayer};
/// use gofarm_otel::queue::Queue;
/// use gofarm_otel::resource::Resource;
/// use gofarm_otel::sampler::{Percent, Sampler};
/// use gofarm_otel::tracer::TracerProvider;
///
/// let sampler = Sampler::ratio(10.percent()).escalate_on_error();
/// let queue = Queue::new(Kind::Traces, &Resource::new("irrigation-gateway"), 4 << 20);
/// let tracers = TracerProvider::new(sampler.clone(), queue, Clock::system());
///
/// let pipeline = Pipeline::new(&tracers, sampler, Registry::new());
/// let (incoming, outgoing) = (ServerLayer::new(&pipeline), ClientLayer::new(&pipeline));
/// # let _ = (incoming, outgoing);
/// ```
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub(super) tracer: Tracer,
    pub(super) clock: Clock,
    pub(super) sampler: Sampler,
    pub(super) registry: Registry,
    pub(super) propagators: Propagators,
}

impl Pipeline {
    /// Spans go to `tracers`, durations to `registry`; `sampler` is told how requests end, and has to be the one that
    /// `tracers` asks, or a clone of it.
    #[must_use]
    pub fn new(tracers: &TracerProvider, sampler: Sampler, registry: Registry) -> Self {
        Self {
            tracer: tracers.tracer(env!("CARGO_PKG_NAME")),
            clock: tracers.clock().clone(),
            sampler,
            registry,
            propagators: Propagators::default(),
        }
    }

    /// Reads and writes these headers; `traceparent`, `tracestate` and `baggage` if nothing is said.
    #[must_use]
    pub const fn propagators(mut self, propagators: Propagators) -> Self {
        self.propagators = propagators;
        self
    }
}
