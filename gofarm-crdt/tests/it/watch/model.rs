//! A subscriber that does nothing but what its contract says ends with what the replica has.

#![expect(clippy::std_instead_of_alloc, reason = "tests run with std")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What readers see: (state, field, key) to a printed value.
type View = BTreeMap<(String, u16, Vec<u8>), String>;

const STATES: [&str; 3] = ["valve/1", "valve/2", "pump/1"];

#[derive(Clone, Debug)]
enum Step {
    /// Who writes, to which state, what.
    Write(usize, usize, Write),
    Commit(usize),
    /// A commit in two steps; durable or not.
    Begin,
    Finish(bool),
    /// Takes what the other replica has over, without a commit.
    Merge,
    /// Time passes, in milliseconds.
    Wait(u64),
    /// The subscriber handles so many events.
    Poll(usize),
    /// The subscriber goes away and comes back with its mark, perhaps a lost one.
    Return(bool),
}

#[derive(Clone, Debug)]
enum Write {
    Open(bool),
    Litres(u64),
    Join(u32),
    Leave(u32),
    Limit(u8, u32),
    Unlimit(u8),
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        any::<bool>().prop_map(Write::Open),
        (1..9_u64).prop_map(Write::Litres),
        (0..6_u32).prop_map(Write::Join),
        (0..6_u32).prop_map(Write::Leave),
        (0..4_u8, 0..9_u32).prop_map(|(key, value)| Write::Limit(key, value)),
        (0..4_u8).prop_map(Write::Unlimit),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..2_usize, 0..3_usize, write()).prop_map(|(who, state, write)| Step::Write(who, state, write)),
        4 => (0..2_usize).prop_map(Step::Commit),
        1 => Just(Step::Begin),
        1 => any::<bool>().prop_map(Step::Finish),
        2 => Just(Step::Merge),
        2 => (1..150_u64).prop_map(Step::Wait),
        4 => (1..5_usize).prop_map(Step::Poll),
        1 => prop::bool::weighted(0.8).prop_map(Step::Return),
    ]
}

fn apply(replica: &mut Replica<MemoryStore>, now: Now, handle: &Handle<Valve>, write: &Write) {
    replica.update(now, handle, |v| match *write {
        Write::Open(open) => v.open.set(open),
        Write::Litres(litres) => {
            v.litres.add(litres);
        }
        Write::Join(person) => {
            v.crew.insert(person);
        }
        Write::Leave(person) => {
            v.crew.remove(&person);
        }
        Write::Limit(key, value) => v.limits.insert(key.to_string(), value),
        Write::Unlimit(key) => {
            v.limits.remove(&key.to_string());
        }
    });
}

fn bytes(value: &dyn gofarm_crdt::Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    bytes
}

/// All that a reader finds in one state.
fn look(name: &str, valve: &Valve, view: &mut View) {
    let mut put = |field: &'static str, key: Vec<u8>, value: String| {
        let number = FieldName::new(field).number();
        view.insert((name.into(), number, key), value);
    };
    if let Some(open) = valve.open.get() {
        put("open", Vec::new(), open.to_string());
    }
    if valve.litres.value() > 0 {
        put("litres", Vec::new(), valve.litres.value().to_string());
    }
    for person in valve.crew.iter() {
        put("crew", bytes(person), String::new());
    }
    for (key, value) in valve.limits.iter() {
        put("limits", bytes(key), value.to_string());
    }
}

struct World {
    here: Replica<MemoryStore>,
    there: Replica<MemoryStore>,
    handles: [[Handle<Valve>; 3]; 2],
    batch: Option<gofarm_crdt::replica::CommitBatch>,
    watch: Option<Watch>,
    mark: Option<Mark>,
    seen: View,
    now: u64,
    prefix: &'static str,
    capacity: usize,
}

impl World {
    fn new(prefix: &'static str, capacity: usize) -> Self {
        let (mut here, mut there) = (replica(1), replica(2));
        let handles = [&mut here, &mut there]
            .map(|replica| STATES.map(|name| replica.register(name).expect("a name")));
        let mut world = Self {
            here,
            there,
            handles,
            batch: None,
            watch: None,
            mark: None,
            seen: View::new(),
            now: 1_000,
            prefix,
            capacity,
        };
        world.come_back();
        world
    }

    fn now(&self) -> Now {
        let wall = gofarm_core::time::UnixMillis::new(1_790_000_000_000 + self.now);
        Now::new(Instant::from_millis(self.now), Some(wall))
    }

    fn options(&self) -> WatchOptions {
        WatchOptions::new(self.prefix)
            .with_capacity(self.capacity)
            .never_held(OPEN)
    }

    fn come_back(&mut self) {
        if let Some(watch) = self.watch.take() {
            self.here.unwatch(watch);
        }
        self.watch = Some(self.here.watch_from(self.options(), self.mark));
    }

    fn truth(&self) -> View {
        let mut view = View::new();
        for (name, handle) in STATES.iter().zip(&self.handles[0]) {
            if name.starts_with(self.prefix) {
                look(name, self.here.read(handle), &mut view);
            }
        }
        view
    }

    /// Handles one event as the contract says; false if there was none.
    fn handle(&mut self) -> bool {
        let (now, watch) = (self.now(), self.watch.as_ref().expect("always one"));
        let Some(event) = self.here.poll_change(now, watch) else {
            return false;
        };
        if let Some(mark) = self.mark.filter(|mark| mark.run() == event.mark().run()) {
            assert!(mark.revision() <= event.mark().revision(), "marks go on");
        }
        self.mark = Some(event.mark());
        let truth = self.truth();
        let WatchEvent::Changed(changed) = event else {
            self.seen = truth;
            return true;
        };
        let key = (
            changed.state().to_string(),
            changed.field(),
            changed.key_bytes().to_vec(),
        );
        match (changed.what(), truth.get(&key)) {
            (What::Created | What::Updated, Some(value)) => {
                self.seen.insert(key, value.clone());
            }
            (What::Deleted, _) | (_, None) => {
                self.seen.remove(&key);
            }
        }
        true
    }

    fn run(&mut self, step: &Step) {
        let now = self.now();
        match step {
            Step::Write(who, state, write) => {
                let replica = if *who == 0 {
                    &mut self.here
                } else {
                    &mut self.there
                };
                apply(replica, now, &self.handles[*who][*state], write);
            }
            Step::Commit(0) => self.here.commit().expect("memory takes it"),
            Step::Commit(_) => self.there.commit().expect("memory takes it"),
            Step::Begin => self.batch = self.here.begin_commit().or(self.batch.take()),
            Step::Finish(is_durable) => {
                if let Some(batch) = self.batch.take() {
                    self.here.finish_commit(batch, *is_durable);
                }
            }
            Step::Merge => {
                self.there.commit().expect("memory takes it");
                for parcel in delta(&self.there, &self.here) {
                    parcel.deliver(now, &mut self.here).expect("honest");
                }
            }
            Step::Wait(millis) => self.now += millis,
            Step::Poll(events) => {
                for _ in 0..*events {
                    self.handle();
                }
            }
            Step::Return(with_mark) => {
                if !with_mark {
                    self.mark = None;
                }
                self.come_back();
            }
        }
    }

    /// Makes all durable, and lets the subscriber follow the time-outs that it is told.
    fn settle(&mut self) {
        self.run(&Step::Finish(true));
        self.run(&Step::Commit(0));
        loop {
            while self.handle() {}
            let watch = self.watch.as_ref().expect("always one");
            let Some(due) = self.here.poll_watch_timeout(watch) else {
                break;
            };
            assert!(due > self.now().instant(), "what is due was told");
            assert!(due <= self.now().instant() + millis(100), "within 100 ms");
            self.now = due.as_micros().div_ceil(1_000);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 512 }))]

    #[test]
    fn a_subscriber_ends_with_what_the_replica_has(
        steps in prop::collection::vec(step(), 1..120),
        prefix in prop::sample::select(vec!["", "valve/", "valve/2", "nothing"]),
        capacity in prop::sample::select(vec![1, 3, 1_000]),
    ) {
        let mut world = World::new(prefix, capacity);
        for step in &steps {
            world.run(step);
        }
        world.settle();
        prop_assert_eq!(&world.seen, &world.truth());
        let watch = world.watch.as_ref().expect("always one");
        let mark = world.here.watch_mark(watch);
        prop_assert!(mark.is_some_and(|mark| world.mark.is_some_and(
            |applied| applied.revision() <= mark.revision())));
    }
}
