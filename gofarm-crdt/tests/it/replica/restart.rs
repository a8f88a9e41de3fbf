//! What is there again after a restart.

use super::wire::{delta, pull};
use super::*;

fn reopen(replica: Replica<MemoryStore>, seed: u64) -> Replica<MemoryStore> {
    let store = replica.into_store().restored(seed);
    Replica::open(store, at(100)).expect("the store opens")
}

#[test]
fn all_that_was_committed_is_there_and_nothing_else() {
    let mut first = replica(1);
    let valve = first.register::<Valve>("valve/7").expect("a name");
    first.update(at(1), &valve, |v| {
        v.open.set(true);
        v.litres.add(3);
        v.crew.insert(1);
        v.crew.insert(2);
        v.limits.insert("flow".into(), 7);
    });
    first.update(at(2), &valve, |v| {
        v.crew.remove(&1);
    });
    first.commit().expect("memory takes it");
    first.update(at(3), &valve, |v| v.open.set(false));
    let clock = first.clock().last();
    let mut second = reopen(first, 9);
    let valve = second.register::<Valve>("valve/7").expect("a name");
    let read = second.read(&valve);
    assert_eq!(
        read.open.get(),
        Some(&true),
        "the last write was not committed"
    );
    assert_eq!(read.litres.value(), 3);
    assert!(read.crew.contains(&2) && !read.crew.contains(&1));
    assert_eq!(read.limits.get("flow"), Some(&7));
    second.update(Now::new(Instant::ZERO, None), &valve, |v| v.open.set(false));
    assert!(second.clock().last().to_bits() + (1 << 16) * 2_000 > clock.to_bits());
}

#[test]
fn a_restarted_replica_lacks_nothing_and_writes_under_another_name() {
    let (mut a, mut b) = (replica(1), replica(2));
    let at_a = a.register::<Valve>("valve/7").expect("a name");
    a.update(at(1), &at_a, |v| {
        v.crew.insert(1);
        v.limits.insert("flow".into(), 7);
    });
    a.commit().expect("memory takes it");
    pull(at(2), &a, &mut b);
    let old = b.actor();
    let mut b = reopen(b, 33);
    assert_ne!(b.actor(), old);
    assert_eq!(delta(&a, &b).len(), 0);
    assert!(b.context().covers_all(a.context()));
    let at_b = b.register::<Valve>("valve/7").expect("a name");
    assert_eq!(b.read(&at_b).limits.get("flow"), Some(&7));
    b.update(at(101), &at_b, |v| v.limits.insert("flow".into(), 8));
    b.commit().expect("memory takes it");
    assert_eq!(pull(at(102), &b, &mut a), 1);
    assert_eq!(a.read(&at_a).limits.get("flow"), Some(&8));
}

#[test]
fn cells_of_an_unknown_type_are_kept_and_passed_on() {
    let (mut a, mut b, mut c) = (replica(1), replica(2), replica(3));
    let at_a = a.register::<Valve>("valve/7").expect("a name");
    a.update(at(1), &at_a, |v| {
        v.open.set(true);
        v.litres.add(2);
        v.crew.insert(1);
    });
    a.commit().expect("memory takes it");
    // b never registers the state, restarts in between, and is the only way from a to c.
    pull(at(2), &a, &mut b);
    let b = reopen(b, 5);
    let at_c = c.register::<Valve>("valve/7").expect("a name");
    assert_eq!(pull(at(3), &b, &mut c), 3);
    assert_eq!(c.read(&at_c).open.get(), Some(&true));
    assert_eq!(c.read(&at_c).litres.value(), 2);
}
