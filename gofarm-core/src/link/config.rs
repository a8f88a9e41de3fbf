//! [`LinkConfig`]: the figures of a link, each with its default and reason, checked when built.

mod error;

pub use error::LinkConfigError;

use core::time::Duration;

use super::IoDeadline;
use crate::time::{millis, minutes, secs};

/// The figures of a link; made by [`LinkConfig::builder`], which checks them.
///
/// ```
/// use gofarm_core::link::LinkConfig;
/// use gofarm_core::time::secs;
///
/// const SATELLITE: LinkConfig = match LinkConfig::builder().slow_every(secs(300)).build() {
///     Ok(config) => config,
///     Err(_) => panic!("a figure is out of range"),
/// };
/// let error = LinkConfig::builder().slow_every(secs(5)).build().unwrap_err();
/// assert_eq!(error.to_string(), "slow_every must be from 60 s to 300 s");
/// # let _ = SATELLITE;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LinkConfig {
    pub(super) connect_deadline: Duration,
    pub(super) handshake: IoDeadline,
    pub(super) data_under_jitter: IoDeadline,
    pub(super) keep_alive: IoDeadline,
    pub(super) probe_every: Duration,
    pub(super) probe_every_under_jitter: Duration,
    pub(super) jitter_from: Duration,
    pub(super) lost_after: Duration,
    pub(super) retransmits: u8,
    pub(super) first_delay: Duration,
    pub(super) growth_percent: u16,
    pub(super) jitter_percent: u8,
    pub(super) fast_tries: u8,
    pub(super) slow_every: Duration,
    pub(super) spread: Duration,
    pub(super) healthy_after: Duration,
    pub(super) busy_wait: Duration,
    pub(super) busy_limit: Duration,
    pub(super) taken_over_wait: Duration,
}

impl LinkConfig {
    /// The figures that GoFarm's fields run with.
    pub const DEFAULT: Self = Self {
        connect_deadline: secs(8),
        handshake: IoDeadline::new(secs(8), secs(8)),
        data_under_jitter: IoDeadline::new(secs(3), secs(2)),
        keep_alive: IoDeadline::new(secs(10), secs(10)),
        probe_every: secs(15),
        probe_every_under_jitter: secs(10),
        jitter_from: millis(200),
        lost_after: secs(30),
        retransmits: 3,
        first_delay: secs(2),
        growth_percent: 150,
        jitter_percent: 20,
        fast_tries: 5,
        slow_every: secs(60),
        spread: secs(30),
        healthy_after: secs(60),
        busy_wait: secs(60),
        busy_limit: minutes(15),
        taken_over_wait: secs(300),
    };

    /// Starts from [`LinkConfig::DEFAULT`].
    pub const fn builder() -> LinkConfigBuilder {
        LinkConfigBuilder(Self::DEFAULT)
    }
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Figures that are not yet checked.
///
/// ```
/// use gofarm_core::link::{IoDeadline, LinkConfig};
/// use gofarm_core::time::secs;
///
/// let builder = LinkConfig::builder();
/// assert_eq!(builder.build()?, LinkConfig::DEFAULT);
/// // A narrow-band radio: answers take longer, and so does everything that waits for one.
/// let slow = builder.handshake(IoDeadline::new(secs(30), secs(10))).lost_after(secs(90)).probe_every(secs(45));
/// assert!(slow.build().is_ok());
/// # Ok::<(), gofarm_core::link::LinkConfigError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct LinkConfigBuilder(LinkConfig);

impl LinkConfigBuilder {
    /// How long opening the transport may take. From 1 s to 2 min, default 8 s: a SYN is repeated after 1, 3 and
    /// 7 s (RFC 6298), so the third repetition still counts.
    pub const fn connect_deadline(mut self, connect_deadline: Duration) -> Self {
        self.0.connect_deadline = connect_deadline;
        self
    }

    /// How long a read and a write of the handshake may take; their sum bounds
    /// [`LinkState::Authenticating`](super::LinkState). Each from 100 ms to 2 min, default 8 s: p99 of a
    /// cellular round trip is 6.2 s.
    pub const fn handshake(mut self, handshake: IoDeadline) -> Self {
        self.0.handshake = handshake;
        self
    }

    /// How long a read and a write of data may take while the path jitters. Each from 100 ms to 2 min,
    /// default 3 s and 2 s: an exchange that is likely to be lost is given up early and repeated.
    pub const fn data_under_jitter(mut self, data_under_jitter: IoDeadline) -> Self {
        self.0.data_under_jitter = data_under_jitter;
        self
    }

    /// How long a read and a write may take on a calm connection. Each from 100 ms to 2 min,
    /// default 10 s: within one probe interval.
    pub const fn keep_alive(mut self, keep_alive: IoDeadline) -> Self {
        self.0.keep_alive = keep_alive;
        self
    }

    /// Time between two probes. From 1 s to [`lost_after`](Self::lost_after), default 15 s: half of the 30 s after
    /// which carrier NAT often forgets a mapping.
    pub const fn probe_every(mut self, probe_every: Duration) -> Self {
        self.0.probe_every = probe_every;
        self
    }

    /// Time between two probes while the path jitters. From 1 s to [`probe_every`](Self::probe_every),
    /// default 10 s: twelve pings in 30 s instead of eight.
    pub const fn probe_every_under_jitter(mut self, probe_every_under_jitter: Duration) -> Self {
        self.0.probe_every_under_jitter = probe_every_under_jitter;
        self
    }

    /// The weighted round trip from which a path jitters. From 1 ms to [`lost_after`](Self::lost_after),
    /// default 200 ms.
    pub const fn jitter_from(mut self, jitter_from: Duration) -> Self {
        self.0.jitter_from = jitter_from;
        self
    }

    /// Time without an answer after which the link is lost. From 2 s to 60 min, default 30 s.
    pub const fn lost_after(mut self, lost_after: Duration) -> Self {
        self.0.lost_after = lost_after;
        self
    }

    /// Repetitions of an unanswered ping within one probe. From 0 to 9, default 3.
    pub const fn retransmits(mut self, retransmits: u8) -> Self {
        self.0.retransmits = retransmits;
        self
    }

    /// Delay after the first failed try, and the longest wait after [`LinkEvent::NetworkUp`](super::LinkEvent).
    /// From 100 ms to 60 s, default 2 s.
    pub const fn first_delay(mut self, first_delay: Duration) -> Self {
        self.0.first_delay = first_delay;
        self
    }

    /// Each delay as a part of the one before. From 100 % to 1000 %, default 150 %: 2, 3, 4.5, 6.75, 10.1 s.
    pub const fn growth_percent(mut self, growth_percent: u16) -> Self {
        self.0.growth_percent = growth_percent;
        self
    }

    /// Random change of each delay, either way. From 0 to 50 %, default 20 %.
    pub const fn jitter_percent(mut self, jitter_percent: u8) -> Self {
        self.0.jitter_percent = jitter_percent;
        self
    }

    /// Failed tries that are repeated fast; one more raises the alarm and makes probing slow. From 1 to 100, default 5:
    /// the last fast try starts after about 26 s of delays, after a common loss in the sixth slot of 30 s.
    pub const fn fast_tries(mut self, fast_tries: u8) -> Self {
        self.0.fast_tries = fast_tries;
        self
    }

    /// Delay between two tries for ever after. From 60 s to 300 s, default 60 s: a link that was down for an hour is
    /// back within 80 s of its peer.
    pub const fn slow_every(mut self, slow_every: Duration) -> Self {
        self.0.slow_every = slow_every;
        self
    }

    /// The slot over which a try after a lost connection is spread. From 1 s to 10 min, default 30 s: 10 000
    /// devices make 333 tries a second.
    pub const fn spread(mut self, spread: Duration) -> Self {
        self.0.spread = spread;
        self
    }

    /// How long a connection has to live before tries are forgotten and the alarm ends. From 1 s to
    /// 60 min, default 60 s: twice the time after which a silent peer is lost.
    pub const fn healthy_after(mut self, healthy_after: Duration) -> Self {
        self.0.healthy_after = healthy_after;
        self
    }

    /// How long to stay away from a busy peer that does not say; up to [`spread`](Self::spread) comes on top.
    /// From 1 s to [`busy_limit`](Self::busy_limit), default 60 s.
    pub const fn busy_wait(mut self, busy_wait: Duration) -> Self {
        self.0.busy_wait = busy_wait;
        self
    }

    /// The longest stay-away that a busy peer is granted. From 1 s to 60 min, default 15 min: a wrong figure must
    /// not silence a device.
    pub const fn busy_limit(mut self, busy_limit: Duration) -> Self {
        self.0.busy_limit = busy_limit;
        self
    }

    /// How long to stay away after a take-over. From 30 s to 60 min, default 300 s: two devices with one
    /// identity then swap 12 times an hour instead of without end.
    pub const fn taken_over_wait(mut self, taken_over_wait: Duration) -> Self {
        self.0.taken_over_wait = taken_over_wait;
        self
    }

    /// Checks the figures.
    ///
    /// # Errors
    /// [`LinkConfigError`], which names the first field that breaks its rule.
    pub const fn build(self) -> Result<LinkConfig, LinkConfigError> {
        let c = &self.0;
        let second = secs(1);
        let rows = [
            within(
                c.connect_deadline,
                second,
                minutes(2),
                "connect_deadline",
                "from 1 s to 2 min",
            ),
            io_within(c.handshake, "handshake"),
            io_within(c.data_under_jitter, "data_under_jitter"),
            io_within(c.keep_alive, "keep_alive"),
            within(
                c.lost_after,
                secs(2),
                minutes(60),
                "lost_after",
                "from 2 s to 60 min",
            ),
            within(
                c.probe_every,
                second,
                c.lost_after,
                "probe_every",
                "from 1 s to lost_after",
            ),
            within(
                c.probe_every_under_jitter,
                second,
                c.probe_every,
                "probe_every_under_jitter",
                "from 1 s to probe_every",
            ),
            within(
                c.jitter_from,
                millis(1),
                c.lost_after,
                "jitter_from",
                "from 1 ms to lost_after",
            ),
            rule(c.retransmits <= 9, "retransmits", "from 0 to 9"),
            within(
                c.first_delay,
                millis(100),
                secs(60),
                "first_delay",
                "from 100 ms to 60 s",
            ),
            rule(
                c.growth_percent >= 100 && c.growth_percent <= 1000,
                "growth_percent",
                "from 100 to 1000",
            ),
            rule(c.jitter_percent <= 50, "jitter_percent", "from 0 to 50"),
            rule(
                c.fast_tries >= 1 && c.fast_tries <= 100,
                "fast_tries",
                "from 1 to 100",
            ),
            within(
                c.slow_every,
                secs(60),
                secs(300),
                "slow_every",
                "from 60 s to 300 s",
            ),
            within(
                c.spread,
                second,
                minutes(10),
                "spread",
                "from 1 s to 10 min",
            ),
            within(
                c.healthy_after,
                second,
                minutes(60),
                "healthy_after",
                "from 1 s to 60 min",
            ),
            within(
                c.busy_wait,
                second,
                c.busy_limit,
                "busy_wait",
                "from 1 s to busy_limit",
            ),
            within(
                c.busy_limit,
                second,
                minutes(60),
                "busy_limit",
                "from 1 s to 60 min",
            ),
            within(
                c.taken_over_wait,
                secs(30),
                minutes(60),
                "taken_over_wait",
                "from 30 s to 60 min",
            ),
        ];
        let mut i = 0;
        while i < rows.len() {
            if let Some(error) = rows[i] {
                return Err(error);
            }
            i += 1;
        }
        Ok(self.0)
    }
}

const fn rule(holds: bool, field: &'static str, range: &'static str) -> Option<LinkConfigError> {
    if holds {
        None
    } else {
        Some(LinkConfigError::new(field, range))
    }
}

const fn within(
    value: Duration,
    min: Duration,
    max: Duration,
    field: &'static str,
    range: &'static str,
) -> Option<LinkConfigError> {
    let holds = value.as_micros() >= min.as_micros() && value.as_micros() <= max.as_micros();
    rule(holds, field, range)
}

const fn io_within(value: IoDeadline, field: &'static str) -> Option<LinkConfigError> {
    let range = "from 100 ms to 2 min for read and write";
    let read = within(value.read(), millis(100), minutes(2), field, range);
    match read {
        Some(error) => Some(error),
        None => within(value.write(), millis(100), minutes(2), field, range),
    }
}
