//! Replicas that meet over a real broker, in real time; nothing waits but for what it needs.

use core::future::pending;

use gofarm_core::link::{Alarm, LinkConfig, LinkState};
use gofarm_core::time::{SystemClock, SystemWallClock, millis, secs};
use gofarm_crdt::driver::mqtt::{self, Client, Config, Fault, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::broker::Broker;
use super::*;

/// How long a test may wait before it has failed.
const LONG: Duration = secs(100);

#[derive(Clone, Copy, Debug)]
struct Clocks(SystemClock);

impl Clock for Clocks {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

impl WallClock for Clocks {
    fn unix(&self) -> Option<UnixMillis> {
        SystemWallClock.unix()
    }
}

/// Impatient, so that a test need not wait for a broker that is back.
fn link() -> LinkConfig {
    LinkConfig::builder()
        .first_delay(millis(100))
        .growth_percent(100)
        .fast_tries(100)
        .spread(secs(1))
        .build()
        .unwrap()
}

fn config(broker: &Broker, replica: ReplicaId) -> Config {
    Config::new("localhost", broker.port(), "north", replica)
        .unwrap()
        .with_link(link())
}

fn start(config: Config, seed: u64) -> Client {
    let (client, pump) = mqtt::client(config);
    let clock = SystemClock::new();
    tokio::spawn(pump.run(clock, SplitMix64::new(seed), pending()));
    client
}

async fn connected(client: &Client) {
    let waiting = client.status_when(|status| status.state() == LinkState::Connected);
    timeout(LONG, waiting).await.unwrap().unwrap();
}

fn nodes() -> [Node<Clocks>; 2] {
    [1, 2].map(|id| Node::new(id, Clocks(SystemClock::new())))
}

/// Starts the task of `node` towards `peer`; its notices come out.
fn meet(node: &Node<Clocks>, client: &Client, peer: ReplicaId) -> UnboundedReceiver<Notice> {
    let (tell, notices) = unbounded_channel();
    let number = u32::try_from(node.id.get()).unwrap();
    let session = node.session(peer, Limits::mqtt(), number);
    let transport = client.peer(peer).unwrap();
    let (owner, clock) = (node.owner.clone(), node.clock);
    tokio::spawn(run(
        owner,
        session,
        transport,
        clock,
        pending(),
        move |notice| {
            tell.send(notice).unwrap_or(());
        },
    ));
    notices
}

/// Waits until both hold this much and agree.
async fn agree(nodes: &[Node<Clocks>; 2], litres: u64) {
    let [one, two] = nodes;
    let mut commits = [one.owner.commits(), two.owner.commits()];
    let agreed = async {
        loop {
            let seen = [one.revision().await, two.revision().await];
            let views = [one.view().await, two.view().await];
            if views[0] == views[1] && views[0].litres == litres {
                return;
            }
            let [first, second] = &mut commits;
            tokio::select! {
                _ = first.other_than(seen[0]) => {}
                _ = second.other_than(seen[1]) => {}
            }
        }
    };
    if timeout(LONG, agreed).await.is_err() {
        let views = [one.view().await, two.view().await];
        let counted = views.each_ref().map(|view| view.litres);
        let is_same = views[0].soil == views[1].soil;
        panic!("apart: {counted:?} of {litres}, the same soil: {is_same}");
    }
}

impl Node<Clocks> {
    /// Waits until the other one's write of this value, or a later one, has arrived: those have odd keys.
    async fn has_heard_of(&self, value: u32) {
        let mut commits = self.owner.commits();
        let heard = async {
            loop {
                let seen = self.revision().await;
                let soil = self.view().await.soil;
                if soil.iter().any(|(k, v)| k % 2 == 1 && *v >= value) {
                    return;
                }
                commits.other_than(seen).await;
            }
        };
        timeout(LONG, heard).await.expect("frames flow");
    }

    async fn revision(&self) -> u64 {
        use gofarm_crdt::ledger::Ledger;
        self.owner.read(Ledger::revision).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_in_mid_stream_loses_nothing() {
    /// What each of the two writes before a kill, and after the last one.
    const PART: u32 = 834;
    let Some(mut broker) = Broker::new() else {
        return;
    };
    let nodes = nodes();
    let clients = [0, 1].map(|at| start(config(&broker, nodes[at].id), at as u64));
    broker.start("allow_anonymous true");
    let notices = [0, 1].map(|at| meet(&nodes[at], &clients[at], nodes[1 - at].id));
    for part in 0..3 {
        for client in &clients {
            connected(client).await;
        }
        let writers = [0_u8, 1].map(|at| {
            let node = nodes[usize::from(at)].clone();
            tokio::spawn(async move {
                for n in part * PART..(part + 1) * PART {
                    node.write(n % 500 * 2 + u32::from(at), n).await;
                }
            })
        });
        if part < 2 {
            nodes[0].has_heard_of(part * PART + PART / 4).await;
            broker.kill().await;
            for client in &clients {
                let lost = client.status_when(|status| status.state() != LinkState::Connected);
                timeout(LONG, lost).await.unwrap().unwrap();
            }
        }
        for writer in writers {
            writer.await.unwrap();
        }
        if part < 2 {
            broker.start("allow_anonymous true");
        }
    }
    agree(&nodes, 6 * u64::from(PART)).await;
    for client in &clients {
        assert_eq!(client.status().connections(), 3);
    }
    for mut notices in notices {
        while let Ok(notice) = notices.try_recv() {
            let is_fine = matches!(notice, Notice::Session(Event::Greeted(_) | Event::Synced));
            assert!(is_fine, "{notice:?}");
        }
    }
}

/// The certificates of a farm.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "a farm");
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate and its key.
    fn issue(&self, name: &str) -> [String; 2] {
        let mut params = CertificateParams::new([name.into()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        [certificate.pem(), key.serialize_pem()]
    }

    fn tls(&self, replica: ReplicaId) -> Tls {
        let [certificate, key] = self.issue(&replica.to_string());
        let tls = Tls::new(self.pem().as_bytes()).unwrap();
        tls.with_identity(certificate.as_bytes(), key.as_bytes())
            .unwrap()
    }
}

/// Starts a broker as the documentation of `driver::mqtt` says.
fn guarded(authority: &Authority) -> Option<Broker> {
    let mut broker = Broker::new()?;
    let [certificate, key] = authority.issue("localhost");
    let acl = broker.file(
        "acl",
        "pattern read gofarm/north/sync/%u/+\npattern write gofarm/north/sync/+/%u\n",
    );
    let lines = format!(
        "cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\n\
         use_identity_as_username true\nuse_username_as_clientid true\nallow_anonymous false\nacl_file {acl}",
        broker.file("ca.pem", &authority.pem()),
        broker.file("broker.pem", &certificate),
        broker.file("broker.key", &key),
    );
    broker.start(&lines);
    Some(broker)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_meet_over_tls_with_a_certificate_each() {
    let authority = Authority::new();
    let Some(broker) = guarded(&authority) else {
        return;
    };
    let nodes = nodes();
    let clients = [0, 1].map(|at| {
        let id = nodes[at].id;
        start(config(&broker, id).with_tls(authority.tls(id)), at as u64)
    });
    let _notices = [0, 1].map(|at| meet(&nodes[at], &clients[at], nodes[1 - at].id));
    for n in 0..100 {
        nodes[0].write(n, 1).await;
        nodes[1].write(n, 2).await;
    }
    agree(&nodes, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_speaks_in_the_name_of_another() {
    let authority = Authority::new();
    let Some(broker) = guarded(&authority) else {
        return;
    };
    let nodes = nodes();
    let [one, two] = [nodes[0].id, nodes[1].id];
    let honest = start(config(&broker, two).with_tls(authority.tls(two)), 2);
    // It has the certificate of replica 3 and calls itself replica 1.
    let three = authority.tls(ReplicaId::new(3));
    let impostor = start(config(&broker, one).with_tls(three), 1);
    let mut heard = meet(&nodes[1], &honest, one);
    let _never = meet(&nodes[0], &impostor, two);
    for client in [&honest, &impostor] {
        connected(client).await;
    }
    nodes[0].write(1, 1).await;
    // The true replica 1 comes: whatever the other sent was before it.
    let truth = Node::with_seed(1, 8, nodes[0].clock);
    let witness = start(config(&broker, one).with_tls(authority.tls(one)), 3);
    let _notices = meet(&truth, &witness, two);
    let actor = truth.owner.read(|replica| replica.actor()).await.unwrap();
    let greeted = async {
        loop {
            if let Notice::Session(Event::Greeted(actor)) = heard.recv().await.unwrap() {
                return actor;
            }
        }
    };
    let first = timeout(LONG, greeted).await.unwrap();
    assert_eq!(first, actor, "the first that was heard");
    assert_eq!(nodes[1].litres().await, 0);
    assert_eq!(
        impostor.status().connections(),
        1,
        "it was connected all the time"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_of_another_authority_is_not_believed() {
    let authority = Authority::new();
    let Some(broker) = guarded(&authority) else {
        return;
    };
    let other = Tls::new(Authority::new().pem().as_bytes()).unwrap();
    let client = start(config(&broker, ReplicaId::new(1)).with_tls(other), 1);
    let refused = client.status_when(|status| status.fault() == Some(Fault::Certificate));
    let status = timeout(LONG, refused).await.unwrap().unwrap();
    assert_eq!(status.alarm(), Some(Alarm::Refused));
    assert_eq!(status.connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_broker_refuses_is_told() {
    let Some(mut broker) = Broker::new() else {
        return;
    };
    broker.start("allow_anonymous false");
    let client = start(
        config(&broker, ReplicaId::new(1)).with_login("1", "wrong"),
        1,
    );
    let refused = client.status_when(|status| status.fault() == Some(Fault::NotAuthorised));
    let status = timeout(LONG, refused).await.unwrap().unwrap();
    assert_eq!(status.alarm(), Some(Alarm::Refused));

    broker.kill().await;
    broker.start("allow_anonymous true\nmax_packet_size 500");
    let client = start(config(&broker, ReplicaId::new(2)), 2);
    let refused = client.status_when(|status| {
        matches!(status.fault(), Some(Fault::PacketSize { limit: 500, needed }) if needed > 1_400)
    });
    timeout(LONG, refused).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_peer_has_one_link_at_a_time() {
    let config = Config::new("localhost", 1, "north", ReplicaId::new(1)).unwrap();
    let (client, _pump) = mqtt::client(config);
    let peer = client.peer(ReplicaId::new(2)).unwrap();
    assert!(client.peer(ReplicaId::new(2)).is_err());
    assert!(client.peer(ReplicaId::new(1)).is_err(), "itself");
    drop(peer);
    assert!(client.peer(ReplicaId::new(2)).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_fill_the_socket_wait_for_it_and_not_for_the_next_ping() {
    /// Three times what may wait for the socket, in frames of 1 000 bytes.
    const FRAMES: usize = 200;
    let Some(mut broker) = Broker::new() else {
        return;
    };
    broker.start("allow_anonymous true");
    let [one, two] = [1, 2].map(ReplicaId::new);
    let clients = [one, two].map(|id| start(config(&broker, id), id.get()));
    for client in &clients {
        connected(client).await;
    }
    let mut sender = clients[0].peer(two).unwrap();
    let mut receiver = clients[1].peer(one).unwrap();
    for _ in 0..FRAMES {
        sender.send(&[7; 1_000]).await.unwrap();
    }
    let received = async {
        for _ in 0..FRAMES {
            assert_eq!(receiver.receive().await, Ok(Arrival::Frame(vec![7; 1_000])));
        }
    };
    // The first ping goes after 15 s.
    timeout(secs(10), received).await.expect("at once");
}
