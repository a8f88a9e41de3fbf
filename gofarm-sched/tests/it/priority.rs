//! Classes, crop calendar, pre-emption, and disputed set points.

use core::time::Duration;

use gofarm_core::time::{UnixMillis, days, secs};
use gofarm_sched::eviction::{Stakes, WorkId};
use gofarm_sched::node::NodeId;
use gofarm_sched::priority::{
    Celsius, CropCalendar, GrowthStage, Occupied, PriorityClass, Protected, Running, SetPoint,
    preempt,
};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, DeviceSet, Resources, Share};
use proptest::prelude::*;

#[test]
fn growth_stages_raise_but_never_above_an_urgent_harvest() {
    let sown = UnixMillis::new(0);
    let starts = [
        (sown + days(1), GrowthStage::Leaves),
        (sown + days(60), GrowthStage::Flowering),
        (sown + days(90), GrowthStage::Ripening),
        (sown + days(120), GrowthStage::Senescence),
    ];
    let calendar = CropCalendar::new(&starts).unwrap();
    let table = [
        (0, 1_000),
        (1, 1_000),
        (60, 21_000),
        (89, 21_000),
        (90, 51_000),
        (121, 1_000),
    ];
    for (day, priority) in table {
        assert_eq!(
            calendar.priority(1_000, Some(sown + days(day))),
            priority,
            "day {day}"
        );
    }
    let ripe = Some(sown + days(100));
    let urgent = PriorityClass::URGENT_HARVEST.value();
    assert_eq!(calendar.priority(urgent - 5, ripe), urgent - 1);
    assert_eq!(calendar.priority(urgent + 5, ripe), urgent + 5);
    let calendar = calendar.raise(GrowthStage::Ripening, 7);
    assert_eq!(calendar.priority(0, ripe), 7);
    assert_eq!(
        CropCalendar::new(&[starts[1], starts[0]])
            .unwrap_err()
            .field(),
        "starts"
    );
}

fn harvest(cpu: u32) -> Request {
    Request::new(Ask::new(cpu, 0)).priority(PriorityClass::URGENT_HARVEST.value())
}

fn work(id: u64, priority: i32, cpu: u32) -> Running {
    Running::new(WorkId::new(id), priority, Ask::new(cpu, 0))
}

#[test]
fn an_urgent_harvest_starts_at_once_in_a_farm_full_of_batch_work() {
    let full = Resources::new(0, 1 << 30);
    let running: Vec<Vec<Running>> = (0..50_u64)
        .map(|n| vec![work(2 * n, 1_000, 2_000), work(2 * n + 1, 1_000, 2_000)])
        .collect();
    let nodes: Vec<_> = running
        .iter()
        .zip(0..)
        .map(|(running, slot)| Occupied::new(NodeId::new(slot, 0), &full, running))
        .collect();
    let found = preempt(&harvest(1_500), &nodes).unwrap();
    assert_eq!(found.victims().len(), 1);
    // In the same call, with nothing to wait for: its place is what the victim gives back.
    let mut free = full;
    free.give_back(&Ask::new(2_000, 0), DeviceSet::EMPTY);
    assert!(free.fits(harvest(1_500).ask()).is_ok());
}

#[test]
fn the_cheapest_node_is_chosen() {
    let free = Resources::new(0, 1);
    let node = |slot, running| Occupied::new(NodeId::new(slot, 0), &free, running);
    // Two nodes; the second is the better one, each time for the next reason.
    let low = [work(1, 5, 1_000)];
    let high = [work(2, 6, 1_000)];
    let two = [work(3, 5, 500), work(4, 5, 500)];
    let dear = [work(5, 5, 1_000).loss(secs(9))];
    let table = [
        (node(0, &high), node(1, &low)),
        (node(0, &two), node(1, &low)),
        (node(0, &low).spread(0.5), node(1, &dear)),
        (node(0, &dear), node(1, &low)),
    ];
    for (worse, better) in table {
        let found = preempt(&harvest(1_000), &[worse, better]).unwrap();
        assert_eq!(found.node().slot(), 1, "{found}");
    }
    assert_eq!(
        preempt(&harvest(1_000), &[node(0, &dear)]).unwrap().loss(),
        secs(9)
    );
}

#[test]
fn a_share_of_an_accelerator_is_freed_on_its_device() {
    let mut free = Resources::new(4_000, 1 << 30).accelerators(2);
    let part = |id, device: usize, part: u16, free: &mut Resources| {
        let ask = Ask::new(100, 0).share(Share::Part(part));
        let devices = DeviceSet::EMPTY.with(device);
        assert!(free.take(&ask, devices));
        Running::new(WorkId::new(id), 1, ask).devices(devices)
    };
    let running = [
        part(1, 0, 600, &mut free),
        part(2, 0, 400, &mut free),
        part(3, 1, 300, &mut free),
    ];
    let request = Request::new(Ask::new(100, 0).share(Share::Whole(1))).priority(2);
    let node = Occupied::new(NodeId::new(0, 0), &free, &running);
    let found = preempt(&request, &[node]).unwrap();
    assert_eq!(
        found
            .victims()
            .iter()
            .map(|v| v.work.number())
            .collect::<Vec<_>>(),
        [3]
    );
}

fn running() -> impl Strategy<Value = Vec<(i32, u32, u64, bool, u64)>> {
    proptest::collection::vec(
        (0_i32..8, 0_u32..900, 0_u64..900, any::<bool>(), 0_u64..50),
        0..12,
    )
}

proptest! {
    #[test]
    fn preemption_spares_what_it_must_makes_room_and_stops_nothing_in_vain(
        farm in proptest::collection::vec((0_u32..500, 0_u64..500, running()), 1..6),
        cpu in 0_u32..2_000,
        memory in 0_u64..2_000,
        priority in 0_i32..9,
    ) {
        let mut next = 0;
        let farm: Vec<(Resources, Vec<Running>)> = farm.into_iter().map(|(cpu, memory, running)| {
            let running = running.into_iter().map(|(priority, cpu, memory, critical, loss)| {
                next += 1;
                let stakes = if critical { Stakes::CropCritical } else { Stakes::Ordinary };
                Running::new(WorkId::new(next), priority, Ask::new(cpu, memory))
                    .stakes(stakes)
                    .loss(Duration::from_secs(loss))
            });
            (Resources::new(cpu, memory), running.collect())
        }).collect();
        let rows = || farm.iter().zip(0_u32..);
        let nodes: Vec<_> = rows().map(|((free, r), slot)| Occupied::new(NodeId::new(slot, 0), free, r)).collect();
        let request = Request::new(Ask::new(cpu, memory)).priority(priority);
        let table: alloc::collections::BTreeMap<u64, (i32, Stakes, Ask)> = farm.iter().flat_map(|(_, r)| r)
            .map(|work| { let (id, p, s, a) = parts(work); (id, (p, s, a)) }).collect();
        let after = |node: usize, stopped: &[u64]| {
            let mut free = farm[node].0;
            stopped.iter().for_each(|id| free.give_back(&table[id].2, DeviceSet::EMPTY));
            free.fits(request.ask()).is_ok()
        };
        match preempt(&request, &nodes) {
            Ok(found) => {
                let stopped: Vec<u64> = found.victims().iter().map(|v| v.work.number()).collect();
                for id in &stopped {
                    prop_assert!(table[id].0 < priority);
                    prop_assert_eq!(table[id].1, Stakes::Ordinary);
                }
                prop_assert!(after(found.node().slot(), &stopped));
                for spared in &stopped {
                    let fewer: Vec<u64> = stopped.iter().copied().filter(|id| id != spared).collect();
                    prop_assert!(!after(found.node().slot(), &fewer));
                }
            }
            Err(error) => {
                prop_assert_eq!(error, Protected { nodes: farm.len(), priority });
                for (node, (_, running)) in farm.iter().enumerate() {
                    let all: Vec<u64> = running.iter().map(parts)
                        .filter(|(_, p, s, _)| *p < priority && *s == Stakes::Ordinary)
                        .map(|(id, ..)| id).collect();
                    prop_assert!(!after(node, &all));
                }
            }
        }
    }

    #[test]
    fn disputes_never_move_a_greenhouse_by_more_than_2_degrees(
        agreed in -10.0_f32..40.0,
        wishes in proptest::collection::vec((0_usize..5, -200.0_f32..200.0, any::<bool>()), 0..60),
    ) {
        let mut house = SetPoint::new(Celsius::new(agreed).unwrap());
        for (tenant, wish, stays) in wishes {
            let tenant = ["a", "b", "c", "d", "e"][tenant];
            if stays { house.wish(tenant, Celsius::new(wish).unwrap()) } else { house.withdraw(tenant) }
            prop_assert!((house.in_force().degrees() - agreed).abs() <= SetPoint::MOST + 1e-5);
            prop_assert_eq!(house.agreed().degrees(), agreed);
        }
    }
}

fn parts(work: &Running) -> (u64, i32, Stakes, Ask) {
    (
        work.id().number(),
        work.priority(),
        work.at_stake(),
        *work.ask(),
    )
}

#[test]
fn one_tenant_alone_does_not_drag_the_others() {
    let degrees = |d| Celsius::new(d).unwrap();
    let mut house = SetPoint::new(degrees(20.0));
    assert_eq!(house.in_force(), degrees(20.0));
    house.wish("a", degrees(20.5));
    house.wish("b", degrees(21.0));
    house.wish("c", degrees(-40.0));
    assert_eq!(house.in_force(), degrees(20.5));
    house.agree(degrees(10.0));
    assert_eq!(house.in_force(), degrees(12.0));
    assert!(Celsius::new(f32::NAN).is_err());
    assert!(Celsius::new(-274.0).is_err());
}
