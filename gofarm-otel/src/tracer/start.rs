//! How a span begins.

use gofarm_core::trace_context::TraceContext;

use crate::clock::Moment;
use crate::sampler::Parent;
use crate::span::SpanKind;

/// What is known when a span begins, all of it borrowed.
///
/// ```
/// # use gofarm_otel::batch::Kind;
/// # use gofarm_otel::clock::Clock;
/// # use gofarm_otel::queue::Queue;
/// # use gofarm_otel::resource::Resource;
/// # use gofarm_otel::sampler::{Decision, Head, Sample};
/// # struct Always;
/// # impl Sample for Always {
/// #     fn sample(&self, _: &Head<'_>) -> Decision { Decision::Keep }
/// # }
/// # let queue = Queue::new(Kind::Traces, &Resource::new("gateway"), 1 << 20);
/// use gofarm_core::trace_context::TraceContext;
/// use gofarm_otel::attribute::Attribute;
/// use gofarm_otel::sampler::Parent;
/// use gofarm_otel::span::SpanKind;
/// use gofarm_otel::tracer::{SpanStart, TracerProvider};
///
/// let provider = TracerProvider::new(Always, queue, Clock::system());
/// let tracer = provider.tracer("server");
/// let header: TraceContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
///
/// let start = SpanStart::new("GET /plots/{plot}", provider.clock().now())
///     .kind(SpanKind::Server)
///     .remote(header, Parent::Remote { sampled: true }, "");
/// let span = tracer.begin(&start);
/// span.set(Attribute::int("http.response.status_code", 200));
/// assert_eq!(span.context().trace_id(), header.trace_id());
/// span.end_at(provider.clock().now());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SpanStart<'a> {
    /// A name of low cardinality; may be replaced once more is known.
    pub name: &'a str,
    /// Which side of a call.
    pub kind: SpanKind,
    /// When it began.
    pub at: Moment,
    /// The span that caused it; none begins a trace.
    pub parent: Option<TraceContext>,
    /// Whether that one is in another process.
    pub is_remote: bool,
    /// What was decided about the trace so far.
    pub decision: Parent,
    /// The `tracestate` header that came with the parent, or empty.
    pub trace_state: &'a str,
}

impl<'a> SpanStart<'a> {
    /// An internal span that begins a trace.
    #[must_use]
    pub const fn new(name: &'a str, at: Moment) -> Self {
        Self {
            name,
            kind: SpanKind::Internal,
            at,
            parent: None,
            is_remote: false,
            decision: Parent::None,
            trace_state: "",
        }
    }

    /// This start for that side of a call.
    #[must_use]
    pub const fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }

    /// This start within a span of this process, which decided by its sampled flag.
    #[must_use]
    pub const fn within(mut self, parent: TraceContext) -> Self {
        self.parent = Some(parent);
        self.is_remote = false;
        self.decision = Parent::Local {
            sampled: parent.is_sampled(),
        };
        self
    }

    /// This start as it was asked for by another process.
    #[must_use]
    pub const fn remote(
        mut self,
        parent: TraceContext,
        decision: Parent,
        trace_state: &'a str,
    ) -> Self {
        self.parent = Some(parent);
        self.is_remote = true;
        self.decision = decision;
        self.trace_state = trace_state;
        self
    }
}
