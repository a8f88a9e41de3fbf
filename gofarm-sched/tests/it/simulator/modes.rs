//! Nothing oscillates: bounds on how often nodes and the farm change their modes, by the configuration alone.

use alloc::collections::BTreeMap;
use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours, millis, minutes, secs};
use gofarm_sched::autonomy::{Autonomy, AutonomyConfig, DISASTER_72_H};
use gofarm_sched::load::Load;
use gofarm_sched::mode::{Mode, ModeConfig};
use gofarm_sched::placement::Scheduler;
use gofarm_sched::simulator::{Event, Feed, Generator, Simulator, Trace, What};

use super::seeds;

/// The most that any span of this length, both ends included, holds.
fn most_within(times: &[Instant], span: Duration) -> u64 {
    let within = |first: usize| {
        let after = times[first..].iter();
        after
            .take_while(|at| at.saturating_since(times[first]) <= span)
            .count() as u64
    };
    (0..times.len()).map(within).max().unwrap_or(0)
}

/// Nodes with a load that is a saw tooth, or jumps, or stays around the limit, measured with great errors and late; and a
/// link that flaps.
fn hostile(seed: u64) -> Trace {
    let mut random = SplitMix64::new(seed);
    let noise = match random.below(4) {
        0 => 0.0,
        1 => 0.05,
        2 => 0.3,
        _ => 1.0,
    };
    let late = millis(random.below(8_000));
    let made = Generator::new(minutes(75))
        .zones(1, 3)
        .service("irrigation", 2)
        .jobs_an_hour(20)
        .feed(Feed::every(secs(5)).loses(0.1).noise(noise).late(late))
        .generate(seed)
        .unwrap();
    let mut events = made.events().to_vec();
    let (mut at, mut step, mut cut) = (Instant::ZERO, 0, false);
    while at < made.end() {
        for node in ["zone-0-0", "zone-0-1", "zone-0-2"] {
            let share = random.below(1 << 20) as f32 / (1 << 20) as f32;
            let share = match seed % 3 {
                0 => (step % 20) as f32 / 19.0,
                1 => share.round(),
                _ => 0.80 + 0.2 * share,
            };
            // All five metrics, so that the load by itself reaches 1.
            let load = Load::new().cpu(share).memory(share).io_wait(share);
            let load = load.network_p95(Duration::from_secs_f32(share));
            let load = load.app_p90(Duration::from_secs_f32(share));
            events.push((at, Event::Background(node.into(), load)));
        }
        if random.below(3) == 0 {
            events.push((at, if cut { Event::Heal } else { Event::Cut }));
            cut = !cut;
        }
        at += millis(2_000 + random.below(40_000));
        step += 1;
    }
    events.sort_by_key(|(at, _)| *at);
    let mut trace = Trace::new();
    for (at, event) in events {
        trace.push(at, event).unwrap();
    }
    trace
}

#[test]
fn modes_change_no_more_often_in_an_hour_than_their_configuration_says() {
    let (mut breaker, mut predictive, mut farm) = (0, 0, 0);
    let mut fullest: f64 = 0.0;
    for seed in seeds(1_000) {
        let mut random = SplitMix64::new(!seed);
        let mode = ModeConfig::new()
            .dwell(secs(20 + random.below(200)))
            .unwrap();
        let autonomy = AutonomyConfig::new()
            .cut_off_after(secs(random.below(60)))
            .return_after(secs(random.below(60)))
            .least_stay(secs(60 + random.below(600)));
        let trace = hostile(seed);
        let mut run = Simulator::builder(Scheduler::builder())
            .mode(mode)
            .autonomy(Autonomy::new(autonomy, DISASTER_72_H).unwrap())
            .start(&trace, seed)
            .unwrap();
        let mut moves: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
        let mut stands: BTreeMap<String, Mode> = BTreeMap::new();
        let mut links = Vec::new();
        for entry in run.by_ref() {
            match &entry.what {
                What::Mode { node, from, to } => {
                    let before = stands
                        .insert(node.to_string(), *to)
                        .unwrap_or(Mode::Balanced);
                    assert!(
                        before == *from && from.may_move_to(*to),
                        "seed {seed}: {entry}"
                    );
                    moves.entry(node.to_string()).or_default().push(entry.at);
                    breaker += u64::from(*to == Mode::Breaker);
                    predictive += u64::from(*to == Mode::Predictive);
                }
                What::Link(_) => links.push(entry.at),
                _ => {}
            }
        }
        let report = run.report();
        for span in [secs(1), secs(600), hours(1)] {
            let most = moves.values().map(|times| most_within(times, span)).max();
            let most = most.unwrap_or(0);
            assert!(
                most <= mode.most_moves(span),
                "seed {seed}: {most} within {span:?}"
            );
            assert!(
                most_within(&links, span) <= autonomy.most_mode_changes(span),
                "seed {seed}"
            );
            if span == hours(1) {
                assert_eq!(report.most_mode_moves_an_hour, most, "seed {seed}");
                assert_eq!(report.most_link_moves_an_hour, most_within(&links, span));
                fullest = fullest.max(most as f64 / mode.most_moves(span) as f64);
            }
        }
        farm += links.len();
    }
    // It was put to the test: all modes were there, and a bound was more than half used.
    assert!(
        breaker > 0 && predictive > 0 && farm > 0,
        "{breaker} {predictive} {farm}"
    );
    assert!(fullest > 0.5, "{fullest}");
}
