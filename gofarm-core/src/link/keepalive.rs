//! [`KeepAlive`]: whether the peer is still there, asked often enough for NAT and patiently enough for cellular.
//!
//! A *probe* starts every 15 s whatever else arrives: carrier NAT often forgets a silent mapping after 30 s, and only what
//! *we* send is sure to refresh it (RFC 4787, REQ-6). A probe is a ping and, a quarter of the interval apart, up to
//! three repetitions. Anything received ends it. When 30 s have passed since the first unanswered ping, the link is
//! lost: 8 pings at 15 s, 12 at 10 s.
//!
//! The interval drops to 10 s when the last three probes (weights 5, 3, 2, newest first) took 200 ms or more on
//! average. That is what keeps a cellular link: with 18 % loss in each direction a ping goes unanswered with
//! p = 1 - 0.82² = 0.328. One probe of four pings fails 0.0115 of the time, 199 times in 72 h; eight pings fail
//! 2.3 times, twelve pings 0.04 times.

use core::time::Duration;

use super::LinkConfig;
use crate::time::Instant;

/// The weights of the last three probes, newest first.
const WEIGHTS: [u32; 3] = [5, 3, 2];

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Send a ping.
    Ping,
    /// Nothing was heard for too long.
    Lost,
}

/// The heartbeat of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeepAlive {
    probe_started: Instant,
    /// The first ping that nothing has been received since.
    unanswered_since: Option<Instant>,
    /// Pings of the current probe.
    sent: u8,
    due: Instant,
    /// How long the last probes took, newest first.
    took: [Option<Duration>; WEIGHTS.len()],
}

impl KeepAlive {
    /// The heartbeat of a connection that is established now.
    pub(super) fn new(now: Instant, config: &LinkConfig) -> Self {
        Self {
            probe_started: now,
            unanswered_since: None,
            sent: 0,
            due: now + config.probe_every,
            took: [None; WEIGHTS.len()],
        }
    }

    /// When to look again.
    pub(super) const fn due(&self) -> Instant {
        self.due
    }

    /// How long the last answered probe took, from its first ping.
    pub(super) const fn last_round_trip(&self) -> Option<Duration> {
        self.took[0]
    }

    /// The weighted mean of the last three probes; `None` before the first.
    pub(super) fn weighted_round_trip(&self) -> Option<Duration> {
        let mut sum = Duration::ZERO;
        let mut weights = 0;
        for (took, weight) in self.took.iter().zip(WEIGHTS) {
            if let Some(took) = took {
                sum = sum.saturating_add(took.saturating_mul(weight));
                weights += weight;
            }
        }
        (weights > 0).then(|| sum / weights.max(1))
    }

    /// Whether the last probes say that the path jitters.
    pub(super) fn is_jittery(&self, config: &LinkConfig) -> bool {
        self.weighted_round_trip()
            .is_some_and(|mean| mean >= config.jitter_from)
    }

    /// Does what is due.
    pub(super) fn poll(&mut self, now: Instant, config: &LinkConfig) -> Option<Beat> {
        if now < self.due {
            return None;
        }
        let interval = self.interval(config);
        if now.saturating_since(self.due) >= interval {
            // We were asleep: pings that were not sent say nothing about the peer.
            self.unanswered_since = None;
            self.sent = 0;
        }
        match self.unanswered_since {
            Some(since) if now.saturating_since(since) >= config.lost_after => {
                return Some(Beat::Lost);
            }
            Some(_) if self.sent <= config.retransmits => self.sent += 1,
            Some(_) => {
                self.note(interval);
                self.start_probe(now);
            }
            None => self.start_probe(now),
        }
        let since = *self.unanswered_since.get_or_insert(now);
        let spacing = self.interval(config) / (u32::from(config.retransmits) + 1);
        self.due = (now + spacing).min(since + config.lost_after);
        Some(Beat::Ping)
    }

    /// Something was received; only a pong tells a round trip.
    pub(super) fn heard(&mut self, now: Instant, is_pong: bool, config: &LinkConfig) {
        let Some(since) = self.unanswered_since.take() else {
            return;
        };
        if is_pong {
            self.note(now.saturating_since(since));
        }
        self.sent = 0;
        self.due = (self.probe_started + self.interval(config)).max(now);
    }

    /// Asks at once, unless a probe is running.
    pub(super) fn hurry(&mut self, now: Instant) {
        if self.unanswered_since.is_none() {
            self.due = self.due.min(now);
        }
    }

    /// Moves what is stored back with a clock that was set back.
    pub(super) fn rebase(&mut self, shift: impl Fn(Instant) -> Instant) {
        self.probe_started = shift(self.probe_started);
        self.unanswered_since = self.unanswered_since.map(&shift);
        self.due = shift(self.due);
    }

    fn start_probe(&mut self, now: Instant) {
        self.probe_started = now;
        self.sent = 1;
    }

    fn note(&mut self, took: Duration) {
        self.took = [Some(took), self.took[0], self.took[1]];
    }

    fn interval(&self, config: &LinkConfig) -> Duration {
        if self.is_jittery(config) {
            config.probe_every_under_jitter
        } else {
            config.probe_every
        }
    }
}
