//! [`Link`]: the machine itself.

use core::time::Duration;

use super::backoff::{Backoff, jittered, uniform};
use super::event::Pending;
use super::keepalive::{Beat, KeepAlive};
use super::signal::{Drop, Unreported};
use super::{Alarm, IoDeadline, LinkAction, LinkConfig, LinkEvent, LinkState};
use crate::observe::Signal;
use crate::random::Random;
use crate::time::Instant;

/// One link to one peer; see the [module's documentation](super) for the states and the figures.
///
/// The caller's contract: after each [`handle`](Self::handle), drain [`poll_action`](Self::poll_action) until `None`,
/// then sleep until [`poll_timeout`](Self::poll_timeout) or the next event.
///
/// ```
/// use gofarm_core::link::{Link, LinkConfig, LinkEvent, LinkState};
/// use gofarm_core::random::SplitMix64;
/// use gofarm_core::time::{Instant, secs};
///
/// let mut rng = SplitMix64::new(7);
/// let mut link = Link::new(LinkConfig::DEFAULT);
/// link.handle(Instant::ZERO, LinkEvent::Start, &mut rng);
/// assert_eq!(link.poll_timeout(), Some(Instant::from_secs(8))); // nobody answers
/// link.handle(Instant::from_secs(8), LinkEvent::Timeout, &mut rng);
/// assert_eq!((link.state(), link.tries()), (LinkState::Reconnecting, 1));
/// assert!(link.poll_timeout() <= Some(Instant::from_secs(8) + secs(3))); // tries again
/// ```
#[derive(Clone, Debug)]
pub struct Link {
    config: LinkConfig,
    state: LinkState,
    /// The end of a try, of a wait, or of the time until the connection counts as healthy.
    deadline: Instant,
    /// Whether a network that comes up may end the wait: not one that the peer asked for.
    may_wake: bool,
    is_healthy: bool,
    keep_alive: KeepAlive,
    backoff: Backoff,
    alarm: Option<Alarm>,
    pending: Pending,
    unreported: Unreported,
    latest: Instant,
}

impl Link {
    /// Creates a link that is not wanted yet.
    #[must_use]
    pub fn new(config: LinkConfig) -> Self {
        Self {
            config,
            state: LinkState::Disconnected,
            deadline: Instant::FAR_FUTURE,
            may_wake: false,
            is_healthy: false,
            keep_alive: KeepAlive::new(Instant::ZERO, &config),
            backoff: Backoff::new(),
            alarm: None,
            pending: Pending::default(),
            unreported: Unreported::default(),
            latest: Instant::ZERO,
        }
    }

    /// Takes in what happened. Never panics, whatever the order of events and whatever `now` is.
    ///
    /// Randomness spreads the tries; it need not be fit for cryptography but must differ from device to device.
    pub fn handle<R: Random + ?Sized>(&mut self, now: Instant, event: LinkEvent, random: &mut R) {
        use LinkState::{Authenticating, Connected, Connecting, Disconnected, Reconnecting};

        self.follow_clock(now);
        match (event, self.state) {
            (LinkEvent::Timeout, _) => self.handle_timeout(now, random),
            (LinkEvent::Start, Disconnected) => self.connect(now),
            (LinkEvent::Start, _) | (LinkEvent::Stop, Disconnected) => {}
            (LinkEvent::Stop, _) => self.stop(),

            (LinkEvent::TransportConnected, Connecting) => {
                self.enter(Authenticating, now + self.config.handshake.exchange());
                self.pending.connect = false;
                self.pending.authenticate = true;
            }
            (LinkEvent::Authenticated, Connecting | Authenticating) => self.establish(now),
            // A transport that is nobody's: one that opened after its deadline, or after `Stop`.
            (
                LinkEvent::TransportConnected | LinkEvent::Authenticated,
                Disconnected | Reconnecting,
            ) => self.pending.close(),
            (LinkEvent::TransportConnected, Authenticating | Connected)
            | (LinkEvent::Authenticated, Connected) => {}

            (
                LinkEvent::TransportFailed | LinkEvent::TransportClosed,
                Connecting | Authenticating,
            )
            | (LinkEvent::HeartbeatLost, Authenticating) => self.fail(now, random),
            (LinkEvent::TransportFailed | LinkEvent::TransportClosed, Connected) => {
                self.lose(now, Drop::Closed, random);
            }
            (LinkEvent::HeartbeatLost, Connected) => self.lose(now, Drop::HeartbeatLost, random),

            (LinkEvent::DataReceived, Connected) => self.keep_alive.heard(now, false, &self.config),
            (LinkEvent::PongReceived, Connected) => self.keep_alive.heard(now, true, &self.config),
            (LinkEvent::NetworkUp | LinkEvent::NetworkDown, Connected) => {
                self.keep_alive.hurry(now)
            }
            (LinkEvent::NetworkUp, Reconnecting) if self.may_wake => {
                let soon = now + uniform(self.config.first_delay, random);
                self.deadline = self.deadline.min(soon);
            }

            (LinkEvent::Refused, Connecting | Authenticating | Connected) => {
                let wait = jittered(self.config.slow_every, &self.config, random);
                self.end(now, wait, Drop::Refused);
                self.raise(Alarm::Refused);
            }
            (LinkEvent::SessionTakenOver, Connecting | Authenticating | Connected) => {
                let wait = jittered(self.config.taken_over_wait, &self.config, random);
                self.end(now, wait, Drop::TakenOver);
                self.raise(Alarm::TakenOver);
            }
            (
                LinkEvent::ServerBusy { retry_after },
                Connecting | Authenticating | Connected | Reconnecting,
            ) => {
                let asked = retry_after.unwrap_or(self.config.busy_wait);
                let wait = asked.min(self.config.busy_limit);
                let wait = wait + uniform(self.config.spread, random);
                self.end(now, wait, Drop::Busy);
            }

            (
                LinkEvent::TransportFailed
                | LinkEvent::TransportClosed
                | LinkEvent::Refused
                | LinkEvent::SessionTakenOver,
                Disconnected | Reconnecting,
            )
            | (LinkEvent::HeartbeatLost, Disconnected | Connecting | Reconnecting)
            | (
                LinkEvent::DataReceived | LinkEvent::PongReceived | LinkEvent::NetworkDown,
                Disconnected | Connecting | Authenticating | Reconnecting,
            )
            | (LinkEvent::NetworkUp, Disconnected | Connecting | Authenticating | Reconnecting)
            | (LinkEvent::ServerBusy { .. }, Disconnected) => {}
        }
    }

    /// The next thing to do; call until `None` after each [`handle`](Self::handle).
    ///
    /// At most three wait at a time, each kind once, [`LinkAction::Close`] first.
    pub fn poll_action(&mut self) -> Option<LinkAction> {
        self.pending.take()
    }

    /// The next signal for an observer; call until `None` when it suits. Counts add up in between.
    pub fn poll_signal(&mut self) -> Option<Signal<'static>> {
        self.unreported.take()
    }

    /// When to send [`LinkEvent::Timeout`]; `None` only while the link is not wanted.
    ///
    /// A clock that is set back moves this instant back at the next event. A driver whose clock can do that sends
    /// `Timeout` once a minute whatever this says.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            LinkState::Disconnected => None,
            LinkState::Connected if self.is_healthy => Some(self.keep_alive.due()),
            LinkState::Connected => Some(self.deadline.min(self.keep_alive.due())),
            _ => Some(self.deadline),
        }
    }

    /// Where the link stands.
    #[must_use]
    pub const fn state(&self) -> LinkState {
        self.state
    }

    /// The alarm that is raised and not yet cleared.
    #[must_use]
    pub const fn alarm(&self) -> Option<Alarm> {
        self.alarm
    }

    /// Failed tries and short-lived connections since the link was last healthy, at most 255.
    #[must_use]
    pub const fn tries(&self) -> u8 {
        self.backoff.tries()
    }

    /// How long the last answered probe took, counted from its first ping; `None` before the first answer.
    #[must_use]
    pub const fn last_round_trip(&self) -> Option<Duration> {
        self.keep_alive.last_round_trip()
    }

    /// Whether the last three probes say that the path jitters.
    #[must_use]
    pub fn is_jittery(&self) -> bool {
        self.keep_alive.is_jittery(&self.config)
    }

    /// The deadlines for reads and writes now: handshake, data under jitter, or calm.
    #[must_use]
    pub fn io_deadline(&self) -> IoDeadline {
        match self.state {
            LinkState::Connected if self.is_jittery() => self.config.data_under_jitter,
            LinkState::Connected => self.config.keep_alive,
            _ => self.config.handshake,
        }
    }

    fn handle_timeout<R: Random + ?Sized>(&mut self, now: Instant, random: &mut R) {
        let is_due = now >= self.deadline;
        match self.state {
            LinkState::Disconnected => {}
            LinkState::Connecting | LinkState::Authenticating if is_due => self.fail(now, random),
            LinkState::Reconnecting if is_due => self.connect(now),
            LinkState::Connecting | LinkState::Authenticating | LinkState::Reconnecting => {}
            LinkState::Connected => {
                match self.keep_alive.poll(now, &self.config) {
                    Some(Beat::Lost) => return self.lose(now, Drop::HeartbeatLost, random),
                    Some(Beat::Ping) => self.pending.ping = true,
                    None => {}
                }
                if is_due && !self.is_healthy {
                    self.is_healthy = true;
                    self.backoff.reset();
                    self.clear_alarm();
                }
            }
        }
    }

    fn connect(&mut self, now: Instant) {
        self.enter(LinkState::Connecting, now + self.config.connect_deadline);
        self.pending.connect = true;
        self.unreported.attempt();
    }

    fn establish(&mut self, now: Instant) {
        self.enter(LinkState::Connected, now + self.config.healthy_after);
        self.pending.connect = false;
        self.pending.authenticate = false;
        self.is_healthy = false;
        self.keep_alive = KeepAlive::new(now, &self.config);
    }

    fn stop(&mut self) {
        self.pending.close();
        self.clear_alarm();
        self.backoff.reset();
        self.enter(LinkState::Disconnected, Instant::FAR_FUTURE);
    }

    /// A try failed.
    fn fail<R: Random + ?Sized>(&mut self, now: Instant, random: &mut R) {
        let due = self.backoff.after_failed_try(now, &self.config, random);
        self.wait(due, true);
        self.raise_if_slow();
    }

    /// An established connection was lost.
    fn lose<R: Random + ?Sized>(&mut self, now: Instant, reason: Drop, random: &mut R) {
        self.unreported.drop(reason);
        let due = self
            .backoff
            .after_loss(now, self.is_healthy, &self.config, random);
        self.wait(due, true);
        self.raise_if_slow();
    }

    /// The peer ended a try or a connection and said why.
    fn end(&mut self, now: Instant, wait: Duration, reason: Drop) {
        let mut due = now + wait;
        match self.state {
            LinkState::Connected => self.unreported.drop(reason),
            LinkState::Reconnecting => due = due.max(self.deadline),
            _ => {}
        }
        self.wait(due, false);
    }

    fn wait(&mut self, due: Instant, may_wake: bool) {
        self.pending.close();
        self.may_wake = may_wake;
        self.enter(LinkState::Reconnecting, due);
    }

    fn enter(&mut self, state: LinkState, deadline: Instant) {
        self.state = state;
        self.deadline = deadline;
        self.unreported.state(state);
    }

    fn raise_if_slow(&mut self) {
        if self.backoff.is_slow(&self.config) {
            self.raise(Alarm::Unreachable);
        }
    }

    fn raise(&mut self, alarm: Alarm) {
        if self.alarm != Some(alarm) {
            self.alarm = Some(alarm);
            self.pending.alarm = Some(LinkAction::RaiseAlarm(alarm));
        }
    }

    fn clear_alarm(&mut self) {
        if self.alarm.take().is_some() {
            self.pending.alarm = Some(LinkAction::ClearAlarm);
        }
    }

    /// A clock that was set back takes all stored instants with it, so that no wait gets longer.
    fn follow_clock(&mut self, now: Instant) {
        if let Some(back) = self.latest.checked_since(now) {
            let micros = u64::try_from(back.as_micros()).unwrap_or(u64::MAX);
            self.deadline = earlier(self.deadline, micros);
            self.keep_alive.rebase(|at| earlier(at, micros));
            self.backoff.rebase(|at| earlier(at, micros));
        }
        self.latest = now;
    }
}

fn earlier(at: Instant, micros: u64) -> Instant {
    Instant::from_micros(at.as_micros().saturating_sub(micros))
}
