//! Slots that are used, free, and beyond the table.

use gofarm_core::time::Instant;
use gofarm_sched::load::{Load, Metric, StalePolicy};
use gofarm_sched::node_table::{NodeTable, NodeTableConfig, TableError};

use super::{Noise, config, full_table};

#[test]
fn slots_that_cannot_be_used_are_refused() {
    let mut table = NodeTable::new(NodeTableConfig::new());
    let limit = NodeTable::MAX_SLOTS;
    let beyond = TableError::OutOfRange {
        slot: 1,
        next: 0,
        limit,
    };
    assert_eq!(table.insert(1), Err(beyond));
    assert_eq!(
        beyond.to_string(),
        "slot 1 is beyond the next one, 0, or beyond the limit of 4194304"
    );
    table.insert(0).unwrap();
    assert_eq!(table.insert(0), Err(TableError::Occupied { slot: 0 }));
    let absent = Err(TableError::Absent { slot: 7 });
    assert_eq!(table.remove(7), absent);
    assert_eq!(table.observe(7, &Load::idle(), Instant::ZERO), absent);
    assert_eq!(table.add_in_flight(7, &Load::idle()), absent);
    assert_eq!(table.remove_in_flight(7, &Load::idle()), absent);
    assert_eq!(
        (table.rank(7), table.score(7), table.absolute(7)),
        (None, 1.0, 1.0)
    );
    assert_eq!((table.load(7), table.attribution(7)), (None, None));
    assert_eq!((table.age(7, Metric::Cpu), table.oldest(7)), (None, None));
}

#[test]
fn a_slot_that_is_used_again_knows_nothing_of_before() {
    let mut table = full_table(3, config(StalePolicy::Hold, 0.0), &mut Noise(9));
    table.add_in_flight(1, &Load::idle().cpu(0.5)).unwrap();
    table.remove(1).unwrap();
    assert_eq!(table.slots().collect::<Vec<_>>(), [0, 2]);
    assert_eq!((table.len(), table.is_empty()), (2, false));
    table.insert(1).unwrap();
    assert_eq!(table.load(1), Some(Load::new()));
    assert_eq!(table.oldest(1), Some((Metric::Cpu, None)));
}

#[test]
fn an_empty_table_has_no_best_node() {
    let mut table = NodeTable::new(NodeTableConfig::new());
    table.advance(Instant::from_secs(1));
    let mut slots = vec![9];
    table.top_k(3, &mut slots);
    assert_eq!(
        (table.top(), slots, table.spread()),
        (None, Vec::new(), 0.0)
    );
    assert!(table.is_empty());
}
