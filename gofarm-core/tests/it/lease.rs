//! The device's side of a command: laws over random and over all short histories.

mod action;
mod disk;
mod world;

use disk::Storage;
use gofarm_core::command::Delivery::{self, Live, Retained};
use proptest::prelude::*;
use world::{Kinds, Op, Then, World};

const YEAR: i64 = 365 * 86_400;

fn storage() -> impl Strategy<Value = Storage> {
    prop_oneof![
        6 => Just(Storage::Works),
        1 => Just(Storage::Fails),
        1 => Just(Storage::FailsLate),
        1 => Just(Storage::CutBefore),
        1 => Just(Storage::CutAfter),
    ]
}

fn then() -> impl Strategy<Value = Then> {
    prop_oneof![
        4 => Just(Then::Report),
        1 => Just(Then::Forget),
        1 => Just(Then::Fail),
        1 => Just(Then::CutBeforeEffect),
        1 => Just(Then::CutAfterEffect),
    ]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![3 => Just(Live), 1 => Just(Retained)]
}

fn common() -> impl Strategy<Value = Op> {
    let kind = prop_oneof![
        3 => Just(Kinds::Open),
        1 => Just(Kinds::Flush),
        1 => Just(Kinds::Tare)
    ];
    prop_oneof![
        6 => (kind, -5_i64..120, 0_u64..40, storage(), then())
            .prop_map(|(k, e, l, s, t)| Op::Issue(k, e, l, s, t)),
        6 => (any::<usize>(), delivery(), storage(), then())
            .prop_map(|(i, d, s, t)| Op::Again(i, d, s, t)),
        1 => Just(Op::Close),
        6 => any::<bool>().prop_map(Op::Poll),
        1 => Just(Op::StrayClosed),
        1 => Just(Op::LinkLost),
        1 => Just(Op::LocalClose),
        4 => (0_u64..40).prop_map(Op::Wait),
        1 => Just(Op::WallUnknown),
        2 => Just(Op::WallKnown),
        1 => Just(Op::Restart),
    ]
}

fn with_a_stepping_clock() -> impl Strategy<Value = Vec<Op>> {
    let steps = prop_oneof![
        -200_i64..200,
        Just(-YEAR),
        Just(YEAR),
        Just(-30 * YEAR),
        Just(73 * YEAR),
    ];
    let op = prop_oneof![12 => common(), 1 => steps.prop_map(Op::WallSteps)];
    proptest::collection::vec(op, 1..80)
}

fn with_lost_memory() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        12 => common(),
        1 => any::<bool>().prop_map(Op::LoseMemory),
        1 => (0_i64..200).prop_map(Op::WallSteps),
    ];
    proptest::collection::vec(op, 1..80)
}

fn run<const N: usize>(history: Vec<Op>) {
    let mut world = World::<N>::new();
    for op in history {
        world.step(op);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn no_id_runs_twice_and_every_close_is_driven_on_time(history in with_a_stepping_clock()) {
        run::<4>(history);
    }

    #[test]
    fn a_window_of_one_keeps_the_same_promises(history in with_a_stepping_clock()) {
        run::<1>(history);
    }

    #[test]
    fn no_id_runs_twice_after_the_memory_was_lost(history in with_lost_memory()) {
        run::<3>(history);
    }
}

/// Every order of these events, five deep, from three starts.
#[test]
fn every_short_history_keeps_the_promises() {
    let open = |storage, then| Op::Issue(Kinds::Open, 10, 5, storage, then);
    let alphabet = [
        open(Storage::Works, Then::Report),
        open(Storage::Works, Then::CutBeforeEffect),
        open(Storage::FailsLate, Then::Report),
        Op::Again(0, Live, Storage::Works, Then::Report),
        Op::Again(0, Retained, Storage::Works, Then::Report),
        Op::Close,
        Op::Poll(true),
        Op::Poll(false),
        Op::StrayClosed,
        Op::Wait(5),
        Op::WallSteps(-20),
        Op::WallSteps(20),
        Op::Restart,
    ];
    let mut idle = World::<1>::new();
    idle.step(Op::Poll(true));
    let mut running = idle.clone();
    running.step(open(Storage::Works, Then::Forget));

    fn explore(world: &World<1>, alphabet: &[Op], depth: u32, visited: &mut u64) {
        *visited += 1;
        if depth == 0 {
            return;
        }
        for &op in alphabet {
            let mut next = world.clone();
            next.step(op);
            explore(&next, alphabet, depth - 1, visited);
        }
    }
    let mut visited = 0;
    for start in [World::new(), idle, running] {
        explore(&start, &alphabet, 5, &mut visited);
    }
    let per_start: u64 = (0..=5).map(|depth| 13_u64.pow(depth)).sum();
    assert_eq!(visited, 3 * per_start);
}
