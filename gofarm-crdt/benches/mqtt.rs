//! What 10 000 writes cost over a broker on this machine: `cargo bench -p gofarm-crdt --features mqtt --bench mqtt`.
//!
//! Prints frames, bytes before TCP, time until the other side holds every write, and CPU time of this
//! process (both replicas) and of the broker. Needs Mosquitto and Linux.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]

use core::future::pending;
use core::time::Duration;
use std::fs;

use gofarm_core::link::LinkState;
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{
    Clock, Instant, SystemClock, SystemWallClock, UnixMillis, WallClock, millis,
};
use gofarm_crdt::clock::Now;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::driver::handle::Handle;
use gofarm_crdt::driver::mqtt::{self, Client, Config};
use gofarm_crdt::driver::run;
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::sync::{Limits, PeerIdentity, Session};
use gofarm_crdt::{Replica, Replicated};

#[path = "../tests/it/driver/broker.rs"]
mod broker;

const WRITES: u32 = 10_000;

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

#[derive(Replicated, Debug, Default)]
struct Farm {
    soil: LwwMap<u32, u32>,
}

type Owner = Handle<Replica<MemoryStore>>;

fn start(
    id: u64,
    peer: u64,
    port: u16,
    clock: Clocks,
) -> (Owner, gofarm_crdt::Handle<Farm>, Client) {
    let (id, peer) = (ReplicaId::new(id), ReplicaId::new(peer));
    let now = Now::new(clock.now(), clock.unix());
    let mut replica = Replica::open(MemoryStore::new(id, 7), now).unwrap();
    let farm = replica.register("farm").unwrap();
    let owner = Handle::start(replica).unwrap();
    let config = Config::new("127.0.0.1", port, "north", id).unwrap();
    let (client, pump) = mqtt::client(config);
    tokio::spawn(pump.run(clock, SplitMix64::new(id.get()), pending()));
    let session = Session::new(PeerIdentity::relay(peer), Limits::mqtt(), 7);
    let transport = client.peer(peer).unwrap();
    tokio::spawn(run(
        owner.clone(),
        session,
        transport,
        clock,
        pending(),
        |_| (),
    ));
    (owner, farm, client)
}

/// User and system time of a process so far.
fn cpu(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks: u64 = fields[11..13]
        .iter()
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    millis(10 * ticks)
}

async fn measure(name: &str, together: u32) {
    let Some(mut broker) = broker::Broker::new() else {
        return;
    };
    let broker_process = broker.start("allow_anonymous true").unwrap();
    let clock = Clocks(SystemClock::new());
    while tokio::net::TcpStream::connect(("127.0.0.1", broker.port()))
        .await
        .is_err()
    {
        tokio::time::sleep(millis(5)).await;
    }
    let (here, farm, client) = start(1, 2, broker.port(), clock);
    let (there, copy, other) = start(2, 1, broker.port(), clock);
    for client in [&client, &other] {
        let is_connected = |status: &mqtt::Status| status.state() == LinkState::Connected;
        client.status_when(is_connected).await.unwrap();
    }
    let (before, broker_before) = (cpu(std::process::id()), cpu(broker_process));
    let began = clock.now();
    for first in (0..WRITES).step_by(usize::try_from(together).unwrap()) {
        let written = here.update(move |replica| {
            for n in first..first + together {
                let now = Now::new(clock.now(), clock.unix());
                replica.update(now, &farm, |farm| farm.soil.insert(n, n));
            }
        });
        written.await.unwrap();
    }
    let wrote = clock.now().saturating_since(began);
    let mut commits = there.commits();
    loop {
        let count = there.read(move |replica| {
            let revision = gofarm_crdt::ledger::Ledger::revision(replica);
            (replica.read(&copy).soil.len(), revision)
        });
        let (len, revision) = count.await.unwrap();
        if len == usize::try_from(WRITES).unwrap() {
            break;
        }
        commits.other_than(revision).await;
    }
    let took = clock.now().saturating_since(began);
    let (own, brokers) = (
        cpu(std::process::id()) - before,
        cpu(broker_process) - broker_before,
    );
    let mut sent = [0, 0];
    for owner in [here, there] {
        owner.stop().await.unwrap();
    }
    broker.kill().await;
    for (client, sent) in [client, other].iter().zip(&mut sent) {
        let is_lost = |status: &mqtt::Status| status.state() != LinkState::Connected;
        let traffic = client.status_when(is_lost).await.unwrap().traffic();
        *sent = traffic.frames();
        println!(
            "  {} frames, {} bytes, {} lost",
            traffic.frames(),
            traffic.bytes(),
            traffic.losses()
        );
    }
    println!(
        "{name}: written in {wrote:?}, there in {took:?}; CPU {own:?}, broker {brokers:?}; frames {sent:?}"
    );
}

#[tokio::main]
async fn main() {
    measure("one commit each", 1).await;
    measure("100 to a commit", 100).await;
}
