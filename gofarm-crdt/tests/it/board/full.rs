//! A full board says so and keeps what it has.

use gofarm_crdt::dot::Dot;
use gofarm_crdt::error::Full;
use gofarm_crdt::field::JoinError;
use gofarm_crdt::ledger::{Ledger, Refusal};

use super::*;
use crate::replica::replica;
use crate::replica::wire::delta;

#[test]
fn a_full_set_refuses_a_cell_and_loses_nothing_it_had() {
    let (mut gateway, mut small) = (replica(1), board(2));
    let valve = gateway.register::<Valve>(NAME).expect("a name");
    for who in 0..8 {
        gateway.update(at(1), &valve, |v| v.crew.insert(who));
    }
    gateway.commit().expect("memory takes it");
    let outcomes: Vec<_> = delta(&gateway, &small)
        .iter()
        .map(|parcel| parcel.deliver(at(2), &mut small))
        .collect();
    let full = Err(Refusal::Join(JoinError::Full(Full { limit: 6 })));
    assert_eq!(outcomes[..6], [Ok(()); 6]);
    assert_eq!(outcomes[6..], [full, full]);
    save(&mut small);
    assert_eq!(seen_small(small.read()).crew, [0, 1, 2, 3, 4, 5]);
    for counter in 1..=8 {
        let dot = Dot::new(gateway.actor(), counter);
        assert_eq!(small.context().covers(dot), counter <= 6);
    }
    let refused = small.update(at(3), |v| v.crew.try_insert(9));
    assert_eq!(refused, Err(Full { limit: 6 }));
    // There is room again once a removal was seen by the only peer.
    gateway.update(at(4), &valve, |v| v.crew.remove(&0));
    gateway.commit().expect("memory takes it");
    let removal = delta(&gateway, &small);
    let outcomes = removal
        .iter()
        .map(|parcel| parcel.deliver(at(5), &mut small));
    assert_eq!(outcomes.filter(Result::is_ok).count(), 1);
    assert_eq!(small.collect(&|_| true), 0, "not saved yet");
    save(&mut small);
    assert_eq!(small.collect(&|dot| dot.counter() != 9), 0, "not stable");
    assert_eq!(small.collect(&|dot| gateway.context().covers(dot)), 1);
    save(&mut small);
    let late = delta(&gateway, &small);
    let outcomes = late.iter().map(|parcel| parcel.deliver(at(6), &mut small));
    assert_eq!(outcomes.filter(Result::is_ok).count(), 1);
}

#[test]
fn more_cells_than_places_are_refused_and_the_others_stand() {
    let mut small = Board::<SmallValve, 8, 3>::new(NAME, Actor::new(ReplicaId::new(2), 1));
    let refused = small.update(at(1), |v| {
        v.open.set(true);
        v.crew.try_insert(1)?;
        v.crew.try_insert(2)?;
        v.crew.try_insert(3)?;
        v.litres.try_add(4)
    });
    assert_eq!(refused, Err(Full { limit: 3 }));
    let seen = seen_small(small.read());
    assert_eq!((seen.open, seen.litres), (Some(true), 0));
    assert_eq!(seen.crew, [1, 2]);
    let mut page = [0; 1024];
    small.save(&mut page).expect("room").done();
    assert_eq!(small.context().prefix().get(small.actor()), 5);

    let mut gateway = replica(1);
    let valve = gateway.register::<Valve>(NAME).expect("a name");
    gateway.update(at(2), &valve, |v| {
        v.litres.add(9);
        v.crew.insert(2);
    });
    gateway.commit().expect("memory takes it");
    let outcomes: Vec<_> = delta(&gateway, &small)
        .iter()
        .map(|parcel| parcel.deliver(at(3), &mut small))
        .collect();
    assert_eq!(outcomes, [Err(Refusal::Full(Full { limit: 3 })), Ok(())]);
}

#[test]
fn a_key_that_is_too_long_is_refused_and_not_written() {
    #[derive(Replicated, Debug, Default)]
    struct Notes {
        notes: LwwMap<Text<100>, bool, Fixed<4>>,
        open: Lww<bool, Fixed<1>>,
    }
    let mut small = Board::<Notes, 4, 5>::new(NAME, Actor::new(ReplicaId::new(2), 1));
    let long = Text::new(&"x".repeat(64)).expect("100 fit");
    let refused = small.update(at(1), |v| {
        v.notes.try_insert(long, true)?;
        v.open.set(true);
        Ok(())
    });
    assert_eq!(refused, Err(Full { limit: 64 }));
    assert!(small.read().notes.is_empty() && small.read().open.is_written());
    let fits = Text::new(&"x".repeat(63)).expect("100 fit");
    let written = small.update(at(1), |v| v.notes.try_insert(fits, true));
    assert_eq!(written, Ok(()));
}

#[test]
fn more_writers_than_a_counter_holds_are_refused() {
    let mut small = board(2);
    for id in 10..16 {
        let mut other = board(id);
        other.update(at(1), |v| v.litres.try_add(1)).expect("room");
        save(&mut other);
        for parcel in delta(&other, &small) {
            parcel.deliver(at(2), &mut small).expect("six writers fit");
        }
    }
    let full = small.update(at(3), |v| v.litres.try_add(1));
    assert_eq!(full, Err(Full { limit: 6 }));
    assert_eq!(small.read().litres.value(), 6);
}

#[test]
fn a_writer_of_which_nothing_is_left_gives_its_place_and_no_other_does() {
    let mut small = board(2);
    small.update(at(1), |v| v.litres.try_add(1)).expect("room");
    save(&mut small);
    // Each replaces the value of the one before.
    for id in 10..30 {
        let mut other = board(id);
        for parcel in delta(&small, &other) {
            parcel.deliver(at(id), &mut other).expect("merged");
        }
        other
            .update(at(id), |v| {
                v.open.set(true);
                Ok(())
            })
            .expect("room");
        save(&mut other);
        for parcel in delta(&other, &small) {
            parcel.deliver(at(id), &mut small).expect("merged");
        }
        small.cover(Dot::new(other.actor(), 1)).expect("room");
        save(&mut small);
        let context = small.context();
        assert_eq!(context.prefix().get(small.actor()), 1);
        assert_eq!(context.prefix().get(other.actor()), 1);
    }
    // Each adds an element of its own.
    let mut small = board(2);
    let mut outcomes = Vec::new();
    for id in 10..20_u32 {
        let mut other = board(id.into());
        let added = other.update(at(1), |v| match id {
            10..16 => v.crew.try_insert(id),
            _ => v
                .limits
                .try_insert(Text::new(&id.to_string()).expect("short"), 1),
        });
        added.expect("room");
        save(&mut other);
        let parcels = delta(&other, &small);
        let merged = parcels.iter().all(|p| p.deliver(at(2), &mut small).is_ok());
        assert!(merged);
        outcomes.push(small.cover(Dot::new(other.actor(), 1)));
        save(&mut small);
        assert!(small.is_durable());
    }
    assert_eq!(outcomes[..7], [Ok(()); 7], "and one for the board itself");
    assert!(outcomes[8..].iter().all(Result::is_err), "{outcomes:?}");
    small
        .update(at(9), |v| {
            v.open.set(true);
            Ok(())
        })
        .expect("room");
    save(&mut small);
}
