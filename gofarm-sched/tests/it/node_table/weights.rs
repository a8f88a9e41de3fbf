//! How loads become ranks and how far these lie apart.

use gofarm_core::time::Instant;
use gofarm_sched::load::{Load, LoadWeights, Metric};
use gofarm_sched::node_table::{Changes, NodeTable, NodeTableConfig};

use super::load;

#[test]
fn other_weights_count_at_once() {
    let mut table = NodeTable::new(NodeTableConfig::new());
    let loads = [Load::idle().cpu(0.9), Load::idle().memory(0.9)];
    for (slot, load) in loads.iter().enumerate() {
        table.insert(slot).unwrap();
        table.observe(slot, load, Instant::ZERO).unwrap();
    }
    table.advance(Instant::ZERO);
    assert_eq!(table.top(), Some(1));
    let (epoch, cursor) = (table.epoch(), table.cursor());
    table.set_weights(LoadWeights::new([0.1, 0.9, 0.0, 0.0, 0.0]).unwrap());
    assert_eq!((table.top(), table.epoch()), (Some(0), epoch + 1));
    assert!(matches!(table.changes(cursor), Changes::All));
    let attribution = table.attribution(1).unwrap();
    assert!((attribution.part(Metric::Memory) - table.score(1)).abs() < 1e-6);
}

#[test]
fn the_spread_is_that_of_the_loads_and_not_of_the_scores() {
    let mut near = NodeTable::new(NodeTableConfig::new());
    let mut apart = near.clone();
    for slot in 0..2 {
        near.insert(slot).unwrap();
        apart.insert(slot).unwrap();
        let part = slot as f32;
        let all = |value: f32| load([Some(value); 5]);
        near.observe(slot, &all(0.5 + part * 0.01), Instant::ZERO)
            .unwrap();
        apart.observe(slot, &all(part), Instant::ZERO).unwrap();
    }
    near.advance(Instant::ZERO);
    apart.advance(Instant::ZERO);
    assert!((near.score(1) - apart.score(1)).abs() < 1e-4);
    assert!((near.spread() - 0.005).abs() < 1e-4);
    assert!((apart.spread() - 0.5).abs() < 1e-4);
}
