//! [`Refusal`]: why a valve did not open.

use core::time::Duration;

use gofarm_core::command;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::observe::Signal;

use super::signal::refusal_signal;

/// A valve's answer to a command.
///
/// See the [module](super) for an example.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a program has to handle both")]
#[must_use = "a refused command has to be reported"]
pub enum Verdict {
    /// It is carried out.
    Accepted,
    /// The valve has done nothing and will do nothing.
    Refused(Refusal),
}

/// Why a valve did not open; it never refuses to close.
///
/// ```
/// use gofarm_core::error::Classify;
/// use gofarm_core::time::secs;
/// use gofarm_hal::valve::Refusal;
///
/// let soon = Refusal::MinOff { wait: secs(7) };
/// assert_eq!(soon.to_string(), "closed too shortly ago, 7000 ms are left of the minimum off time");
/// assert_eq!(soon.retry_after(), Some(secs(7)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// The lease refused the command.
    #[error(transparent)]
    Lease(command::Refusal),
    /// It has no lease, and a valve opens only under one.
    #[error("no lease, and a valve opens only under one")]
    NoLease,
    /// The minimum off time has not passed.
    #[error("closed too shortly ago, {} ms are left of the minimum off time", wait.as_millis())]
    MinOff {
        /// What is left of it.
        wait: Duration,
    },
    /// The run would be shorter than the minimum on time.
    #[error("{} ms are shorter than the minimum on time of {} ms", run.as_millis(), min_on.as_millis())]
    TooShort {
        /// What was asked for.
        run: Duration,
        /// The minimum.
        min_on: Duration,
    },
    /// The run would be longer than this valve allows.
    #[error("{} ms are longer than the {} ms that the valve still allows", run.as_millis(), allowed.as_millis())]
    TooLong {
        /// What was asked for.
        run: Duration,
        /// What is allowed from now on.
        allowed: Duration,
    },
    /// The stored energy is no more than a close needs, or not known yet.
    #[error("the reserve is low or not known yet")]
    ReserveLow,
    /// Water flows though the valve is closed.
    #[error("water flows though the valve is closed")]
    Leaking,
    /// A person has it open, or has closed it for a time.
    #[error("in a person's hand for {} ms", wait.as_millis())]
    ByHand {
        /// For how long still.
        wait: Duration,
    },
    /// It is open, or opening, for somebody else; a renewal has to wait until it has opened.
    #[error("already open or opening")]
    InUse,
    /// It is closing and that is not confirmed.
    #[error("still closing")]
    Closing,
    /// As many valves as its supply allows are open.
    #[error("as many valves as the supply allows are open")]
    SupplyTaken,
}

impl Refusal {
    /// The reason's name in lower case, for labels: `min_off`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Lease(refusal) => refusal.as_str(),
            Self::NoLease => "no_lease",
            Self::MinOff { .. } => "min_off",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::ReserveLow => "reserve_low",
            Self::Leaking => "leaking",
            Self::ByHand { .. } => "by_hand",
            Self::InUse => "in_use",
            Self::Closing => "closing",
            Self::SupplyTaken => "supply_taken",
        }
    }

    /// One refused command, for `gofarm.command.refused` if the lease refused it and `gofarm.valve.refused` if not,
    /// labelled with the reason.
    #[must_use]
    pub const fn signal(&self) -> Signal<'static> {
        refusal_signal(self)
    }
}

impl Classify for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::Lease(refusal) => refusal.kind(),
            Self::NoLease | Self::TooShort { .. } | Self::TooLong { .. } => Kind::Invalid,
            Self::MinOff { .. }
            | Self::ReserveLow
            | Self::Leaking
            | Self::ByHand { .. }
            | Self::InUse
            | Self::Closing => Kind::Transient,
            Self::SupplyTaken => Kind::Overloaded,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Lease(refusal) => refusal.retry_after(),
            Self::MinOff { wait } | Self::ByHand { wait } => Some(*wait),
            _ => None,
        }
    }
}
