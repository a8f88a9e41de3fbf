//! [`Failure`]: one thing that goes wrong, from when and for how long.

use core::fmt;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, secs};

use super::time_text::{Length, Moment};
use super::trouble::Trouble;

/// One thing that goes wrong, from when and for how long.
///
/// For what the cloud sends out it is how long it offers it. As text it is one plain line.
///
/// ```
/// use gofarm_core::time::{Instant, days, hours};
/// use gofarm_examples::season::chaos::{Failure, GatewayNumber, Trouble};
///
/// let gateway = GatewayNumber::new(1).expect("there are two");
/// let at = Instant::ZERO + days(39) + hours(6);
/// let cut = Failure::new(at, hours(72), Trouble::GatewayCut { gateway })?;
/// assert_eq!(cut.end(), at + hours(72));
/// assert_eq!(cut.to_string(), "day 40 06:00 for 72h: gateway 1 has no way to the broker");
/// # Ok::<(), gofarm_examples::season::chaos::FailureError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    at: Instant,
    lasts: Duration,
    what: Trouble,
}

/// Why there is no such failure; each names the key of a script.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FailureError {
    /// It begins between two seconds: a script could not say so.
    #[error("at: {} us after the start of the season is not a whole second", .0.as_micros())]
    BetweenSeconds(Instant),
    /// A length is too short, too long, or no whole number of seconds.
    #[error(
        "{key}: {} is not a whole number of seconds within {}..={}",
        Length(*length), Length(LEAST), Length(*longest)
    )]
    Length {
        /// The key.
        key: &'static str,
        /// The length, of a clock's jump in either direction.
        length: Duration,
        /// The longest that it may be.
        longest: Duration,
    },
    /// A probe does not drift, or leaves the range of the soil.
    #[error(
        "by: {by} is not within -{max}..={max} m3/m3, or is 0",
        max = Trouble::FURTHEST_DRIFT
    )]
    Drift {
        /// The drift in m³/m³.
        by: f64,
    },
}

impl FailureError {
    /// The key of a script that is wrong.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::BetweenSeconds(_) => "at",
            Self::Length { key, .. } => key,
            Self::Drift { .. } => "by",
        }
    }
}

/// The least length of anything.
const LEAST: Duration = secs(1);

impl Failure {
    /// Creates the failure `what` that begins `at` and `lasts`.
    ///
    /// # Errors
    /// [`FailureError`] if a time is not to the second, or one of the figures is outside its limits.
    pub fn new(at: Instant, lasts: Duration, what: Trouble) -> Result<Self, FailureError> {
        if !at.as_micros().is_multiple_of(1_000_000) {
            return Err(FailureError::BetweenSeconds(at));
        }
        check_length("lasts", lasts, what.kind().longest())?;
        match what {
            Trouble::ClockJump { by, .. } => {
                check_length("by", by.unsigned_abs(), Trouble::FURTHEST_JUMP)?;
            }
            Trouble::ValveStuck { holds, .. } => {
                check_length("holds", holds, Trouble::LONGEST_HOLD)?;
            }
            Trouble::Delays { by, .. } => check_length("by", by, Trouble::LONGEST_DELAY)?,
            Trouble::ProbeLies { by, .. } => check_drift(by)?,
            _ => {}
        }
        Ok(Self { at, lasts, what })
    }

    /// When it begins.
    #[must_use]
    pub const fn at(&self) -> Instant {
        self.at
    }

    /// How long it lasts, 1 s to [`TroubleKind::longest`](super::TroubleKind::longest).
    #[must_use]
    pub const fn lasts(&self) -> Duration {
        self.lasts
    }

    /// When it ends: the first moment at which it is over.
    #[must_use]
    pub const fn end(&self) -> Instant {
        self.at.saturating_add(self.lasts)
    }

    /// What goes wrong.
    #[must_use]
    pub const fn what(&self) -> Trouble {
        self.what
    }

    /// How far a probe that lies is off at `now`, in m³/m³: from nothing at the begin steadily to all at the end; 0 before,
    /// after, and for all other trouble.
    #[must_use]
    pub fn drift(&self, now: Instant) -> f64 {
        match self.what {
            Trouble::ProbeLies { by, .. } if (self.at..self.end()).contains(&now) => {
                by * now.saturating_since(self.at).div_duration_f64(self.lasts)
            }
            _ => 0.0,
        }
    }

    /// Whether both are the case at some moment.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.at < other.end() && other.at < self.end()
    }
}

fn check_length(
    key: &'static str,
    length: Duration,
    longest: Duration,
) -> Result<(), FailureError> {
    if length.subsec_nanos() == 0 && (LEAST..=longest).contains(&length) {
        return Ok(());
    }
    Err(FailureError::Length {
        key,
        length,
        longest,
    })
}

fn check_drift(by: f64) -> Result<(), FailureError> {
    let max = Trouble::FURTHEST_DRIFT;
    if (-max..=max).contains(&by) && by != 0.0 {
        return Ok(());
    }
    Err(FailureError::Drift { by })
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, lasts) = (Moment(self.at), Length(self.lasts));
        write!(f, "{at} for {lasts}: {}", self.what)
    }
}

impl Classify for FailureError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use gofarm_core::time::{days, hours, millis};

    use super::*;
    use crate::season::chaos::number::{FieldNumber, ProbeNumber};

    #[test]
    fn a_probe_that_lies_drifts_steadily_to_its_offset() {
        let what = Trouble::ProbeLies {
            field: FieldNumber::new(1).unwrap(),
            probe: ProbeNumber::new(0).unwrap(),
            by: -0.08,
        };
        let at = Instant::ZERO + days(3);
        let failure = Failure::new(at, hours(40), what).unwrap();
        let drift = |hour| failure.drift(at + hours(hour));
        assert_eq!([drift(0), drift(10), drift(20)], [0.0, -0.02, -0.04]);
        assert!((-0.08..-0.07).contains(&drift(39)));
        assert_eq!([failure.drift(Instant::ZERO), drift(40)], [0.0; 2]);
    }

    #[test]
    fn a_failure_that_a_script_cannot_say_is_none() {
        let made =
            |at, lasts| Failure::new(at, lasts, Trouble::BrokerDown).map_err(|e| e.to_string());
        assert!(made(Instant::ZERO, secs(1)).is_ok());
        for (at, lasts, message) in [
            (
                1,
                secs(1),
                "at: 1 us after the start of the season is not a whole second",
            ),
            (
                0,
                secs(0),
                "lasts: 0s is not a whole number of seconds within 1s..=72h",
            ),
            (
                0,
                millis(1_500),
                "lasts: 1s 500ms is not a whole number of seconds within 1s..=72h",
            ),
            (
                0,
                hours(73),
                "lasts: 73h is not a whole number of seconds within 1s..=72h",
            ),
        ] {
            assert_eq!(
                made(Instant::from_micros(at), lasts),
                Err(message.to_owned())
            );
        }
    }
}
