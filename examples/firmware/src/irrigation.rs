//! [`Irrigation`]: the valve of a node, its wall clock, and what both tell the console.

use gofarm_core::command::{Command, CommandId, JournalFull, Loss, State};
use gofarm_core::time::{Instant, UnixMillis, millis, minutes};
use gofarm_hal::valve::{ConfigError, Event, LatchingConfig, LatchingValve, PinError, Verdict};

use crate::board::Decimal;
use crate::board::kept::KeptJournal;
use crate::board::log;
use crate::board::pin::Pin;
use crate::reading::{Close, Open};

/// A latching valve on two pins, `open` and `close`, whose events are lines on the console.
///
/// Each line ends in the microseconds since the start: `valve opened 5012345`.
pub struct Irrigation {
    valve: LatchingValve<Pin, Pin, KeptJournal>,
    /// The wall time, and when that was.
    wall: Option<(UnixMillis, Instant)>,
}

impl Irrigation {
    /// The valve after a start; it closes first.
    ///
    /// # Errors
    /// An option that cannot work.
    pub fn start(journal: KeptJournal, now: Instant) -> Result<Self, ConfigError> {
        const CONFIG: LatchingConfig = LatchingConfig::new()
            .pulse(millis(50))
            .close_strokes(1)
            .max_run(minutes(30));
        let (open, close) = (Pin::new("open"), Pin::new("close"));
        let valve = LatchingValve::restore(open, close, CONFIG, journal, now)?;
        if let Some(loss) = valve.lease().loss() {
            log(&[
                "memory ",
                if loss == Loss::Missing {
                    "missing"
                } else {
                    "lost"
                },
            ]);
        }
        Ok(Self { valve, wall: None })
    }

    /// Declares that no command was ever sent here.
    ///
    /// # Errors
    /// The journal's.
    pub fn commission(&mut self) -> Result<(), JournalFull> {
        self.valve.commission()
    }

    /// Sets the wall clock.
    pub fn set_wall(&mut self, unix: UnixMillis, now: Instant) {
        self.wall = Some((unix, now));
    }

    /// The wall time, where it is known.
    pub fn wall(&self, now: Instant) -> Option<UnixMillis> {
        let (unix, at) = self.wall?;
        Some(unix.saturating_add(now.saturating_since(at)))
    }

    /// Opens the valve for the time of a lease.
    #[inline(never)]
    pub fn open(&mut self, command: &Command<Open>, now: Instant) -> Verdict {
        let verdict = self.valve.accept(command, now, self.wall(now));
        match &verdict {
            Verdict::Accepted => say("command", "accepted", now),
            Verdict::Refused(why) => say("command", why.as_str(), now),
        }
        verdict
    }

    /// Closes the valve.
    pub fn close(&mut self, id: CommandId, now: Instant) -> Verdict {
        let wall = self.wall(now);
        self.valve.accept(&Command::new(id, Close), now, wall)
    }

    /// Closes the valve for the program's own reasons.
    pub fn close_now(&mut self, now: Instant) {
        self.valve.close(now);
    }

    /// Whether it is on its way to closed; it takes no order to open then.
    pub fn is_closing(&self) -> bool {
        matches!(self.valve.lease().state(), State::Closing { .. })
    }

    /// Whether water may flow.
    pub fn is_open(&self) -> bool {
        !self.valve.is_closed()
    }

    /// A command of which nobody knows whether it was carried out, once.
    pub fn poll_indeterminate(&mut self) -> Option<CommandId> {
        self.valve.poll_indeterminate()
    }

    /// Moves the valve, and says when to come again.
    ///
    /// # Errors
    /// A pin that could not be set; it is tried again.
    #[inline(never)]
    pub fn poll(&mut self, now: Instant) -> Result<Option<Instant>, PinError> {
        let moved = self.valve.poll(now);
        while let Some(event) = self.valve.poll_event() {
            match event {
                Event::Closing(cause) => say("valve closing", cause.as_str(), now),
                event => say("valve", event.as_str(), now),
            }
        }
        moved.map(|()| self.valve.poll_timeout())
    }
}

fn say(subject: &str, what: &str, now: Instant) {
    log(&[
        subject,
        " ",
        what,
        " ",
        Decimal::of(now.as_micros()).as_str(),
    ]);
}
