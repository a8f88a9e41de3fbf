//! The way between gateway and valve: late, lossy, repeating, sometimes down.
//!
//! A broker stands beside the gateway and keeps what is meant for the valve while its node is not connected; the
//! node keeps what it has to say. Whether it is connected is for the link machine in `connection` to find out: nobody
//! tells it of an outage.

use alloc::collections::BTreeMap;
use core::time::Duration;

use gofarm_core::command::{Command, Delivery};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours, millis, minutes};

use super::connection::{Change, Connection};
use super::contract::Open;
use super::message::{ToGateway, ToValve};
use super::plan::Background;

/// A message that arrives.
#[derive(Clone, Debug)]
pub(super) enum Arrival {
    AtValve(ToValve),
    AtGateway(ToGateway),
    /// The valve's node finds that its link is there again.
    LinkFound,
    /// The valve's node finds that its link is lost.
    LinkLost,
}

impl Arrival {
    /// Whether broker and node keep it for a node that is not connected; sessions repeat their frames themselves.
    fn is_kept(&self) -> bool {
        !matches!(
            self,
            Self::AtValve(ToValve::Sync(_)) | Self::AtGateway(ToGateway::Sync(_))
        )
    }
}

/// A broker, a radio path with outages, and the node's connection over it.
#[derive(Debug)]
pub(super) struct Radio {
    random: SplitMix64,
    background: Background,
    /// In order of arrival; the second part keeps equal times in order of sending.
    in_flight: BTreeMap<(Instant, u64), Arrival>,
    /// Sent and not on its way, because the node is not connected.
    waiting: Vec<Arrival>,
    sent: u64,
    connection: Connection,
    outage: Outage,
    trouble: Trouble,
    /// The last opening command, as a broker keeps it.
    retained: Option<Command<Open>>,
    outages: u32,
    down: Duration,
    lost: u32,
    duplicated: u32,
    frames_lost: u32,
}

/// What is wrong with the radio besides what always is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trouble {
    /// For so many reasons nothing passes.
    pub(super) cuts: u32,
    /// Every message to the valve arrives twice.
    pub(super) doubles: bool,
    /// Every message arrives later by this.
    pub(super) delay: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    start: Instant,
    end: Instant,
}

impl Radio {
    pub(super) fn new(seed: u64, background: Background) -> Self {
        let mut random = SplitMix64::new(seed);
        let connection = Connection::start(Instant::ZERO, random.next_u64(), background);
        let mut radio = Self {
            random,
            background,
            in_flight: BTreeMap::new(),
            waiting: Vec::new(),
            sent: 0,
            connection,
            outage: Outage {
                start: Instant::ZERO,
                end: Instant::ZERO,
            },
            trouble: Trouble::default(),
            retained: None,
            outages: 0,
            down: Duration::ZERO,
            lost: 0,
            duplicated: 0,
            frames_lost: 0,
        };
        radio.plan_outage(Instant::ZERO);
        radio
    }

    /// Makes it worse than it is by itself, or better again.
    pub(super) fn trouble(&mut self) -> &mut Trouble {
        &mut self.trouble
    }

    /// The broker is killed: what it has not handed out is gone.
    pub(super) fn kill_broker(&mut self) {
        for message in core::mem::take(&mut self.waiting) {
            self.lose(&message);
        }
        for message in core::mem::take(&mut self.in_flight).into_values() {
            self.lose(&message);
        }
        self.retained = None;
    }

    /// The next outage: after 6 to 42 hours, for 5 to 60 minutes, one in four for up to 12 hours.
    fn plan_outage(&mut self, after: Instant) {
        if self.background == Background::Calm {
            let (start, end) = (Instant::FAR_FUTURE, Instant::FAR_FUTURE);
            self.outage = Outage { start, end };
            return;
        }
        let start = after + hours(6) + minutes(self.random.below(36 * 60));
        let longest = if self.random.below(4) == 0 { 715 } else { 55 };
        let end = start + minutes(5 + self.random.below(longest + 1));
        self.outage = Outage { start, end };
    }

    pub(super) fn send_to_valve(&mut self, now: Instant, message: ToValve) {
        if let ToValve::Open(open) = &message {
            self.retained = Some(*open);
        }
        self.send(now, Arrival::AtValve(message.clone()));
        if self.trouble.doubles || self.background.strikes(&mut self.random, 20) {
            self.duplicated += u32::from(!matches!(message, ToValve::Sync(_)));
            self.send(now, Arrival::AtValve(message));
        }
    }

    pub(super) fn send_to_gateway(&mut self, now: Instant, message: ToGateway) {
        self.send(now, Arrival::AtGateway(message));
    }

    fn send(&mut self, now: Instant, message: Arrival) {
        if self.background.strikes(&mut self.random, 50) {
            self.lose(&message);
        } else if self.connection.is_connected() {
            self.launch(now, message);
        } else {
            self.keep(message);
        }
    }

    /// Keeps what cannot be sent now, if it is of the kind that is kept.
    fn keep(&mut self, message: Arrival) {
        if message.is_kept() {
            self.waiting.push(message);
        } else {
            self.lose(&message);
        }
    }

    fn lose(&mut self, message: &Arrival) {
        let count = if message.is_kept() {
            &mut self.lost
        } else {
            &mut self.frames_lost
        };
        *count += 1;
    }

    fn launch(&mut self, now: Instant, message: Arrival) {
        let delay = millis(40 + self.random.below(2_000)) + self.trouble.delay;
        self.in_flight.insert((now + delay, self.sent), message);
        self.sent += 1;
    }

    /// The valve's node has restarted.
    pub(super) fn node_restarted(&mut self, now: Instant) {
        self.connection.restart(now);
    }

    fn is_path_up(&self, now: Instant) -> bool {
        self.trouble.cuts == 0 && !(self.outage.start..self.outage.end).contains(&now)
    }

    /// Whether the node is connected, as far as it knows.
    pub(super) fn is_connected(&self) -> bool {
        self.connection.is_connected()
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        let next = self.in_flight.keys().next().map(|(at, _)| *at);
        self.connection
            .poll_timeout()
            .min(next.unwrap_or(Instant::FAR_FUTURE))
            .min(self.outage.end)
    }

    /// The next thing that has arrived.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Arrival> {
        if now >= self.outage.end {
            self.outages += 1;
            self.down += self.outage.end.saturating_since(self.outage.start);
            self.plan_outage(now);
        }
        let is_path_up = self.is_path_up(now);
        match self.connection.poll(now, is_path_up) {
            Some(Change::Connected) => {
                self.node_subscribed(now);
                return Some(Arrival::LinkFound);
            }
            Some(Change::Lost) => return Some(Arrival::LinkLost),
            None => {}
        }
        while let Some(next) = self.in_flight.first_entry()
            && next.key().0 <= now
        {
            let message = next.remove();
            if is_path_up && self.connection.is_connected() {
                return Some(message);
            }
            // Not acknowledged: it is sent again with the rest.
            self.keep(message);
        }
        None
    }

    /// What waited is sent; one time in 8 the broker also hands out an opening command that it should not have kept.
    fn node_subscribed(&mut self, now: Instant) {
        for message in core::mem::take(&mut self.waiting) {
            self.launch(now, message);
        }
        if self.background.strikes(&mut self.random, 8)
            && let Some(open) = self.retained
        {
            let retained = ToValve::Open(open.delivered(Delivery::Retained));
            self.launch(now, Arrival::AtValve(retained));
        }
    }

    /// What happened on the way.
    pub(super) fn account(&self) -> Account {
        let (connects, alarms) = self.connection.account();
        Account {
            outages: self.outages,
            down: self.down,
            connects,
            alarms,
            lost: self.lost,
            duplicated: self.duplicated,
            frames_lost: self.frames_lost,
        }
    }
}

/// What happened on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub(super) outages: u32,
    pub(super) down: Duration,
    pub(super) connects: u32,
    pub(super) alarms: u32,
    pub(super) lost: u32,
    pub(super) duplicated: u32,
    /// Frames of the session between the replicas.
    pub(super) frames_lost: u32,
}
