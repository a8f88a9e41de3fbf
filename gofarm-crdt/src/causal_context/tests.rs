//! Checked against the plain set of dots.

use alloc::collections::BTreeSet;

use proptest::prelude::*;

use super::{CausalContext, Run};
use crate::capacity::{Capacity, Fixed, Growing};
use crate::dot::{Actor, Dot, ReplicaId};
use crate::error::Full;

const ACTORS: u64 = 3;
const LAST: u64 = 24;

fn actor(n: u64) -> Actor {
    // Two incarnations of one replica, and another replica.
    Actor::new(ReplicaId::new(n / 2), u32::from(n == 1))
}

fn dot(n: u64, counter: u64) -> Dot {
    Dot::new(actor(n), counter)
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Insert(Dot),
    InsertRun(Run),
    Raise(Dot),
    Forget(Dot),
}

fn any_dot() -> impl Strategy<Value = Dot> {
    (0..ACTORS, 0..=LAST).prop_map(|(n, counter)| dot(n, counter))
}

fn any_run() -> impl Strategy<Value = Run> {
    (0..ACTORS, 1..=LAST, 0..6_u64).prop_filter_map("is a run", |(n, first, len)| {
        Run::new(actor(n), first, (first + len).min(LAST))
    })
}

fn any_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => any_dot().prop_map(Op::Insert),
        2 => any_run().prop_map(Op::InsertRun),
        1 => any_dot().prop_map(Op::Raise),
        3 => any_dot().prop_map(Op::Forget),
    ]
}

fn any_ops() -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(any_op(), 0..40)
}

fn cases() -> ProptestConfig {
    ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 512 })
}

impl<C: Capacity> CausalContext<C> {
    fn apply(&mut self, op: Op) -> Result<(), Full> {
        match op {
            Op::Insert(dot) => self.try_insert(dot),
            Op::InsertRun(run) => self.try_insert_run(run),
            Op::Raise(dot) => self.try_raise(dot),
            Op::Forget(dot) => self.try_forget(dot),
        }
    }

    /// Sorted, apart from one another and from the prefix, and nothing empty.
    fn assert_normal(&self) {
        let prefix: Vec<Dot> = self.prefix.iter().collect();
        assert!(
            prefix.is_sorted_by(|a, b| a.actor() < b.actor()),
            "{self:?}"
        );
        assert!(prefix.iter().all(|dot| dot.counter() > 0), "{self:?}");
        let runs: Vec<Run> = self.runs().collect();
        assert!(
            runs.iter()
                .all(|run| 0 < run.first && run.first <= run.last),
            "{self:?}"
        );
        assert!(
            runs.iter()
                .all(|run| run.first > self.prefix.get(run.actor) + 1),
            "{self:?}"
        );
        let apart =
            |a: &Run, b: &Run| a.actor < b.actor || a.actor == b.actor && a.last + 1 < b.first;
        assert!(runs.is_sorted_by(apart), "{self:?}");
    }

    fn dots(&self) -> BTreeSet<Dot> {
        let below = self
            .prefix
            .iter()
            .flat_map(|last| (1..=last.counter()).map(move |n| Dot::new(last.actor(), n)));
        let above = self
            .runs()
            .flat_map(|run| (run.first..=run.last).map(move |n| Dot::new(run.actor, n)));
        below.chain(above).collect()
    }
}

/// The set of dots that a context stands for.
#[derive(Clone, Default)]
struct Oracle {
    known: BTreeSet<Dot>,
}

impl Oracle {
    fn apply(&mut self, op: Op) {
        match op {
            Op::Insert(dot) => self.insert(dot.actor(), dot.counter(), dot.counter()),
            Op::InsertRun(run) => self.insert(run.actor, run.first, run.last),
            Op::Raise(dot) => self.insert(dot.actor(), 1, dot.counter()),
            Op::Forget(dot) => {
                if (1..=dot.counter()).any(|n| !self.known.contains(&Dot::new(dot.actor(), n))) {
                    self.known.remove(&dot);
                }
            }
        }
    }

    fn insert(&mut self, actor: Actor, first: u64, last: u64) {
        self.known
            .extend((first.max(1)..=last).map(|n| Dot::new(actor, n)));
    }
}

fn of(ops: &[Op]) -> (CausalContext, Oracle) {
    let (mut context, mut oracle) = (CausalContext::<Growing>::new(), Oracle::default());
    for op in ops {
        assert_eq!(context.apply(*op), Ok(()));
        oracle.apply(*op);
    }
    (context, oracle)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_context_is_the_set_of_its_dots(ops in any_ops()) {
        let (mut context, mut oracle) = (CausalContext::<Growing>::new(), Oracle::default());
        for op in ops {
            context.apply(op).unwrap();
            oracle.apply(op);
            context.assert_normal();
            prop_assert_eq!(context.dots(), oracle.known.clone(), "after {:?}", op);
        }
        for n in 0..ACTORS {
            for counter in 1..=LAST + 2 {
                let dot = dot(n, counter);
                prop_assert_eq!(context.covers(dot), oracle.known.contains(&dot));
            }
        }
    }

    #[test]
    fn merging_is_the_union(a in any_ops(), b in any_ops()) {
        let ((a, known), (b, also)) = (of(&a), of(&b));
        let mut merged = a.clone();
        merged.merge(&b);
        merged.assert_normal();
        prop_assert_eq!(merged.dots(), &known.known | &also.known);
        prop_assert!(merged.covers_all(&a) && merged.covers_all(&b));
        let mut other = b.clone();
        other.merge(&a);
        prop_assert_eq!(&other, &merged);
        other.merge(&merged);
        prop_assert_eq!(&other, &merged);
    }

    #[test]
    fn covering_all_is_inclusion(a in any_ops(), b in any_ops()) {
        let ((a, known), (b, also)) = (of(&a), of(&b));
        prop_assert_eq!(a.covers_all(&b), known.known.is_superset(&also.known));
        prop_assert_eq!(b.covers_all(&a), also.known.is_superset(&known.known));
    }

    #[test]
    fn a_full_context_refuses_and_stays(ops in any_ops()) {
        let mut small = CausalContext::<Fixed<2>>::new();
        let mut oracle = Oracle::default();
        for op in ops {
            let before = small.clone();
            let mut wider = oracle.clone();
            wider.apply(op);
            match small.apply(op) {
                Ok(()) => oracle = wider,
                Err(full) => {
                    prop_assert_eq!(full, Full { limit: 2 });
                    prop_assert_eq!(&small, &before);
                    // No refusal without need: the dots do not fit.
                    let mut large = CausalContext::<Growing>::new();
                    for dot in wider.known {
                        large.insert(dot);
                    }
                    let (runs, actors) = (large.runs().count(), large.prefix.len());
                    prop_assert!(runs > 2 || actors > 2, "{:?} refused by {:?}", op, before);
                }
            }
            small.assert_normal();
            prop_assert_eq!(small.dots(), oracle.known.clone());
        }
    }
}

#[test]
fn the_last_number_of_all_is_a_number_like_any_other() {
    let end = u64::MAX;
    let mut context = CausalContext::<Growing>::new();
    context.insert(dot(0, end));
    context.insert(dot(0, end - 2));
    assert!(context.covers(dot(0, end)) && !context.covers(dot(0, end - 1)));
    context.insert_run(Run::new(actor(0), end - 1, end).unwrap());
    assert_eq!(
        context.runs().collect::<Vec<_>>(),
        [Run::new(actor(0), end - 2, end).unwrap()]
    );
    context.forget(dot(0, end));
    assert!(!context.covers(dot(0, end)));
    context.raise(dot(0, end));
    context.insert(dot(0, end));
    assert_eq!(
        (context.prefix().get(actor(0)), context.runs().count()),
        (end, 0)
    );
    assert!(context.covers_all(&context.clone()));
}

#[test]
fn number_zero_is_no_write() {
    let mut context = CausalContext::<Growing>::new();
    context.insert(dot(0, 0));
    context.raise(dot(0, 0));
    context.forget(dot(0, 0));
    assert_eq!(context, CausalContext::<Growing>::new());
}
