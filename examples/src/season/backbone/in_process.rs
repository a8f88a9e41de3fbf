//! The backbone without a broker to install: [`InProcess`].

use alloc::collections::BTreeMap;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis};

use super::{Backbone, Delivery};
use crate::season::connection::{Change, Connection};
use crate::season::party::Party;
use crate::season::plan::Background;

/// A broker and the ways to it, simulated: late, lossy, sometimes cut.
#[derive(Debug)]
pub(in crate::season) struct InProcess {
    random: SplitMix64,
    background: Background,
    connections: [Connection; Party::ALL.len()],
    cut: [bool; Party::ALL.len()],
    is_killed: bool,
    /// In order of arrival; the second part keeps equal times in order of sending.
    in_flight: BTreeMap<(Instant, u64), (Party, Party, Vec<u8>)>,
    sent: u64,
    lost: u64,
}

impl InProcess {
    pub(in crate::season) fn new(seed: u64, background: Background) -> Self {
        let mut random = SplitMix64::new(seed);
        Self {
            connections: Party::ALL
                .map(|_| Connection::start(Instant::ZERO, random.next_u64(), background)),
            random,
            background,
            cut: [false; Party::ALL.len()],
            is_killed: false,
            in_flight: BTreeMap::new(),
            sent: 0,
            lost: 0,
        }
    }

    fn is_path_up(&self, party: Party) -> bool {
        !self.is_killed && !self.cut[party.index()]
    }

    fn is_connected(&self, party: Party) -> bool {
        self.connections[party.index()].is_connected()
    }
}

impl Backbone for InProcess {
    fn send(&mut self, now: Instant, from: Party, to: Party, packet: Vec<u8>) {
        if !self.is_connected(from) || self.background.strikes(&mut self.random, 100) {
            self.lost += 1;
            return;
        }
        let delay = millis(30 + self.random.below(400));
        self.in_flight
            .insert((now + delay, self.sent), (from, to, packet));
        self.sent += 1;
    }

    fn poll(&mut self, now: Instant) -> Option<Delivery> {
        for party in Party::ALL {
            let is_path_up = self.is_path_up(party);
            let connection = &mut self.connections[party.index()];
            if connection.poll_timeout() > now {
                continue;
            }
            match connection.poll(now, is_path_up) {
                Some(Change::Connected) => return Some(Delivery::Found(party)),
                Some(Change::Lost) => return Some(Delivery::Lost(party)),
                None => {}
            }
        }
        while let Some(next) = self.in_flight.first_entry()
            && next.key().0 <= now
        {
            let (from, to, packet) = next.remove();
            let is_whole_way_up = self.is_path_up(from) && self.is_path_up(to);
            if is_whole_way_up && self.is_connected(to) {
                return Some(Delivery::Packet { from, to, packet });
            }
            self.lost += 1;
        }
        None
    }

    fn poll_timeout(&self) -> Instant {
        let arrival = self.in_flight.keys().next().map(|(at, _)| *at);
        let connections = self.connections.iter().map(Connection::poll_timeout);
        let next = connections.chain(arrival).min();
        next.unwrap_or(Instant::FAR_FUTURE)
    }

    fn cut(&mut self, _: Instant, party: Party, is_cut: bool) {
        self.cut[party.index()] = is_cut;
    }

    fn kill(&mut self, _: Instant, is_killed: bool) {
        self.is_killed = is_killed;
        if is_killed {
            self.lost += self.in_flight.len() as u64;
            self.in_flight.clear();
        }
    }
}
