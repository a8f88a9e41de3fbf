//! Reasons, costs and reservations, through a scheduler.

#![expect(clippy::std_instead_of_alloc, reason = "a test has std")]

use std::sync::{Arc, Mutex};

use gofarm_core::time::{Instant, secs};
use gofarm_sched::inference::{
    AcceleratedNode, Block, Extent, Fleet, FleetError, InferencePlacement, Job, ModelDigest,
};
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{Scheduler, Unplaced};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, DriverRange, DriverVersion, Resources, Share};

const GIB: u64 = 1 << 30;
const NOW: Instant = Instant::from_secs(1);

type Handle = Arc<Mutex<Fleet>>;

fn model(name: &str) -> ModelDigest {
    ModelDigest::of(name.as_bytes())
}

fn setup() -> (Scheduler, Handle) {
    let fleet = Handle::default();
    let plugin = InferencePlacement::new(fleet.clone());
    let sched = Scheduler::builder()
        .load_weight(0.0)
        .filter(plugin.clone())
        .score(100, plugin.clone())
        .reserve(plugin)
        .hold(secs(10))
        .build()
        .unwrap();
    (sched, fleet)
}

fn add(sched: &mut Scheduler, fleet: &Handle, name: &str, node: AcceleratedNode) -> NodeId {
    let accelerators = node.arenas().len();
    let id = sched.add_node(Node::new(
        name,
        Resources::new(4_000, 8 * GIB).accelerators(accelerators),
    ));
    fleet.lock().unwrap().insert(id, node).unwrap();
    id
}

fn weeds() -> Request {
    Request::new(Ask::new(100, 0)).label(Job::LABEL, "weeds")
}

fn extent(start: u64, len: u64) -> Extent {
    Extent::new(start * GIB, len * GIB).unwrap()
}

fn block(device: usize, start: u64, len: u64) -> Block {
    Block {
        device,
        extent: extent(start, len),
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let (mut sched, fleet) = setup();
    let v = |major| DriverVersion::new(major, 0, 0);
    let range = DriverRange::at_least(v(550)).below(v(570)).unwrap();
    let job = Job::new(model("weeds"), 6 * GIB).unwrap().driver(range);
    fleet.lock().unwrap().define("weeds", job);
    let good = || {
        AcceleratedNode::new()
            .accelerator(12 * GIB)
            .unwrap()
            .driver(v(550))
    };
    let table = [
        ("foreign", good().only([model("pests")])),
        ("old", good().driver(v(535))),
        ("new", good().driver(v(570))),
        (
            "untold",
            AcceleratedNode::new().accelerator(12 * GIB).unwrap(),
        ),
        ("bare", AcceleratedNode::new().driver(v(550))),
        ("pieces", good()),
    ];
    for (name, node) in table {
        let id = add(&mut sched, &fleet, name, node);
        if name == "pieces" {
            // 5 GiB and 4 GiB are free, with 3 GiB between them.
            fleet.lock().unwrap().occupy(id, block(0, 5, 3)).unwrap();
        }
    }
    sched.add_node(Node::new("plain", Resources::new(4_000, 8 * GIB)));
    let Err(Unplaced::Refused(refusals)) = sched.place(&weeds(), NOW) else {
        panic!("no node can do it");
    };
    let mut said: Vec<_> = refusals
        .iter()
        .map(|(name, refusal)| format!("{name}: {}", refusal.reason()))
        .collect();
    said.sort();
    assert_eq!(
        said,
        [
            "bare: the memory of its accelerators is not known",
            "foreign: the model's digest is not allowed",
            "new: driver 570 >= 570",
            "old: driver 535 < 550",
            "pieces: no contiguous 6 GiB: largest free 5 GiB of 9 GiB free",
            "plain: has no accelerators that are known",
            "untold: driver is not known",
        ]
    );
}

#[test]
fn a_job_that_is_not_defined_is_refused_and_other_work_is_left_alone() {
    let (mut sched, fleet) = setup();
    let id = add(&mut sched, &fleet, "a", AcceleratedNode::new());
    let error = sched.place(&weeds(), NOW).unwrap_err();
    assert_eq!(
        error.to_string(),
        "every node refuses: a (the inference job is not known)"
    );
    let other = Request::new(Ask::new(100, 0));
    let decision = sched.place(&other, NOW).unwrap();
    assert_eq!((decision.node(), decision.cost()), (id, 0.0));
    assert_eq!(fleet.lock().unwrap().blocks(&decision), []);
}

#[test]
fn a_node_that_has_the_model_is_better_and_then_the_tightest_hole() {
    let (mut sched, fleet) = setup();
    fleet
        .lock()
        .unwrap()
        .define("weeds", Job::new(model("weeds"), 6 * GIB).unwrap());
    let node = |memory: u64| AcceleratedNode::new().accelerator(memory * GIB).unwrap();
    let cloud = add(&mut sched, &fleet, "cloud", node(80));
    let shed = add(&mut sched, &fleet, "shed", node(8));
    let barn = add(&mut sched, &fleet, "barn", node(24));
    let digest = model("weeds");
    fleet.lock().unwrap().model_present(barn, digest).unwrap();
    let place = |sched: &mut Scheduler| {
        let decision = sched.place(&weeds(), NOW).unwrap();
        let node = decision.node();
        sched.commit(decision, NOW).unwrap();
        node
    };
    assert_eq!(place(&mut sched), barn);
    // What is gone from the disk has to be downloaded again: then the tightest hole counts.
    fleet.lock().unwrap().model_gone(barn, &digest).unwrap();
    let order = [(); 6].map(|()| place(&mut sched));
    assert_eq!(order, [shed, barn, barn, barn, cloud, cloud]);
}

#[test]
fn memory_is_held_until_the_claim_ends_however_it_ends() {
    let (mut sched, fleet) = setup();
    fleet
        .lock()
        .unwrap()
        .define("weeds", Job::new(model("weeds"), 6 * GIB).unwrap());
    let node = AcceleratedNode::new().accelerator(16 * GIB).unwrap();
    let id = add(&mut sched, &fleet, "a", node);
    let free = || fleet.lock().unwrap().node(id).unwrap().arenas()[0].free() / GIB;

    let abandoned = sched.place(&weeds(), NOW).unwrap();
    assert_eq!(fleet.lock().unwrap().blocks(&abandoned), [block(0, 0, 6)]);
    assert_eq!(free(), 10);
    sched.abandon(abandoned).unwrap();
    assert_eq!(free(), 16);

    let lapses = sched.place(&weeds(), NOW).unwrap();
    assert_eq!((lapses.until(), free()), (NOW + secs(10), 10));
    sched.handle_timeout(NOW + secs(10));
    assert_eq!(free(), 16);

    let now = NOW + secs(20);
    let committed = sched.place(&weeds(), now).unwrap();
    let reservation = committed.reservation();
    let placement = sched.commit(committed, now).unwrap();
    let held = block(0, 0, 6);
    assert_eq!(
        fleet.lock().unwrap().vacate(id, held),
        Err(FleetError::Held {
            extent: held.extent,
            holder: reservation
        })
    );
    sched.completed(placement, now + secs(5)).unwrap();
    assert_eq!(free(), 16);

    // A node may go first from the fleet or first from the scheduler.
    let lost = sched.place(&weeds(), now + secs(6)).unwrap();
    fleet.lock().unwrap().remove(id).unwrap();
    sched.remove_node(id).unwrap();
    assert_eq!(fleet.lock().unwrap().blocks(&lost), []);
}

#[test]
fn the_loader_may_put_a_block_elsewhere() {
    let (mut sched, fleet) = setup();
    fleet
        .lock()
        .unwrap()
        .define("weeds", Job::new(model("weeds"), 6 * GIB).unwrap());
    let node = AcceleratedNode::new().accelerator(16 * GIB).unwrap();
    let id = add(&mut sched, &fleet, "a", node);
    let decision = sched.place(&weeds(), NOW).unwrap();
    let mut locked = fleet.lock().unwrap();
    locked.occupy(id, block(0, 14, 2)).unwrap();
    assert!(matches!(
        locked.moved(&decision, block(0, 9, 6)),
        Err(FleetError::Arena(_))
    ));
    assert_eq!(locked.blocks(&decision), [block(0, 0, 6)]);
    locked.moved(&decision, block(0, 8, 6)).unwrap();
    assert_eq!(locked.blocks(&decision), [block(0, 8, 6)]);
    let taken = [extent(8, 6), extent(14, 2)];
    assert_eq!(locked.node(id).unwrap().arenas()[0].taken(), taken);
    assert_eq!(
        locked.moved(&decision, block(1, 0, 6)),
        Err(FleetError::NotHeld)
    );
    drop(locked);
    sched.abandon(decision).unwrap();
    let mut locked = fleet.lock().unwrap();
    locked.vacate(id, block(0, 14, 2)).unwrap();
    assert_eq!(locked.node(id).unwrap().arenas()[0].free(), 16 * GIB);
}

#[test]
fn whole_devices_get_a_block_each_on_those_that_were_chosen() {
    let (mut sched, fleet) = setup();
    fleet
        .lock()
        .unwrap()
        .define("weeds", Job::new(model("weeds"), 6 * GIB).unwrap());
    let eight = |node: AcceleratedNode| node.accelerator(8 * GIB).unwrap();
    let node = eight(eight(eight(AcceleratedNode::new())));
    let id = add(&mut sched, &fleet, "a", node);
    fleet.lock().unwrap().occupy(id, block(0, 0, 1)).unwrap();
    let ask = Ask::new(100, 0).share(Share::Whole(2));
    let request = Request::new(ask).label(Job::LABEL, "weeds");
    let decision = sched.place(&request, NOW).unwrap();
    assert_eq!(decision.devices().iter().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(
        fleet.lock().unwrap().blocks(&decision),
        [block(0, 1, 6), block(1, 0, 6)]
    );
    let error = sched.place(&request, NOW).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("(no accelerator has that much free)")
    );
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let (gone, digest) = (NodeId::new(7, 0), model("weeds"));
    let mut fleet = Fleet::new();
    assert_eq!(
        fleet.set_driver(gone, DriverVersion::new(1, 0, 0)),
        Err(FleetError::UnknownNode)
    );
    assert_eq!(
        fleet.model_present(gone, digest),
        Err(FleetError::UnknownNode)
    );
    assert_eq!(
        fleet.model_gone(gone, &digest),
        Err(FleetError::UnknownNode)
    );
    assert_eq!(
        fleet.occupy(gone, block(0, 0, 1)),
        Err(FleetError::UnknownNode)
    );
    assert!(fleet.remove(gone).is_none());
    let here = NodeId::new(1, 0);
    fleet.insert(here, AcceleratedNode::new()).unwrap();
    assert_eq!(
        fleet.insert(here, AcceleratedNode::new()),
        Err(FleetError::KnownNode)
    );
    let missing = Err(FleetError::UnknownDevice { device: 3 });
    assert_eq!(fleet.occupy(here, block(3, 0, 1)), missing);
    let id = gofarm_sched::placement::ReservationId::new(9);
    assert_eq!(fleet.moved(id, block(0, 0, 1)), Err(FleetError::NotHeld));
    assert!(Job::new(digest, 0).is_err());
    assert!(AcceleratedNode::new().accelerator(0).is_err());
    let full = (0..16).try_fold(AcceleratedNode::new(), |node, _| node.accelerator(1));
    assert!(full.unwrap().accelerator(1).is_err());
    assert!(
        InferencePlacement::new(Handle::default())
            .download_cost(1.5)
            .is_err()
    );
}

#[test]
fn texts_that_are_no_versions_or_digests_say_where() {
    let version = |text: &str| {
        text.parse::<DriverVersion>()
            .map_err(|error| error.to_string())
    };
    assert_eq!(version("550.54.15"), Ok(DriverVersion::new(550, 54, 15)));
    assert_eq!(
        version("1.2.3.4").unwrap_err(),
        "a driver version has more than three numbers"
    );
    assert_eq!(
        version("550.x").unwrap_err(),
        "number 2 of a driver version: invalid digit found in string"
    );
    assert!(
        DriverRange::at_least(DriverVersion::new(2, 0, 0))
            .below(DriverVersion::new(2, 0, 0))
            .is_err()
    );
    let hex = model("weeds").to_string();
    assert_eq!(hex.parse(), Ok(model("weeds")));
    let wrong = [
        (hex[..10].to_owned(), 10),
        (format!("{hex}0"), 64),
        (hex.replacen(&hex[3..4], "g", 1), 3),
    ];
    for (text, offset) in wrong {
        let error = text.parse::<ModelDigest>().unwrap_err();
        assert!(error.offset() <= offset, "{error}");
        assert!(offset != 10 || error.offset() == 10);
    }
}
