//! Cells carried by hand between boards and replicas.

use gofarm_crdt::dot::Dot;
use gofarm_crdt::ledger::{Ledger, Named, Refusal};
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::{FieldName, Replica};
use proptest::prelude::*;

use super::*;
use crate::replica::replica;
use crate::replica::wire::{Parcel, delta};

/// Brings all of `from` to the board, which saves it.
pub(super) fn pull_small(seconds: u64, from: &impl Ledger, to: &mut Small) -> usize {
    let parcels = delta(from, to);
    for parcel in &parcels {
        parcel
            .deliver(at(seconds), to)
            .expect("an honest cell is merged");
    }
    cover(from, to);
    save(to);
    parcels.len()
}

pub(super) fn cover(from: &impl Ledger, to: &mut impl Ledger) {
    let dots: Vec<Dot> = from.context().prefix().iter().collect();
    for dot in dots {
        to.cover(dot).expect("room for an actor");
    }
}

/// The same for a replica.
pub(super) fn push_small(seconds: u64, from: &Small, to: &mut Replica<MemoryStore>) -> usize {
    let parcels = delta(from, to);
    for parcel in &parcels {
        parcel
            .deliver(at(seconds), to)
            .expect("an honest cell is merged");
    }
    cover(from, to);
    to.commit().expect("memory takes it");
    parcels.len()
}

#[test]
fn a_board_and_a_replica_meet_and_agree() {
    let (mut gateway, mut small) = (replica(1), board(2));
    let valve = gateway.register::<Valve>(NAME).expect("a name");
    gateway.update(at(1), &valve, |v| {
        v.open.set(true);
        v.litres.add(3);
        v.crew.insert(1);
        v.limits.insert("flow".into(), 7);
    });
    gateway.commit().expect("memory takes it");
    small
        .update(at(2), |v| {
            v.open.set(false);
            v.reason.set(Text::new("frost").expect("short"));
            v.litres.try_add(4)?;
            v.crew.try_insert(2)
        })
        .expect("room");
    save(&mut small);
    assert_eq!(pull_small(3, &gateway, &mut small), 4);
    assert_eq!(push_small(3, &small, &mut gateway), 4);
    assert_eq!(seen(gateway.read(&valve)), seen_small(small.read()));
    assert_eq!(small.read().open.get(), Some(&false), "the later write");
    assert_eq!(small.read().litres.value(), 7);
    assert!(gateway.context() == small.context());
    assert_eq!(
        delta(&gateway, &small).len() + delta(&small, &gateway).len(),
        0
    );
    let met = small.poll_concurrent().expect("both wrote `open`");
    assert_eq!(met.field, FieldName::new("open").number());
    assert_eq!(met.here.actor(), small.actor());
    assert_eq!(small.poll_concurrent(), None);
}

#[test]
fn what_is_not_kept_is_refused_by_name_and_changes_nothing() {
    #[derive(Replicated, Debug, Default)]
    struct Newer {
        open: Lww<bool>,
        pressure: Lww<u32>,
    }
    let (mut gateway, mut small) = (replica(1), board(2));
    let pump = gateway.register::<Valve>("pump/1").expect("a name");
    let newer = gateway.register::<Newer>(NAME).expect("a name");
    gateway.update(at(1), &pump, |v| v.open.set(true));
    gateway.update(at(1), &newer, |v| {
        v.open.set(true);
        v.pressure.set(3);
    });
    gateway.commit().expect("memory takes it");
    let outcomes: Vec<_> = delta(&gateway, &small)
        .iter()
        .map(|parcel| parcel.deliver(at(2), &mut small))
        .collect();
    let pressure = FieldName::new("pressure").number();
    assert_eq!(
        outcomes,
        [
            Err(Refusal::UnknownState),
            Ok(()),
            Err(Refusal::UnknownField(pressure))
        ]
    );
    save(&mut small);
    assert_eq!(small.context().prefix().len(), 0, "dot 1 is not here");
    assert_eq!(small.context().runs().count(), 1);
}

#[test]
fn a_double_and_a_clock_ahead_are_refused() {
    let (mut other, mut small) = (board(2), board(2));
    other
        .update(at(1), |v| {
            v.open.set(true);
            Ok(())
        })
        .expect("room");
    save(&mut other);
    let parcel = delta(&other, &replica(9)).remove(0);
    small.cover(Dot::new(small.actor(), 5)).expect("room");
    save(&mut small);
    assert!(small.context().prefix().is_empty(), "no such write is here");
    let refused = parcel.deliver(at(1), &mut small);
    assert_eq!(refused, Err(Refusal::Impostor(Dot::new(small.actor(), 1))));

    let mut third = board(3);
    let written = third.update(at(100), |v| {
        v.open.set(true);
        Ok(())
    });
    written.expect("room");
    save(&mut third);
    let parcel = delta(&third, &small).remove(0);
    let early = parcel.deliver(at(39), &mut small);
    assert!(matches!(early, Err(Refusal::AheadOfClock(_))), "{early:?}");
    assert!(!small.is_unsaved());
    assert_eq!(parcel.deliver(at(41), &mut small), Ok(()));
}

#[test]
fn a_cell_is_found_by_its_birth_and_by_what_it_holds() {
    let (mut gateway, mut small) = (replica(1), board(2));
    let valve = gateway.register::<Valve>(NAME).expect("a name");
    for litres in [1, 2] {
        gateway.update(at(litres), &valve, |v| v.limits.insert("flow".into(), 7));
        gateway.commit().expect("memory takes it");
        pull_small(litres, &gateway, &mut small);
    }
    let parcel = delta(&gateway, &replica(3)).remove(0);
    for counter in [1, 2] {
        let name = Named::Birth(Dot::new(gateway.actor(), counter));
        assert_eq!(parcel.deliver_as(&name, at(3), &mut small), Ok(()));
    }
    // The name outlives the writes, also over a restart, and of two the lesser stays.
    let name = |small: &Small| {
        let live = small.next_live(Dot::new(gateway.actor(), 1));
        small.birth(live.expect("one cell").1)
    };
    assert_eq!(name(&small), Some(Dot::new(gateway.actor(), 1)));
    let mut flash = Flash::new(2);
    flash.save(&mut small);
    let again = Small::restore(NAME, small.actor().replica(), 9, flash.pages()).expect("whole");
    assert_eq!(name(&again), name(&small));
    let mut late = board(2);
    for (birth, least) in [(2, 2), (1, 1), (2, 1)] {
        let mut parcel = parcel.clone();
        parcel.birth = Some(Dot::new(gateway.actor(), birth));
        parcel.deliver(at(4), &mut late).expect("merged");
        save(&mut late);
        assert_eq!(name(&late), Some(Dot::new(gateway.actor(), least)));
    }
    let unknown = Dot::new(gateway.actor(), 3);
    let refused = parcel.deliver_as(&Named::Birth(unknown), at(3), &mut small);
    assert_eq!(refused, Err(Refusal::UnknownBirth(unknown)));
}

/// What one side does.
#[derive(Clone, Copy, Debug)]
enum Step {
    Open(bool),
    Add(u8),
    Join(u8),
    Leave(u8),
    Limit(u8, u32),
    Unlimit(u8),
    /// Cells go over; of those that the mask names, none, or two copies in another order.
    Carry {
        to_board: bool,
        lost: u8,
        twice: bool,
    },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<bool>().prop_map(Step::Open),
        any::<u8>().prop_map(Step::Add),
        (0..6_u8).prop_map(Step::Join),
        (0..6_u8).prop_map(Step::Leave),
        (0..4_u8, any::<u32>()).prop_map(|(k, v)| Step::Limit(k, v)),
        (0..4_u8).prop_map(Step::Unlimit),
        (
            any::<bool>(),
            prop_oneof![Just(0), any::<u8>()],
            any::<bool>()
        )
            .prop_map(|(to_board, lost, twice)| {
                Step::Carry {
                    to_board,
                    lost,
                    twice,
                }
            }),
        Just(Step::Restart),
    ]
}

fn carried(parcels: Vec<Parcel>, lost: u8, twice: bool) -> Vec<Parcel> {
    let kept = parcels.into_iter().enumerate();
    let mut kept: Vec<Parcel> = kept
        .filter(|(at, _)| lost >> (at % 8) & 1 == 0)
        .map(|(_, parcel)| parcel)
        .collect();
    if twice {
        let again: Vec<Parcel> = kept.iter().rev().cloned().collect();
        kept.extend(again);
    }
    kept
}

fn key(k: u8) -> Text<8> {
    Text::new(["a", "b", "c", "d"][usize::from(k % 4)]).expect("short")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 400 }))]

    #[test]
    fn a_board_and_a_replica_that_got_the_same_cells_read_the_same(
        steps in proptest::collection::vec((any::<bool>(), step()), 1..60)
    ) {
        let (mut gateway, mut small) = (replica(1), board(2));
        let valve = gateway.register::<Valve>(NAME).unwrap();
        let mut flash = Flash::new(2);
        flash.save(&mut small);
        for (time, (on_board, step)) in (1..).zip(steps) {
            let now = at(time);
            match step {
                Step::Carry { to_board: true, lost, twice } => {
                    for parcel in carried(delta(&gateway, &small), lost, twice) {
                        parcel.deliver(now, &mut small).unwrap();
                    }
                    if lost == 0 {
                        cover(&gateway, &mut small);
                    }
                }
                Step::Carry { to_board: false, lost, twice } => {
                    for parcel in carried(delta(&small, &gateway), lost, twice) {
                        parcel.deliver(now, &mut gateway).unwrap();
                    }
                    // What is not saved is withheld, and while it is, nothing may be claimed.
                    if lost == 0 && small.is_durable() {
                        cover(&small, &mut gateway);
                    }
                }
                Step::Restart => {
                    let id = small.actor().replica();
                    small = Small::restore(NAME, id, 77, flash.pages()).unwrap();
                }
                _ if on_board => small.update(now, |v| match step {
                    Step::Open(open) => { v.open.set(open); Ok(()) }
                    Step::Add(n) => v.litres.try_add(n.into()),
                    Step::Join(who) => v.crew.try_insert(who.into()),
                    Step::Leave(who) => v.crew.try_remove(&u32::from(who)).map(drop),
                    Step::Limit(k, n) => v.limits.try_insert(key(k), n),
                    Step::Unlimit(k) => { v.limits.remove(&key(k)); Ok(()) }
                    Step::Carry { .. } | Step::Restart => Ok(()),
                }).unwrap(),
                _ => gateway.update(now, &valve, |v| match step {
                    Step::Open(open) => v.open.set(open),
                    Step::Add(n) => v.litres.add(n.into()),
                    Step::Join(who) => v.crew.insert(who.into()),
                    Step::Leave(who) => { v.crew.remove(&u32::from(who)); }
                    Step::Limit(k, n) => v.limits.insert(key(k).as_str().to_owned(), n),
                    Step::Unlimit(k) => { v.limits.remove(key(k).as_str()); }
                    Step::Carry { .. } | Step::Restart => {}
                }),
            }
            gateway.commit().unwrap();
            // Not after every step: a restart undoes what was not saved.
            if time % 3 == 0 {
                flash.save(&mut small);
                let id = small.actor().replica();
                let again = Small::restore(NAME, id, 77, flash.pages()).unwrap();
                prop_assert_eq!(seen_small(again.read()), seen_small(small.read()));
                prop_assert!(again.context() == small.context());
                prop_assert_eq!(again.actor(), small.actor());
            }
        }
        flash.save(&mut small);
        for _ in 0..2 {
            push_small(1_000, &small, &mut gateway);
            pull_small(1_000, &gateway, &mut small);
        }
        prop_assert_eq!(seen(gateway.read(&valve)), seen_small(small.read()));
        prop_assert!(gateway.context() == small.context());
    }
}
