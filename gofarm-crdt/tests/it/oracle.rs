//! The crate `crdts` as an oracle for the three types where it is right: vector clock, grow-only counter and
//! add-wins set, merged as whole states.

use crdts::{CmRDT, CvRDT, Orswot, VClock};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_crdt::VersionVector;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::dot::Actor;
use gofarm_crdt::merge::Merge;
use gofarm_crdt::set::AddWinsSet;

use crate::subject::{Subject, actor, dot, write};

const HISTORIES: u64 = 2_000;

fn index(replica: u64) -> usize {
    usize::try_from(replica).expect("one of three")
}

#[test]
fn version_vector_agrees_with_vclock() {
    let mut rng = SplitMix64::new(1);
    for _ in 0..HISTORIES {
        let mut ours = [VersionVector::new(), VersionVector::new()];
        let mut theirs = [VClock::<Actor>::new(), VClock::new()];
        for _ in 0..8 {
            let (writer, n, at) = (
                rng.below(3),
                1 + rng.below(4),
                usize::from(rng.below(2) == 0),
            );
            ours[at].raise(dot(writer, n));
            theirs[at].apply(crdts::Dot::new(actor(writer), n));
        }
        assert_eq!(ours[0].covers_all(&ours[1]), theirs[0] >= theirs[1]);
        let (other, clock) = (ours[1].clone(), theirs[1].clone());
        ours[0].merge(&other);
        theirs[0].merge(clock);
        for writer in 0..3 {
            assert_eq!(ours[0].get(actor(writer)), theirs[0].get(&actor(writer)));
        }
    }
}

#[test]
fn g_counter_agrees_with_crdts() {
    let mut rng = SplitMix64::new(2);
    for _ in 0..HISTORIES {
        let mut ours: [GCounter; 3] = Default::default();
        let mut theirs: [crdts::GCounter<Actor>; 3] = Default::default();
        let mut last = [0; 3];
        for _ in 0..16 {
            let (me, n) = (rng.below(3), rng.below(1000));
            let at = index(me);
            if rng.below(2) == 0 {
                last[at] = write(&mut ours[at], (me, last[at], 0), "add", &[n]);
                let op = theirs[at].inc_many(actor(me), n);
                theirs[at].apply(op);
            } else {
                let from = index(rng.below(3));
                let (other, counter) = (ours[from].clone(), theirs[from].clone());
                ours[at].merge(&other).expect("there is room");
                theirs[at].merge(counter);
            }
            assert_eq!(ours[at].value().to_string(), theirs[at].read().to_string());
        }
    }
}

#[test]
fn add_wins_set_agrees_with_orswot() {
    let mut rng = SplitMix64::new(3);
    for _ in 0..HISTORIES {
        let mut ours: [AddWinsSet<u64>; 3] = Default::default();
        let mut theirs: [Orswot<u64, Actor>; 3] = Default::default();
        let mut last = [0; 3];
        for _ in 0..24 {
            let (me, element) = (rng.below(3), rng.below(4));
            let at = index(me);
            match rng.below(4) {
                0 | 1 => {
                    last[at] = write(&mut ours[at], (me, last[at], 0), "add", &[element]);
                    let context = theirs[at].read_ctx().derive_add_ctx(actor(me));
                    let op = theirs[at].add(element, context);
                    theirs[at].apply(op);
                }
                2 => {
                    last[at] = write(&mut ours[at], (me, last[at], 0), "remove", &[element]);
                    let context = theirs[at].contains(&element).derive_rm_ctx();
                    let op = theirs[at].rm(element, context);
                    theirs[at].apply(op);
                }
                _ => {
                    let from = index(rng.below(3));
                    let (other, set) = (ours[from].clone(), theirs[from].clone());
                    ours[at].merge(&other).expect("there is room");
                    theirs[at].merge(set);
                }
            }
            let mut expected: Vec<_> = theirs[at].read().val.into_iter().collect();
            expected.sort_unstable();
            let expected: Vec<_> = expected.iter().map(u64::to_string).collect();
            assert_eq!(ours[at].read(), expected.join(","));
        }
    }
}
