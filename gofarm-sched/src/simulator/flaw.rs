//! [`Flaw`] and [`TraceError`]: what is wrong with a trace, and where.

use gofarm_core::error::{Classify, Kind};

/// What is wrong with an event or a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Flaw {
    /// The first line is not that of a trace of this version.
    #[error("not the header of a trace: gofarm-trace,1")]
    Header,
    /// A line is too long.
    #[error("the line has {bytes} bytes, and {limit} are allowed")]
    LineTooLong {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// There are too many of something.
    #[error("more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// The name of the event is not known.
    #[error("not the name of an event")]
    UnknownEvent,
    /// The line ends before the field.
    #[error("missing")]
    Missing,
    /// The line goes on after its last field.
    #[error("one field too many")]
    Extra,
    /// It is not one of the words that may stand there.
    #[error("neither {0} nor {1}")]
    NeitherOf(&'static str, &'static str),
    /// It is not a number of this form.
    #[error("not {0}")]
    NotNumber(&'static str),
    /// A number is out of its range.
    #[error("must be {0}")]
    OutOfRange(&'static str),
    /// A name is empty, too long, or has characters that no name has.
    #[error(
        "a name has 1 to {limit} bytes, no comma, quote, asterisk, space at an end or control character"
    )]
    BadName {
        /// How many bytes a name may have.
        limit: usize,
    },
    /// The time is before that of the event before.
    #[error("before the event before it")]
    Backwards,
    /// There is no such node, or no longer.
    #[error("there is no such node")]
    UnknownNode,
    /// A node of this name was there before.
    #[error("a node of this name was there before")]
    NodeTwice,
    /// The node is down already.
    #[error("the node is down already")]
    NotUp,
    /// The node is up already.
    #[error("the node is up already")]
    NotDown,
    /// There is no such work.
    #[error("there is no such work")]
    UnknownWork,
    /// Work of this number was there before.
    #[error("work of this number was there before")]
    WorkTwice,
    /// The link is cut already.
    #[error("the link is cut already")]
    CutTwice,
    /// The link is not cut.
    #[error("the link is not cut")]
    NotCut,
}

impl Flaw {
    /// The field of a row that it is about, with its number from 1.
    pub(super) const fn field(self) -> (usize, &'static str) {
        match self {
            Self::Backwards => (1, "at"),
            Self::UnknownNode | Self::NodeTwice | Self::NotUp | Self::NotDown => (3, "node"),
            Self::UnknownWork | Self::WorkTwice => (3, "work"),
            _ => (2, "event"),
        }
    }
}

impl Classify for Flaw {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// Where a text is not a trace, and why; nothing was made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("line {line}, field {column} ({field}): {flaw}")]
pub struct TraceError {
    line: usize,
    column: usize,
    field: &'static str,
    flaw: Flaw,
}

impl TraceError {
    pub(super) const fn new(
        line: usize,
        (column, field): (usize, &'static str),
        flaw: Flaw,
    ) -> Self {
        Self {
            line,
            column,
            field,
            flaw,
        }
    }

    /// The line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The field in that line, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// The name of the field.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// Why.
    #[must_use]
    pub const fn flaw(&self) -> Flaw {
        self.flaw
    }
}

impl Classify for TraceError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
