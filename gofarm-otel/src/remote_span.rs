//! A span that a microcontroller hands to its gateway: [`RemoteSpan`], at most 222 bytes.
//!
//! The last step of *why did this valve open* happens on a device that has no OTLP, no heap, no date and 222 bytes
//! in a frame. So the device sends what only it knows (how long, with what end, under which trace) and the
//! gateway adds what only it knows: the date, and the words behind the codes. In the trace it is a span like
//! any other, because the context came down with the command ([`TraceContext`] is 25 bytes) and goes back with the span.
//!
//! ```
//! use core::time::Duration;
//! use gofarm_core::trace_context::{SpanId, TraceContext};
//! use gofarm_otel::attribute::Value;
//! use gofarm_otel::remote_span::{Name, RemoteSpan};
//! use gofarm_otel::span::{SpanKind, Status};
//! use gofarm_otel::timestamp::Timestamp;
//!
//! // Both sides are built with this list; a name costs two bytes.
//! const NAMES: [&str; 2] = ["valve open", "gofarm.valve.pulse"];
//!
//! // On the device: the command came with a context, the span ends, the frame goes out 40 ms later.
//! let command: TraceContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
//! let own = SpanId::new([0, 0, 0, 0, 0, 0, 0, 9]).ok_or("zero")?;
//! let span = RemoteSpan::new(command.child(own), Name::Code(0), Duration::from_millis(100))
//!     .parent(command.span_id())
//!     .kind(SpanKind::Consumer)
//!     .status(Status::Ok)
//!     .ended_ago(Duration::from_millis(40))
//!     .with(Name::Code(1), Value::Int(2))?;
//! let mut frame = [0; RemoteSpan::MAX_LEN];
//! let len = span.encode(&mut frame)?;
//! assert_eq!(len, 48);
//!
//! // At the gateway: the date is that of the arrival.
//! let received = RemoteSpan::decode(&frame[..len])?;
//! let mut room = RemoteSpan::ROOM;
//! let record = received.record(Timestamp::from_unix_nanos(1_790_000_000_000_000_000), &NAMES, &mut room);
//! assert_eq!(record.name, "valve open");
//! assert_eq!(record.end.as_unix_nanos(), 1_789_999_999_960_000_000);
//! assert_eq!(record.attributes[0].key, "gofarm.valve.pulse");
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! The time that the frame was on its way is not in it: a span appears later than it was, by that. Events and links
//! are not carried. Nothing is signed: what a frame may say about a trace is as true as the link that brought it.

mod codec;

pub use codec::RemoteSpanError;

use core::time::Duration;

use gofarm_core::trace_context::{SpanId, TraceContext};

use crate::attribute::{Attribute, Value};
use crate::span::{SpanKind, SpanRecord, Status};
use crate::timestamp::Timestamp;

/// The most attributes of a span.
const MAX_ATTRIBUTES: usize = 8;

/// A name: a number that both sides know, or a text.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the wire has no room for a third")]
pub enum Name<'a> {
    /// The place in a list of names, from 0 to 32 767; two bytes.
    Code(u16),
    /// At most 64 bytes.
    Text(&'a str),
}

impl<'a> Name<'a> {
    /// The text, if there is one for it in `names`.
    fn resolve(self, names: &[&'a str]) -> Option<&'a str> {
        match self {
            Self::Code(code) => names.get(usize::from(code)).copied(),
            Self::Text(text) => Some(text),
        }
    }
}

/// A finished span on its way from a device to its gateway.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RemoteSpan<'a> {
    context: TraceContext,
    parent: Option<SpanId>,
    name: Name<'a>,
    kind: SpanKind,
    duration: Duration,
    ended_ago: Duration,
    status: Status<'a>,
    attributes: [(Name<'a>, Value<'a>); MAX_ATTRIBUTES],
    count: usize,
}

impl<'a> RemoteSpan<'a> {
    /// The most bytes of the wire form: what a LoRaWAN frame carries at EU868, DR4 and above, behind a repeater as well
    /// (RP002-1.0.4). The command's own trace and a code for a name take about 40 of them.
    pub const MAX_LEN: usize = 222;

    /// Room for what [`record`](Self::record) borrows.
    pub const ROOM: [Attribute<'static>; MAX_ATTRIBUTES + 1] =
        [Attribute::bool("", false); MAX_ATTRIBUTES + 1];

    /// An internal span that ended just now.
    #[must_use]
    pub const fn new(context: TraceContext, name: Name<'a>, duration: Duration) -> Self {
        Self {
            context,
            parent: None,
            name,
            kind: SpanKind::Internal,
            duration,
            ended_ago: Duration::ZERO,
            status: Status::Unset,
            attributes: [(Name::Code(0), Value::Bool(false)); MAX_ATTRIBUTES],
            count: 0,
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

    /// This span with that end; the sentence of an error has at most 64 bytes.
    #[must_use]
    pub const fn status(mut self, status: Status<'a>) -> Self {
        self.status = status;
        self
    }

    /// This span, which ended so long ago on the device's own clock; to be said when the frame goes out.
    #[must_use]
    pub const fn ended_ago(mut self, ago: Duration) -> Self {
        self.ended_ago = ago;
        self
    }

    /// This span with one attribute more, whose text has at most 64 bytes.
    ///
    /// # Errors
    /// [`RemoteSpanError::TooManyAttributes`] for the ninth.
    pub fn with(mut self, key: Name<'a>, value: Value<'a>) -> Result<Self, RemoteSpanError> {
        let place = self.attributes.get_mut(self.count);
        *place.ok_or(RemoteSpanError::TooManyAttributes)? = (key, value);
        self.count += 1;
        Ok(self)
    }

    /// The trace and the span.
    #[must_use]
    pub const fn context(&self) -> TraceContext {
        self.context
    }

    /// What is said about it.
    #[must_use]
    pub fn attributes(&self) -> &[(Name<'a>, Value<'a>)] {
        self.attributes.get(..self.count).unwrap_or_default()
    }

    /// The span as the gateway exports it, with the words of `names` behind the codes.
    ///
    /// Dates are taken back from `received`; where that would be before 1970 the span starts at 0, *unknown*, and keeps
    /// its duration. A code that `names` does not have, from firmware newer than the gateway, loses an attribute; if it
    /// was the span's own name, that becomes `unknown` and the code the attribute `gofarm.name_code`.
    pub fn record<'r>(
        &self,
        received: Timestamp,
        names: &[&'a str],
        room: &'r mut [Attribute<'a>; MAX_ATTRIBUTES + 1],
    ) -> SpanRecord<'r>
    where
        'a: 'r,
    {
        let known = self
            .attributes()
            .iter()
            .filter_map(|(key, value)| Some((key.resolve(names)?, *value)));
        let unnamed = match (self.name.resolve(names), self.name) {
            (None, Name::Code(code)) => Some(("gofarm.name_code", Value::Int(i64::from(code)))),
            _ => None,
        };
        let mut count = 0;
        for (place, (key, value)) in room.iter_mut().zip(known.chain(unnamed)) {
            *place = Attribute { key, value };
            count += 1;
        }
        let ago = self.ended_ago.saturating_add(self.duration);
        let ago = u64::try_from(ago.as_nanos()).unwrap_or(u64::MAX);
        let start = Timestamp::from_unix_nanos(received.as_unix_nanos().saturating_sub(ago));
        let name = self.name.resolve(names).unwrap_or("unknown");
        let mut record = SpanRecord::new(self.context, name, start, start + self.duration)
            .kind(self.kind)
            .status(self.status)
            .attributes(room.get(..count).unwrap_or_default());
        record.parent = self.parent;
        record
    }
}
