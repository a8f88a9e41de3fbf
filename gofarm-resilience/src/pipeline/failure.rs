//! An item that did not come out: [`Failure`].

use core::error::Error;
use core::fmt;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

/// An item that left the line before its end, reported once to [`on_failure`](super::PipelineBuilder::on_failure).
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    pub(super) stage: &'static str,
    pub(super) item: u64,
    pub(super) reason: FailureReason<'a>,
}

/// Why an item did not come out.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum FailureReason<'a> {
    /// The step answered with an error.
    Failed {
        /// What kind of failure it is.
        kind: Kind,
        /// The step's error.
        error: &'a (dyn Error + 'static),
    },
    /// The step did not answer in its time and was cancelled; its effect is unknown.
    TimedOut {
        /// The stage's time-out.
        after: Duration,
    },
    /// The step panicked; its effect is unknown.
    Panicked,
    /// The outlet that the item was for is gone.
    Unclaimed,
}

impl<'a> Failure<'a> {
    /// The name of the stage that had the item.
    #[must_use]
    pub const fn stage(&self) -> &'static str {
        self.stage
    }

    /// The number that its inlet gave the item; see [`Inlet::send`](super::Inlet::send).
    #[must_use]
    pub const fn item(&self) -> u64 {
        self.item
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> FailureReason<'a> {
        self.reason
    }
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "item {} failed in stage {}: ", self.item, self.stage)?;
        match self.reason {
            FailureReason::Failed { error, .. } => write!(f, "{error}"),
            FailureReason::TimedOut { after } => {
                write!(f, "no answer after {} ms", after.as_millis())
            }
            FailureReason::Panicked => f.write_str("the step panicked"),
            FailureReason::Unclaimed => f.write_str("its outlet is gone"),
        }
    }
}

impl Classify for Failure<'_> {
    fn kind(&self) -> Kind {
        match self.reason {
            FailureReason::Failed { kind, .. } => kind,
            FailureReason::TimedOut { .. } => Kind::TimedOut,
            FailureReason::Panicked => Kind::Permanent,
            FailureReason::Unclaimed => Kind::Cancelled,
        }
    }
}
