//! The table is that of the book, whatever happens.

use gofarm_core::time::{Instant, millis, secs};
use gofarm_sched::load::StalePolicy;
use gofarm_sched::node_table::{Changes, Cursor, NodeTable};
use proptest::prelude::*;

use super::book::{Page, Step, policies, run, steps};
use super::{config, load};

proptest! {
    #[test]
    fn incremental_equals_two_passes_by_the_book(steps in steps(), policy in policies()) {
        run(&steps, config(policy, 0.0), |table, book| {
            for (slot, page) in book.pages().iter().enumerate() {
                let Some(page) = page else {
                    prop_assert_eq!(table.score(slot), 1.0);
                    prop_assert_eq!(table.rank(slot), None);
                    continue;
                };
                let score = f64::from(table.score(slot));
                prop_assert!((score - book.score(page)).abs() < 1e-4, "{} {:?}", score, page);
                let refused = policy == StalePolicy::Refuse && page.late > 0;
                prop_assert_eq!(table.is_refused(slot), refused);
                if !refused {
                    if policy == StalePolicy::Penalise && page.late > 0 {
                        continue;
                    }
                    let rank = f64::from(table.rank(slot).unwrap());
                    prop_assert!((rank - page.rank).abs() < 1e-3, "{} {:?}", rank, page);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn small_differences_of_large_values_count(
        values in prop::collection::vec((0_usize..6, prop::array::uniform5(0_u8..9)), 1..60),
        large in 100.0_f32..50_000.0,
    ) {
        let large = large.trunc();
        let mut steps = vec![Step::Insert; 6];
        steps.extend((0..6).map(|slot| Step::Observe(slot, [Some(large); 5])));
        for (slot, eighths) in values {
            let near = eighths.map(|n| Some(large + f32::from(n) / 8.0));
            steps.push(Step::Observe(slot, near));
        }
        run(&steps, config(StalePolicy::Ignore, 0.0), |table, book| {
            for (slot, page) in book.pages().iter().enumerate() {
                let expected = page.as_ref().map_or(1.0, |page| book.score(page));
                let score = f64::from(table.score(slot));
                prop_assert!((score - expected).abs() < 1e-4, "{} {:?}", score, page);
            }
            Ok(())
        })?;
    }

    #[test]
    fn within_the_tolerance_scores_stay_near_the_book(steps in steps(), tolerance in 0.0_f32..0.3) {
        run(&steps, config(StalePolicy::Ignore, tolerance), |table, book| {
            let tolerance = f64::from(tolerance);
            for (slot, page) in book.pages().iter().enumerate() {
                if let Some(page) = page {
                    let far = tolerance * (1.0 + page.far) / 4.0 / (1.0 - tolerance) + 1e-4;
                    let score = f64::from(table.score(slot));
                    prop_assert!((score - book.score(page)).abs() <= far, "{} {:?}", score, page);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_order_is_that_of_the_book(steps in steps(), policy in policies()) {
        run(&steps, config(policy, 0.0), |table, book| {
            let pages = book.pages();
            let key = |page: &Page| match policy {
                StalePolicy::Penalise => page.rank + 1_000.0 * page.late as f64,
                StalePolicy::Refuse if page.late > 0 => f64::INFINITY,
                _ => page.rank,
            };
            let takes = |slot: &usize| pages[*slot].as_ref().is_some_and(|p| key(p).is_finite());
            let mut order: Vec<usize> = (0..pages.len()).filter(takes).collect();
            order.sort_by(|a, b| {
                let of = |slot: &usize| key(pages[*slot].as_ref().unwrap());
                of(a).total_cmp(&of(b))
            });
            let mut top = Vec::new();
            table.top_k(7, &mut top);
            prop_assert_eq!(top.len(), order.len().min(7));
            prop_assert_eq!(table.top(), top.first().copied());
            for (mine, theirs) in top.iter().zip(&order) {
                let of = |slot: &usize| key(pages[*slot].as_ref().unwrap());
                prop_assert!((of(mine) - of(theirs)).abs() < 2e-3, "{} {}", of(mine), of(theirs));
            }
            Ok(())
        })?;
    }

    #[test]
    fn whoever_follows_the_changes_knows_all_ranks(steps in steps(), policy in policies()) {
        let mut cursor = Cursor::START;
        let mut mirror: Vec<(Option<f32>, f32)> = Vec::new();
        run(&steps, config(policy, 0.05), |table, book| {
            let look = |slot| (table.rank(slot), table.absolute(slot));
            match table.changes(cursor) {
                Changes::All => mirror = (0..book.nodes.len()).map(look).collect(),
                Changes::Slots(slots) => {
                    let slots: Vec<usize> = slots.collect();
                    let mut unique = slots.clone();
                    unique.sort_unstable();
                    unique.dedup();
                    prop_assert_eq!(unique.len(), slots.len());
                    mirror.resize(book.nodes.len(), (None, 1.0));
                    for slot in slots {
                        mirror[slot] = look(slot);
                    }
                }
            }
            cursor = table.cursor();
            let all: Vec<_> = (0..book.nodes.len()).map(look).collect();
            prop_assert_eq!(&mirror, &all);
            Ok(())
        })?;
    }

    #[test]
    fn whatever_comes_scores_are_finite_and_add_up(
        loads in prop::collection::vec((0_usize..4, prop::array::uniform5(any::<f32>())), 1..60),
        flights in prop::collection::vec((0_usize..4, prop::array::uniform5(any::<f32>())), 0..20),
        nodes in 1_usize..5,
        policy in policies(),
        wait in 0_u64..4_000,
    ) {
        let mut table = NodeTable::new(config(policy, 0.02));
        for slot in 0..nodes {
            table.insert(slot).unwrap();
        }
        let mut now = Instant::ZERO;
        let check = |table: &NodeTable| {
            for slot in 0..nodes {
                for value in [table.score(slot), table.absolute(slot)] {
                    prop_assert!((0.0..=1.0).contains(&value), "{}", value);
                }
                prop_assert!(table.rank(slot).is_none_or(f32::is_finite));
                let attribution = table.attribution(slot).unwrap();
                let parts: Vec<f32> = attribution.parts().map(|(_, part)| part).collect();
                prop_assert!(parts.iter().all(|part| *part >= 0.0), "{:?}", parts);
                let sum: f32 = parts.iter().sum();
                prop_assert!((sum - table.score(slot)).abs() < 1e-5, "{:?}", attribution);
            }
            prop_assert!((0.0..=0.5).contains(&table.spread()));
            prop_assert_eq!(table.top().is_some(), (0..nodes).any(|s| table.rank(s).is_some()));
            Ok(())
        };
        for (slot, values) in loads {
            let _ = table.observe(slot, &load(values.map(Some)), now);
            now += millis(wait / 10);
            table.advance(now);
            check(&table)?;
        }
        for (slot, values) in flights {
            let _ = table.add_in_flight(slot, &load(values.map(Some)));
            table.advance(now);
            check(&table)?;
        }
        table.advance(now + secs(60));
        check(&table)?;
    }
}
