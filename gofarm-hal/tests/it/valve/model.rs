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

use self::kinds::{BoostedLatching, Happening, Kind, Metered, Motor, NormallyClosed, NormallyOpen};
use self::world::World;

/// How many events in a row.
const DEPTH: usize = if cfg!(miri) { 2 } else { 8 };
/// How many in a row where the clock may also stop anywhere, which multiplies the states.
const FINE_DEPTH: usize = if cfg!(miri) { 2 } else { 5 };
/// How many in a row where everything is mixed with everything.
const MIXED_DEPTH: usize = if cfg!(miri) { 2 } else { 4 };

/// What is tried together, each with all that is in none of these: commands, steps of time, resets, and what the kind
/// of valve can measure. All of these at once are more than a test can go through to the same depth.
const THEMES: [(usize, &[Happening]); 5] = [
    (
        DEPTH,
        &[
            Happening::OpenByHand,
            Happening::CloseByHand,
            Happening::Back,
        ],
    ),
    (
        DEPTH,
        &[Happening::ReserveLow, Happening::LinkLost, Happening::Late],
    ),
    (DEPTH, &[Happening::PinsBreak, Happening::PinsMend]),
    (DEPTH, &[Happening::ResetLost, Happening::OpenAgain]),
    (FINE_DEPTH, &[Happening::Short]),
];

/// Explores each theme, and then everything.
#[expect(
    clippy::print_stdout,
    reason = "the number of states is a figure of this test"
)]
fn explore<K: Kind>() {
    let mut told = HashSet::new();
    let mut states = 0;
    for (depth, theme) in THEMES {
        let others: Vec<_> = THEMES
            .iter()
            .filter(|(_, other)| *other != theme)
            .flat_map(|(_, other)| *other)
            .collect();
        let mut events = K::EVENTS.to_vec();
        events.retain(|event| !others.contains(&event));
        states += explore_to::<K>(depth, &events, &mut told);
    }
    states += explore_to::<K>(MIXED_DEPTH, K::EVENTS, &mut told);
    println!("{states} states of {:?}", core::any::type_name::<K>());
    if cfg!(miri) {
        return;
    }
    assert!(states >= K::STATES, "only {states} states");
    for &name in K::TELLS {
        assert!(told.contains(name), "{name} was never told, only {told:?}");
    }
}

/// Explores every order of `events` up to a depth from each root, shortest first; returns the number of states.
fn explore_to<K: Kind>(
    depth: usize,
    events: &[Happening],
    told: &mut HashSet<&'static str>,
) -> usize {
    let mut frontier = World::<K>::roots();
    let mut seen: HashSet<u64> = frontier.iter().map(World::key).collect();
    for level in 1..=depth {
        let mut next = Vec::new();
        for world in &frontier {
            for &event in events {
                let mut after = world.clone();
                after
                    .step(event)
                    .and_then(|()| {
                        told.extend(after.told.drain(..));
                        if level == depth {
                            after.check_that_it_closes()
                        } else if seen.insert(after.key()) {
                            next.push(after.clone());
                            after.check_that_it_closes()
                        } else {
                            Ok(())
                        }
                    })
                    .unwrap_or_else(|why| panic!("{why}\nafter {event:?}\nin {world:#?}"));
            }
        }
        frontier = next;
    }
    seen.len()
}

/// Long random orders of all events.
fn wander<K: Kind>(seeds: u64) {
    use Happening::*;
    let roots = World::<K>::roots();
    let mut opened = 0;
    for seed in 0..seeds {
        let mut random = SplitMix64::new(seed);
        let mut world = roots[usize::try_from(seed).unwrap() % roots.len()].clone();
        for _ in 0..300 {
            let own = &K::EVENTS[K::OWN..];
            let mut draw = |from: &[Happening]| {
                let index = random.below(from.len() as u64);
                from[usize::try_from(index).unwrap()]
            };
            // Time goes on and things are measured, or it would hardly ever open.
            let event = match draw(&[Next, Charged, OpenLong, Short]) {
                Next => Next,
                Charged => draw(own),
                OpenLong => draw(&[
                    ReserveReady,
                    OpenLong,
                    OpenShort,
                    OpenByHand,
                    Late,
                    PinsMend,
                ]),
                _ => draw(K::EVENTS),
            };
            world
                .step(event)
                .and_then(|()| world.check_that_it_closes())
                .unwrap_or_else(|why| panic!("{why}\nafter {event:?}, seed {seed}"));
            opened += world.told.iter().filter(|name| **name == "opened").count();
        }
    }
    assert!(cfg!(miri) || opened > 50, "opened only {opened} times");
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
    let seeds = if cfg!(miri) { 1 } else { 1_000 };
    wander::<BoostedLatching>(seeds);
    wander::<Metered>(seeds);
    wander::<NormallyClosed>(seeds);
    wander::<NormallyOpen>(seeds);
    wander::<Motor>(seeds);
}
