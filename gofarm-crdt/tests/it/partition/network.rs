//! A bad link between two nodes: frames are lost, repeated, delayed and overtake each other.

use gofarm_core::random::{Random, SplitMix64};
use gofarm_crdt::sync::{Limits, PeerIdentity, Session};

use super::{Node, now};

/// How bad it is, in percent and seconds.
#[derive(Clone, Copy)]
pub(super) struct Quality {
    loss: u64,
    twice: u64,
    delay: u64,
}

impl Quality {
    pub(super) fn radio(random: &mut SplitMix64) -> Self {
        Self {
            loss: random.below(35),
            twice: random.below(5),
            delay: 1 + random.below(4),
        }
    }

    pub(super) fn cellular(random: &mut SplitMix64) -> Self {
        Self {
            loss: random.below(20),
            twice: random.below(20),
            delay: 1 + random.below(8),
        }
    }
}

/// Two sessions and the frames under way between them.
pub(super) struct Link {
    random: SplitMix64,
    quality: Quality,
    limits: Limits,
    ends: [usize; 2],
    sessions: [Session; 2],
    /// When it arrives, at which end, what.
    air: Vec<(u64, usize, Vec<u8>)>,
    pub(super) is_up: bool,
    second: u64,
}

impl Link {
    pub(super) fn new(seed: u64, quality: Quality, limits: Limits, a: usize, b: usize) -> Self {
        let mut random = SplitMix64::new(seed);
        let sessions = [b, a].map(|peer| session(peer, limits, random.next_u64()));
        Self {
            random,
            quality,
            limits,
            ends: [a, b],
            sessions,
            air: Vec::new(),
            is_up: true,
            second: 0,
        }
    }

    pub(super) fn restarted(&mut self, node: usize, number: u64) {
        for end in 0..2 {
            if self.ends[end] == node {
                self.sessions[end] = session(self.ends[1 - end], self.limits, number);
            }
        }
    }

    /// Lets time pass up to `until`, second by second while there is something to do.
    pub(super) fn run(&mut self, nodes: &mut [Node; 3], until: u64) {
        while self.second <= until {
            let due: Vec<_> = {
                let second = self.second;
                let (due, rest) = core::mem::take(&mut self.air)
                    .into_iter()
                    .partition(|(at, ..)| *at <= second);
                self.air = rest;
                due
            };
            for (_, end, frame) in due {
                let node = &mut nodes[self.ends[end]];
                let at = now(self.second, node.wall);
                self.sessions[end]
                    .handle_input(&mut node.replica, at, &frame)
                    .ok();
                node.replica.commit().expect("memory takes it");
            }
            let mut next = u64::MAX;
            for end in 0..2 {
                let node = &mut nodes[self.ends[end]];
                let at = now(self.second, node.wall);
                let mut buf = [0; 1_400];
                while let Some(len) =
                    self.sessions[end].poll_transmit(&mut node.replica, at, &mut buf)
                {
                    self.carry(1 - end, &buf[..len]);
                }
                while self.sessions[end].poll_event().is_some() {}
                let wake = self.sessions[end]
                    .poll_timeout()
                    .as_micros()
                    .div_ceil(1_000_000);
                next = next.min(wake.max(self.second + 1));
            }
            let arrival = self.air.iter().map(|(at, ..)| *at).min();
            let next = next.min(arrival.unwrap_or(u64::MAX)).max(self.second + 1);
            if next > until {
                break;
            }
            self.second = next;
        }
        self.second = self.second.max(until);
    }

    fn carry(&mut self, end: usize, frame: &[u8]) {
        let copies = 1 + u64::from(self.random.below(100) < self.quality.twice);
        for _ in 0..copies {
            if self.is_up && self.random.below(100) >= self.quality.loss {
                let at = self.second + 1 + self.random.below(self.quality.delay);
                self.air.push((at, end, frame.to_vec()));
            }
        }
    }
}

fn session(peer: usize, limits: Limits, number: u64) -> Session {
    let replica = gofarm_crdt::dot::ReplicaId::new(peer as u64 + 1);
    let number = u32::try_from(number >> 32).unwrap_or(1);
    Session::new(PeerIdentity::relay(replica), limits, number)
}
