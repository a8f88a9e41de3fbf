//! A board that was away for too long takes over the full state.

use gofarm_crdt::ledger::Ledger;

use super::meet::{cover, pull_small};
use super::*;
use crate::replica::replica;
use crate::replica::wire::delta;

#[test]
fn what_the_peer_forgot_goes_and_what_it_never_saw_stays() {
    let (mut old, mut small) = (replica(1), board(2));
    let valve = old.register::<Valve>(NAME).expect("a name");
    old.update(at(1), &valve, |v| {
        v.open.set(true);
        v.crew.insert(1);
        v.crew.insert(2);
        v.limits.insert("flow".into(), 7);
    });
    old.commit().expect("memory takes it");
    pull_small(2, &old, &mut small);
    small
        .update(at(3), |v| {
            v.crew.try_insert(5)?;
            v.limits.try_insert(Text::new("head").expect("short"), 9)
        })
        .expect("room");
    save(&mut small);

    // A peer that has seen all of the old gateway's writes, and forgot two of the cells after their removal.
    let mut peer = replica(3);
    let at_peer = peer.register::<Valve>(NAME).expect("a name");
    peer.update(at(90), &at_peer, |v| {
        v.crew.insert(2);
        v.open.set(false);
    });
    cover(&old, &mut peer);
    peer.commit().expect("memory takes it");

    let mut flash = Flash::new(2);
    small.begin_adoption();
    flash.save(&mut small);
    let id = small.actor().replica();
    let mut small = Small::restore(NAME, id, 9, flash.pages()).expect("whole");
    assert!(small.is_adopting(), "a restart does not end it");
    assert_eq!(
        small.read().open.get(),
        Some(&true),
        "readers see the old state"
    );
    small.begin_adoption();
    for parcel in delta(&peer, &replica(8)) {
        parcel.deliver(at(100), &mut small).expect("merged");
    }
    flash.save(&mut small);
    cover(&peer, &mut small);
    small.end_adoption(at(100));
    assert!(!small.is_adopting() && !small.is_durable());
    flash.save(&mut small);
    let seen = seen_small(small.read());
    assert_eq!(seen.crew, [2, 5], "5 was never seen by the peer");
    assert_eq!(seen.open, Some(false));
    assert_eq!(seen.limits, [("head".to_owned(), 9)]);
    assert!(small.context().covers_all(peer.context()));
    let again = Small::restore(NAME, id, 9, flash.pages()).expect("whole");
    assert_eq!(seen_small(again.read()), seen);
}

#[test]
fn a_mark_that_the_peer_forgot_within_a_cell_does_not_come_back() {
    // The board added 1 and so did the gateway; all saw both, the board's mark was collected at the peer,
    // and there 1 was removed later.
    let (mut small, mut peer) = (board(2), board(3));
    small.update(at(1), |v| v.crew.try_insert(1)).expect("room");
    save(&mut small);
    peer.update(at(50), |v| v.crew.try_insert(1)).expect("room");
    peer.update(at(51), |v| v.crew.try_remove(&1))
        .expect("room");
    cover(&small, &mut peer);
    save(&mut peer);

    small.begin_adoption();
    for parcel in delta(&peer, &replica(8)) {
        parcel.deliver(at(100), &mut small).expect("merged");
    }
    cover(&peer, &mut small);
    assert!(small.read().crew.contains(&1), "it may be new to the peer");
    small.end_adoption(at(100));
    assert!(small.read().crew.is_empty());
}

#[test]
fn a_mark_of_another_that_the_peer_forgot_does_not_come_back_either() {
    let (mut third, mut small, mut peer) = (board(4), board(2), board(3));
    third.update(at(1), |v| v.crew.try_insert(1)).expect("room");
    save(&mut third);
    pull_small(2, &third, &mut small);
    peer.update(at(50), |v| v.crew.try_insert(1)).expect("room");
    peer.update(at(51), |v| v.crew.try_remove(&1))
        .expect("room");
    save(&mut peer);
    assert!(small.read().crew.contains(&1));
    small.begin_adoption();
    for parcel in delta(&peer, &replica(8)) {
        // A repetition changes nothing.
        parcel.deliver(at(100), &mut small).expect("merged");
        parcel.deliver(at(100), &mut small).expect("merged");
    }
    cover(&peer, &mut small);
    small.end_adoption(at(100));
    assert!(small.read().crew.is_empty());
}
