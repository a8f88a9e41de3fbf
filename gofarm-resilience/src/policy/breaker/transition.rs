//! What a breaker says about its own moves: [`Transition`] and [`Recorded`].

use super::phase::{Phase, Stand};

/// A move from one phase to another.
///
/// Where one call causes two (trials that never answered open it, and its open time is over as well), it is the
/// first phase, the last one, and the first cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Transition {
    from: Phase,
    to: Phase,
    cause: Cause,
    generation: u16,
}

impl Transition {
    pub(super) const fn note(moved: &mut Option<Self>, from: Stand, to: Stand, cause: Cause) {
        let (from, cause) = match *moved {
            Some(first) => (first.from, first.cause),
            None => (from.phase, cause),
        };
        *moved = Some(Self {
            from,
            to: to.phase,
            cause,
            generation: to.generation,
        });
    }

    /// Where it stood.
    #[must_use]
    pub const fn from(&self) -> Phase {
        self.from
    }

    /// Where it stands.
    #[must_use]
    pub const fn to(&self) -> Phase {
        self.to
    }

    /// Why.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// The generation that has begun; wraps.
    #[must_use]
    pub const fn generation(&self) -> u16 {
        self.generation
    }
}

/// Why a breaker has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cause {
    /// Too many failures in a row.
    Consecutive,
    /// Too large a part of the calls failed.
    FailureRate,
    /// Too large a part of the calls was slow.
    SlowRate,
    /// The percentile was above its limit.
    Percentile,
    /// The average was above its limit.
    Average,
    /// The open time was over and a call came.
    Waited,
    /// Trials failed.
    TrialsFailed,
    /// Trials were slow.
    TrialsSlow,
    /// Trials did not answer within the half-open time.
    TrialsUnanswered,
    /// Trials succeeded.
    TrialsSucceeded,
    /// The ramp was over.
    RampEnded,
}

impl Cause {
    /// The name in lower case, for labels: `failure_rate`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consecutive => "consecutive",
            Self::FailureRate => "failure_rate",
            Self::SlowRate => "slow_rate",
            Self::Percentile => "percentile",
            Self::Average => "average",
            Self::Waited => "waited",
            Self::TrialsFailed => "trials_failed",
            Self::TrialsSlow => "trials_slow",
            Self::TrialsUnanswered => "trials_unanswered",
            Self::TrialsSucceeded => "trials_succeeded",
            Self::RampEnded => "ramp_ended",
        }
    }
}

/// What has come of a settled call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Recorded {
    pub(super) transition: Option<Transition>,
    pub(super) is_late: bool,
}

impl Recorded {
    /// The move that it has caused, if there was one.
    #[must_use]
    pub const fn transition(&self) -> Option<Transition> {
        self.transition
    }

    /// Whether it came after its generation had ended, and so decided nothing.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        self.is_late
    }
}
