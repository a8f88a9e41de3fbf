//! Commands that carry their own end, and the two machines that make one run once, in time and not for ever.
//!
//! A valve that is told to open by a message goes wrong in four known ways: the message is delivered again by a
//! retained topic and runs again, it arrives hours late and runs anyway, the clock says 1970 and nothing runs, or
//! the *close* never arrives and the field is flooded. A message that only says "open" cannot be told apart
//! in any of them. So a [`Command`] carries an id, an expiry in wall time and a lease, and the device itself, not
//! the link, enforces them:
//!
//! - [`Lease`] is the device's side. It refuses what is expired, repeated, retained or longer than the contract
//!   allows, keeps the id of what it accepts *before* the effect, and says [`Duty::MustClose`] when the lease ends
//!   and after every start.
//! - [`Tracker`] is the controller's side. It keeps *commanded*, *reported* and *confirmed* apart as three facts and
//!   gives every command exactly one [`Outcome`].
//!
//! ```
//! use gofarm_core::Action;
//! use gofarm_core::command::{Command, CommandId, Duty, Lease, RamJournal, Verdict};
//! use gofarm_core::time::{Instant, UnixMillis, minutes, secs};
//!
//! /// Opens the valve.
//! #[derive(Action)]
//! #[action(safe = "closed", max_run = "30min")]
//! struct Open;
//! # struct Valve { open: bool }
//! # impl Valve {
//! #     fn open(&mut self) -> Result<(), core::fmt::Error> { self.open = true; Ok(()) }
//! #     fn close(&mut self) -> Result<(), core::fmt::Error> { self.open = false; Ok(()) }
//! # }
//! # let mut valve = Valve { open: true };
//! # let mut now = Instant::ZERO;
//! # let unix_now = UnixMillis::new(1_790_000_000_000);
//! # let wall = Some(unix_now);
//! # let id = CommandId::new(*b"01J8ZC4W2M7Q5X9A");
//! # let observer = ();
//! # use gofarm_core::observe::Observer;
//!
//! let mut lease: Lease<RamJournal> = Lease::restore(RamJournal::new(), now);
//! lease.commission()?;                                // once, in the factory
//! // After any start the device closes first.
//! if lease.poll(now) == Duty::MustClose { valve.close()?; }
//! lease.closed(now);
//!
//! let open = Command::new(id, Open).expires(unix_now + secs(30)).lease(minutes(20));
//! match lease.accept(&open, now, wall) {
//!     Verdict::Accepted => { valve.open()?; lease.executed(open.id()); }
//!     Verdict::Refused(why) => observer.observe(&why.signal()),
//! }
//! # assert!(valve.open);
//! # now += minutes(20);
//! if lease.poll(now) == Duty::MustClose { valve.close()?; } // 20 minutes later, link or no link
//! # assert!(!valve.open);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! What this does not do: it moves no bytes and drives no pin (a transport and `gofarm-hal` do), it authenticates
//! nobody (the transport does), and it cannot make a broken valve close: it says `MustClose` until the close is
//! confirmed and shows for how long that has been due.

mod id;
mod instrument;
mod journal;
mod lease;
mod refusal;
mod snapshot;
mod state;
mod tally;
mod tracker;
mod window;

pub use id::{CommandId, CommandIdError};
pub use instrument::INSTRUMENTS;
pub use journal::{Journal, JournalFull, RamJournal};
pub use lease::{Lease, Loss};
pub use refusal::Refusal;
pub use snapshot::{MAX_SLOTS, MAX_SNAPSHOT_LEN, SnapshotError, snapshot_len};
pub use state::{CloseReason, Closed, Duty, State, Verdict};
pub use tally::{Outcome, Tally};
pub use tracker::{Facts, IssueError, Report, Tracker, TrackerEvent};

use core::time::Duration;

use crate::time::UnixMillis;
use crate::trace_context::TraceContext;

/// How a command reached the device; set by the transport, never sent.
///
/// ```
/// # use gofarm_core::Action;
/// # use gofarm_core::time::{Instant, UnixMillis, minutes, secs};
/// use gofarm_core::command::{Command, CommandId, Delivery, Lease, Refusal, Verdict};
///
/// # #[derive(Action)]
/// # #[action(safe = "closed", max_run = "30min")]
/// # struct Open;
/// # let now = Instant::ZERO;
/// # let wall = UnixMillis::new(1_790_000_000_000);
/// let mut lease: Lease<()> = Lease::restore((), now);
/// let open = Command::new(CommandId::new([1; 16]), Open)
///     .expires(wall + secs(30))
///     .lease(minutes(20))
///     .delivered(Delivery::Retained); // the MQTT client says RETAIN = 1
/// assert_eq!(lease.accept(&open, now, Some(wall)), Verdict::Refused(Refusal::Retained));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Delivery {
    /// Sent while this device was listening.
    #[default]
    Live,
    /// Kept by a broker and handed out again on subscription (MQTT 5.0, section 3.3.1.3, RETAIN = 1).
    ///
    /// It says nothing of when it was meant, so only a closing command is taken this way.
    Retained,
}

/// Something for a device to do, with the id, the expiry and the lease that make it safe to lose or to repeat.
///
/// An id names one command: never use it again, not even with another expiry. Sending the same command twice is
/// harmless. An opening command needs an [expiry](Command::expires); if its contract has a maximum run time it needs
/// a [lease](Command::lease) as well. A closing one needs neither.
///
/// ```
/// use gofarm_core::command::{Command, CommandId};
/// use gofarm_core::time::{UnixMillis, minutes, secs};
///
/// let unix_now = UnixMillis::new(1_790_000_000_000);
/// let open = Command::new(CommandId::new([7; 16]), "open")
///     .expires(unix_now + secs(30))
///     .lease(minutes(20));
/// assert_eq!(open.expiry(), Some(UnixMillis::new(1_790_000_030_000)));
/// assert_eq!(open.lease_time(), Some(minutes(20)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a command does nothing until it is sent or accepted"]
pub struct Command<A> {
    id: CommandId,
    action: A,
    expires: Option<UnixMillis>,
    lease: Option<Duration>,
    trace: Option<TraceContext>,
    #[cfg_attr(feature = "serde", serde(skip))]
    delivery: Delivery,
}

impl<A> Command<A> {
    /// A live command without expiry, lease or trace.
    pub const fn new(id: CommandId, action: A) -> Self {
        Self {
            id,
            action,
            expires: None,
            lease: None,
            trace: None,
            delivery: Delivery::Live,
        }
    }

    /// With the wall time from which a device refuses it; at this very millisecond it is expired.
    pub const fn expires(mut self, at: UnixMillis) -> Self {
        self.expires = Some(at);
        self
    }

    /// With the time for which the device may stay out of its safe state, counted by the device's own clock from
    /// the moment it accepts.
    pub const fn lease(mut self, time: Duration) -> Self {
        self.lease = Some(time);
        self
    }

    /// As a part of a trace.
    pub const fn within(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }

    /// With the way in which it was delivered; for transports.
    pub const fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// The id.
    #[must_use]
    pub const fn id(&self) -> CommandId {
        self.id
    }

    /// What to do.
    #[must_use]
    pub const fn action(&self) -> &A {
        &self.action
    }

    /// The wall time from which it is refused, where one was given.
    #[must_use]
    pub const fn expiry(&self) -> Option<UnixMillis> {
        self.expires
    }

    /// The lease, where one was given.
    #[must_use]
    pub const fn lease_time(&self) -> Option<Duration> {
        self.lease
    }

    /// The trace that it belongs to, where there is one.
    #[must_use]
    pub const fn trace(&self) -> Option<TraceContext> {
        self.trace
    }

    /// How it reached this device.
    #[must_use]
    pub const fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// The action alone.
    #[must_use]
    pub fn into_action(self) -> A {
        self.action
    }
}
