//! [`Refusal`]: why a device did not accept a command.

use core::fmt;
use core::time::Duration;

use super::instrument::REFUSED;
use super::{CloseReason, Outcome};
use crate::contract::Violation;
use crate::error::{Classify, Kind};
use crate::observe::{Label, Signal};
use crate::time::UnixMillis;

/// Why a device did not accept a command; it has done nothing and will do nothing.
///
/// The message says by how much. Closing commands are never refused.
///
/// ```
/// use gofarm_core::command::{Outcome, Refusal};
/// use gofarm_core::error::Classify;
/// use gofarm_core::time::secs;
///
/// let late = Refusal::Expired { by: secs(90) };
/// assert_eq!(late.to_string(), "expired 90 s ago");
/// assert_eq!(late.outcome(), Outcome::Expired);
/// assert!(!late.kind().is_retryable());
///
/// let busy = Refusal::Busy { slots: 16, retry_after: secs(30) };
/// assert_eq!(busy.retry_after(), Some(secs(30)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// The action's input breaks its contract.
    Invalid(#[cfg_attr(feature = "defmt", defmt(Debug2Format))] Violation),
    /// The broker kept it; nobody knows when it was meant.
    Retained,
    /// A command with this id was accepted before.
    Repeated,
    /// It has no expiry.
    NoExpiry,
    /// The device does not know the time, so it cannot know whether the command has expired.
    TimeUnknown,
    /// Its expiry has passed.
    Expired {
        /// By how much, zero at the very millisecond of the expiry.
        by: Duration,
    },
    /// Its expiry is further ahead than the device keeps ids; or the device's clock is far behind.
    TooFarAhead {
        /// How far ahead its expiry is.
        ahead: Duration,
        /// The furthest that the device takes.
        longest: Duration,
    },
    /// The device no longer knows all ids that expired up to a time, and this command's expiry is not after it.
    ///
    /// It happens after the wall clock stepped back, and for a time after the device lost its memory. The same
    /// wish as a new command with a later expiry can be accepted.
    MayRepeat {
        /// The time up to which ids have been forgotten.
        forgotten_until: UnixMillis,
    },
    /// Its contract has a maximum run time and it has no lease.
    NoLease,
    /// Its lease is shorter than a microsecond.
    ZeroLease,
    /// It would keep the device out of its safe state for longer than the contract allows in one run.
    LeaseTooLong {
        /// The lease that was asked for.
        lease: Duration,
        /// What the contract allows from now on: its maximum run time less what this run has used.
        allowed: Duration,
    },
    /// The device is closing and the close has not been confirmed.
    Closing(CloseReason),
    /// The device holds as many unexpired ids as it can.
    Busy {
        /// How many ids it can hold.
        slots: usize,
        /// When the first of them expires, from now on.
        retry_after: Duration,
    },
    /// The id could not be persisted, so the effect could not be kept from happening twice.
    NotPersisted(Kind),
}

impl Refusal {
    /// How a command that was refused for this reason has ended.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Expired { .. } => Outcome::Expired,
            _ => Outcome::Refused,
        }
    }

    /// The reason's name in lower case, for labels: `time_unknown`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::Retained => "retained",
            Self::Repeated => "repeated",
            Self::NoExpiry => "no_expiry",
            Self::TimeUnknown => "time_unknown",
            Self::Expired { .. } => "expired",
            Self::TooFarAhead { .. } => "too_far_ahead",
            Self::MayRepeat { .. } => "may_repeat",
            Self::NoLease => "no_lease",
            Self::ZeroLease => "zero_lease",
            Self::LeaseTooLong { .. } => "lease_too_long",
            Self::Closing(_) => "closing",
            Self::Busy { .. } => "busy",
            Self::NotPersisted(_) => "not_persisted",
        }
    }

    /// One refused command, for `gofarm.command.refused`, labelled with the reason.
    #[must_use]
    pub const fn signal(&self) -> Signal<'static> {
        macro_rules! reason {
            ($name:literal) => {
                const { &[Label::text("reason", $name)] }
            };
        }
        let labels: &'static [Label<'static>] = match self {
            Self::Invalid(_) => reason!("invalid"),
            Self::Retained => reason!("retained"),
            Self::Repeated => reason!("repeated"),
            Self::NoExpiry => reason!("no_expiry"),
            Self::TimeUnknown => reason!("time_unknown"),
            Self::Expired { .. } => reason!("expired"),
            Self::TooFarAhead { .. } => reason!("too_far_ahead"),
            Self::MayRepeat { .. } => reason!("may_repeat"),
            Self::NoLease => reason!("no_lease"),
            Self::ZeroLease => reason!("zero_lease"),
            Self::LeaseTooLong { .. } => reason!("lease_too_long"),
            Self::Closing(_) => reason!("closing"),
            Self::Busy { .. } => reason!("busy"),
            Self::NotPersisted(_) => reason!("not_persisted"),
        };
        REFUSED.count(1).labelled(labels)
    }
}

/// Seconds with the milliseconds that are there: `30 s`, `0.5 s`.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, millis) = (self.0.as_secs(), self.0.subsec_millis());
        match millis {
            0 => write!(f, "{secs} s"),
            _ => write!(f, "{secs}.{millis:03} s"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(violation) => write!(f, "invalid input: {violation}"),
            Self::Retained => f.write_str("retained by the broker"),
            Self::Repeated => f.write_str("a command with this id was accepted before"),
            Self::NoExpiry => f.write_str("no expiry"),
            Self::TimeUnknown => f.write_str("the wall time is unknown"),
            Self::Expired { by } => write!(f, "expired {} ago", Seconds(*by)),
            Self::TooFarAhead { ahead, longest } => write!(
                f,
                "expires in {}, later than {} ahead",
                Seconds(*ahead),
                Seconds(*longest)
            ),
            Self::MayRepeat { forgotten_until } => write!(
                f,
                "may be a repeat: ids that expire up to {forgotten_until} are forgotten"
            ),
            Self::NoLease => f.write_str("no lease"),
            Self::ZeroLease => f.write_str("the lease is zero"),
            Self::LeaseTooLong { lease, allowed } => write!(
                f,
                "a lease of {} is longer than the {} that the contract still allows",
                Seconds(*lease),
                Seconds(*allowed)
            ),
            Self::Closing(why) => write!(f, "still closing: {why}"),
            Self::Busy { slots, retry_after } => write!(
                f,
                "{slots} unexpired ids are held, the first expires in {}",
                Seconds(*retry_after)
            ),
            Self::NotPersisted(kind) => write!(f, "the id could not be persisted: {kind}"),
        }
    }
}

impl core::error::Error for Refusal {}

impl Classify for Refusal {
    /// [`Kind::Invalid`] if only another command can be accepted, [`Kind::Cancelled`] for an expired one: its
    /// issuer had given it up by then.
    fn kind(&self) -> Kind {
        match self {
            Self::Expired { .. } => Kind::Cancelled,
            Self::TimeUnknown | Self::Closing(_) => Kind::Transient,
            Self::Busy { .. } => Kind::Overloaded,
            Self::NotPersisted(kind) => *kind,
            _ => Kind::Invalid,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::LabelValue;
    use crate::time::secs;

    #[test]
    fn the_signal_carries_the_reason_that_the_refusal_names() {
        let zero = Duration::ZERO;
        let all = [
            Refusal::Retained,
            Refusal::Repeated,
            Refusal::NoExpiry,
            Refusal::TimeUnknown,
            Refusal::Expired { by: zero },
            Refusal::TooFarAhead {
                ahead: zero,
                longest: zero,
            },
            Refusal::MayRepeat {
                forgotten_until: UnixMillis::new(0),
            },
            Refusal::NoLease,
            Refusal::ZeroLease,
            Refusal::LeaseTooLong {
                lease: zero,
                allowed: zero,
            },
            Refusal::Closing(CloseReason::Started),
            Refusal::Busy {
                slots: 1,
                retry_after: zero,
            },
            Refusal::NotPersisted(Kind::Transient),
        ];
        for (i, refusal) in all.iter().enumerate() {
            let label = refusal.signal().labels()[0];
            assert_eq!(label.key, "reason");
            assert_eq!(label.value, LabelValue::Text(refusal.as_str()));
            assert!(all[..i].iter().all(|r| r.as_str() != refusal.as_str()));
        }
    }

    #[test]
    fn busy_says_when_to_come_back() {
        let busy = Refusal::Busy {
            slots: 16,
            retry_after: secs(30),
        };
        assert_eq!(busy.retry_after(), Some(secs(30)));
        assert!(busy.kind().is_retryable());
        assert!(!Refusal::Repeated.kind().is_retryable());
    }
}
