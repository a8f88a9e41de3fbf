//! The laws of a lattice, for every type, and for cells that no honest replica would send.

use gofarm_crdt::capacity::Fixed;
use gofarm_crdt::cell::{CellKind, Content, Mark, Slot};
use gofarm_crdt::counter::PnCounter;
use gofarm_crdt::dot::Dot;
use gofarm_crdt::field::{Change, Field};
use gofarm_crdt::map::{LwwMap, Map};
use gofarm_crdt::raw::RawField;
use gofarm_crdt::register::{Asked, Lww, MvRegister};
use gofarm_crdt::set::{AddWinsSet, RemoveWinsSet};
use gofarm_crdt::{Timestamp, VersionVector};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::subject::{Subject, canonical, cells, dot, for_every_type, observable, write};

/// A write by replica 0 to 2, or a merge of one replica into another.
#[derive(Clone, Debug)]
enum Step {
    Write {
        me: usize,
        verb: usize,
        args: [u64; 3],
        stamp: u64,
    },
    Merge {
        from: usize,
        to: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = (
        0..3_usize,
        any::<usize>(),
        [1..4_u64, 1..4_u64, 1..4_u64],
        0..40_u64,
    );
    let write = write.prop_map(|(me, verb, args, stamp)| Step::Write {
        me,
        verb,
        args,
        stamp,
    });
    let merge = (0..3_usize, 0..3_usize).prop_map(|(from, to)| Step::Merge { from, to });
    vec(prop_oneof![3 => write, 1 => merge], 0..24)
}

/// Three states that came to be by these steps, and what each has of whose writes.
fn run<S: Subject>(steps: &[Step], each: &dyn Fn(&S, &S)) -> [(S, VersionVector); 3] {
    let mut replicas: [(S, VersionVector); 3] = Default::default();
    for step in steps {
        match step {
            Step::Write {
                me,
                verb,
                args,
                stamp,
            } => {
                let (state, known) = &mut replicas[*me];
                let before = state.clone();
                let verbs = S::verbs();
                let (verb, count) = verbs[verb % verbs.len()];
                let writer = *me as u64;
                let last = known.get(dot(writer, 1).actor());
                let last = write(state, (writer, last, *stamp), verb, &args[..count]);
                known.raise(dot(writer, last));
                each(&before, state);
            }
            Step::Merge { from, to } => {
                let (theirs, them) = replicas[*from].clone();
                let (state, known) = &mut replicas[*to];
                let before = state.clone();
                state.merge(&theirs).expect("there is room");
                known.merge(&them);
                each(&before, state);
            }
        }
    }
    replicas
}

fn joined<S: Subject>(a: &S, b: &S) -> S {
    let mut joined = a.clone();
    joined.merge(b).expect("there is room");
    joined
}

fn check(test: &dyn Fn(&[Step])) {
    let mut runner = TestRunner::new(Config {
        cases: if cfg!(miri) { 4 } else { 256 },
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&steps(), |steps| {
        test(&steps);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

mod merge_is_commutative_associative_and_idempotent {
    use super::*;

    fn law<S: Subject>() {
        check(&|steps| {
            let [(a, _), (b, _), (c, _)] = run::<S>(steps, &|_, _| ());
            assert_eq!(observable(&joined(&a, &b)), observable(&joined(&b, &a)));
            assert_eq!(
                observable(&joined(&joined(&a, &b), &c)),
                observable(&joined(&a, &joined(&b, &c)))
            );
            assert_eq!(canonical(&joined(&a, &a)), canonical(&a));
            assert_eq!(joined(&a, &b).read(), joined(&b, &a).read());
        });
    }

    for_every_type!(law);
}

mod delta_equals_full_state {
    use super::*;

    fn law<S: Subject>() {
        check(&|steps| {
            let [(a, _), (b, known), _] = run::<S>(steps, &|_, _| ());
            let delta = a.delta_since(&known);
            assert_eq!(observable(&joined(&b, &delta)), observable(&joined(&b, &a)));
            // And it holds no cell that the other has.
            for cell in 0..delta.cells() {
                assert!(!delta.dots(cell, &mut |dot| known.covers(dot)));
            }
        });
    }

    for_every_type!(law);
}

mod writes_and_merges_only_grow {
    use super::*;

    fn law<S: Subject>() {
        check(&|steps| {
            run::<S>(steps, &|before: &S, after| {
                assert_eq!(observable(&joined(after, before)), observable(after));
                assert_eq!(observable(&joined(before, after)), observable(after));
            });
        });
    }

    for_every_type!(law);
}

mod untyped_cells_merge_like_typed_ones {
    use super::*;

    fn law<S: Subject>() {
        check(&|steps| {
            let [(a, _), (b, _), _] = run::<S>(steps, &|_, _| ());
            let mut raw = RawField::new(a.kind());
            for cell in cells(&a).iter().chain(&cells(&b)) {
                cell.join_into(&mut raw).expect("there is room");
            }
            assert_eq!(observable(&raw), observable(&joined(&a, &b)));
        });
    }

    for_every_type!(law);
}

mod change_says_whether_a_reader_sees_it {
    use super::*;

    fn law<S: Subject>() {
        check(&|steps| {
            let [(a, _), (mut b, _), _] = run::<S>(steps, &|_, _| ());
            for cell in cells(&a) {
                let (state, read) = (canonical(&b), b.read());
                let joined = cell.join_into(&mut b).expect("there is room");
                assert_eq!(b.find(&cell.key), Some(joined.cell));
                if joined.change == Change::None {
                    assert_eq!(canonical(&b), state);
                }
                if matches!(joined.change, Change::None | Change::Hidden) {
                    assert_eq!(b.read(), read);
                }
                let again = cell.join_into(&mut b).expect("there is room");
                assert_eq!((again.change, again.conflict), (Change::None, None));
            }
        });
    }

    for_every_type!(law);
}

mod erased_cells_come_back_under_their_number {
    use super::*;

    fn law<S: Subject>() {
        check(&|steps| {
            let [(a, _), ..] = run::<S>(steps, &|_, _| ());
            let mut b = a.clone();
            for cell in cells(&a) {
                let number = b.find(&cell.key).expect("it is there");
                b.erase(number);
                assert_eq!(b.find(&cell.key), None);
                let joined = cell.join_into(&mut b).expect("there was room");
                assert_eq!(joined.cell, number);
            }
            assert_eq!(canonical(&b), canonical(&a));
            assert_eq!(b.read(), a.read());
        });
    }

    for_every_type!(law);
}

/// Content that no honest replica may have written: any dots, the same dot with several values.
#[derive(Clone, Debug)]
enum Forged {
    Register(u64, Dot, Option<u8>, Vec<Dot>),
    Marks(Vec<(Dot, Option<u8>)>),
    Tally(Vec<Slot>),
}

impl Forged {
    fn join(&self, field: &mut dyn Field) {
        let bytes = |value: &Option<u8>| value.map(|value| [0, 0, 0, 0, 0, 0, 0, 0, value]);
        let joined = match self {
            Self::Register(stamp, dot, value, seen) => {
                let value = bytes(value);
                field.join(
                    &[],
                    &Content::Register {
                        stamp: Timestamp::from_bits(*stamp),
                        dot: *dot,
                        value: value.as_ref().map(|value| &value[8..]),
                        seen,
                    },
                )
            }
            Self::Marks(marks) => {
                let marks: Vec<_> = marks.iter().map(|(dot, v)| (*dot, bytes(v))).collect();
                let marks: Vec<_> = marks
                    .iter()
                    .map(|(dot, value)| Mark {
                        dot: *dot,
                        value: value.as_ref().map(<[u8; 9]>::as_slice),
                    })
                    .collect();
                field.join(&[], &Content::Marks(&marks))
            }
            Self::Tally(slots) => field.join(&[], &Content::Tally(slots)),
        };
        joined.expect("it is well-formed");
    }
}

fn dots() -> impl Strategy<Value = Vec<Dot>> {
    btree_map(0..3_u64, 1..4_u64, 0..3)
        .prop_map(|dots| dots.into_iter().map(|(writer, n)| dot(writer, n)).collect())
}

fn forged(kind: CellKind) -> BoxedStrategy<Forged> {
    let value = || proptest::option::of(0..3_u8);
    match kind {
        CellKind::Register => (0..3_u64, 0..3_u64, 1..4_u64, value(), dots())
            .prop_map(|(stamp, writer, n, value, seen)| {
                Forged::Register(stamp, dot(writer, n), value, seen)
            })
            .boxed(),
        CellKind::Marks => btree_map(0..3_u64, (1..4_u64, value()), 1..4)
            .prop_map(|marks| {
                let marks = marks.into_iter();
                Forged::Marks(marks.map(|(writer, (n, v))| (dot(writer, n), v)).collect())
            })
            .boxed(),
        CellKind::Tally => btree_map(0..3_u64, (1..4_u64, any::<[u64; 4]>()), 1..4)
            .prop_map(|slots| {
                let slot =
                    |(writer, (n, [up, down, up_reset, down_reset])): (u64, (u64, [u64; 4]))| {
                        Slot {
                            dot: dot(writer, n),
                            up,
                            down,
                            up_reset,
                            down_reset,
                        }
                    };
                Forged::Tally(slots.into_iter().map(slot).collect())
            })
            .boxed(),
    }
}

fn order_does_not_matter<S: Field + Default>(kind: CellKind, read: impl Fn(&S) -> String) {
    let mut runner = TestRunner::new(Config {
        cases: if cfg!(miri) { 16 } else { 4096 },
        failure_persistence: None,
        ..Config::default()
    });
    let order = vec(0..8_usize, 24);
    let result = runner.run(&(vec(forged(kind), 1..8), order), |(contents, order)| {
        let mut a = S::default();
        for content in &contents {
            content.join(&mut a);
        }
        // Once each in any order with repetitions, the rest at the end.
        let mut b = S::default();
        for at in order {
            if let Some(content) = contents.get(at) {
                content.join(&mut b);
            }
        }
        for content in contents.iter().rev() {
            content.join(&mut b);
        }
        prop_assert_eq!(canonical(&a), canonical(&b));
        prop_assert_eq!(read(&a), read(&b));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn forged_registers_converge() {
    order_does_not_matter::<Lww<u64>>(CellKind::Register, Subject::read);
}

#[test]
fn forged_marks_converge() {
    order_does_not_matter::<MvRegister<u64>>(CellKind::Marks, Subject::read);
}

#[test]
fn forged_tallies_converge_and_do_not_overflow() {
    order_does_not_matter::<PnCounter>(CellKind::Tally, Subject::read);
}

#[test]
fn malformed_content_changes_nothing() {
    let mut set = AddWinsSet::<u64>::default();
    write(&mut set, (0, 0, 1), "add", &[1]);
    let before = canonical(&set);
    let live = |dot| Mark {
        dot,
        value: Some(&[][..]),
    };
    let odd = Mark {
        dot: dot(2, 1),
        value: Some(&[1][..]),
    };
    for marks in [
        &[][..],
        &[live(dot(1, 0))],
        &[live(dot(1, 1)), live(dot(1, 2))],
        &[live(dot(2, 1)), live(dot(1, 1))],
        // The last value is not one of this type; the first must not be taken either.
        &[live(dot(1, 1)), odd],
    ] {
        let content = Content::Marks(marks);
        assert!(set.join(&[1], &content).is_err(), "{marks:?}");
        assert!(set.join(&[2], &content).is_err(), "{marks:?}");
        assert_eq!(canonical(&set), before);
    }
    let tally = Content::Tally(&[]);
    assert!(set.join(&[1], &tally).is_err());
    assert!(
        set.join(&[0x80], &Content::Marks(&[live(dot(1, 1))]))
            .is_err()
    );
    assert_eq!(canonical(&set), before);
}

#[test]
fn all_types_may_cross_threads() {
    const fn may<T: Send + Sync + 'static>() {}
    may::<Asked<u64>>();
    may::<Map<u64, MvRegister<u64>>>();
    may::<LwwMap<u64, u64>>();
    may::<RemoveWinsSet<u64, Fixed<4>>>();
    may::<PnCounter>();
    may::<RawField>();
}

#[test]
fn register_conflicts_are_exactly_the_concurrent_writes() {
    check(&|steps| {
        let [(a, a_knows), (mut b, b_knows), _] = run::<Lww<u64>>(steps, &|_, _| ());
        let (Some(theirs), Some(ours)) = (a.writer(), b.writer()) else {
            return;
        };
        let concurrent = !a_knows.covers(ours) && !b_knows.covers(theirs);
        let joined = cells(&a)[0].join_into(&mut b).expect("there is room");
        assert_eq!(joined.conflict, concurrent.then_some((ours, theirs)));
    });
}

#[test]
fn kept_values_conflict_when_another_joins_them() {
    check(&|steps| {
        let [(a, _), (mut b, _), _] = run::<MvRegister<u64>>(steps, &|_, _| ());
        let dots = |of: &MvRegister<u64>| of.values().map(|(dot, ..)| dot).collect::<Vec<_>>();
        let before = dots(&b);
        for cell in cells(&a) {
            let joined = cell.join_into(&mut b).expect("there is room");
            let after = dots(&b);
            let came = after.iter().any(|dot| !before.contains(dot));
            assert_eq!(joined.conflict.is_some(), came && after.len() > 1);
            if let Some((one, came)) = joined.conflict {
                assert!(one != came && after.contains(&one) && !before.contains(&came));
            }
        }
    });
}
