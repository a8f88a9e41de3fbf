//! Every order of events, up to a depth, held against a second opinion.
//!
//! The valve is the real one, on simulated pins. After each event it is polled, as its contract asks, and a [`Judge`]
//! that shares no code with it says whether what is on may be on. States are told apart by everything that they hold,
//! with times taken relative to the present, so that the same situation later is the same state.

mod judge;
mod kinds;
mod world;

use std::collections::HashSet;

use gofarm_core::random::{Random, SplitMix64};

use self::kinds::{BoostedLatching, Kind, Metered, Motor, NormallyClosed, NormallyOpen};
use self::world::World;

/// How many events in a row.
const DEPTH: usize = 8;

/// Explores everything up to `DEPTH` events from each root, shortest first.
fn explore<K: Kind>() {
    let mut frontier = World::<K>::roots();
    let mut seen: HashSet<u64> = frontier.iter().map(World::key).collect();
    let mut transitions = 0_u64;
    let mut told = HashSet::new();
    for depth in 1..=DEPTH {
        let mut next = Vec::new();
        for world in &frontier {
            for &event in K::EVENTS {
                let mut after = world.clone();
                after
                    .step(event)
                    .unwrap_or_else(|why| panic!("{why}\nafter {event:?}\nin {world:#?}"));
                transitions += 1;
                told.extend(after.told.drain(..));
                if depth < DEPTH && seen.insert(after.key()) {
                    after
                        .check_that_it_closes()
                        .unwrap_or_else(|why| panic!("{why}\nafter {event:?}\nin {world:#?}"));
                    next.push(after);
                } else if depth == DEPTH {
                    after
                        .check_that_it_closes()
                        .unwrap_or_else(|why| panic!("{why}\nafter {event:?}\nin {world:#?}"));
                }
            }
        }
        frontier = next;
    }
    let states = seen.len();
    println!("{states} states, {transitions} transitions");
    assert!(
        states >= K::STATES && transitions > 10 * states as u64,
        "only {states} states and {transitions} transitions"
    );
    for &name in K::TELLS {
        assert!(told.contains(name), "{name} was never told, only {told:?}");
    }
}

/// Long random orders of the same events.
fn wander<K: Kind>(seeds: u64) {
    for seed in 0..seeds {
        let mut random = SplitMix64::new(seed);
        let mut world = World::<K>::roots().remove(0);
        for _ in 0..300 {
            let count = K::EVENTS.len() as u64;
            let event = K::EVENTS[usize::try_from(random.next_u64() % count).unwrap()];
            world
                .step(event)
                .and_then(|()| world.check_that_it_closes())
                .unwrap_or_else(|why| panic!("{why}\nafter {event:?}, seed {seed}"));
        }
    }
}

#[test]
fn a_latching_valve_is_driven_closed_no_later_than_its_lease_ends() {
    explore::<BoostedLatching>();
}

#[test]
fn a_metered_valve_is_driven_closed_no_later_than_its_lease_ends() {
    explore::<Metered>();
}

#[test]
fn a_normally_closed_solenoid_is_driven_closed_no_later_than_its_lease_ends() {
    explore::<NormallyClosed>();
}

#[test]
fn a_normally_open_solenoid_is_driven_closed_no_later_than_its_lease_ends() {
    explore::<NormallyOpen>();
}

#[test]
fn a_motorised_valve_is_driven_closed_no_later_than_its_lease_ends() {
    explore::<Motor>();
}

#[test]
fn no_valve_stays_open_in_long_random_runs() {
    let seeds = if cfg!(miri) { 1 } else { 200 };
    wander::<BoostedLatching>(seeds);
    wander::<Metered>(seeds);
    wander::<NormallyClosed>(seeds);
    wander::<NormallyOpen>(seeds);
    wander::<Motor>(seeds);
}
