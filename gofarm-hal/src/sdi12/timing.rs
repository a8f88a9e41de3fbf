//! [`Timing`]: how long a break is, how long a reply may take, how often a command is repeated.

use core::time::Duration;

use gofarm_core::time::{Instant, millis};

/// The time of one character: ten bits at 1200 bit/s (section 4.1).
pub(super) const CHARACTER: Duration = Duration::from_micros(8_334);

/// The least that a sensor has to take for a break (section 7.0).
pub(super) const BREAK_SEEN: Duration = Duration::from_micros(6_500);

/// The marking that a sensor sees before it looks for an address, and makes before it answers (section 7.0).
pub(super) const MARKING: Duration = Duration::from_micros(8_330);

/// The tolerance of all times but those between characters (section 7.0).
pub(super) const TOLERANCE: Duration = Duration::from_micros(400);

/// The marking after which a sensor sleeps, and the time that it may take to wake (section 7.0).
pub(super) const SLEEP: Duration = millis(100);

/// The marking after which a command needs a break (section 7.1).
pub(super) const STALE: Duration = millis(87);

/// The least wait before a command is repeated (section 7.2).
const RETRY: Duration = Duration::from_micros(16_670);

/// The most time between two lines of a text (section 4.4.13.1).
const LINES: Duration = millis(150);

/// How long a changed address may keep a sensor busy (section 4.4.4).
pub(super) const ADDRESS_WRITTEN: Duration = millis(1_000);

/// When a recorder sends a break before a command.
///
/// See [`Timing::breaks`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Breaks {
    /// When the standard asks for one: another sensor than before, or more than 87 ms of marking (section 7.1).
    #[default]
    WhenNeeded,
    /// Before each command, for sensors that fall asleep too early.
    Always,
}

/// The times and counts of a recorder. [`DEFAULT`](Self::DEFAULT) is the standard with room for a driver that is polled
/// every few milliseconds.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_hal::sdi12::{Breaks, Timing};
///
/// // An old sensor that needs a long break and is slow to look.
/// const OLD: Timing = Timing::DEFAULT.break_of(millis(30)).marking_of(millis(20)).breaks(Breaks::Always);
/// # let _ = OLD;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timing {
    pub(super) break_length: Duration,
    pub(super) marking: Duration,
    pub(super) reply: Duration,
    pub(super) latency: Duration,
    pub(super) service: Duration,
    pub(super) resends: u8,
    pub(super) rounds: u8,
    pub(super) breaks: Breaks,
}

impl Timing {
    /// The standard's times; see the methods for each.
    pub const DEFAULT: Self = Self {
        break_length: Duration::from_micros(12_500),
        marking: Duration::from_micros(9_000),
        reply: millis(15),
        latency: millis(10),
        service: millis(100),
        resends: 2,
        rounds: 3,
        breaks: Breaks::WhenNeeded,
    };

    /// How long a break is: at least 12 ms (section 7.0), 12.5 by default, at most 1 s. Less becomes 12 ms.
    ///
    /// The break ends with the poll that follows, so it is as much longer as the driver is polled later.
    #[must_use]
    pub const fn break_of(mut self, length: Duration) -> Self {
        self.break_length = within(length, millis(12), millis(1_000));
        self
    }

    /// The marking between break and command: at least 8.33 ms (section 7.0), 9 by default, at most 80 ms. Less becomes
    /// 8.33 ms.
    #[must_use]
    pub const fn marking_of(mut self, length: Duration) -> Self {
        self.marking = within(length, MARKING, millis(80));
        self
    }

    /// Within which time after a command a sensor starts to answer: 15 ms (section 7.0), at most 60 ms. Less becomes
    /// 15 ms.
    ///
    /// A sensor that is still waking up does not answer; the command is repeated for it.
    #[must_use]
    pub const fn reply_within(mut self, time: Duration) -> Self {
        self.reply = within(time, millis(15), millis(60));
        self
    }

    /// How much later than on the line the driver sees a character: 10 ms by default, at most 15 ms.
    ///
    /// It is the time between two polls, and what a UART's buffer holds back. Silence counts this much later.
    #[must_use]
    pub const fn latency(mut self, time: Duration) -> Self {
        self.latency = within(time, Duration::ZERO, millis(15));
        self
    }

    /// How much longer than announced a service request is waited for: 100 ms by default, at most 10 s.
    ///
    /// A break that comes before the sensor is ready ends the measurement (section 4.4.5.1), and no two clocks agree.
    #[must_use]
    pub const fn service_grace(mut self, time: Duration) -> Self {
        self.service = within(time, Duration::ZERO, millis(10_000));
        self
    }

    /// How often a command is repeated without a break: at least twice (section 7.2), at most 20 times. Whatever
    /// this is, the last repetition comes 100 ms after the break or later.
    #[must_use]
    pub const fn resends(mut self, count: u8) -> Self {
        self.resends = if count < 2 {
            2
        } else if count > 20 {
            20
        } else {
            count
        };
        self
    }

    /// How often break, command and its repetitions are tried in all: 3 by default (section 7.2), 1..=20.
    #[must_use]
    pub const fn rounds(mut self, count: u8) -> Self {
        self.rounds = if count < 1 {
            1
        } else if count > 20 {
            20
        } else {
            count
        };
        self
    }

    /// When a break is sent; when needed by default.
    #[must_use]
    pub const fn breaks(mut self, breaks: Breaks) -> Self {
        self.breaks = breaks;
        self
    }

    /// When the first character of a reply must have come, after the end of the command at `sent`.
    pub(super) fn first_character(&self, sent: Instant) -> Instant {
        let wait = self.reply + TOLERANCE + CHARACTER + self.latency;
        sent + wait.max(RETRY)
    }

    /// When a reply has broken off whose last character came at `heard`: 8.33 ms of marking (section 7.2).
    pub(super) fn broken_off(&self, heard: Instant) -> Instant {
        heard + CHARACTER + MARKING + self.latency
    }

    /// When no more lines come, after a line that ended at `heard`: 150 ms (section 4.4.13.1).
    pub(super) fn no_more_lines(&self, heard: Instant) -> Instant {
        heard + LINES + CHARACTER + self.latency
    }

    /// Until when a command to the same sensor needs no break, after marking since `quiet`.
    pub(super) fn awake_until(&self, quiet: Instant) -> Instant {
        quiet + (STALE.saturating_sub(self.latency))
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn within(time: Duration, least: Duration, most: Duration) -> Duration {
    let nanos = time.as_nanos();
    if nanos < least.as_nanos() {
        least
    } else if nanos > most.as_nanos() {
        most
    } else {
        time
    }
}
