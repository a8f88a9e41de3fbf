//! The link between controller and valve: late, lossy, repeating, sometimes down.

use alloc::collections::BTreeMap;
use core::time::Duration;

use gofarm_core::command::{Closed, Command, CommandId, Delivery, Report};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours, millis, minutes};

use super::contract::{Close, Open};

/// A message to the valve.
#[derive(Clone, Copy, Debug)]
pub(super) enum ToValve {
    Open(Command<Open>),
    Close(Command<Close>),
}

/// A message to the controller.
#[derive(Clone, Copy, Debug)]
pub(super) enum ToController {
    /// What the valve's node says of a command.
    Report(CommandId, Report),
    /// The flow meter turns after a command.
    Flow(CommandId),
    /// The valve has closed.
    Closed(Closed),
}

/// A message that arrives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arrival {
    AtValve(ToValve),
    AtController(ToController),
}

/// A broker and a radio: keeps what is sent while the link is down and hands it out when it is back.
#[derive(Debug)]
pub(super) struct Radio {
    random: SplitMix64,
    /// In order of arrival; the second part keeps equal times in order of sending.
    in_flight: BTreeMap<(Instant, u64), Arrival>,
    sent: u64,
    outage: Outage,
    /// The last opening command, as a broker keeps it.
    retained: Option<Command<Open>>,
    outages: u32,
    down: Duration,
    lost: u32,
    duplicated: u32,
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    start: Instant,
    end: Instant,
}

impl Radio {
    pub(super) fn new(seed: u64) -> Self {
        let mut radio = Self {
            random: SplitMix64::new(seed),
            in_flight: BTreeMap::new(),
            sent: 0,
            outage: Outage {
                start: Instant::ZERO,
                end: Instant::ZERO,
            },
            retained: None,
            outages: 0,
            down: Duration::ZERO,
            lost: 0,
            duplicated: 0,
        };
        radio.plan_outage(Instant::ZERO);
        radio
    }

    /// The next outage: after 6 to 42 hours, for 5 to 60 minutes, one in four for up to 12 hours.
    fn plan_outage(&mut self, after: Instant) {
        let start = after + hours(6) + minutes(self.random.below(36 * 60));
        let longest = if self.random.below(4) == 0 { 715 } else { 55 };
        let end = start + minutes(5 + self.random.below(longest + 1));
        self.outage = Outage { start, end };
    }

    pub(super) fn send_to_valve(&mut self, now: Instant, message: ToValve) {
        if let ToValve::Open(open) = message {
            self.retained = Some(open);
        }
        self.send(now, Arrival::AtValve(message));
        if self.random.below(20) == 0 {
            self.duplicated += 1;
            self.send(now, Arrival::AtValve(message));
        }
    }

    pub(super) fn send_to_controller(&mut self, now: Instant, message: ToController) {
        self.send(now, Arrival::AtController(message));
    }

    /// The valve's node has subscribed anew, and one time in 8 the broker hands out what it should not have kept.
    pub(super) fn valve_subscribed(&mut self, now: Instant) {
        if self.random.below(8) == 0
            && let Some(open) = self.retained
        {
            let retained = ToValve::Open(open.delivered(Delivery::Retained));
            self.send(now, Arrival::AtValve(retained));
        }
    }

    fn send(&mut self, now: Instant, message: Arrival) {
        if self.random.below(50) == 0 {
            self.lost += 1;
            return;
        }
        let delay = millis(40 + self.random.below(2_000));
        let at = if self.is_down(now) {
            self.outage.end + delay
        } else {
            now + delay
        };
        self.in_flight.insert((at, self.sent), message);
        self.sent += 1;
    }

    pub(super) fn is_down(&self, now: Instant) -> bool {
        (self.outage.start..self.outage.end).contains(&now)
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        let next = self.in_flight.keys().next().map(|(at, _)| *at);
        self.outage.end.min(next.unwrap_or(Instant::FAR_FUTURE))
    }

    /// The next message that has arrived.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Arrival> {
        if now >= self.outage.end {
            self.outages += 1;
            self.down += self.outage.end.saturating_since(self.outage.start);
            self.plan_outage(now);
            self.valve_subscribed(now);
        }
        if self.is_down(now) {
            self.postpone(now);
            return None;
        }
        let (at, _) = *self.in_flight.first_key_value()?.0;
        if at > now {
            return None;
        }
        self.in_flight.pop_first().map(|(_, message)| message)
    }

    /// What was on its way when the link went down arrives after it is back.
    fn postpone(&mut self, now: Instant) {
        while let Some((&key, _)) = self.in_flight.first_key_value()
            && key.0 <= now
            && let Some(message) = self.in_flight.remove(&key)
        {
            self.in_flight.insert((self.outage.end, key.1), message);
        }
    }

    /// Outages, time down, messages lost and messages doubled.
    pub(super) fn account(&self) -> (u32, Duration, u32, u32) {
        (self.outages, self.down, self.lost, self.duplicated)
    }
}
