//! Bounded tables of breakers.

use alloc::collections::BTreeMap;
use core::hash::BuildHasherDefault;
use std::hash::DefaultHasher;

use gofarm_core::time::{Instant, millis, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::keyed::{KeyedBreaker, KeyedPermit, SharedKeyed};
use gofarm_resilience::memory::Owned;
use gofarm_resilience::policy::Reason;
use gofarm_resilience::policy::breaker::{Breaker, Config, Mode, Permit, Phase, Settings};
use proptest::prelude::*;

const CONFIG: Config = Breaker::consecutive(1).open_for(secs(30));

fn call(table: &mut KeyedBreaker<u32>, key: u32, now: Instant, outcome: Outcome) {
    let permit = table.try_acquire(&key, now).expect("admitted");
    table.record(permit, now, outcome);
}

fn is_open(table: &KeyedBreaker<u32>, key: u32, now: Instant) -> bool {
    table
        .get(&key)
        .is_some_and(|state| state.phase(now) == Phase::Open)
}

#[test]
fn each_key_has_its_own_breaker() {
    let mut table = CONFIG.build_keyed(100).unwrap();
    call(&mut table, 1, Instant::ZERO, Outcome::Failure);
    call(&mut table, 2, Instant::ZERO, Outcome::Success);
    assert!(table.try_acquire(&1, Instant::ZERO).is_err());
    assert!(table.try_acquire(&2, Instant::ZERO).is_ok());
}

#[test]
fn an_open_breaker_is_not_forgotten_however_many_keys_come() {
    let mut table = CONFIG.build_keyed(100).unwrap();
    for key in 0..10 {
        call(&mut table, key, Instant::ZERO, Outcome::Failure);
    }
    for key in 1_000..100_000 {
        call(&mut table, key, Instant::ZERO, Outcome::Success);
    }
    assert!((0..10).all(|key| is_open(&table, key, Instant::ZERO)));
    assert_eq!((table.len(), table.capacity()), (100, 100));
    assert_eq!(table.evicted(), 99_000 - 90);
}

#[test]
fn neither_is_one_whose_wait_is_over_nor_a_half_open_or_a_held_one() {
    let mut table = CONFIG.build_keyed(4).unwrap();
    call(&mut table, 1, Instant::ZERO, Outcome::Failure);
    call(&mut table, 2, Instant::ZERO, Outcome::Failure);
    let late = Instant::from_secs(40);
    let trial = table.try_acquire(&2, late).unwrap();
    table.cancel(trial, late);
    table.hold(&3, Mode::Disabled, late);
    for key in 10..1_000 {
        call(&mut table, key, late, Outcome::Success);
    }
    assert!(is_open(&table, 1, late));
    assert_eq!(
        table.get(&2).map(|state| state.phase(late)),
        Some(Phase::HalfOpen)
    );
    assert_eq!(
        table.get(&3).map(|state| state.mode()),
        Some(Mode::Disabled)
    );
}

#[test]
fn a_key_with_a_call_under_way_is_not_forgotten() {
    let mut table = CONFIG.build_keyed(2).unwrap();
    let permit = table.try_acquire(&1, Instant::ZERO).unwrap();
    for key in 10..1_000 {
        call(&mut table, key, Instant::ZERO, Outcome::Success);
    }
    table.record(permit, Instant::ZERO, Outcome::Failure);
    assert!(is_open(&table, 1, Instant::ZERO));
}

#[test]
fn a_new_key_is_rejected_when_none_can_be_spared() {
    let mut table = CONFIG.build_keyed(2).unwrap();
    call(&mut table, 1, Instant::ZERO, Outcome::Failure);
    let _under_way = table.try_acquire(&2, Instant::ZERO).unwrap();
    let rejected = table.try_acquire(&3, Instant::ZERO).unwrap_err();
    assert_eq!(rejected.reason(), Reason::Full);
    assert_eq!(table.refused(), 1);
    assert!(table.remove(&1));
    assert!(table.try_acquire(&3, Instant::ZERO).is_ok());
}

#[test]
fn a_key_that_is_asked_for_outlives_those_that_are_not() {
    let mut table = CONFIG.build_keyed(64).unwrap();
    for key in 0..64 {
        call(&mut table, key, Instant::ZERO, Outcome::Success);
    }
    for key in 1_000..1_400 {
        call(&mut table, 7, Instant::ZERO, Outcome::Success);
        call(&mut table, key, Instant::ZERO, Outcome::Success);
    }
    assert!(table.get(&7).is_some());
    assert!(table.get(&8).is_none());
}

#[test]
fn a_permit_of_a_removed_key_settles_nothing_for_its_successor() {
    let mut table = CONFIG.build_keyed(1).unwrap();
    let permit = table.try_acquire(&1, Instant::ZERO).unwrap();
    table.remove(&1);
    let successor = table.try_acquire(&2, Instant::ZERO).unwrap();
    assert!(
        table
            .record(permit, Instant::ZERO, Outcome::Failure)
            .is_none()
    );
    assert!(!is_open(&table, 2, Instant::ZERO));
    table.record(successor, Instant::ZERO, Outcome::Failure);
    assert!(is_open(&table, 2, Instant::ZERO));
}

#[test]
fn another_configuration_is_followed_by_all_keys() {
    let mut table = CONFIG.build_keyed(10).unwrap();
    call(&mut table, 1, Instant::ZERO, Outcome::Failure);
    table.configure(CONFIG.consecutive(2)).unwrap();
    call(&mut table, 2, Instant::ZERO, Outcome::Failure);
    assert!(is_open(&table, 1, Instant::ZERO) && !is_open(&table, 2, Instant::ZERO));
    assert!(table.configure(CONFIG.half_open(0)).is_err());

    let shared = CONFIG.build_keyed_shared(10).unwrap();
    shared.configure(CONFIG.consecutive(2)).unwrap();
    let permit = shared.try_acquire(&1, Instant::ZERO).unwrap();
    assert!(
        shared
            .record(permit, Instant::ZERO, Outcome::Failure)
            .is_none()
    );
    assert!(shared.configure(CONFIG.half_open(0)).is_err());
}

#[test]
fn what_is_not_as_new_survives_a_restart() {
    let mut table = CONFIG.build_keyed(10).unwrap();
    call(&mut table, 1, Instant::ZERO, Outcome::Failure);
    call(&mut table, 2, Instant::ZERO, Outcome::Success);
    table.hold(&3, Mode::ForcedOpen, Instant::ZERO);
    let kept: BTreeMap<u32, _> = table
        .snapshots(Instant::from_secs(10), None)
        .map(|(key, snapshot)| (*key, snapshot))
        .collect();
    assert_eq!(kept.keys().copied().collect::<Vec<_>>(), [1, 3]);
    let mut table = CONFIG.build_keyed(10).unwrap();
    let shared = CONFIG.build_keyed_shared(10).unwrap();
    for (key, snapshot) in &kept {
        assert!(table.restore(key, snapshot, Instant::ZERO, None));
        assert!(shared.restore(key, snapshot, Instant::ZERO, None));
    }
    let wait = table
        .try_acquire(&1, Instant::ZERO)
        .unwrap_err()
        .retry_after();
    assert_eq!(wait, secs(20));
    assert_eq!(
        shared.try_acquire(&3, Instant::ZERO).unwrap_err().reason(),
        Reason::ForcedOpen
    );
}

#[test]
fn tasks_share_a_table() {
    let table = &CONFIG.consecutive(200).build_keyed_shared(1_000).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..1_000_u32 {
                    let permit = table.try_acquire(&(number % 20), Instant::ZERO);
                    if let Ok(permit) = permit {
                        table.record(permit, Instant::ZERO, Outcome::Failure);
                    }
                }
            });
        }
    });
    // 200 failures of each of 20 keys, by whichever task.
    assert_eq!(table.len(), 20);
    for key in 0..20 {
        let phase = table.with(&key, |state| state.phase(Instant::ZERO));
        assert_eq!(phase, Some(Phase::Open));
    }
}

#[test]
fn a_shared_table_holds_as_many_keys_as_were_asked_for() {
    type Fixed = BuildHasherDefault<DefaultHasher>;
    for capacity in [1, 10, 64, 127, 128, 1_000, 4_096, 10_000, 100_000] {
        let blueprint = || Settings::<Owned>::new(CONFIG);
        let table = SharedKeyed::with_hasher(capacity, Fixed::default(), blueprint).unwrap();
        // With a call under way for each, none can make room for another.
        let all: Result<Vec<_>, _> = (0..capacity)
            .map(|key| table.try_acquire(&key, Instant::ZERO))
            .collect();
        let permits = all.unwrap_or_else(|full| panic!("of {capacity}: {full}"));
        assert_eq!(table.len(), capacity);
        for permit in permits {
            table.record(permit, Instant::ZERO, Outcome::Success);
        }
    }
}

#[test]
fn a_shared_table_is_bounded() {
    let table = CONFIG.build_keyed_shared(100_000).unwrap();
    for key in 0..300_000_u32 {
        let permit = table.try_acquire(&key, Instant::ZERO).unwrap();
        table.record(permit, Instant::ZERO, Outcome::Success);
    }
    assert_eq!(table.len(), 112_832);
}

proptest! {
    /// Against a table without bounds: what that one rejects, this one rejects; it never grows; and no key that is
    /// open or has calls under way is missing.
    #[test]
    fn a_bounded_table_rejects_whatever_an_unbounded_one_rejects(
        capacity in 1_usize..12,
        steps in prop::collection::vec((0_u32..24, 0_u64..4_000, 0_u8..8), 1..300),
    ) {
        let mut table = CONFIG.build_keyed(capacity).unwrap();
        let mut naive: BTreeMap<u32, Breaker> = BTreeMap::new();
        let mut under_way: Vec<(u32, KeyedPermit<Permit>, Permit)> = Vec::new();
        let mut now = Instant::ZERO;
        for (key, wait, action) in steps {
            now += millis(wait);
            if action < 4 {
                let twin = naive.entry(key).or_insert_with(|| CONFIG.build().unwrap());
                match table.try_acquire(&key, now) {
                    Ok(permit) => {
                        let twin = twin.try_acquire(now);
                        prop_assert!(twin.is_ok(), "key {} is let through", key);
                        under_way.push((key, permit, twin.unwrap()));
                    }
                    Err(rejected) if rejected.reason() == Reason::Full => {}
                    Err(_) => prop_assert!(twin.try_acquire(now).is_err()),
                }
            } else if !under_way.is_empty() {
                let at = key as usize % under_way.len();
                let (key, permit, twin) = under_way.swap_remove(at);
                let outcome = if action < 6 { Outcome::Failure } else { Outcome::Success };
                table.record(permit, now, outcome);
                naive[&key].record(twin, now, outcome);
            }
            prop_assert!(table.len() <= capacity);
            for (key, breaker) in &naive {
                let is_busy = under_way.iter().any(|(busy, ..)| busy == key);
                if is_busy || breaker.phase(now) == Phase::Open {
                    prop_assert!(table.get(key).is_some(), "key {} was forgotten", key);
                }
            }
        }
    }
}
