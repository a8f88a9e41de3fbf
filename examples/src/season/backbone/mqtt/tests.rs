//! The backbone at a real broker, in real time; nothing waits but for what it needs.

mod mosquitto;

use gofarm_core::time::{UnixMillis, days, hours};
use gofarm_crdt::clock::Now;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::sync::{Limits, PeerIdentity, Session};
use gofarm_crdt::{Handle, Replica, Replicated};
use proptest::prelude::*;
use proptest::test_runner::Config;

use std::net::TcpListener;

use self::mosquitto::Mosquitto;
use super::*;

/// What the parties share.
#[derive(Debug, Default, Replicated)]
struct Shared {
    writes: GCounter,
    last: LwwMap<u8, u32>,
}

struct Node {
    replica: Replica<MemoryStore>,
    shared: Handle<Shared>,
    /// With each other party.
    sessions: Vec<(Party, Session)>,
}

fn clock(now: Instant) -> Now {
    let epoch = UnixMillis::new(1_800_000_000_000);
    Now::new(now, Some(epoch + now.saturating_since(Instant::ZERO)))
}

impl Node {
    fn new(party: Party) -> Self {
        let id = party.replica();
        let store = MemoryStore::new(id, id.get());
        let mut replica = Replica::open(store, clock(Instant::ZERO)).unwrap();
        let shared = replica.register("shared").unwrap();
        let session = |other: Party| {
            let identity = PeerIdentity::relay(other.replica());
            (other, Session::new(identity, Limits::mqtt(), 7))
        };
        Self {
            replica,
            shared,
            sessions: party.others().map(session).collect(),
        }
    }

    fn write(&mut self, now: Instant, key: u8, value: u32) {
        self.replica.update(clock(now), &self.shared, |shared| {
            shared.writes.add(1);
            shared.last.insert(key, value);
        });
        self.replica.commit().unwrap();
    }

    fn view(&self) -> (u64, BTreeMap<u8, u32>) {
        let shared = self.replica.read(&self.shared);
        let last = shared.last.iter().map(|(key, value)| (*key, *value));
        (shared.writes.value(), last.collect())
    }
}

/// Three parties at a broker, and the time.
struct Farm {
    backbone: MqttBackbone,
    nodes: [Node; 3],
    now: Instant,
    /// How often each party found its connection, less how often it lost it.
    connected: [i32; 3],
    handed_out: u32,
}

impl Farm {
    fn new(backbone: MqttBackbone) -> Self {
        Self {
            backbone,
            nodes: Party::ALL.map(Node::new),
            now: Instant::ZERO,
            connected: [0; 3],
            handed_out: 0,
        }
    }

    /// Lets all happen that is due now.
    fn happen(&mut self) {
        loop {
            while let Some(delivery) = self.backbone.poll(self.now) {
                self.take(delivery);
            }
            let mut is_silent = true;
            for party in Party::ALL {
                let node = &mut self.nodes[party.index()];
                for (other, session) in &mut node.sessions {
                    let mut frame = [0; 1_400];
                    let now = clock(self.now);
                    while let Some(len) = session.poll_transmit(&mut node.replica, now, &mut frame)
                    {
                        is_silent = false;
                        let packet = frame[..len].to_vec();
                        self.backbone.send(self.now, party, *other, packet);
                    }
                }
            }
            if is_silent {
                return;
            }
        }
    }

    fn take(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Packet { from, to, packet } => {
                assert_eq!(self.connected[to.index()], 1, "{to} is not connected");
                self.handed_out += 1;
                let node = &mut self.nodes[to.index()];
                let session = node.sessions.iter_mut().find(|(other, _)| *other == from);
                let (_, session) = session.unwrap();
                session
                    .handle_input(&mut node.replica, clock(self.now), &packet)
                    .unwrap();
                node.replica.commit().unwrap();
            }
            Delivery::Found(party) => {
                self.connected[party.index()] += 1;
                assert_eq!(self.connected[party.index()], 1, "found twice: {party}");
                for (_, session) in &mut self.nodes[party.index()].sessions {
                    session.greet();
                }
            }
            Delivery::Lost(party) => {
                self.connected[party.index()] -= 1;
                assert_eq!(self.connected[party.index()], 0, "lost twice: {party}");
            }
        }
    }

    /// Plays until `is_over`, or for so long.
    fn play(&mut self, longest: Duration, is_over: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + longest;
        loop {
            self.happen();
            if is_over(self) {
                return true;
            }
            let sessions = self.nodes.iter().flat_map(|node| &node.sessions);
            let next = sessions
                .map(|(_, session)| session.poll_timeout())
                .chain([self.backbone.poll_timeout()])
                .min();
            if self.now >= end {
                return false;
            }
            self.now = self.now.max(next.unwrap_or(end)).min(end);
        }
    }

    fn play_for(&mut self, time: Duration) {
        self.play(time, |_| false);
    }

    fn is_connected(&self, count: i32) -> bool {
        self.connected.iter().sum::<i32>() == count
    }

    fn agrees(&self) -> bool {
        let [one, two, three] = self.nodes.each_ref().map(Node::view);
        one == two && two == three
    }
}

#[derive(Clone, Copy, Debug)]
enum Action {
    Write { at: usize, key: u8 },
    Cut { at: usize },
    Mend { at: usize },
    Pass { minutes: u64 },
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        6 => (0..3_usize, any::<u8>()).prop_map(|(at, key)| Action::Write { at, key: key % 16 }),
        1 => (0..3_usize).prop_map(|at| Action::Cut { at }),
        1 => (0..3_usize).prop_map(|at| Action::Mend { at }),
        2 => (1..200_u64).prop_map(|minutes| Action::Pass { minutes }),
    ];
    proptest::collection::vec(action, 20..60)
}

impl Farm {
    /// Acts, and says how many writes there were.
    fn act(&mut self, actions: &[Action]) -> u64 {
        let mut writes = 0;
        for (action, value) in actions.iter().zip(0..) {
            match *action {
                Action::Write { at, key } => {
                    self.nodes[at].write(self.now, key, value);
                    writes += 1;
                }
                Action::Cut { at } => self.backbone.cut(self.now, Party::ALL[at], true),
                Action::Mend { at } => self.backbone.cut(self.now, Party::ALL[at], false),
                Action::Pass { minutes } => self.play_for(gofarm_core::time::minutes(minutes)),
            }
            self.play_for(secs(1));
        }
        writes
    }
}

/// Until what has to come has come, on a busy machine too: a connection is lost and found in real time.
const PATIENT: Duration = days(100);

proptest! {
    #![proptest_config(Config { cases: 3, max_shrink_iters: 0, failure_persistence: None, ..Config::default() })]

    #[test]
    fn parties_converge_with_every_write_once_though_the_broker_is_killed_twice(
        parts in proptest::array::uniform5(actions()),
    ) {
        let Some(mut broker) = Mosquitto::new() else {
            return Ok(());
        };
        broker.start(None);
        broker.answers();
        let mut farm = Farm::new(MqttBackbone::start(broker.address()).unwrap());
        let mut writes = 0;
        for (part, actions) in parts.iter().enumerate() {
            if part % 2 == 1 {
                broker.kill();
                prop_assert!(farm.play(PATIENT, |farm| farm.is_connected(0)), "it is noticed");
            }
            writes += farm.act(actions);
            if part % 2 == 1 {
                broker.start(None);
            }
        }
        for party in Party::ALL {
            farm.backbone.cut(farm.now, party, false);
        }
        prop_assert!(farm.play(PATIENT, |farm| farm.is_connected(3)), "it is found");
        prop_assert!(farm.play(PATIENT, Farm::agrees), "{:?}", farm.nodes.each_ref().map(Node::view));
        prop_assert_eq!(farm.nodes[0].view().0, writes);
    }
}

#[test]
fn a_packet_takes_100_ms_of_simulated_time_however_long_it_takes_the_broker() {
    let Some(mut broker) = Mosquitto::new() else {
        return;
    };
    broker.start(None);
    broker.answers();
    let mut backbone = MqttBackbone::start(broker.address()).unwrap();
    let start = Instant::from_secs(5);
    for _ in Party::ALL {
        assert!(matches!(backbone.poll(start), Some(Delivery::Found(_))));
    }
    for n in 0..200_u8 {
        let packet = vec![n; 1 + usize::from(n) * 300];
        backbone.send(start, Party::Gateway1, Party::Cloud, packet);
    }
    assert_eq!(backbone.poll(start + millis(99)), None);
    assert_eq!(backbone.poll_timeout(), start + DELAY);
    for n in 0..200_u8 {
        let delivery = backbone.poll(start + DELAY);
        let packet = vec![n; 1 + usize::from(n) * 300];
        let (from, to) = (Party::Gateway1, Party::Cloud);
        assert_eq!(delivery, Some(Delivery::Packet { from, to, packet }));
    }
    assert_eq!(backbone.poll(start + hours(1)), None);
}

#[test]
fn a_killed_backbone_and_a_cut_party_hear_nothing_and_come_back() {
    let Some(mut broker) = Mosquitto::new() else {
        return;
    };
    broker.start(None);
    broker.answers();
    let mut farm = Farm::new(MqttBackbone::start(broker.address()).unwrap());
    assert!(farm.play(PATIENT, |farm| farm.is_connected(3)));
    farm.backbone.cut(farm.now, Party::Cloud, true);
    farm.backbone.kill(farm.now, true);
    farm.nodes[0].write(farm.now, 1, 1);
    let before = farm.handed_out;
    farm.play_for(days(3));
    assert!(farm.is_connected(0));
    assert_eq!(farm.handed_out, before);
    farm.backbone.kill(farm.now, false);
    assert!(farm.play(PATIENT, |farm| farm.is_connected(2)));
    farm.play_for(hours(1));
    assert_eq!(farm.nodes[1].view().0, 1);
    assert!(farm.is_connected(2) && !farm.agrees(), "the cloud is cut");
    farm.backbone.cut(farm.now, Party::Cloud, false);
    assert!(farm.play(PATIENT, Farm::agrees));
}

#[test]
fn a_broker_that_cannot_be_used_is_one_line() {
    let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let silent = nobody.local_addr().unwrap().port();
    let limit = millis(300);
    let failed = |address: BrokerAddress| {
        let error = MqttBackbone::start_within(address, limit).unwrap_err();
        let line = error.to_string();
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    };
    // It takes the connections and says nothing.
    let address: BrokerAddress = format!("mqtt://127.0.0.1:{silent}").parse().unwrap();
    let line = failed(address.clone());
    assert_eq!(line, format!("{address}: no answer within 0.3 s"));
    drop(nobody);
    let line = failed(address.clone());
    assert_eq!(
        line,
        format!("{address}: connection failed: connection refused")
    );

    let Some(mut broker) = Mosquitto::new() else {
        return;
    };
    broker.start(Some("topic read #\n"));
    broker.answers();
    let line = failed(broker.address());
    assert!(line.contains("does not reach another"), "{line}");
}

#[test]
fn what_is_lost_in_silence_costs_less_each_time() {
    let Some(mut broker) = Mosquitto::new() else {
        return;
    };
    broker.start(None);
    broker.answers();
    let mut backbone = MqttBackbone::start(broker.address()).unwrap();
    while backbone.poll(Instant::ZERO).is_some() {}
    // Nobody at the broker has sent these.
    for n in 1..=20 {
        let now = Instant::from_secs(n);
        backbone
            .under_way
            .insert((now, u64::MAX - n), (Party::Cloud, Party::Gateway1));
        backbone.patience = backbone.patience.min(millis(100));
        assert_eq!(backbone.poll(now), None);
    }
    assert_eq!(backbone.patience, LEAST_PATIENCE);
    let now = Instant::from_secs(30);
    backbone.send(now, Party::Cloud, Party::Gateway1, vec![1]);
    let began = RealInstant::now();
    while backbone.poll(now + DELAY).is_none() {
        assert!(began.elapsed() < secs(30), "what comes late is handed out");
    }
}

#[test]
fn a_frame_of_somebody_else_is_not_taken() {
    let key = (Instant::from_secs(3), 9);
    let frame = sealed(key, b"packet");
    assert_eq!(opened(&frame), Some((key, &b"packet"[..])));
    for len in 0..HEADER {
        assert_eq!(opened(&frame[..len]), None);
    }
}
