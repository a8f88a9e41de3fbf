//! What a [`Lease`](super::Lease) says: [`Verdict`], [`Duty`], [`State`] and [`Closed`].

use core::fmt;
use core::time::Duration;

use super::instrument::CLOSE_DELAY;
use super::{CommandId, Refusal};
use crate::observe::{Label, Signal};
use crate::time::Instant;

/// The answer to a command; a device has to handle both.
///
/// See [`Lease`](super::Lease) for an example.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "an accepted command has to be carried out and a refused one must not be"]
pub enum Verdict {
    /// Carry it out, now and once. Its id is persisted.
    Accepted,
    /// Do nothing.
    Refused(Refusal),
}

/// What the device has to do now; a device has to handle both.
///
/// See [`Lease`](super::Lease) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a device that ignores its duty to close floods a field"]
pub enum Duty {
    /// Drive the device to its safe state and report [`closed`](super::Lease::closed) when that is confirmed.
    MustClose,
    /// Nothing; what runs may run.
    Nothing,
}

/// Where a lease stands; a device may have to show every state.
///
/// ```
/// # use gofarm_core::Action;
/// # use gofarm_core::command::{Command, CommandId};
/// # use gofarm_core::time::{Instant, UnixMillis, minutes, secs};
/// use gofarm_core::command::{CloseReason, Lease, State, Verdict};
///
/// # #[derive(Action)]
/// # #[action(safe = "closed", max_run = "30min")]
/// # struct Open;
/// # let wall = UnixMillis::new(1_790_000_000_000);
/// # let mut lease: Lease<()> = Lease::restore((), Instant::ZERO);
/// # lease.commission()?;
/// # let _ = lease.poll(Instant::ZERO);
/// # lease.closed(Instant::ZERO);
/// # let open = Command::new(CommandId::new([1; 16]), Open).expires(wall + secs(30)).lease(minutes(20));
/// let now = Instant::from_secs(60);
/// assert_eq!(lease.state(), State::Idle);
/// assert_eq!(lease.accept(&open, now, Some(wall)), Verdict::Accepted); // for 20 minutes
/// assert_eq!(lease.state(), State::Running { until: now + minutes(20) });
/// lease.close(now + secs(5)); // the leak sensor is wet
/// let closing = State::Closing { since: now + secs(5), why: CloseReason::Local };
/// assert_eq!(lease.state(), closing);
/// # Ok::<(), core::convert::Infallible>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// Closed, and confirmed to be.
    Idle,
    /// Out of the safe state until an instant.
    Running {
        /// When the lease ends.
        until: Instant,
    },
    /// Closing, not confirmed yet.
    Closing {
        /// When the close was due.
        since: Instant,
        /// Why.
        why: CloseReason,
    },
}

/// Why a device closes.
///
/// ```
/// use gofarm_core::command::CloseReason;
///
/// assert_eq!(CloseReason::LeaseEnded.to_string(), "the lease has ended");
/// assert_eq!(CloseReason::LeaseEnded.as_str(), "lease_ended");
/// assert!(CloseReason::Commanded.is_commanded() && !CloseReason::LinkLost.is_commanded());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CloseReason {
    /// The device has started; what it did before is unknown.
    Started,
    /// A closing command came.
    Commanded,
    /// The lease has ended.
    LeaseEnded,
    /// The link was lost and the contract says to close then.
    LinkLost,
    /// Carrying out a command failed.
    DriveFailed,
    /// The device's own program asked for it: a leak, a low reserve, a person at the panel.
    Local,
    /// The device was found closed in the middle of a run.
    FoundClosed,
}

impl CloseReason {
    /// The reason's name in lower case, for labels: `lease_ended`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Commanded => "commanded",
            Self::LeaseEnded => "lease_ended",
            Self::LinkLost => "link_lost",
            Self::DriveFailed => "drive_failed",
            Self::Local => "local",
            Self::FoundClosed => "found_closed",
        }
    }

    /// Whether the controller asked for this close and so expects it.
    #[must_use]
    pub const fn is_commanded(self) -> bool {
        matches!(self, Self::Commanded)
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Started => "the device has started",
            Self::Commanded => "a command asked for it",
            Self::LeaseEnded => "the lease has ended",
            Self::LinkLost => "the link was lost",
            Self::DriveFailed => "carrying out a command failed",
            Self::Local => "the device itself asked for it",
            Self::FoundClosed => "it was found closed in the middle of a run",
        })
    }
}

/// A close that has been confirmed; the device reports it so that the controller can correct the delivered volume.
///
/// ```
/// # use gofarm_core::Action;
/// # use gofarm_core::command::{Command, CommandId};
/// # use gofarm_core::time::{Instant, UnixMillis, minutes, secs};
/// use gofarm_core::command::{CloseReason, Duty, Lease, Verdict};
///
/// # #[derive(Action)]
/// # #[action(safe = "closed", max_run = "30min")]
/// # struct Open;
/// # let wall = UnixMillis::new(1_790_000_000_000);
/// # let mut lease: Lease<()> = Lease::restore((), Instant::ZERO);
/// # lease.commission()?;
/// # let _ = lease.poll(Instant::ZERO);
/// # lease.closed(Instant::ZERO);
/// # let open = Command::new(CommandId::new([1; 16]), Open).expires(wall + secs(30)).lease(minutes(20));
/// let opened = Instant::from_secs(60);
/// assert_eq!(lease.accept(&open, opened, Some(wall)), Verdict::Accepted); // for 20 minutes
/// assert_eq!(lease.poll(opened + minutes(20)), Duty::MustClose);
/// let closed = lease.closed(opened + minutes(21)).ok_or("nothing was closing")?; // the valve was slow
/// assert_eq!(closed.why(), CloseReason::LeaseEnded);
/// assert_eq!(closed.ran(), Some(minutes(21)));
/// assert_eq!(closed.delay(), minutes(1));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Closed {
    pub(super) command: Option<CommandId>,
    pub(super) why: CloseReason,
    pub(super) ran: Option<Duration>,
    pub(super) delay: Duration,
}

impl Closed {
    /// The last command that started or extended the run; `None` if there was no run that the device knows of.
    #[must_use]
    pub const fn command(&self) -> Option<CommandId> {
        self.command
    }

    /// Why the device closed.
    #[must_use]
    pub const fn why(&self) -> CloseReason {
        self.why
    }

    /// How long the run was, from acceptance to confirmed close; `None` if there was no run that the device knows of.
    #[must_use]
    pub const fn ran(&self) -> Option<Duration> {
        self.ran
    }

    /// The time from the moment the close was due to its confirmation.
    #[must_use]
    pub const fn delay(&self) -> Duration {
        self.delay
    }

    /// The delay in seconds, for `gofarm.command.close.delay`, labelled with the reason.
    #[must_use]
    pub const fn signal(&self) -> Signal<'static> {
        macro_rules! reason {
            ($reason:expr) => {
                const { &[Label::text("reason", $reason.as_str())] }
            };
        }
        let labels: &'static [Label<'static>] = match self.why {
            CloseReason::Started => reason!(CloseReason::Started),
            CloseReason::Commanded => reason!(CloseReason::Commanded),
            CloseReason::LeaseEnded => reason!(CloseReason::LeaseEnded),
            CloseReason::LinkLost => reason!(CloseReason::LinkLost),
            CloseReason::DriveFailed => reason!(CloseReason::DriveFailed),
            CloseReason::Local => reason!(CloseReason::Local),
            CloseReason::FoundClosed => reason!(CloseReason::FoundClosed),
        };
        CLOSE_DELAY
            .measure(self.delay.as_secs_f64())
            .labelled(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signal_carries_the_reason_of_the_close() {
        for why in [
            CloseReason::Started,
            CloseReason::Commanded,
            CloseReason::LeaseEnded,
            CloseReason::LinkLost,
            CloseReason::DriveFailed,
            CloseReason::Local,
            CloseReason::FoundClosed,
        ] {
            let closed = Closed {
                command: None,
                why,
                ran: None,
                delay: Duration::ZERO,
            };
            let label = closed.signal().labels()[0];
            assert_eq!(label, Label::text("reason", why.as_str()));
        }
    }
}
