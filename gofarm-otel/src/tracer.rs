//! Spans that are written down once, as the bytes that are exported: [`TracerProvider`], [`Tracer`], [`Span`].
//!
//! An SDK builds a span as an object, hands it to a processor, which queues it for an exporter, which turns it into
//! another tree of objects, which are encoded. Here a span that is kept is one buffer from a pool: an attribute is
//! encoded when it is set, and the end of the span copies the buffer into the [queue](crate::queue). A span that
//! the sampler does not want is two ids on the stack. The sampler is asked before anything else.
//!
//! The traits of the OpenTelemetry API are implemented, so libraries need not know this crate. Layers use what
//! stands beside them: [`Tracer::begin`] borrows all that it is told, and [`Span::set`] needs no owned key or value.
//!
//! A key that is set twice holds the later value, as the specification asks; the SDK for Rust sends both.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use core::fmt;
use std::sync::Mutex;

use gofarm_core::random::SplitMix64;
use gofarm_core::trace_context::TraceContext;
use opentelemetry::InstrumentationScope;
use opentelemetry::trace::TraceState;

use crate::clock::Clock;
use crate::queue::{Queue, Scope};
use crate::sampler::{Decision, Head, Sample};
use crate::span::SpanRecord;

mod api;
mod ids;
mod limits;
mod opening;
mod pool;
mod recording;
#[cfg(feature = "sdk")]
mod sdk;
mod seen;
mod span;
pub mod span_context;
mod start;

pub use limits::Limits;
pub use span::Span;
pub use start::SpanStart;

#[cfg(feature = "sdk")]
pub(crate) use api::own_kind;
use ids::Ids;
use opening::{Opening, When};

/// Makes tracers; clones are the same provider.
///
/// ```
/// use opentelemetry::trace::{Tracer, TraceContextExt, TracerProvider as _};
/// use opentelemetry::{Context, KeyValue};
/// use gofarm_otel::batch::Kind;
/// use gofarm_otel::clock::Clock;
/// use gofarm_otel::queue::Queue;
/// use gofarm_otel::resource::Resource;
/// use gofarm_otel::tracer::TracerProvider;
/// # use gofarm_otel::sampler::{Decision, Head, Sample};
/// # struct Always;
/// # impl Sample for Always {
/// #     fn sample(&self, _: &Head<'_>) -> Decision { Decision::Keep }
/// # }
///
/// let queue = Queue::new(Kind::Traces, &Resource::new("irrigation-gateway"), 4 << 20);
/// let provider = TracerProvider::new(Always, queue.clone(), Clock::system());
/// let tracer = provider.tracer("planner");
/// tracer.in_span("plan a day", |context| {
///     context.span().set_attribute(KeyValue::new("gofarm.zone", "north"));
/// });
/// assert_eq!(queue.take(1 << 20).map(|batch| batch.items), Some(1));
/// ```
#[derive(Clone)]
pub struct TracerProvider(Arc<Shared>);

struct Shared {
    sampler: Arc<dyn Sample + Send + Sync>,
    queue: Queue,
    clock: Clock,
    limits: Limits,
    ids: Ids,
    /// What `record` and tracers without a name report under.
    scope: Scope,
}

impl TracerProvider {
    /// A provider that asks `sampler`, writes to `queue` and tells the time by `clock`.
    #[must_use]
    pub fn new(sampler: impl Sample + Send + Sync + 'static, queue: Queue, clock: Clock) -> Self {
        let own = InstrumentationScope::builder("gofarm-otel")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        let scope = queue.scope(&own);
        Self(Arc::new(Shared {
            sampler: Arc::new(sampler),
            queue,
            clock,
            limits: Limits::new(),
            ids: Ids::Thread,
            scope,
        }))
    }

    /// This provider with other bounds for a span.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.with(|shared| shared.limits = limits)
    }

    /// This provider with ids that depend on `seed` alone: for tests, where a run must repeat itself.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.with(|shared| shared.ids = Ids::Seeded(Mutex::new(SplitMix64::new(seed))))
    }

    /// The tracer of a library or a part of an application.
    #[must_use]
    pub fn tracer(&self, name: impl Into<Cow<'static, str>>) -> Tracer {
        self.tracer_for(&InstrumentationScope::builder(name).build())
    }

    /// Writes down a span that has ended, whatever the sampler would say: one that failed and is kept late, or one
    /// that a device measured.
    ///
    /// Whether the queue had room for it.
    #[expect(
        clippy::must_use_candidate,
        reason = "the queue has counted what it had no room for"
    )]
    pub fn record(&self, span: &SpanRecord<'_>) -> bool {
        let tracer = Tracer {
            provider: self.clone(),
            scope: self.0.scope,
        };
        tracer.record(span)
    }

    /// The clock by which spans are timed.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The queue that spans go to.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.0.queue
    }

    fn tracer_for(&self, scope: &InstrumentationScope) -> Tracer {
        Tracer {
            provider: self.clone(),
            scope: self.0.queue.scope(scope),
        }
    }

    /// A changed copy, or the provider itself if nobody shares it yet.
    fn with(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        if Arc::get_mut(&mut self.0).is_none() {
            self.0 = Arc::new(Shared {
                sampler: self.0.sampler.clone(),
                queue: self.0.queue.clone(),
                clock: self.0.clock.clone(),
                limits: self.0.limits,
                ids: Ids::Thread,
                scope: self.0.scope,
            });
        }
        if let Some(shared) = Arc::get_mut(&mut self.0) {
            change(shared);
        }
        self
    }
}

impl fmt::Debug for TracerProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracerProvider")
            .field("queue", &self.0.queue)
            .field("limits", &self.0.limits)
            .finish_non_exhaustive()
    }
}

/// Begins spans for one library or one part of an application; clones are the same tracer.
///
/// See [`SpanStart`] for an example.
#[derive(Clone, Debug)]
pub struct Tracer {
    provider: TracerProvider,
    scope: Scope,
}

impl Tracer {
    /// Begins a span, after the sampler was asked.
    ///
    /// It ends by [`Span::end_at`], or when it is dropped. If the sampler does not want it nothing is allocated.
    #[must_use = "a span that is dropped at once measures nothing"]
    pub fn begin(&self, start: &SpanStart<'_>) -> Span {
        let context = self.decide(start);
        match context.is_sampled() {
            true => self.open(start, context),
            false => Span::dropped(context),
        }
    }

    /// The ids of a span that begins so; their flag says whether the sampler wants it.
    pub(crate) fn decide(&self, start: &SpanStart<'_>) -> TraceContext {
        let shared = &*self.provider.0;
        let context = shared.ids.next(start.parent);
        let head = Head::new(context.trace_id(), start.decision, start.name).kind(start.kind);
        match shared.sampler.sample(&head) {
            Decision::Drop => context,
            Decision::Keep => context.sampled(),
        }
    }

    /// Begins the span that was [decided](Self::decide) to be `context`, recorded whatever that was.
    pub(crate) fn open(&self, start: &SpanStart<'_>, context: TraceContext) -> Span {
        let opening = Opening {
            context,
            parent: start.parent.map(|parent| parent.span_id()),
            is_remote: start.parent.map(|_| start.is_remote),
            kind: start.kind,
            start: When::Moment(start.at),
        };
        let limits = self.limits();
        let recording = pool::open(&opening, limits, start.name, start.trace_state);
        // Taken apart for the API, a stranger's list would be hundreds of allocations.
        Span::recorded(self.clone(), recording, context, TraceState::NONE)
    }

    /// Writes down a span that has ended, whatever the sampler would say.
    ///
    /// Whether the queue had room for it.
    #[expect(
        clippy::must_use_candidate,
        reason = "the queue has counted what it had no room for"
    )]
    pub fn record(&self, span: &SpanRecord<'_>) -> bool {
        let shared = &*self.provider.0;
        let opening = Opening {
            context: span.context,
            parent: span.parent,
            is_remote: None,
            kind: span.kind,
            start: When::Date(span.start),
        };
        let recording = pool::open(&opening, &shared.limits, span.name, span.trace_state);
        let is_kept = {
            let mut recording = recording::lock(&recording);
            for attribute in span.attributes {
                recording.set(attribute, &shared.limits);
            }
            for event in span.events {
                recording.event(event.name, event.at, event.attributes, &shared.limits);
            }
            for link in span.links {
                recording.link(*link, &shared.limits);
            }
            recording.status(span.status, &shared.limits);
            recording.end(When::Date(span.end), self)
        };
        pool::close(recording);
        is_kept
    }

    fn limits(&self) -> &Limits {
        &self.provider.0.limits
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.provider.0.clock
    }
}
