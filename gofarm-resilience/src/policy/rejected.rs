//! Why a call was not made, and when to come back: [`Rejected`].

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

/// A call that a policy did not admit; it never went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("the call was rejected, {reason}; retry after {} ms", retry_after.as_millis())]
pub struct Rejected {
    reason: Reason,
    retry_after: Duration,
}

impl Rejected {
    /// A rejection for this reason; `retry_after` is zero where the policy cannot know.
    #[must_use]
    pub const fn new(reason: Reason, retry_after: Duration) -> Self {
        Self {
            reason,
            retry_after,
        }
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// After how long a call has a chance again, as far as the policy can say now.
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        self.retry_after
    }
}

impl Classify for Rejected {
    fn kind(&self) -> Kind {
        match self.reason {
            Reason::DeadlineExceeded => Kind::TimedOut,
            _ => Kind::Overloaded,
        }
    }

    /// Nothing where the policy cannot know.
    fn retry_after(&self) -> Option<Duration> {
        (!self.retry_after.is_zero()).then_some(self.retry_after)
    }

    fn was_sent(&self) -> bool {
        false
    }
}

/// Why a call was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Reason {
    /// The breaker is open.
    #[error("the breaker is open")]
    Open,
    /// The breaker is half-open and all its trials are under way.
    #[error("the breaker is half-open and all trials are under way")]
    HalfOpenFull,
    /// The breaker has just closed and lets only a part of the calls through.
    #[error("the breaker is ramping up")]
    Ramping,
    /// An operator holds the breaker open.
    #[error("the breaker is held open")]
    ForcedOpen,
    /// More calls than the rate allows.
    #[error("the rate is used up")]
    RateExceeded,
    /// All places are taken.
    #[error("all permits are taken")]
    Full,
    /// The time for the call is over, or too short to start it.
    #[error("the deadline has passed")]
    DeadlineExceeded,
}

impl Reason {
    /// The reason's name in lower case, for labels: `half_open_full`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::HalfOpenFull => "half_open_full",
            Self::Ramping => "ramping",
            Self::ForcedOpen => "forced_open",
            Self::RateExceeded => "rate_exceeded",
            Self::Full => "full",
            Self::DeadlineExceeded => "deadline_exceeded",
        }
    }
}
