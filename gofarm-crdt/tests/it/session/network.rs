//! Nodes, links between them, and a seeded network that loses, repeats and reorders.

use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, UnixMillis};
use gofarm_crdt::clock::Now;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::ledger::Ledger;
use gofarm_crdt::sync::{Event, Limits, PeerIdentity, Session};

use super::ledger::ByteLedger;

pub(crate) struct Rng(pub(crate) SplitMix64);

impl Rng {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        use gofarm_core::random::Random;
        self.0.next_u64() % n
    }
}

/// How bad a link is; chances in percent, times in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) loss: u64,
    pub(crate) twice: u64,
    pub(crate) delay: (u64, u64),
}

pub(crate) const CLEAR: Weather = Weather {
    loss: 0,
    twice: 0,
    delay: (10, 10),
};

pub(crate) struct End {
    pub(crate) node: usize,
    pub(crate) session: Session,
}

pub(crate) struct Network {
    seed: u64,
    pub(crate) rng: Rng,
    pub(crate) weather: Weather,
    pub(crate) limits: Limits,
    pub(crate) now: u64,
    pub(crate) nodes: Vec<ByteLedger>,
    pub(crate) links: Vec<[End; 2]>,
    /// Arrival, order, link, receiving side, bytes.
    frames: alloc::collections::BTreeMap<(u64, u64), (usize, usize, Vec<u8>)>,
    order: u64,
    pub(crate) sent: u64,
    pub(crate) bytes: u64,
    pub(crate) events: Vec<(usize, Event)>,
    pub(crate) log: Vec<Vec<u8>>,
    pub(crate) grants: fn(ReplicaId) -> PeerIdentity,
}

impl Network {
    pub(crate) fn new(seed: u64, limits: Limits, weather: Weather, nodes: usize) -> Self {
        Self {
            seed,
            rng: Rng(SplitMix64::new(seed)),
            weather,
            limits,
            now: 0,
            nodes: (0..nodes)
                .map(|node| ByteLedger::new(node as u64 + 1))
                .collect(),
            links: Vec::new(),
            frames: Default::default(),
            order: 0,
            sent: 0,
            bytes: 0,
            events: Vec::new(),
            log: Vec::new(),
            grants: PeerIdentity::relay,
        }
    }

    pub(crate) fn session(&mut self, to: usize) -> Session {
        let number = 1 + self.rng.below(0xffff_fff0) as u32;
        let replica = self.nodes[to].actor().replica();
        Session::new((self.grants)(replica), self.limits, number)
    }

    pub(crate) fn link(&mut self, a: usize, b: usize) {
        let ends = [
            End {
                node: a,
                session: self.session(b),
            },
            End {
                node: b,
                session: self.session(a),
            },
        ];
        self.links.push(ends);
    }

    /// One side of a link begins a new session.
    pub(crate) fn restart(&mut self, link: usize, side: usize) {
        let other = self.links[link][1 - side].node;
        self.links[link][side].session = self.session(other);
    }

    pub(crate) fn now(&self) -> Now {
        let wall = UnixMillis::new(1_790_000_000_000 + self.now);
        Now::new(Instant::from_millis(self.now), Some(wall))
    }

    /// Sends all that is due.
    pub(crate) fn drain(&mut self) {
        let now = self.now();
        for link in 0..self.links.len() {
            for side in 0..2 {
                let mut budget = 10_000;
                let mut buf = [0; 1500];
                loop {
                    let end = &mut self.links[link][side];
                    let node = &mut self.nodes[end.node];
                    let Some(len) = end.session.poll_transmit(node, now, &mut buf) else {
                        break;
                    };
                    assert!(len <= usize::from(self.limits.max_frame()));
                    budget -= 1;
                    assert!(budget > 0, "a session never stops sending");
                    self.sent += 1;
                    self.bytes += len as u64;
                    self.log.push(buf[..len].to_vec());
                    self.put(link, 1 - side, &buf[..len]);
                }
                while let Some(event) = self.links[link][side].session.poll_event() {
                    self.events.push((self.links[link][side].node, event));
                }
            }
        }
    }

    fn put(&mut self, link: usize, side: usize, bytes: &[u8]) {
        let copies = if self.rng.below(100) < self.weather.loss {
            0
        } else if self.rng.below(100) < self.weather.twice {
            2
        } else {
            1
        };
        for _ in 0..copies {
            let (least, most) = self.weather.delay;
            let delay = least + self.rng.below(most - least + 1);
            self.order += 1;
            self.frames
                .insert((self.now + delay, self.order), (link, side, bytes.to_vec()));
        }
    }

    /// The next moment at which something happens.
    pub(crate) fn next(&self) -> u64 {
        let arrival = self.frames.keys().next().map_or(u64::MAX, |key| key.0);
        let ends = self.links.iter().flatten();
        let wake = ends.map(|end| end.session.poll_timeout().as_micros().div_ceil(1_000));
        wake.chain([arrival])
            .min()
            .unwrap_or(u64::MAX)
            .max(self.now)
    }

    /// Goes to the next moment.
    pub(crate) fn step(&mut self) {
        self.drain();
        self.now = self.next();
        while let Some((key, _)) = self.frames.first_key_value()
            && key.0 <= self.now
        {
            let (_, (link, side, bytes)) = self.frames.pop_first().unwrap();
            let now = self.now();
            let end = &mut self.links[link][side];
            // Frames of earlier sessions are refused; that is all.
            let _ = end
                .session
                .handle_input(&mut self.nodes[end.node], now, &bytes);
        }
    }

    pub(crate) fn run_until(&mut self, end: u64) {
        self.drain();
        let mut steps = 0;
        while self.next() < end {
            self.step();
            steps += 1;
            assert!(
                steps < 100_000,
                "seed {}: time stands still\n{}",
                self.seed,
                self.describe()
            );
        }
        self.now = end;
        self.drain();
    }

    pub(crate) fn is_even(&self) -> bool {
        let first = self.nodes[0].context();
        self.nodes.iter().all(|node| node.context() == first)
            && self
                .links
                .iter()
                .flatten()
                .all(|end| end.session.is_synced())
    }

    /// Runs until all have everything; fails after `limit` milliseconds.
    pub(crate) fn converge(&mut self, limit: u64) {
        let end = self.now + limit;
        self.drain();
        while !self.is_even() {
            self.step();
            self.drain();
            assert!(
                self.now < end,
                "seed {}: not even after {limit} ms:\n{}",
                self.seed,
                self.describe()
            );
        }
        for node in &self.nodes {
            assert_eq!(node.view(), self.nodes[0].view());
        }
    }

    fn describe(&self) -> String {
        use core::fmt::Write;
        let mut text = String::new();
        for node in &self.nodes {
            writeln!(text, "{:?}", node.context()).unwrap();
        }
        for end in self.links.iter().flatten() {
            writeln!(text, "{:?}", end.session).unwrap();
        }
        writeln!(
            text,
            "{:?}",
            self.events.iter().rev().take(6).collect::<Vec<_>>()
        )
        .unwrap();
        text
    }
}
