//! A finished step of a trace, in full and borrowed: [`SpanRecord`].

use gofarm_core::trace_context::{SpanId, TraceContext};

use crate::attribute::Attribute;
use crate::timestamp::Timestamp;

/// Which side of a call a span is (OpenTelemetry specification, `SpanKind`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SpanKind {
    /// Work inside one process.
    #[default]
    Internal,
    /// A request that is answered here.
    Server,
    /// A request that was sent.
    Client,
    /// A message that was sent, with nobody waiting.
    Producer,
    /// A message that is worked on.
    Consumer,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status<'a> {
    /// Nothing was said.
    #[default]
    Unset,
    /// Somebody vouches for it.
    Ok,
    /// It failed, with a sentence for a person (may be empty).
    Error(&'a str),
}

/// A moment inside a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event<'a> {
    /// What happened.
    pub name: &'a str,
    /// When.
    pub at: Timestamp,
    /// What is said about it.
    pub attributes: &'a [Attribute<'a>],
}

/// A span that has ended.
///
/// ```
/// use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
/// use gofarm_otel::attribute::Attribute;
/// use gofarm_otel::span::{SpanKind, SpanRecord};
/// use gofarm_otel::timestamp::Timestamp;
///
/// # fn example() -> Option<()> {
/// let context = TraceContext::new(TraceId::new([1; 16])?, SpanId::new([2; 8])?).sampled();
/// let start = Timestamp::from_unix_nanos(1_767_225_600_000_000_000);
/// let attributes = [Attribute::text("db.system.name", "sqlite")];
/// let span = SpanRecord::new(context, "SELECT plots", start, start + core::time::Duration::from_millis(3))
///     .kind(SpanKind::Client)
///     .attributes(&attributes);
/// assert_eq!(span.end.as_unix_nanos() - span.start.as_unix_nanos(), 3_000_000);
/// # Some(())
/// # }
/// # example().unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SpanRecord<'a> {
    /// The trace and this span's own id.
    pub context: TraceContext,
    /// The span that caused this one; none at the root.
    pub parent: Option<SpanId>,
    /// The `tracestate` header as it came, or empty.
    pub trace_state: &'a str,
    /// A name of low cardinality: `GET /plots/{plot}`.
    pub name: &'a str,
    /// Which side of a call this is.
    pub kind: SpanKind,
    /// When it began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// What is said about it.
    pub attributes: &'a [Attribute<'a>],
    /// What happened meanwhile.
    pub events: &'a [Event<'a>],
    /// Other spans that it belongs to.
    pub links: &'a [TraceContext],
    /// How it ended.
    pub status: Status<'a>,
}

impl<'a> SpanRecord<'a> {
    /// An internal span without parent, attributes or status.
    #[must_use]
    pub const fn new(
        context: TraceContext,
        name: &'a str,
        start: Timestamp,
        end: Timestamp,
    ) -> Self {
        Self {
            context,
            parent: None,
            trace_state: "",
            name,
            kind: SpanKind::Internal,
            start,
            end,
            attributes: &[],
            events: &[],
            links: &[],
            status: Status::Unset,
        }
    }

    /// This span, caused by `parent`.
    #[must_use]
    pub const fn parent(mut self, parent: SpanId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// This span as that side of a call.
    #[must_use]
    pub const fn kind(mut self, kind: SpanKind) -> Self {
        self.kind = kind;
        self
    }

    /// This span with these attributes.
    #[must_use]
    pub const fn attributes(mut self, attributes: &'a [Attribute<'a>]) -> Self {
        self.attributes = attributes;
        self
    }

    /// This span with these events.
    #[must_use]
    pub const fn events(mut self, events: &'a [Event<'a>]) -> Self {
        self.events = events;
        self
    }

    /// This span with these links.
    #[must_use]
    pub const fn links(mut self, links: &'a [TraceContext]) -> Self {
        self.links = links;
        self
    }

    /// This span with that end.
    #[must_use]
    pub const fn status(mut self, status: Status<'a>) -> Self {
        self.status = status;
        self
    }

    /// This span with the `tracestate` header that came with the request.
    #[must_use]
    pub const fn trace_state(mut self, trace_state: &'a str) -> Self {
        self.trace_state = trace_state;
        self
    }
}
