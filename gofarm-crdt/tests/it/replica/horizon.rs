//! Removed cells are forgotten when all have seen it, and the dead never come back.

use core::time::Duration;

use gofarm_core::time::days;

use super::wire::{delta, pull};
use super::*;

const DAY: u64 = 86_400;

fn exchange(now: Now, a: &mut Replica<MemoryStore>, b: &mut Replica<MemoryStore>) {
    for replica in [&mut *a, &mut *b] {
        replica.maintain(now, Duration::ZERO).expect("a name");
        replica.commit().expect("memory takes it");
    }
    pull(now, a, b);
    pull(now, b, a);
}

#[test]
fn a_removed_element_goes_when_all_have_seen_it() {
    let (mut a, mut b) = (replica(1), replica(2));
    let at_a = a.register::<Valve>("valve/7").expect("a name");
    b.register::<Valve>("valve/7").expect("a name");
    for n in 0..100 {
        a.update(at(1), &at_a, |v| v.crew.insert(n));
    }
    a.commit().expect("memory takes it");
    exchange(at(2), &mut a, &mut b);
    for n in 0..100 {
        a.update(at(3), &at_a, |v| v.crew.remove(&n));
    }
    a.commit().expect("memory takes it");
    let records = a.store().len();
    assert_eq!(
        a.maintain(at(4), Duration::ZERO).expect("a name").collected,
        0
    );
    a.commit().expect("memory takes it");
    let mut collected = 0;
    for round in 5..10 {
        exchange(at(round), &mut a, &mut b);
        collected += a
            .maintain(at(round), Duration::ZERO)
            .expect("a name")
            .collected;
    }
    assert_eq!(
        a.maintain(at(11), Duration::ZERO).expect("a name").waiting,
        0
    );
    a.commit().expect("memory takes it");
    assert!(
        a.store().len() < records - 90,
        "{} of {records}",
        a.store().len()
    );
    assert!(collected <= 100);
    assert_eq!(a.read(&at_a).crew.len(), 0);
    pull(at(12), &a, &mut b);
    assert_eq!(delta(&a, &b).len() + delta(&b, &a).len(), 0);
}

/// Three replicas; c leaves with an element that the others remove and forget.
fn long_absence() -> [Replica<MemoryStore>; 3] {
    let (mut a, mut b, mut c) = (replica(1), replica(2), replica(3));
    let at_a = a.register::<Valve>("valve/7").expect("a name");
    a.update(at(1), &at_a, |v| {
        v.crew.insert(1);
        v.crew.insert(2);
    });
    a.commit().expect("memory takes it");
    exchange(at(2), &mut a, &mut b);
    exchange(at(3), &mut a, &mut c);
    exchange(at(4), &mut a, &mut b);
    a.update(at(5), &at_a, |v| v.crew.remove(&1));
    a.commit().expect("memory takes it");
    for day in 1..=20 {
        exchange(at(day * DAY), &mut a, &mut b);
        let waiting = a
            .maintain(at(day * DAY), Duration::ZERO)
            .expect("a name")
            .waiting;
        assert_eq!(waiting > 0, day <= 14, "day {day}");
        a.commit().expect("memory takes it");
    }
    [a, b, c]
}

#[test]
fn whoever_was_away_for_longer_adopts_and_the_dead_stay_dead() {
    let [mut a, _, mut c] = long_absence();
    let at_c = c.register::<Valve>("valve/7").expect("a name");
    c.update(at(20 * DAY), &at_c, |v| {
        v.crew.insert(3);
        v.open.set(true);
    });
    c.commit().expect("memory takes it");
    assert!(c.read(&at_c).crew.contains(&1), "as it left");
    assert!(a.is_behind_horizon(c.context()));
    assert!(!a.is_behind_horizon(a.context()));

    let fresh = replica(9);
    c.begin_adoption();
    for parcel in delta(&a, &fresh) {
        parcel
            .deliver(at(20 * DAY), &mut c)
            .expect("an honest cell");
        assert!(c.read(&at_c).crew.contains(&3), "readers see the old state");
    }
    c.update(at(20 * DAY), &at_c, |v| v.crew.insert(4));
    for dot in a.context().prefix().iter() {
        c.cover(dot).expect("room");
    }
    c.end_adoption(at(20 * DAY));
    c.commit().expect("memory takes it");
    let crew = |crew: &AddWinsSet<u32>| {
        let mut all: Vec<u32> = crew.iter().copied().collect();
        all.sort_unstable();
        all
    };
    assert_eq!(crew(&c.read(&at_c).crew), [2, 3, 4]);
    assert_eq!(c.read(&at_c).open.get(), Some(&true));
    assert!(!a.is_behind_horizon(c.context()));

    pull(at(20 * DAY + 1), &c, &mut a);
    let at_a = a.register::<Valve>("valve/7").expect("a name");
    assert_eq!(crew(&a.read(&at_a).crew), [2, 3, 4]);
    let c = Replica::open(c.into_store().restored(8), at(20 * DAY + 2));
    let mut c = c.expect("the store opens");
    let at_c = c.register::<Valve>("valve/7").expect("a name");
    assert_eq!(crew(&c.read(&at_c).crew), [2, 3, 4]);
}

#[test]
fn the_horizon_is_14_days() {
    assert_eq!(gofarm_crdt::replica::HORIZON, days(14));
}

#[test]
fn what_waits_to_be_forgotten_still_waits_after_a_restart() {
    let (mut a, mut b) = (replica(1), replica(2));
    let at_a = a.register::<Valve>("valve/7").expect("a name");
    b.register::<Valve>("valve/7").expect("a name");
    a.update(at(1), &at_a, |v| v.crew.insert(1));
    a.update(at(2), &at_a, |v| v.crew.remove(&1));
    a.commit().expect("memory takes it");
    exchange(at(3), &mut a, &mut b);
    assert_eq!(a.footprint().remains, 1);
    let mut a = Replica::open(a.into_store().restored(7), at(4)).expect("the store opens");
    assert_eq!(a.footprint().remains, 1);
    a.register::<Valve>("valve/7").expect("a name");
    for round in 5..9 {
        exchange(at(round), &mut a, &mut b);
    }
    assert_eq!(a.footprint().remains, 0);
    assert_eq!(b.footprint().remains, 0);
}

#[test]
fn a_message_from_before_the_collection_brings_nothing_back() {
    let (mut a, mut b) = (replica(1), replica(2));
    let at_a = a.register::<Valve>("valve/7").expect("a name");
    b.register::<Valve>("valve/7").expect("a name");
    a.update(at(1), &at_a, |v| {
        v.crew.insert(1);
        v.limits.insert("flow".into(), 7);
    });
    a.commit().expect("memory takes it");
    let late = delta(&a, &b);
    exchange(at(2), &mut a, &mut b);
    a.update(at(3), &at_a, |v| {
        v.crew.remove(&1);
        v.limits.remove("flow");
    });
    a.commit().expect("memory takes it");
    for round in 4..9 {
        exchange(at(round), &mut a, &mut b);
    }
    assert_eq!((a.footprint().remains, b.footprint().remains), (0, 0));
    for parcel in &late {
        parcel.deliver(at(10), &mut a).expect("it is ignored");
        parcel.deliver(at(10), &mut b).expect("it is ignored");
    }
    assert!(a.is_durable() && b.is_durable(), "nothing changed");
    assert!(a.read(&at_a).crew.is_empty() && a.read(&at_a).limits.is_empty());
}

#[test]
fn one_that_speaks_only_for_itself_waits_for_everybody_it_ever_heard_of() {
    for is_own_only in [false, true] {
        let (mut node, mut gateway, mut away) = (replica(1), replica(2), replica(3));
        if is_own_only {
            node = node.own_only();
        }
        let at_node = node.register::<Valve>("valve/7").expect("a name");
        node.update(at(1), &at_node, |v| v.crew.insert(1));
        node.commit().expect("memory takes it");
        for round in 2..5 {
            exchange(at(round), &mut node, &mut away);
            exchange(at(round), &mut node, &mut gateway);
        }
        node.update(at(5), &at_node, |v| v.crew.remove(&1));
        node.commit().expect("memory takes it");
        for day in 1..=20 {
            exchange(at(day * DAY), &mut node, &mut gateway);
        }
        assert_eq!(gateway.footprint().remains, 0, "others may forget it");
        assert_eq!(node.footprint().remains > 0, is_own_only);
        assert_eq!(node.is_behind_horizon(away.context()), !is_own_only);
        for round in 1..5 {
            pull(at(20 * DAY + round), &node, &mut away);
            exchange(at(20 * DAY + round), &mut node, &mut away);
        }
        assert_eq!(node.footprint().remains, 0, "it has come back");
    }
}
