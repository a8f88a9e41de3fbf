//! Random histories of three replicas over a network that loses, repeats and reorders: whatever the order in
//! which the same writes arrive, everyone reads the same.
//!
//! 20 000 histories of each type; `GOFARM_HISTORIES=1000000` for more.

use gofarm_core::random::{Random, SplitMix64};

use crate::subject::{Cell, Subject, cells, dot, for_every_type, observable, write};

const REPLICAS: usize = 3;
const KEYS: u64 = 3;

/// A replica as far as a single CRDT needs one.
#[derive(Clone)]
struct Replica<S> {
    state: S,
    /// The number of its last write, and of the last one of each that is in its state without gaps.
    known: [u64; REPLICAS],
    /// The hybrid clock, reduced to what it promises: later than all that was seen.
    clock: u64,
}

/// Some cells of a state on their way.
#[derive(Clone)]
struct Message {
    cells: Vec<Cell>,
    clock: u64,
    /// What the sender knew, if all of its cells are here.
    known: Option<[u64; REPLICAS]>,
}

fn range(rng: &mut SplitMix64, bound: usize) -> usize {
    usize::try_from(rng.below(bound as u64)).expect("below a usize")
}

fn act<S: Subject>(replica: &mut Replica<S>, me: usize, rng: &mut SplitMix64) {
    let verbs = S::verbs();
    let (verb, count) = verbs[range(rng, verbs.len())];
    let args: Vec<_> = (0..count).map(|_| 1 + rng.below(KEYS)).collect();
    // Clocks drift apart by up to 20, and stand still.
    replica.clock += rng.below(3) * 10;
    let pen = (me as u64, replica.known[me], replica.clock);
    replica.known[me] = write(&mut replica.state, pen, verb, &args);
}

fn send<S: Subject>(replica: &Replica<S>, rng: &mut SplitMix64) -> Message {
    let mut cells = cells(&replica.state);
    let whole = rng.below(2) == 0;
    if !whole {
        cells.retain(|_| rng.below(2) == 0);
    }
    Message {
        cells,
        clock: replica.clock,
        known: whole.then_some(replica.known),
    }
}

fn receive<S: Subject>(replica: &mut Replica<S>, message: &Message) {
    for cell in &message.cells {
        cell.join_into(&mut replica.state).expect("there is room");
    }
    replica.clock = replica.clock.max(message.clock + 1);
    for (ours, theirs) in replica
        .known
        .iter_mut()
        .zip(message.known.unwrap_or_default())
    {
        *ours = (*ours).max(theirs);
    }
}

/// Collects what all replicas have; only while nothing old is on its way, which is the ledger's to prevent.
fn settle<S: Subject>(replicas: &mut [Replica<S>], me: usize) {
    let stable: [u64; REPLICAS] =
        core::array::from_fn(|of| replicas.iter().map(|r| r.known[of]).min().unwrap_or(0));
    let state = &mut replicas[me].state;
    let before = state.read();
    for cell in 0..state.cells() {
        state.settle(cell, &|d| {
            (0..REPLICAS)
                .any(|of| d <= dot(of as u64, stable[of]) && d.actor() == dot(of as u64, 0).actor())
        });
    }
    assert_eq!(
        state.read(),
        before,
        "collecting changes nothing that is read"
    );
}

fn history<S: Subject>(seed: u64) {
    let mut rng = SplitMix64::new(seed);
    let mut replicas: Vec<Replica<S>> = (0..REPLICAS)
        .map(|_| Replica {
            state: S::default(),
            known: [0; REPLICAS],
            clock: rng.below(20),
        })
        .collect();
    let mut in_flight: Vec<Message> = Vec::new();
    for _ in 0..8 + rng.below(16) {
        let me = range(&mut rng, REPLICAS);
        match rng.below(8) {
            0..4 => act(&mut replicas[me], me, &mut rng),
            4 => in_flight.push(send(&replicas[me], &mut rng)),
            // Delivered in any order, one in three of them once more later.
            5 | 6 if !in_flight.is_empty() => {
                let at = range(&mut rng, in_flight.len());
                let message = if rng.below(3) == 0 {
                    in_flight[at].clone()
                } else {
                    in_flight.swap_remove(at)
                };
                receive(&mut replicas[me], &message);
            }
            7 if rng.below(2) == 0 => {
                in_flight.clear();
                settle(&mut replicas, me);
            }
            _ => {}
        }
    }

    // The same three states, merged in every order.
    let states = replicas.iter().map(|r| cells(&r.state)).collect::<Vec<_>>();
    let mut ends = [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]].map(|order| {
        let mut end = S::default();
        for cell in order.iter().flat_map(|at: &usize| &states[*at]) {
            cell.join_into(&mut end).expect("there is room");
        }
        end
    });
    // Associative: two first, then the third to them.
    let mut pair = replicas[1].state.clone();
    pair.merge(&replicas[2].state).expect("there is room");
    let mut grouped = replicas[0].state.clone();
    grouped.merge(&pair).expect("there is room");
    let [first, others @ ..] = &mut ends;
    for end in others.iter().chain([&grouped]) {
        assert_eq!(end.read(), first.read(), "seed {seed}");
        assert_eq!(observable(end), observable(first), "seed {seed}");
    }
    // What was delivered late or twice changes nothing more.
    let end = observable(first);
    for message in &in_flight {
        for cell in &message.cells {
            cell.join_into(first).expect("there is room");
        }
    }
    assert_eq!(observable(first), end, "seed {seed}");
}

fn order_does_not_matter<S: Subject>() {
    let histories = std::env::var("GOFARM_HISTORIES");
    let histories = histories.map_or(20_000, |n| n.parse().expect("a number of histories"));
    for seed in 0..histories {
        history::<S>(seed);
    }
}

for_every_type!(order_does_not_matter);
