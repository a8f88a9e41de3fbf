//! How a recording begins.

use gofarm_core::trace_context::{SpanId, TraceContext};

use crate::clock::{Clock, Moment};
use crate::span::SpanKind;
use crate::timestamp::Timestamp;

/// What a span knows from its first moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) context: TraceContext,
    pub(super) parent: Option<SpanId>,
    /// Whether the parent is in another process, if that is known.
    pub(super) is_remote: Option<bool>,
    pub(super) kind: SpanKind,
    pub(super) start: When,
}

/// A time that was given as one or the other.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    Moment(Moment),
    Date(Timestamp),
}

impl When {
    /// What is written down, by what is known of the date now.
    pub(super) fn date(self, clock: &Clock) -> Timestamp {
        match self {
            Self::Moment(moment) => clock.timestamp(moment),
            Self::Date(date) => date,
        }
    }
}
