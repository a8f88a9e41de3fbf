//! For those who keep the OpenTelemetry SDK: our samplers and our export in its places.
//!
//! The SDK builds a span as an object before it is encoded here, so its costs stay its own. What is won are the
//! samplers, and that its spans wait, are spooled and are counted like all others.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use gofarm_core::trace_context::TraceId;
use opentelemetry::trace::{Link, SpanKind as ApiKind, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    SamplingDecision, SamplingResult, ShouldSample, SpanData, SpanExporter,
};

use crate::sampler::{Decision, Head, Parent, Sample};
use crate::tracer::{TracerProvider, own_kind};

/// Any [`Sample`] as the sampler of an SDK's tracer provider.
///
/// ```
/// use gofarm_otel::sampler::{Decision, Head, Sample};
/// use gofarm_otel::sdk::SdkSampler;
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// struct Never;
/// impl Sample for Never {
///     fn sample(&self, _: &Head<'_>) -> Decision {
///         Decision::Drop
///     }
/// }
/// let provider = SdkTracerProvider::builder().with_sampler(SdkSampler::new(Never)).build();
/// # let _ = provider;
/// ```
#[derive(Clone)]
pub struct SdkSampler(Arc<dyn Sample + Send + Sync>);

impl SdkSampler {
    /// Asks `sampler` for each span.
    #[must_use]
    pub fn new(sampler: impl Sample + Send + Sync + 'static) -> Self {
        Self(Arc::new(sampler))
    }
}

impl fmt::Debug for SdkSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdkSampler").finish_non_exhaustive()
    }
}

impl ShouldSample for SdkSampler {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: opentelemetry::TraceId,
        name: &str,
        span_kind: &ApiKind,
        _attributes: &[KeyValue],
        _links: &[Link],
    ) -> SamplingResult {
        let parent = parent_context.map(|context| context.span().span_context().clone());
        let parent = parent.filter(|parent| parent.is_valid());
        let decided = match &parent {
            None => Parent::None,
            Some(parent) if parent.is_remote() => Parent::Remote {
                sampled: parent.is_sampled(),
            },
            Some(parent) => Parent::Local {
                sampled: parent.is_sampled(),
            },
        };
        let decision = TraceId::new(trace_id.to_bytes()).map_or(Decision::Drop, |trace_id| {
            let head = Head::new(trace_id, decided, name).kind(own_kind(span_kind));
            self.0.sample(&head)
        });
        SamplingResult {
            decision: match decision {
                Decision::Keep => SamplingDecision::RecordAndSample,
                Decision::Drop => SamplingDecision::Drop,
            },
            attributes: Vec::new(),
            trace_state: parent
                .map(|parent| parent.trace_state().clone())
                .unwrap_or_default(),
        }
    }
}

/// The exporter of an SDK's tracer provider that writes to the queue of a [`TracerProvider`] of ours.
///
/// The resource is the queue's and not the SDK's. Nothing is sent here, so a simple processor is as good as one
/// that collects batches.
///
/// ```
/// use gofarm_otel::batch::Kind;
/// use gofarm_otel::clock::Clock;
/// use gofarm_otel::queue::Queue;
/// use gofarm_otel::resource::Resource;
/// use gofarm_otel::sdk::SdkExporter;
/// use gofarm_otel::tracer::TracerProvider;
/// # use gofarm_otel::sampler::{Decision, Head, Sample};
/// # struct Always;
/// # impl Sample for Always {
/// #     fn sample(&self, _: &Head<'_>) -> Decision { Decision::Keep }
/// # }
/// use opentelemetry::trace::{Tracer, TracerProvider as _};
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// let queue = Queue::new(Kind::Traces, &Resource::new("irrigation-gateway"), 1 << 20);
/// let ours = TracerProvider::new(Always, queue.clone(), Clock::system());
/// let provider = SdkTracerProvider::builder()
///     .with_simple_exporter(SdkExporter::new(ours))
///     .build();
/// provider.tracer("planner").in_span("plan a day", |_| {});
/// assert_eq!(queue.take(1 << 20).map(|batch| batch.items), Some(1));
/// ```
#[derive(Clone, Debug)]
pub struct SdkExporter(TracerProvider);

impl SdkExporter {
    /// Writes where `provider` does, within its limits.
    #[must_use]
    pub fn new(provider: TracerProvider) -> Self {
        Self(provider)
    }
}

impl SpanExporter for SdkExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let lost = self.0.record_sdk(&batch);
        if lost == 0 {
            return Ok(());
        }
        let why = format!("{lost} of {} spans found the queue full", batch.len());
        Err(OTelSdkError::InternalFailure(why))
    }
}
