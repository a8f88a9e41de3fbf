//! [`MqttBackbone`]: the way between the parties through a real broker.
//!
//! Each party is a client of its own at the broker, as it would be on a farm: three connections, and what one party
//! sends to another goes out to the broker and comes back on another connection. The tasks that keep the connections
//! run on a thread of their own, in real time. The season runs in simulated time, some 10⁶ times faster, and waits for
//! nobody. Where the two meet, four rules hold:
//!
//! - **A packet takes 100 ms of simulated time.** It is published at once, and handed out when those are over; by then the
//!   broker must have delivered it, so [`poll`](Backbone::poll) *waits in real time* until every packet that is due has
//!   arrived. Each carries the instant it is due and a number, so that it is known which.
//! - **It does not wait for what cannot come.** What was under way to or from a party whose connection ends is
//!   given up at once. A broker that loses packets in silence (it may: QoS 0) costs 2 s the first time, half of it the
//!   next, down to 1 ms; each packet that arrives earns 1 ms back. What arrives after that is handed out late.
//! - **While the broker is away, at most a day a second passes.** Without that a season would be over before a
//!   broker that is restarted within a second is found again. A try every half a second, so after some 0.5 to 1.5
//!   days of the season.
//! - **A party that has no connection receives nothing**: what had arrived for it and was not yet due is lost too.
//!
//! What is lost stays lost; the sessions above repeat what matters. A [`cut`](Backbone::cut) ends the connection of
//! one party. [`kill`](Backbone::kill) cannot end somebody's broker: it cuts all.
//!
//! The same seed does not give the same season here: when a connection is lost and found is real, and so is the order
//! of what arrives at one instant from different parties.

mod address;
mod connection;
mod start;

use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant as RealInstant;

use gofarm_core::time::{Instant, millis, minutes, secs};
use tokio::runtime::Runtime;

pub use address::{AddressError, BrokerAddress};
pub use start::BrokerError;

use self::connection::{Connection, Event, Run};
use super::{Backbone, Delivery};
use crate::season::party::Party;

/// From sending to arrival, in simulated time.
const DELAY: Duration = millis(100);
/// How often a season looks after its connections at least, in simulated time.
const LOOK: Duration = minutes(15);
/// How many simulated seconds may pass in a real one while the broker is away.
const PACE: u32 = 86_400;
/// How long to wait for a packet that is due, in real time: at first, and when the broker has lost many.
const PATIENCE: Duration = secs(2);
const LEAST_PATIENCE: Duration = millis(1);
/// What each packet carries: the instant it is due, in microseconds, and its number.
const HEADER: usize = 8 + 8;
/// The longest packet, in bytes: what a frame of the driver takes.
const MAX_PACKET: usize = u16::MAX as usize - HEADER;

/// When a packet is due, and its number, which no other packet of this run has.
type Key = (Instant, u64);

/// Three clients at a broker.
#[derive(Debug)]
pub(in crate::season) struct MqttBackbone {
    /// There until it is dropped.
    runtime: Option<Runtime>,
    broker: BrokerAddress,
    run: Run,
    teller: Sender<Event>,
    events: Receiver<Event>,
    /// For each party; none while it is cut.
    connections: [Option<Connection>; 3],
    /// The numbers of the connections that the season knows of.
    found: [Option<u64>; 3],
    is_cut: [bool; 3],
    is_killed: bool,
    /// Packets sent, for their numbers.
    sent: u64,
    /// Published and not arrived, and between whom.
    under_way: BTreeMap<Key, (Party, Party)>,
    /// Arrived and not handed out.
    arrived: BTreeMap<Key, Packet>,
    /// Connections found and lost that were not yet told.
    changes: VecDeque<Delivery>,
    /// Of the last poll or cut.
    now: Instant,
    /// From where on the pace is kept.
    paced: (Instant, RealInstant),
    patience: Duration,
}

/// What arrived.
#[derive(Debug)]
struct Packet {
    from: Party,
    to: Party,
    packet: Vec<u8>,
}

impl Backbone for MqttBackbone {
    fn send(&mut self, now: Instant, from: Party, to: Party, packet: Vec<u8>) {
        let Some(connection) = &self.connections[from.index()] else {
            return;
        };
        if self.found[from.index()].is_none() || packet.len() > MAX_PACKET {
            return;
        }
        let key = (now + DELAY, self.sent);
        self.sent += 1;
        if self.found[to.index()].is_some() {
            self.under_way.insert(key, (from, to));
        }
        connection.send(to, sealed(key, &packet));
    }

    fn poll(&mut self, now: Instant) -> Option<Delivery> {
        self.now = now;
        while let Ok(event) = self.events.try_recv() {
            self.take(event);
        }
        self.keep_pace();
        self.wait_for_due();
        if let Some(change) = self.changes.pop_front() {
            return Some(change);
        }
        let next = self.arrived.first_entry()?;
        if next.key().0 > now {
            return None;
        }
        let Packet { from, to, packet } = next.remove();
        Some(Delivery::Packet { from, to, packet })
    }

    fn poll_timeout(&self) -> Instant {
        if !self.changes.is_empty() {
            return self.now;
        }
        let under_way = self.under_way.first_key_value().map(|(key, _)| key.0);
        let arrived = self.arrived.first_key_value().map(|(key, _)| key.0);
        let next = under_way.into_iter().chain(arrived).min();
        next.unwrap_or(Instant::FAR_FUTURE).min(self.now + LOOK)
    }

    fn cut(&mut self, now: Instant, party: Party, is_cut: bool) {
        self.now = now;
        self.is_cut[party.index()] = is_cut;
        self.connect_who_may();
    }

    fn kill(&mut self, now: Instant, is_killed: bool) {
        self.now = now;
        self.is_killed = is_killed;
        self.connect_who_may();
    }
}

impl MqttBackbone {
    /// Starts the connections of those who are not cut, and ends those of the others.
    fn connect_who_may(&mut self) {
        for party in Party::ALL {
            let at = party.index();
            let may = !self.is_cut[at] && !self.is_killed;
            if !may {
                self.connections[at] = None;
                self.lose(party);
            } else if self.connections[at].is_none()
                && let Some(runtime) = &self.runtime
            {
                let (broker, teller) = (&self.broker, &self.teller);
                let connection =
                    Connection::start(runtime.handle(), broker, self.run, party, teller);
                self.connections[at] = Some(connection);
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Changed => self.look(),
            Event::Arrived { from, to, frame } => {
                let Some((key, packet)) = opened(&frame) else {
                    return; // somebody else's
                };
                if self.under_way.remove(&key).is_some() {
                    self.patience = PATIENCE.min(self.patience + LEAST_PATIENCE);
                }
                if self.found[to.index()].is_some() {
                    let packet = packet.to_vec();
                    self.arrived.insert(key, Packet { from, to, packet });
                }
            }
        }
    }

    /// Takes note of connections that were made or ended.
    fn look(&mut self) {
        for party in Party::ALL {
            let at = party.index();
            let number = self.connections[at].as_ref().and_then(Connection::number);
            if number == self.found[at] {
                continue;
            }
            self.lose(party);
            if number.is_some() {
                self.found[at] = number;
                self.patience = PATIENCE;
                self.changes.push_back(Delivery::Found(party));
            }
        }
    }

    /// Gives up what a party without a connection will not receive or have sent.
    fn lose(&mut self, party: Party) {
        if self.found[party.index()].take().is_none() {
            return;
        }
        self.under_way
            .retain(|_, (from, to)| *from != party && *to != party);
        self.arrived.retain(|_, packet| packet.to != party);
        self.changes.push_back(Delivery::Lost(party));
    }

    /// Whether a party that may have a connection has none.
    fn is_broker_away(&self) -> bool {
        let mut both = self.connections.iter().zip(&self.found);
        both.any(|(connection, found)| connection.is_some() && found.is_none())
    }

    /// Lets real time pass for simulated time that has, while the broker is away.
    fn keep_pace(&mut self) {
        let (simulated, real) = self.paced;
        let least = self.now.saturating_since(simulated) / PACE;
        while self.is_broker_away() {
            let left = least.saturating_sub(real.elapsed());
            // So short a time is waited for together with the next.
            if left < millis(1) {
                return;
            }
            if let Ok(event) = self.events.recv_timeout(left) {
                self.take(event);
            }
        }
        self.paced = (self.now, RealInstant::now());
    }

    /// Waits until what is due has arrived, or is given up.
    fn wait_for_due(&mut self) {
        let began = RealInstant::now();
        let patience = self.patience;
        while let Some(first) = self.under_way.first_key_value()
            && first.0.0 <= self.now
        {
            let left = patience.saturating_sub(began.elapsed());
            if let Ok(event) = self.events.recv_timeout(left) {
                self.take(event);
                continue;
            }
            self.under_way.retain(|key, _| key.0 > self.now);
            self.patience = (self.patience / 2).max(LEAST_PATIENCE);
        }
    }
}

impl Drop for MqttBackbone {
    fn drop(&mut self) {
        // Without waiting: the broker sees three connections end.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A packet with its header.
fn sealed((due, number): Key, packet: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER + packet.len());
    frame.extend(due.as_micros().to_le_bytes());
    frame.extend(number.to_le_bytes());
    frame.extend(packet);
    frame
}

/// The header of a frame, and its packet.
fn opened(frame: &[u8]) -> Option<(Key, &[u8])> {
    let (due, rest) = frame.split_first_chunk()?;
    let (number, packet) = rest.split_first_chunk()?;
    let due = Instant::from_micros(u64::from_le_bytes(*due));
    Some(((due, u64::from_le_bytes(*number)), packet))
}

#[cfg(test)]
mod tests;
