//! Work that was placed and does not show in the reports yet.

use gofarm_core::time::Instant;
use gofarm_sched::load::{Load, Metric, StalePolicy};
use gofarm_sched::node_table::NodeTable;

use super::{Noise, config, full_table};

#[test]
fn work_in_flight_spreads_over_nodes_of_which_nothing_is_known() {
    for policy in [
        StalePolicy::Ignore,
        StalePolicy::Hold,
        StalePolicy::Penalise,
    ] {
        let mut table = NodeTable::new(config(policy, 0.05));
        for slot in 0..10 {
            table.insert(slot).unwrap();
        }
        let mut placed = [0_u32; 10];
        for _ in 0..100 {
            table.advance(Instant::ZERO);
            let slot = table.top().unwrap();
            table.add_in_flight(slot, &Load::idle().cpu(0.03)).unwrap();
            placed[slot] += 1;
        }
        assert_eq!(placed, [10; 10], "{policy:?}");
    }
}

#[test]
fn what_was_in_flight_leaves_no_trace() {
    let mut noise = Noise(23);
    let mut table = full_table(20, config(StalePolicy::Hold, 0.0), &mut noise);
    let before: Vec<_> = (0..20).map(|slot| table.load(slot)).collect();
    let loads: Vec<(usize, Load)> = (0..500)
        .map(|step| {
            (
                step % 20,
                noise.load().with(Metric::App, 1e6 * noise.next()),
            )
        })
        .collect();
    for (slot, load) in &loads {
        table.add_in_flight(*slot, load).unwrap();
    }
    for (slot, load) in loads.iter().rev() {
        table.remove_in_flight(*slot, load).unwrap();
    }
    // One too many is not below nothing.
    table.remove_in_flight(0, &loads[0].1).unwrap();
    let after: Vec<_> = (0..20).map(|slot| table.load(slot)).collect();
    assert_eq!(after, before);
}
