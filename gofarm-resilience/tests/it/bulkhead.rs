//! Bulkheads: never more than the limit, never a free permit beside a rejection.

use gofarm_core::time::{Instant, millis};
use gofarm_resilience::Outcome;
use gofarm_resilience::memory::{Memory, Owned, Shared};
use gofarm_resilience::policy::{Bulkhead, Policy, Reason, ShardedBulkhead};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 8 } else { 256 };

/// Takes (even) and gives back (odd) as told; how many were held after each step.
fn run<M: Memory>(bulkhead: &Bulkhead<M>, steps: &[u8]) -> Vec<u32> {
    let mut held = Vec::new();
    let mut log = Vec::new();
    for step in steps {
        if step % 2 == 0 {
            held.extend(bulkhead.try_take());
        } else if let Some(permit) = held.pop() {
            bulkhead.give_back(permit);
        }
        assert_eq!(bulkhead.in_flight() as usize, held.len());
        log.push(bulkhead.in_flight());
    }
    held.into_iter()
        .for_each(|permit| bulkhead.give_back(permit));
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn permits_never_exceed_the_limit_and_owned_and_shared_agree(
        limit in 1..8_u32,
        steps in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let owned = run(&Bulkhead::<Owned>::with_permits(limit).unwrap(), &steps);
        let shared = run(&Bulkhead::<Shared>::with_permits(limit).unwrap(), &steps);
        prop_assert!(owned.iter().all(|&held| held <= limit));
        prop_assert_eq!(owned, shared);
    }

    #[test]
    fn stealing_never_rejects_while_a_permit_is_free(
        shards in 1..9_u32,
        each in 1..4_u32,
        steps in prop::collection::vec((any::<bool>(), 0..4_u64, any::<prop::sample::Index>()), 0..200),
    ) {
        let bulkhead = ShardedBulkhead::new(shards, each).unwrap();
        let mut held = Vec::new();
        for (take, key, which) in steps {
            if take {
                let free = bulkhead.free();
                match bulkhead.try_take(key) {
                    Ok(permit) => held.push(permit),
                    Err(rejected) => {
                        prop_assert_eq!(free, 0);
                        prop_assert_eq!(rejected.reason(), Reason::Full);
                    }
                }
            } else if !held.is_empty() {
                bulkhead.give_back(held.swap_remove(which.index(held.len())));
            }
            prop_assert_eq!(bulkhead.free() + held.len() as u64, bulkhead.permits());
        }
    }
}

#[test]
fn a_smaller_limit_admits_nothing_until_enough_have_ended() {
    let bulkhead = Bulkhead::new(3).unwrap();
    let held: Vec<_> = (0..3).map(|_| bulkhead.try_take().unwrap()).collect();
    bulkhead.configure(1).unwrap();
    assert_eq!((bulkhead.permits(), bulkhead.free()), (1, 0));
    for (ended, permit) in held.into_iter().enumerate() {
        assert!(bulkhead.try_take().is_err(), "{ended} have ended");
        bulkhead.give_back(permit);
    }
    assert!(bulkhead.try_take().is_ok());
    assert_eq!(bulkhead.configure(0).unwrap_err().field(), "permits");
}

#[test]
fn a_call_that_is_given_up_gives_its_place_back() {
    let now = Instant::ZERO;
    let bulkhead = Bulkhead::new(1).unwrap();
    let permit = bulkhead.try_acquire(now).unwrap();
    bulkhead.cancel(permit, now + millis(1));
    let permit = bulkhead.try_acquire(now).unwrap();
    bulkhead.record(permit, now + millis(2), Outcome::Failure);
    assert_eq!(bulkhead.free(), 1);

    let sharded = ShardedBulkhead::new(2, 1).unwrap();
    let permit = sharded.at(3).try_acquire(now).unwrap();
    sharded.at(3).cancel(permit, now);
    assert_eq!(sharded.free(), 2);
}

#[test]
fn devices_in_a_row_use_all_shards() {
    let bulkhead = ShardedBulkhead::new(64, 16).unwrap();
    let mut calls = [0_u32; 64];
    for device in 0..6_400 {
        let permit = bulkhead.try_take(device).unwrap();
        calls[permit.shard()] += 1;
        bulkhead.give_back(permit);
    }
    // 100 each on average; a random assignment leaves that range once in some 10 000 shards.
    assert!(calls.iter().all(|n| (60..=140).contains(n)), "{calls:?}");
}

#[test]
fn threads_never_hold_more_permits_than_there_are() {
    use core::sync::atomic::{AtomicUsize, Ordering};
    let (threads, rounds) = if cfg!(miri) { (2, 20) } else { (4, 5_000) };
    let bulkhead = ShardedBulkhead::shared(4, 1).unwrap();
    let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (bulkhead, held, most) = (&bulkhead, &held, &most);
            scope.spawn(move || {
                for round in 0..rounds {
                    let taken: Vec<_> = (0..3)
                        .flat_map(|_| bulkhead.try_take(thread + round))
                        .collect();
                    let now = held.fetch_add(taken.len(), Ordering::SeqCst) + taken.len();
                    most.fetch_max(now, Ordering::SeqCst);
                    held.fetch_sub(taken.len(), Ordering::SeqCst);
                    taken
                        .into_iter()
                        .for_each(|permit| bulkhead.give_back(permit));
                }
            });
        }
    });
    assert!(most.into_inner() <= 4);
    assert_eq!(bulkhead.free(), 4);
}

#[test]
fn figures_are_checked_by_name() {
    for (shards, each, message) in [
        (0, 1, "shards must be from 1 to 1024"),
        (1_025, 1, "shards must be from 1 to 1024"),
        (1, 0, "permits_each must be from 1 to 4294967295"),
    ] {
        let error = ShardedBulkhead::new(shards, each).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
