//! The plugins that know farms.

use alloc::sync::Arc;
use std::sync::Mutex;

use gofarm_core::time::{Instant, hours, millis, minutes};
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{Candidate, Filter, Groups, Reason, Score, Sensitivity};
use gofarm_sched::plugin::{
    Emergencies, HarvestDeadline, Health, HealthMap, Marked, MoistureMap, NodeHealth,
    SoilMoistureTopology, VolumetricMoisture,
};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};

const FREE: Resources = Resources::new(4_000, 8 << 30);
const NODE: NodeId = NodeId::new(0, 0);

fn at<T>(rule: impl Fn(&Candidate<'_>) -> T, request: &Request, node: &Node, now: Instant) -> T {
    rule(&Candidate::new(
        request,
        (NODE, node),
        &FREE,
        &Groups::new(),
        now,
    ))
}

fn wet(share: f32) -> VolumetricMoisture {
    VolumetricMoisture::new(share).unwrap()
}

#[test]
fn nodes_that_lose_power_within_48_h_are_refused() {
    let start = Instant::from_secs(1_000);
    let table = [
        (None, None),
        (Some(hours(48)), None),
        (Some(hours(48) - millis(1)), Some(hours(48) - millis(1))),
        (Some(hours(31)), Some(hours(31))),
        (Some(hours(0)), Some(hours(0))),
    ];
    let request = Request::new(Ask::NOTHING);
    let rule = HarvestDeadline::hours(48);
    assert_eq!(rule.sensitivity(), Sensitivity::Always);
    for (lasts, left) in table {
        let node = Node::new("n", FREE);
        let node = lasts.map_or(node.clone(), |lasts| node.power_until(start + lasts));
        let refused = at(|c| rule.refuse(c), &request, &node, start);
        assert_eq!(refused, left.map(Reason::LosesPower));
    }
    // With a label it concerns the requests that have it.
    let node = Node::new("n", FREE).power_until(start);
    let rule = HarvestDeadline::hours(48).labelled("harvest");
    assert_eq!(at(|c| rule.refuse(c), &request, &node, start), None);
    let harvest = Request::new(Ask::NOTHING).label("harvest", "wheat");
    assert!(at(|c| rule.refuse(c), &harvest, &node, start).is_some());
}

#[test]
fn fresh_moisture_data_is_seen_at_once() {
    let map = Arc::new(Mutex::new(MoistureMap::new()));
    let plugin = SoilMoistureTopology::new(map.clone());
    assert_eq!(plugin.sensitivity(), Sensitivity::Always);
    let (node, now) = (Node::new("n", FREE), Instant::from_secs(3_600));
    let request = Request::new(Ask::NOTHING).label("plot", "7");
    let cost = |now| at(|c| plugin.cost(c), &request, &node, now);
    assert_eq!(cost(now), 1.0);
    map.lock().unwrap().received("7", NODE, now, millis(500));
    assert_eq!(cost(now), 0.25);
    assert_eq!(cost(now + minutes(15)), 0.75);
    // Older data does not take the place of newer.
    map.lock()
        .unwrap()
        .received("7", NODE, Instant::ZERO, millis(0));
    assert_eq!(cost(now), 0.25);
    map.lock()
        .unwrap()
        .received("7", NODE, now + minutes(15), millis(0));
    assert_eq!(cost(now + minutes(15)), 0.0);
    map.lock().unwrap().node_removed(NODE);
    assert_eq!(cost(now), 1.0);
    let settled = SoilMoistureTopology::new(map).missing(0.3).unwrap();
    assert_eq!(at(|c| settled.cost(c), &request, &node, now), 0.3);
    assert_eq!(
        at(|c| settled.cost(c), &Request::new(Ask::NOTHING), &node, now),
        0.0
    );
}

#[test]
fn a_rain_alert_marks_wet_plots_for_a_time() {
    let mut map = MoistureMap::new();
    map.measured("wet", wet(0.40), Instant::ZERO);
    map.measured("bound", wet(0.35), Instant::ZERO);
    map.measured("dry", wet(0.20), Instant::ZERO);
    map.received("silent", NODE, Instant::ZERO, millis(1));
    let mut emergencies = Emergencies::new();
    let until = Instant::ZERO + hours(6);
    let marked = emergencies.rain_alert(&map, wet(0.35), until);
    assert_eq!(
        marked,
        Marked {
            critical: 2,
            unknown: 1
        }
    );
    let now = Instant::ZERO;
    let critical = ["wet", "bound", "dry", "silent"].map(|plot| emergencies.is_critical(plot, now));
    assert_eq!(critical, [true, true, false, false]);
    assert!(!emergencies.is_critical("wet", until));
    // A shorter alert does not cut a longer one short, and nothing is lowered.
    emergencies.rain_alert(&map, wet(0.35), now + hours(1));
    assert!(emergencies.is_critical("wet", now + hours(5)));
    let request = Request::new(Ask::NOTHING)
        .priority(2_000_000)
        .label("plot", "wet");
    assert_eq!(emergencies.apply(request, now).urgency(), 2_000_000);
    emergencies.clear("wet");
    assert!(!emergencies.is_critical("wet", now));
}

#[test]
fn health_is_a_cost_of_what_is_known() {
    let table = [
        (Health::new(), 1.0),
        (
            Health::new()
                .battery(1.0)
                .round_trip(millis(0))
                .plausible(1.0),
            0.0,
        ),
        (
            Health::new()
                .battery(0.0)
                .round_trip(millis(9_000))
                .plausible(0.0),
            1.0,
        ),
        (Health::new().battery(0.25), 0.75),
        (Health::new().battery(f32::NAN).plausible(0.5), 0.5),
        (
            Health::new()
                .battery(0.5)
                .round_trip(millis(500))
                .plausible(0.5),
            0.5,
        ),
    ];
    let (node, request) = (Node::new("n", FREE), Request::new(Ask::NOTHING));
    let map = Arc::new(Mutex::new(HealthMap::new()));
    let plugin = NodeHealth::new(map.clone());
    let cost = |now| at(|c| plugin.cost(c), &request, &node, now);
    assert_eq!(cost(Instant::ZERO), 1.0);
    for (health, expected) in table {
        map.lock().unwrap().report(NODE, health, Instant::ZERO);
        assert!((cost(Instant::ZERO) - expected).abs() < 1e-6, "{health:?}");
        assert_eq!(cost(Instant::ZERO + minutes(5) + millis(1)), 1.0);
    }
}
