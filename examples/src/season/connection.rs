//! The node's connection to its broker: the driver that an integrator writes around a [`Link`].

use alloc::collections::BTreeMap;

use gofarm_core::link::{Alarm, Link, LinkAction, LinkConfig, LinkEvent, LinkState};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis, minutes, secs};

use super::plan::Background;

/// A link on a battery or a data plan: a probe every four minutes, and it is lost after ten without a word.
const FIELD: LinkConfig = match LinkConfig::builder()
    .probe_every(minutes(4))
    .probe_every_under_jitter(minutes(2))
    .lost_after(minutes(10))
    .slow_every(secs(120))
    .build()
{
    Ok(config) => config,
    Err(_) => panic!("figures within their rules"),
};

/// A link machine and the simulated transport below it.
#[derive(Debug)]
pub(super) struct Connection {
    link: Link,
    random: SplitMix64,
    background: Background,
    /// What the transport will say, and when; the second part keeps equal times apart.
    answers: BTreeMap<(Instant, u64), LinkEvent>,
    asked: u64,
    connects: u32,
    alarms: u32,
}

/// What a poll of the connection saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Connected,
    Lost,
}

impl Connection {
    /// A node that starts and wants its link.
    pub(super) fn start(now: Instant, seed: u64, background: Background) -> Self {
        let mut connection = Self {
            link: Link::new(FIELD),
            random: SplitMix64::new(seed),
            background,
            answers: BTreeMap::new(),
            asked: 0,
            connects: 0,
            alarms: 0,
        };
        connection
            .link
            .handle(now, LinkEvent::Start, &mut connection.random);
        connection
    }

    /// The node has restarted: its link starts anew, what the transport had to say is lost.
    pub(super) fn restart(&mut self, now: Instant) {
        self.link = Link::new(FIELD);
        self.answers.clear();
        self.link.handle(now, LinkEvent::Start, &mut self.random);
    }

    pub(super) fn is_connected(&self) -> bool {
        self.link.state() == LinkState::Connected
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        let answer = self.answers.keys().next().map(|(at, _)| *at);
        [answer, self.link.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(Instant::FAR_FUTURE)
    }

    /// Does what is due: tells the link what the transport says and the transport what the link wants.
    pub(super) fn poll(&mut self, now: Instant, is_path_up: bool) -> Option<Change> {
        let was_connected = self.is_connected();
        while let Some((&key, &event)) = self.answers.first_key_value()
            && key.0 <= now
        {
            self.answers.remove(&key);
            self.link.handle(now, event, &mut self.random);
        }
        if self.link.poll_timeout().is_some_and(|at| now >= at) {
            self.link.handle(now, LinkEvent::Timeout, &mut self.random);
        }
        while let Some(action) = self.link.poll_action() {
            self.act(now, action, is_path_up);
        }
        match (was_connected, self.is_connected()) {
            (false, true) => {
                self.connects += 1;
                Some(Change::Connected)
            }
            (true, false) => Some(Change::Lost),
            _ => None,
        }
    }

    /// The simulated transport: silent while the path is down; a ping or its answer is lost one time in 50.
    fn act(&mut self, now: Instant, action: LinkAction, is_path_up: bool) {
        let answer = match action {
            LinkAction::Connect => LinkEvent::TransportConnected,
            LinkAction::Authenticate => LinkEvent::Authenticated,
            LinkAction::SendPing if !self.background.strikes(&mut self.random, 50) => {
                LinkEvent::PongReceived
            }
            LinkAction::Close => {
                self.answers.clear();
                return;
            }
            LinkAction::RaiseAlarm(Alarm::Unreachable) => {
                self.alarms += 1;
                return;
            }
            _ => return,
        };
        if is_path_up {
            let round_trip = millis(120 + self.random.below(730));
            self.answers.insert((now + round_trip, self.asked), answer);
            self.asked += 1;
        }
    }

    /// Connections made and alarms raised.
    pub(super) fn account(&self) -> (u32, u32) {
        (self.connects, self.alarms)
    }
}
