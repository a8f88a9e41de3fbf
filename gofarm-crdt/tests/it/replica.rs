//! A replica alone: writes, commits, restarts, transactions.

use gofarm_core::time::{Instant, UnixMillis};
use gofarm_crdt::cell::{CellWriter, Content, Mark, Slot};
use gofarm_crdt::clock::Now;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::dot::{Dot, ReplicaId};
use gofarm_crdt::ledger::{Address, Ledger, Named, Refusal};
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::register::Lww;
use gofarm_crdt::set::AddWinsSet;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::value::Value;
use gofarm_crdt::{Replica, Replicated, Timestamp};

mod commit;
mod horizon;
mod restart;
pub(crate) mod wire;

/// What a valve and its crew know.
#[derive(Replicated, Debug, Default)]
pub(crate) struct Valve {
    pub(crate) open: Lww<bool>,
    pub(crate) reason: Lww<String>,
    pub(crate) litres: GCounter,
    pub(crate) crew: AddWinsSet<u32>,
    pub(crate) limits: LwwMap<String, u32>,
}

pub(crate) fn at(seconds: u64) -> Now {
    let wall = UnixMillis::new(1_790_000_000_000 + 1_000 * seconds);
    Now::new(Instant::from_secs(seconds), Some(wall))
}

pub(crate) fn replica(id: u64) -> Replica<MemoryStore> {
    Replica::open(MemoryStore::new(ReplicaId::new(id), id), at(0)).expect("an empty store opens")
}

#[test]
fn a_write_is_read_at_once_and_durable_after_the_commit() {
    let mut replica = replica(1);
    let valve = replica.register::<Valve>("valve/7").expect("a name");
    replica.update(at(1), &valve, |v| {
        v.open.set(true);
        v.litres.add(120);
        v.crew.insert(4);
    });
    assert_eq!(replica.read(&valve).open.get(), Some(&true));
    assert!(!replica.is_durable());
    assert_eq!(replica.context().prefix().get(replica.actor()), 0);
    replica.commit().expect("memory takes it");
    assert!(replica.is_durable());
    assert_eq!(replica.context().prefix().get(replica.actor()), 3);
    assert_eq!(replica.read(&valve).litres.value(), 120);
    assert!(replica.read(&valve).crew.contains(&4));
}

#[test]
fn a_transaction_that_fails_leaves_nothing_behind() {
    let mut replica = replica(1);
    let valve = replica.register::<Valve>("valve/7").expect("a name");
    let other = replica.register::<Valve>("valve/8").expect("a name");
    replica.update(at(1), &valve, |v| {
        v.open.set(true);
        v.crew.insert(4);
        v.limits.insert("flow".into(), 9);
    });
    replica.commit().expect("memory takes it");
    let before = (
        replica.context().clone(),
        format!("{:?}", replica.read(&valve)),
    );
    let failed: Result<(), &str> = replica.transaction(at(2), |t| {
        t.update(&valve, |v| {
            v.open.set(false);
            v.litres.add(5);
            v.crew.remove(&4);
            v.crew.insert(5);
            v.limits.insert("flow".into(), 10);
            v.limits.insert("head".into(), 1);
        });
        t.update(&other, |v| v.open.set(true));
        assert_eq!(t.read(&valve).limits.get("flow"), Some(&10));
        Err("no water")
    });
    assert_eq!(failed, Err("no water"));
    assert_eq!(format!("{:?}", replica.read(&valve)), before.1);
    assert!(replica.read(&other).open.get().is_none());
    assert!(replica.is_durable(), "nothing is left to commit");
    replica.update(at(3), &other, |v| v.open.set(true));
    replica.commit().expect("memory takes it");
    let last = before.0.prefix().get(replica.actor());
    assert_eq!(replica.context().prefix().get(replica.actor()), last + 1);
}
