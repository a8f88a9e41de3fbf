//! Fallbacks: degraded answers, their age, and bounded memory.

use gofarm_core::error::Classify;
use gofarm_core::error::Kind;
use gofarm_core::time::{Instant, millis, minutes, secs};
use gofarm_resilience::policy::{Answer, Cache, Fallback, Kinds, Slot, Stale, StaleTable};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 4 } else { 256 };

#[derive(Clone, Copy, Debug, PartialEq)]
struct Failed(Kind);

impl Classify for Failed {
    fn kind(&self) -> Kind {
        self.0
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    /// Against a model that is a list in the order of keeping.
    #[test]
    fn a_full_table_forgets_what_was_kept_longest_ago(
        capacity in 1..6_usize,
        steps in prop::collection::vec((0..10_u8, any::<bool>()), 0..200),
    ) {
        let mut table = StaleTable::new(capacity).unwrap();
        let mut model: Vec<(u8, usize)> = Vec::new();
        for (step, (key, keep)) in steps.into_iter().enumerate() {
            let now = Instant::from_secs(step as u64);
            if keep {
                table.keep(&key, step, now);
                model.retain(|(other, _)| *other != key);
                model.push((key, step));
                if model.len() > capacity {
                    model.remove(0);
                }
            }
            for key in 0..10 {
                let want = model.iter().find(|(other, _)| *other == key);
                let want = want.map(|&(_, kept)| Stale::new(kept, secs((step - kept) as u64)));
                prop_assert_eq!(table.kept(&key, now), want);
            }
            prop_assert_eq!(table.len(), model.len());
        }
    }
}

#[test]
fn a_stale_answer_is_served_only_within_its_age() {
    let fallback = Fallback::stale(minutes(15)).unwrap();
    let mut slot = Slot::new();
    let start = Instant::from_secs(7);
    assert_eq!(
        fallback.answer(Ok::<_, Failed>(4), &(), &mut slot, start),
        Ok(Answer::Fresh(4))
    );
    let lost = Failed(Kind::Transient);
    let exactly = fallback.answer(Err(lost), &(), &mut slot, start + minutes(15));
    assert_eq!(exactly, Ok(Answer::Stale(Stale::new(4, minutes(15)))));
    let older = fallback.answer(Err(lost), &(), &mut slot, start + minutes(15) + millis(1));
    assert_eq!(older, Err(lost));
    // A stale answer does not make the value young again.
    assert_eq!(
        slot.kept(&(), start + minutes(1)).unwrap().age(),
        minutes(1)
    );
    slot.clear();
    assert_eq!(fallback.answer(Err(lost), &(), &mut slot, start), Err(lost));
}

#[test]
fn a_wrong_request_is_never_answered_from_the_cache() {
    let mut slot = Slot::default();
    slot.keep(&(), 1, Instant::ZERO);
    let fallback = Fallback::stale(secs(1)).unwrap();
    let none = fallback.on(Kinds::NONE);
    for kind in Kind::ALL {
        let covered = !matches!(kind, Kind::Invalid | Kind::Cancelled);
        let answer = fallback.answer(Err(Failed(kind)), &(), &mut slot, Instant::ZERO);
        assert_eq!(answer.is_ok(), covered, "{kind}");
        assert!(
            none.answer(Err(Failed(kind)), &(), &mut slot, Instant::ZERO)
                .is_err()
        );
    }
}

#[test]
fn every_answer_but_a_fresh_one_is_degraded() {
    let rows = [
        (Answer::Fresh(1), false, Some(secs(0))),
        (Answer::Stale(Stale::new(1, secs(9))), true, Some(secs(9))),
        (Answer::Substitute(1), true, None),
    ];
    for (answer, degraded, age) in rows {
        assert_eq!((answer.is_degraded(), answer.age()), (degraded, age));
        assert_eq!((*answer.value(), answer.into_value()), (1, 1));
    }
}

#[test]
fn figures_are_checked_by_name() {
    assert_eq!(
        Fallback::stale(secs(0)).unwrap_err().to_string(),
        "max_age must be at least 1 ms"
    );
    assert_eq!(
        StaleTable::<u8, u8, _>::new(0).unwrap_err().to_string(),
        "capacity must be at least 1"
    );
}
