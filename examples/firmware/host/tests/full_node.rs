//! The full node in the emulator: probes on its lines, a gateway on another.

use std::sync::atomic::Ordering;
use std::time::Duration;

use gofarm_core::DeviceId;
use gofarm_core::command::CommandId;
use gofarm_core::text::Text;
use gofarm_core::time::{UnixMillis, secs};
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::driver::handle::{Durable, Handle};
use gofarm_crdt::driver::run::run;
use gofarm_crdt::register::Lww;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::sync::{Limits, PeerIdentity, Session};
use gofarm_crdt::{Replica, Replicated};
use gofarm_firmware_host::gateway::{Clocks, Wire};
use gofarm_firmware_host::node::Node;
use gofarm_firmware_host::probes::{self, Water};
use gofarm_firmware_host::valve::{micros, wall};
use tokio::task::JoinHandle;
use tokio::time::timeout;

type Report = (Option<(u16, i16, u16)>, Option<(u16, i16)>, bool, Text<16>);
type Order = (CommandId, UnixMillis, Duration);

/// As `plot.rs` of the firmware says, growing.
#[derive(Replicated, Clone, Debug, Default)]
struct Plot {
    report: Lww<Report>,
    order: Lww<Order>,
    litres: GCounter,
}

/// See `valve_node.rs`.
const LATE: u64 = 250_000;

/// The deepest stack that was measured is 6.8 KB; the ceiling of the statics beside it is in `sizes.sh`, 15 KB together.
const MAX_STACK: usize = 7_000;

struct Gateway {
    handle: Handle<Replica<MemoryStore>>,
    state: gofarm_crdt::replica::Handle<Plot>,
    clocks: Clocks,
    sessions: u32,
}

impl Gateway {
    async fn start() -> Self {
        let clocks = Clocks::default();
        let gateway = ReplicaId::of(&DeviceId::new("gateway").unwrap());
        let replica = Replica::open(MemoryStore::new(gateway, 1), clocks.now_both()).unwrap();
        let handle = Handle::start(replica).unwrap();
        let state = handle
            .update(|replica| replica.register::<Plot>("plot/7"))
            .await
            .unwrap()
            .unwrap();
        Self {
            handle,
            state,
            clocks,
            sessions: 0,
        }
    }

    /// Talks to the node until the task is ended.
    async fn plug_in(&mut self, node: &Node) -> JoinHandle<()> {
        let mut wire = Wire::new(node.line(1).await.unwrap());
        if self.sessions == 0 {
            wire.commission().await.unwrap();
        }
        let valve = ReplicaId::of(&DeviceId::new("valve-7").unwrap());
        self.sessions += 1;
        let session = Session::new(PeerIdentity::own_only(valve), Limits::lan(), self.sessions);
        let (handle, clocks) = (self.handle.clone(), self.clocks.clone());
        tokio::spawn(async move {
            let end = run(
                handle,
                session,
                wire,
                clocks,
                std::future::pending(),
                |_| (),
            );
            println!("session: {:?}", end.await);
        })
    }

    /// Waits for a state that is as wanted.
    async fn sees(&self, what: &str, is_wanted: impl Fn(&Plot) -> bool) -> Plot {
        let mut commits = self.handle.commits();
        let mut last = None;
        let waiting = async {
            loop {
                let state = self.state;
                let (plot, revision) = self
                    .handle
                    .read(move |replica| (replica.read(&state).clone(), replica.revision()))
                    .await
                    .unwrap();
                if is_wanted(&plot) {
                    return plot;
                }
                last = Some(plot);
                assert!(commits.other_than(revision).await);
            }
        };
        let seen = timeout(secs(20), waiting).await;
        seen.unwrap_or_else(|_| panic!("{what} was not seen in {last:?}"))
    }

    async fn order(&self, order: Order) {
        let (state, now) = (self.state, self.clocks.now_both());
        self.handle
            .update(move |replica| replica.update(now, &state, |plot| plot.order.set(order)))
            .await
            .unwrap();
    }
}

fn said(plot: &Plot) -> &str {
    plot.report.get().map_or("", |report| report.3.as_str())
}

fn is_open(plot: &Plot) -> bool {
    plot.report.get().is_some_and(|report| report.2)
}

#[tokio::test]
async fn a_plot_is_measured_watered_and_dry_again_whatever_becomes_of_the_link() {
    let mut node = Node::start("full_node").await.unwrap();
    let water = Water::default();
    tokio::spawn(probes::soil(node.line(2).await.unwrap(), water.clone()));
    tokio::spawn(probes::deep(node.line(3).await.unwrap()));
    let contract = node.says("{").await.unwrap();
    let contract: serde_json::Value = serde_json::from_str(&contract).unwrap();
    assert_eq!(contract["properties"]["moisture"]["maximum"], 1_000);
    assert!(contract["actions"]["open"].is_object(), "{contract}");
    node.says("started").await.unwrap();
    let mut gateway = Gateway::start().await;
    let link = gateway.plug_in(&node).await;

    // What the probes said, by Modbus, SDI-12 and the replicated state.
    let measured = |plot: &Plot| {
        let report = plot.report.get().map(|report| (report.0, report.1));
        report == Some((Some((312, 184, 1_240)), Some((287, -146))))
    };
    gateway.sees("what the probes say", measured).await;

    // A lease of 5 s, ordered through the state.
    let lease = secs(5);
    let order = (CommandId::new([1; 16]), wall() + secs(60), lease);
    gateway.order(order).await;
    let accepted = micros(&node.says("command accepted").await.unwrap());
    node.says("valve opened").await.unwrap();
    water.store(true, Ordering::Relaxed);
    gateway
        .sees("the open valve", |plot| {
            is_open(plot) && said(plot) == "accepted"
        })
        .await;
    let before = gateway.sees("water", |plot| plot.litres.value() > 0).await;

    // The link is cut until the valve has closed by itself.
    link.abort();
    let _ = link.await;
    let closing = micros(&node.says("pin close 1").await.unwrap());
    let ended = accepted + 5_000_000;
    println!(
        "closing began {} us after the end of the lease",
        closing - ended
    );
    assert!(
        (ended..=ended + LATE).contains(&closing),
        "{accepted} {closing}"
    );
    water.store(false, Ordering::Relaxed);
    node.says("valve unconfirmed").await.unwrap();
    let last = gateway.sees("nothing new", |_| true).await;
    assert!(is_open(&last), "the gateway knows nothing yet");

    // The link is back, and so is the gateway's knowledge.
    let link = gateway.plug_in(&node).await;
    let after = gateway
        .sees("the closed valve", |plot| !is_open(plot))
        .await;
    assert!(
        after.litres.value() > before.litres.value(),
        "water was counted meanwhile"
    );

    // A reset: it closes first, keeps its state, and what it has run does not run again.
    node.reset().await.unwrap();
    node.says("started").await.unwrap();
    loop {
        let line = node.said().await.unwrap();
        assert!(!line.starts_with("pin open 1"), "{line}");
        if line.starts_with("pin close 1") {
            break;
        }
    }
    node.says("command repeated").await.unwrap();
    let second = (CommandId::new([2; 16]), wall() + secs(60), lease);
    gateway.order(second).await;
    node.says("command accepted").await.unwrap();
    gateway.sees("the valve open again", is_open).await;
    link.abort();

    let stack = node.stack().await.unwrap();
    println!("the stack was at most {stack} bytes deep");
    assert!((1_000..=MAX_STACK).contains(&stack), "{stack}");
}
