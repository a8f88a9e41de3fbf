//! Checked against the plain map of last numbers.

use alloc::collections::BTreeMap;

use proptest::prelude::*;

use super::VersionVector;
use crate::capacity::{Fixed, Growing};
use crate::dot::{Actor, Dot, ReplicaId};
use crate::error::Full;

fn any_dot() -> impl Strategy<Value = Dot> {
    (0..4_u64, 0..3_u32, prop_oneof![0..9_u64, Just(u64::MAX)]).prop_map(
        |(replica, incarnation, counter)| {
            Dot::new(Actor::new(ReplicaId::new(replica), incarnation), counter)
        },
    )
}

fn any_dots() -> impl Strategy<Value = Vec<Dot>> {
    prop::collection::vec(any_dot(), 0..24)
}

fn greatest(dots: &[Dot]) -> BTreeMap<Actor, u64> {
    let mut greatest = BTreeMap::new();
    for dot in dots.iter().filter(|dot| dot.counter() > 0) {
        let last = greatest.entry(dot.actor()).or_insert(0);
        *last = dot.counter().max(*last);
    }
    greatest
}

fn of(vector: &VersionVector) -> BTreeMap<Actor, u64> {
    vector
        .iter()
        .map(|dot| (dot.actor(), dot.counter()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 512 }))]

    #[test]
    fn a_vector_is_the_greatest_number_of_each_actor(dots in any_dots(), other in any_dot()) {
        let vector: VersionVector = dots.iter().copied().collect();
        let greatest = greatest(&dots);
        prop_assert_eq!(of(&vector), greatest.clone());
        prop_assert!(vector.iter().is_sorted());
        prop_assert_eq!((vector.len(), vector.is_empty()), (greatest.len(), greatest.is_empty()));
        let last = greatest.get(&other.actor()).copied().unwrap_or(0);
        prop_assert_eq!(vector.get(other.actor()), last);
        prop_assert_eq!(vector.covers(other), other.counter() <= last);
    }

    #[test]
    fn merging_takes_the_greater_and_covering_is_at_least(a in any_dots(), b in any_dots()) {
        let (left, right): (VersionVector, VersionVector) =
            (a.iter().copied().collect(), b.iter().copied().collect());
        let mut merged = left.clone();
        merged.merge(&right);
        let both = greatest(&[a, b].concat());
        prop_assert_eq!(of(&merged), both);
        prop_assert!(merged.covers_all(&left) && merged.covers_all(&right));
        prop_assert_eq!(left.covers_all(&right), merged == left);
        prop_assert_eq!(right.covers_all(&left), merged == right);
    }

    #[test]
    fn a_forgotten_actor_is_unknown_and_the_others_are_not(dots in any_dots(), gone in any_dot()) {
        let mut vector: VersionVector = dots.iter().copied().collect();
        vector.forget(gone.actor());
        let mut rest = greatest(&dots);
        rest.remove(&gone.actor());
        prop_assert_eq!(of(&vector), rest);
    }

    #[test]
    fn a_full_vector_refuses_a_new_actor_and_stays(dots in any_dots()) {
        let mut small = VersionVector::<Fixed<2>>::new();
        for dot in dots {
            let before = small.clone();
            let fits = small.len() < 2 || small.get(dot.actor()) > 0 || dot.counter() == 0;
            match small.try_raise(dot) {
                Ok(()) => prop_assert!(fits && small.covers(dot)),
                Err(full) => {
                    prop_assert_eq!(full, Full { limit: 2 });
                    prop_assert!(!fits);
                    prop_assert_eq!(&small, &before);
                }
            }
            let grown: VersionVector<Growing> = small.iter().collect();
            prop_assert!(grown == small);
        }
    }
}
