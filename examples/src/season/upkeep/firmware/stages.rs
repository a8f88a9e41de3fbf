//! Stages for a farm of few nodes.

use core::time::Duration;

use gofarm_core::time::{hours, minutes};
use gofarm_sched::ConfigError;
use gofarm_sched::rollout::{RolloutConfig, RolloutPlan, Share, Stage, position};

/// How often the cloud asks the nodes how they are while an image is rolled out.
pub(super) const CHECK_IN: Duration = minutes(15);
/// For how long a stage must do well.
const WATCH: Duration = hours(6);

/// One node first, then twice as many in each stage, then all.
///
/// One percent of three nodes is nobody: who is in is decided by each node's place in the rollout's queue, so the
/// shares are cut at these places. A node that is not heard is no good news and stops the clock; the first error rolls
/// back. Latency is not watched: a node's answer waits for its radio, whatever image it runs.
pub(super) fn config(rollout: u64, nodes: &[String]) -> Result<RolloutConfig, ConfigError> {
    let mut places: Vec<u16> = nodes
        .iter()
        .map(|name| position(rollout, name.as_bytes()))
        .collect();
    places.sort_unstable();
    // Two nodes at one place are in one stage.
    places.dedup();
    let mut shares = Vec::new();
    let mut count = 1;
    while let Some(&last) = places.get(count - 1).filter(|_| count < places.len()) {
        shares.push(Share::permyriad(last + 1));
        count *= 2;
    }
    shares.push(Share::ALL);
    let stages = shares.into_iter().map(|share| Stage::new(share, WATCH));
    Ok(RolloutConfig::new()
        .plan(RolloutPlan::new(stages)?)
        .report_every(CHECK_IN + minutes(5)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_has_twice_the_nodes_and_the_first_has_one() {
        for (nodes, wanted) in [
            (1, vec![1]),
            (2, vec![1, 2]),
            (3, vec![1, 2, 3]),
            (9, vec![1, 2, 4, 8, 9]),
        ] {
            let names: Vec<_> = (1..=nodes).map(|n| format!("valve-{n}")).collect();
            for rollout in 0..200 {
                let places = names.iter().map(|n| position(rollout, n.as_bytes()));
                let places: Vec<_> = places.collect();
                let distinct: alloc::collections::BTreeSet<_> = places.iter().collect();
                if distinct.len() < places.len() {
                    continue;
                }
                let mut shares = Vec::new();
                let mut rollout = config(rollout, &names).unwrap().build(rollout).unwrap();
                let mut now = gofarm_core::time::Instant::ZERO;
                let _ = rollout.start(now);
                while rollout.remaining() > Duration::ZERO {
                    let inside = names.iter().filter(|n| rollout.includes(n.as_bytes()));
                    shares.push(inside.count());
                    let stage = rollout.share();
                    while rollout.share() == stage && rollout.remaining() > Duration::ZERO {
                        now += CHECK_IN;
                        let well = gofarm_sched::rollout::Report::new(1, 0, Duration::ZERO);
                        let _ = rollout.handle_report(now, well);
                    }
                }
                assert_eq!(shares, wanted);
            }
        }
    }
}
