//! The full node and a gateway.

use gofarm_core::DeviceId;
use gofarm_core::text::Text;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::driver::handle::Handle;
use gofarm_crdt::driver::run::{Notice, run};
use gofarm_crdt::register::Lww;
use gofarm_crdt::replica::RegisterError;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::sync::{Event, Limits, PeerIdentity, Session};
use gofarm_crdt::{Replica, Replicated};
use gofarm_firmware_host::gateway::{Clocks, Wire};
use gofarm_firmware_host::node::Node;

#[derive(Replicated, Debug, Default)]
struct Valve {
    open: Lww<bool>,
    reason: Lww<Text<24>>,
    litres: GCounter,
}

#[tokio::test]
async fn what_the_node_wrote_is_known_to_its_gateway() {
    let node = Node::start("full_node").await.unwrap();
    let line = node.line(1).await.unwrap();
    let clock = Clocks::default();
    let gateway = ReplicaId::of(&DeviceId::new("gateway").unwrap());
    let valve = ReplicaId::of(&DeviceId::new("valve-7").unwrap());
    let replica = Replica::open(MemoryStore::new(gateway, 1), clock.now_both()).unwrap();
    let handle = Handle::start(replica).unwrap();
    let state = handle
        .update(|replica| replica.register::<Valve>("valve-control/7"))
        .await
        .unwrap()
        .unwrap();
    let _: Result<(), RegisterError> = Ok(());
    let (events, mut happened) = tokio::sync::mpsc::unbounded_channel();
    let session = Session::new(PeerIdentity::own_only(valve), Limits::lan(), 0x5eed);
    tokio::spawn(run(
        handle.clone(),
        session,
        Wire::new(line),
        clock,
        std::future::pending(),
        move |notice| {
            println!("{notice:?}");
            if notice == Notice::Session(Event::Synced) {
                events.send(()).ok();
            }
        },
    ));
    happened.recv().await.unwrap();
    let (open, litres) = handle
        .read(move |replica| {
            let valve = replica.read(&state);
            (valve.open.get().copied(), valve.litres.value())
        })
        .await
        .unwrap();
    assert_eq!(open, Some(true));
    assert!(litres > 0);
    drop(node);
}
