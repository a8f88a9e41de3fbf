//! Counters, sets and clocks by themselves: one increment, one element, one merge, one tick.

use std::cell::Cell;
use std::collections::HashMap;
use std::hint::black_box;
use std::time::SystemTime;

use crdts::{CmRDT as _, CvRDT as _, GCounter, Orswot};
use uhlc::{HLC, HLCBuilder, zero_clock};

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    counter(figures, "3", 3);
    counter(figures, "100", 100);
    set(figures);
    tick(figures);
}

const ADD: &str = "set of 10 000 elements: add each";
const REMOVE: &str = "set of 10 000 elements: remove each";
const MERGE: &str = "set of 10 000 elements: merge one new";
const TICK: &str = "hybrid logical clock: one tick";

/// A counter of as many replicas, all of which counted.
fn counter(figures: &mut Figures, name: &str, replicas: u32) {
    let increment = format!("counter of {name} replicas: increment");
    let merge = format!("counter of {name} replicas: merge an equal one");

    let floor: Vec<(u32, u64)> = (0..replicas).map(|actor| (actor, 1)).collect();
    let mut theirs = GCounter::new();
    for actor in 0..replicas {
        theirs.apply(theirs.inc(actor));
    }

    let mut counts = floor.clone();
    figures.time(&increment, "floor", || {
        let found = counts.binary_search_by_key(&black_box(1), |(actor, _)| *actor);
        counts[found.expect("it counted before")].1 += 1;
    });
    let mut counter = theirs.clone();
    figures.time(&increment, "crdts", || {
        counter.apply(counter.inc(black_box(1)));
    });

    figures.time_on(
        &merge,
        "floor",
        || (floor.clone(), floor.clone()),
        |(mine, other)| {
            for (mine, other) in mine.iter_mut().zip(other) {
                assert_eq!(mine.0, other.0);
                mine.1 = mine.1.max(other.1);
            }
        },
    );
    figures.time_on(
        &merge,
        "crdts",
        || (theirs.clone(), Some(theirs.clone())),
        |(mine, other)| mine.merge(other.take().expect("once each")),
    );
}

/// The set holds the numbers below; another actor adds this one.
const NEW: u32 = 10_000;

/// Small numbers added by one actor; then another's single addition arrives.
fn set(figures: &mut Figures) {
    let mut floor = HashMap::new();
    insert_each(&mut floor);
    let mut theirs = Orswot::new();
    add_each(&mut theirs);
    let mut other = theirs.clone();
    add(&mut other, NEW, 2);

    figures.time_on(ADD, "floor", HashMap::new, insert_each);
    figures.time_on(ADD, "crdts", Orswot::new, add_each);

    figures.time_on(
        REMOVE,
        "floor",
        || floor.clone(),
        |set| {
            for element in 0..NEW {
                set.remove(&element);
            }
        },
    );
    figures.time_on(
        REMOVE,
        "crdts",
        || theirs.clone(),
        |set| {
            for element in 0..NEW {
                set.apply(set.rm(element, set.contains(&element).derive_rm_ctx()));
            }
        },
    );

    figures.time_on(
        MERGE,
        "floor",
        || floor.clone(),
        |set| set.insert(NEW, (2, 1)),
    );
    figures.time_on(
        MERGE,
        "crdts",
        || (theirs.clone(), Some(other.clone())),
        |(set, other)| set.merge(other.take().expect("once each")),
    );
}

/// Each element with the actor that added it and the actor's count.
fn insert_each(set: &mut HashMap<u32, (u8, u64)>) {
    for element in 0..NEW {
        set.insert(element, (1, u64::from(element)));
    }
}

fn add_each(set: &mut Orswot<u32, u8>) {
    for element in 0..NEW {
        add(set, element, 1);
    }
}

fn add(set: &mut Orswot<u32, u8>, element: u32, actor: u8) {
    set.apply(set.add(element, set.read_ctx().derive_add_ctx(actor)));
}

/// "zero clock" stands still, so that the cost of reading the system's clock can be told apart.
fn tick(figures: &mut Figures) {
    let last = Cell::new(0_u64);
    figures.time(TICK, "floor, zero clock", || {
        last.set((last.get() + 1).max(black_box(0)));
        last.get()
    });
    figures.time(TICK, "system clock alone", SystemTime::now);
    let clock = HLC::default();
    figures.time(TICK, "uhlc", || clock.new_timestamp());
    let clock = HLCBuilder::new().with_clock(zero_clock).build();
    figures.time(TICK, "uhlc, zero clock", || clock.new_timestamp());
}
