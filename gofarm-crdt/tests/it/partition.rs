//! 72 hours apart on a bad network: nothing committed is lost, and all agree in the end.

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, UnixMillis, hours};
use gofarm_crdt::clock::Now;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::ledger::Ledger;
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::register::Lww;
use gofarm_crdt::set::AddWinsSet;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::sync::Limits;
use gofarm_crdt::{Handle, Replica, Replicated};

mod network;

use network::{Link, Quality};

#[derive(Replicated, Debug, Default)]
struct Field {
    open: Lww<bool>,
    litres: GCounter,
    crew: AddWinsSet<u16>,
    soil: LwwMap<u16, f32>,
}

/// A replica with what it committed, told apart from what the network did to it.
struct Node {
    replica: Replica<MemoryStore>,
    field: Handle<Field>,
    litres: u64,
    /// The wall clock is unknown for a while after a restart.
    wall: bool,
    restarts: u64,
}

impl Node {
    fn new(id: u64, seed: u64) -> Self {
        let store = MemoryStore::new(ReplicaId::new(id), seed);
        let mut replica = Replica::open(store, now(0, true)).expect("an empty store opens");
        let field = replica.register("field/north").expect("a name");
        Self {
            replica,
            field,
            litres: 0,
            wall: true,
            restarts: 0,
        }
    }

    /// One committed change.
    fn write(&mut self, at: Now, random: &mut SplitMix64) {
        let litres = random.below(50);
        let (what, which) = (random.below(6), small(random));
        let soil = f32::from(small(random)) / 16.0;
        self.replica.update(at, &self.field, |field| match what {
            0 => field.open.set(which % 2 == 0),
            1 => field.crew.insert(which),
            2 => {
                field.crew.remove(&which);
            }
            3 => {
                field.soil.remove(&which);
            }
            4 => field.litres.add(litres),
            _ => field.soil.insert(which, soil),
        });
        if what == 4 {
            self.litres += litres;
        }
        self.replica.commit().expect("memory takes it");
    }

    /// A power cut: what was not committed is gone, and the clock is unknown.
    fn restart(mut self, at: Now, seed: u64) -> Self {
        self.replica
            .update(at, &self.field, |field| field.litres.add(1_000_000));
        let store = self.replica.into_store().restored(seed);
        let mut replica = Replica::open(store, at).expect("the store opens");
        let field = replica.register("field/north").expect("a name");
        Self {
            replica,
            field,
            wall: false,
            restarts: self.restarts + 1,
            ..self
        }
    }

    fn maintain(&mut self, at: Now) {
        let done = self.replica.maintain(at, hours(6));
        done.expect("the name of members is free");
        self.replica.commit().expect("memory takes it");
    }

    fn view(&self) -> String {
        let field = self.replica.read(&self.field);
        let mut crew: Vec<_> = field.crew.iter().collect();
        crew.sort_unstable();
        let mut soil: Vec<_> = field.soil.iter().map(|(k, v)| (k, v.to_bits())).collect();
        soil.sort_unstable();
        format!(
            "{:?} {} {crew:?} {soil:?}",
            field.open.get(),
            field.litres.value()
        )
    }
}

fn small(random: &mut SplitMix64) -> u16 {
    u16::try_from(random.below(24)).unwrap_or_default()
}

fn now(seconds: u64, wall: bool) -> Now {
    let unix = UnixMillis::new(1_790_000_000_000 + 1_000 * seconds);
    Now::new(Instant::from_secs(seconds), wall.then_some(unix))
}

/// How often a node finds that it must take over the full state of whoever it meets next.
#[derive(Clone, Copy)]
enum Adoptions {
    /// Only when a peer says so.
    WhenAsked,
    /// Also at one step of so many, at random and without a reason: nothing may be lost by it.
    OneIn(u64),
}

/// Field node, gateway and cloud in a line; the uplink is down for 72 hours, then a day to meet.
fn farm(seed: u64, adoptions: Adoptions) {
    const HOUR: u64 = 3_600;
    let mut random = SplitMix64::new(seed);
    let mut nodes = [1, 2, 3].map(|id| Node::new(id, seed ^ id));
    let radio = Quality::radio(&mut random);
    let uplink = Quality::cellular(&mut random);
    let mut links = [
        Link::new(seed, radio, Limits::lora(), 0, 1),
        Link::new(seed ^ 77, uplink, Limits::mqtt(), 1, 2),
    ];
    let mut seconds = 0;
    while seconds < 100 * HOUR {
        seconds += 20 + random.below(600);
        let (apart, writing) = (seconds < 72 * HOUR, seconds < 90 * HOUR);
        let who = usize::try_from(random.below(3)).unwrap_or_default();
        let at = now(seconds, nodes[who].wall);
        if writing {
            nodes[who].write(at, &mut random);
        }
        if writing && random.below(200) == 0 {
            let [a, b, c] = nodes;
            let seed = random.next_u64();
            nodes = match who {
                0 => [a.restart(at, seed), b, c],
                1 => [a, b.restart(at, seed), c],
                _ => [a, b, c.restart(at, seed)],
            };
            for link in &mut links {
                link.restarted(who, random.next_u64());
            }
        }
        if random.below(10) == 0 {
            nodes[who].wall = true;
            nodes[who].maintain(at);
        }
        if let Adoptions::OneIn(steps) = adoptions
            && random.below(steps) == 0
        {
            nodes[who].replica.begin_adoption();
            for link in &mut links {
                link.restarted(who, random.next_u64());
            }
        }
        for (at, link) in links.iter_mut().enumerate() {
            link.is_up = at == 0 || !apart;
            link.run(&mut nodes, seconds);
        }
    }
    for node in &mut nodes {
        node.wall = true;
    }
    // Three quiet days at the end, on links that are merely bad.
    for hour in 0..72 {
        seconds += HOUR;
        for node in nodes.iter_mut().filter(|_| hour < 60) {
            node.maintain(now(seconds, true));
        }
        for link in &mut links {
            link.run(&mut nodes, seconds);
        }
    }
    let litres: u64 = nodes.iter().map(|node| node.litres).sum();
    let views = nodes.each_ref().map(Node::view);
    assert!(
        views[0] == views[1] && views[1] == views[2],
        "seed {seed}: {views:#?}"
    );
    let counted = nodes[0].replica.read(&nodes[0].field).litres.value();
    assert_eq!(
        counted, litres,
        "seed {seed}: a committed increment is missing or came twice"
    );
    for node in &nodes {
        let runs = node.replica.context().runs().count();
        assert!(runs <= 60, "seed {seed}: {runs} runs");
        let footprint = node.replica.footprint();
        assert!(footprint.cells <= 60, "seed {seed}: {footprint:?}");
        assert!(
            footprint.index <= 4 * 60 + 64 * footprint.actors,
            "seed {seed}: {footprint:?}"
        );
        assert_eq!(footprint.remains, 0, "seed {seed}: {footprint:?}");
    }
}

fn seeds(default: u64) -> core::ops::Range<u64> {
    let number =
        |name: &str, default| std::env::var(name).map_or(default, |n| n.parse().expect("a number"));
    number("GOFARM_FIRST_SEED", 0)..number("GOFARM_SEEDS", default)
}

#[test]
fn seventy_two_hours_apart_lose_nothing_and_diverge_nowhere() {
    for seed in seeds(1_000) {
        farm(seed, Adoptions::WhenAsked);
    }
}

#[test]
fn taking_over_the_full_state_at_any_time_loses_nothing_and_diverges_nowhere() {
    for seed in seeds(500) {
        farm(seed, Adoptions::OneIn(400));
        farm(seed, Adoptions::OneIn(60));
    }
}
