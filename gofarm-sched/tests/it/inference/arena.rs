//! Laws of memory that is taken and given back.

use core::num::NonZeroU64;

use gofarm_sched::inference::{Arena, ArenaError, Extent};
use gofarm_sched::resource::Shortage;
use proptest::prelude::*;

const CAPACITY: u64 = 1_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    Take(u64),
    TakeAt(u64, u64),
    Release(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (1_u64..400).prop_map(Step::Take),
        1 => (0_u64..1_100, 1_u64..200).prop_map(|(start, len)| Step::TakeAt(start, len)),
        3 => (0_usize..20).prop_map(Step::Release),
    ];
    proptest::collection::vec(step, 0..120)
}

/// What is free, byte by byte.
fn free_bytes(held: &[Extent]) -> Vec<bool> {
    let mut free = vec![true; usize::try_from(CAPACITY).unwrap()];
    for extent in held {
        for byte in extent.start()..extent.end() {
            let byte = &mut free[usize::try_from(byte).unwrap()];
            assert!(*byte, "{extent} overlaps another one");
            *byte = false;
        }
    }
    free
}

/// The free pieces of a map of bytes: start and length.
fn pieces(free: &[bool]) -> Vec<(u64, u64)> {
    let mut pieces = Vec::new();
    for (at, _) in free.iter().enumerate().filter(|(_, free)| **free) {
        let at = at as u64;
        match pieces.last_mut() {
            Some((start, len)) if *start + *len == at => *len += 1,
            _ => pieces.push((at, 1)),
        }
    }
    pieces
}

proptest! {
    #[test]
    fn extents_never_overlap_and_an_arena_equals_a_map_of_bytes(steps in steps()) {
        let mut arena = Arena::new(CAPACITY);
        let mut held: Vec<Extent> = Vec::new();
        for step in steps {
            let before = pieces(&free_bytes(&held));
            let largest = before.iter().map(|(_, len)| *len).max().unwrap_or(0);
            match step {
                Step::Take(asked) => {
                    let fits = before.iter().filter(|(_, len)| *len >= asked);
                    let best = fits.min_by_key(|(start, len)| (*len, *start));
                    match arena.take(NonZeroU64::new(asked).unwrap()) {
                        Ok(extent) => {
                            prop_assert_eq!(Some(extent.start()), best.map(|(start, _)| *start));
                            prop_assert_eq!(extent.length(), asked);
                            held.push(extent);
                        }
                        Err(short) => {
                            let free = before.iter().map(|(_, len)| len).sum();
                            prop_assert_eq!(short, Shortage::Contiguous { asked, largest, free });
                            prop_assert!(best.is_none());
                        }
                    }
                }
                Step::TakeAt(start, len) => {
                    let extent = Extent::new(start, len).unwrap();
                    match arena.take_at(extent) {
                        Ok(()) => held.push(extent),
                        Err(ArenaError::Outside { .. }) => prop_assert!(extent.end() > CAPACITY),
                        Err(error) => {
                            let apart = |t: &&Extent| t.end() <= start || extent.end() <= t.start();
                            let first = held.iter().filter(|t| !apart(t)).min().copied();
                            let taken = first.unwrap();
                            prop_assert_eq!(error, ArenaError::Overlaps { extent, taken });
                        }
                    }
                }
                Step::Release(at) if at < held.len() => {
                    let extent = held.swap_remove(at);
                    prop_assert_eq!(arena.release(extent), Ok(()));
                    prop_assert_eq!(arena.release(extent), Err(ArenaError::NotTaken { extent }));
                }
                Step::Release(_) => {}
            }
            let now = pieces(&free_bytes(&held));
            let gaps: Vec<_> = arena.gaps().map(|gap| (gap.start(), gap.length())).collect();
            prop_assert_eq!(arena.free(), now.iter().map(|(_, len)| len).sum::<u64>());
            prop_assert_eq!(arena.largest_free(), now.iter().map(|(_, len)| *len).max().unwrap_or(0));
            prop_assert_eq!(gaps, now);
        }
    }

    #[test]
    fn release_restores(steps in steps(), asked in 1_u64..300) {
        let mut arena = Arena::new(CAPACITY);
        for step in steps {
            if let Step::Take(len) = step {
                let _ = arena.take(NonZeroU64::new(len).unwrap());
            }
        }
        let before = arena.clone();
        if let Ok(extent) = arena.take(NonZeroU64::new(asked).unwrap()) {
            prop_assert_ne!(&arena, &before);
            arena.release(extent).unwrap();
        }
        prop_assert_eq!(arena, before);
    }
}

#[test]
fn only_what_was_taken_as_one_piece_is_given_back() {
    let mut arena = Arena::new(100);
    let extent = |start, len| Extent::new(start, len).unwrap();
    arena.take_at(extent(10, 20)).unwrap();
    arena.take_at(extent(30, 20)).unwrap();
    for wrong in [extent(10, 40), extent(10, 10), extent(50, 5)] {
        assert_eq!(
            arena.release(wrong),
            Err(ArenaError::NotTaken { extent: wrong })
        );
    }
    assert_eq!(arena.free(), 60);
    assert_eq!(arena.gaps().count(), 2);
}

#[test]
fn an_extent_has_a_length_and_an_end() {
    assert!(Extent::new(5, 0).is_err());
    assert!(Extent::new(u64::MAX, 1).is_err());
    let last = Extent::new(u64::MAX - 1, 1).unwrap();
    assert_eq!(
        Arena::new(10).take_at(last).unwrap_err().to_string(),
        "0xfffffffffffffffe..0xffffffffffffffff ends beyond the 10 B of the accelerator"
    );
}
