//! What a subscriber hears, and when.

use gofarm_core::time::{Instant, millis, secs};
use gofarm_crdt::clock::Now;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::ledger::Ledger as _;
use gofarm_crdt::map::LwwMap;
use gofarm_crdt::register::Lww;
use gofarm_crdt::set::AddWinsSet;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::watch::{Mark, Watch, WatchEvent, WatchOptions, What};
use gofarm_crdt::{FieldName, Handle, Replica, Replicated};

use crate::replica::wire::{delta, pull};
use crate::replica::{at, replica};

mod marks;
mod model;

const OPEN: FieldName = FieldName::new("open");
const LITRES: FieldName = FieldName::new("litres");
const CREW: FieldName = FieldName::new("crew");

#[derive(Replicated, Debug, Default)]
struct Valve {
    open: Lww<bool>,
    litres: GCounter,
    crew: AddWinsSet<u32>,
    limits: LwwMap<String, u32>,
}

fn ms(millis: u64) -> Now {
    Now::new(Instant::from_millis(millis), None)
}

/// An event in short: state, field, what.
type Heard = (String, u16, What);

fn heard(event: WatchEvent) -> Heard {
    match event {
        WatchEvent::Changed(changed) => (changed.state().into(), changed.field(), changed.what()),
        WatchEvent::Resync(_) => ("everything".into(), 0, What::Updated),
    }
}

fn drain(replica: &mut Replica<MemoryStore>, now: Now, watch: &Watch) -> Vec<Heard> {
    core::iter::from_fn(|| replica.poll_change(now, watch))
        .map(heard)
        .collect()
}

/// A replica with one valve that has a value in each field, and a watch that has heard of all.
fn watched(options: impl Into<WatchOptions>) -> (Replica<MemoryStore>, Handle<Valve>, Watch) {
    let mut replica = replica(1);
    let valve = replica.register::<Valve>("valve/7").expect("a name");
    replica.update(ms(0), &valve, |v| {
        v.open.set(false);
        v.litres.add(1);
        v.crew.insert(4);
    });
    replica.commit().expect("memory takes it");
    let watch = replica.watch(options);
    let first = replica.poll_change(ms(0), &watch);
    assert!(matches!(first, Some(WatchEvent::Resync(_))), "{first:?}");
    assert_eq!(drain(&mut replica, ms(0), &watch), []);
    (replica, valve, watch)
}

fn valve(field: FieldName, what: What) -> Heard {
    ("valve/7".into(), field.number(), what)
}

#[test]
fn changes_of_one_key_are_merged_for_100_ms() {
    let (mut replica, handle, watch) = watched("valve/");
    // A meter that is written every 5 ms for a second, polled every millisecond.
    let mut times = Vec::new();
    for now in 1_000..2_200 {
        if now < 2_000 && now % 5 == 0 {
            replica.update(ms(now), &handle, |v| v.litres.add(1));
            replica.commit().expect("memory takes it");
        }
        for event in drain(&mut replica, ms(now), &watch) {
            assert_eq!(event, valve(LITRES, What::Updated));
            times.push(now);
        }
    }
    // The first change after an event opens the next 100 ms.
    let expected: Vec<u64> = (0..10).map(|n| 1_100 + n * 105).collect();
    assert_eq!(times, expected);
    assert_eq!(replica.read(&handle).litres.value(), 201);
}

#[test]
fn a_subscriber_learns_when_to_poll() {
    let (mut replica, handle, watch) = watched("valve/");
    assert_eq!(replica.poll_watch_timeout(&watch), None);
    replica.update(ms(1_000), &handle, |v| v.litres.add(1));
    assert_eq!(replica.poll_watch_timeout(&watch), None, "not durable yet");
    replica.commit().expect("memory takes it");
    let due = Instant::from_millis(1_100);
    assert_eq!(replica.poll_watch_timeout(&watch), Some(due));
    assert_eq!(replica.poll_change(ms(1_099), &watch), None);
    assert!(replica.poll_change(ms(1_100), &watch).is_some());
    assert_eq!(replica.poll_watch_timeout(&watch), None);
}

#[test]
fn create_and_delete_are_told_at_once() {
    let (mut replica, handle, watch) = watched("valve/");
    replica.update(ms(10), &handle, |v| {
        v.litres.add(1);
        v.crew.insert(5);
        v.crew.remove(&4);
    });
    replica.commit().expect("memory takes it");
    let mut keys = Vec::new();
    while let Some(WatchEvent::Changed(changed)) = replica.poll_change(ms(10), &watch) {
        assert_eq!(changed.field(), CREW.number());
        keys.push((changed.key::<u32>().expect("a number"), changed.what()));
    }
    keys.sort_by_key(|(key, _)| *key);
    assert_eq!(keys, [(4, What::Deleted), (5, What::Created)]);
    let later = drain(&mut replica, ms(110), &watch);
    assert_eq!(later, [valve(LITRES, What::Updated)]);
}

#[test]
fn a_deletion_drops_the_held_update() {
    let (mut replica, handle, watch) = watched("valve/");
    let limit = FieldName::new("limits");
    replica.update(ms(10), &handle, |v| v.limits.insert("flow".into(), 7));
    replica.commit().expect("memory takes it");
    let created = drain(&mut replica, ms(10), &watch);
    assert_eq!(created, [valve(limit, What::Created)]);
    replica.update(ms(20), &handle, |v| v.limits.insert("flow".into(), 8));
    replica.commit().expect("memory takes it");
    assert_eq!(drain(&mut replica, ms(20), &watch), []);
    replica.update(ms(30), &handle, |v| v.limits.remove("flow"));
    replica.commit().expect("memory takes it");
    let deleted = drain(&mut replica, ms(30), &watch);
    assert_eq!(deleted, [valve(limit, What::Deleted)]);
    assert_eq!(drain(&mut replica, ms(1_000), &watch), []);
}

#[test]
fn safety_events_are_never_held() {
    let (mut replica, handle, watch) = watched(WatchOptions::new("valve/").never_held(OPEN));
    for now in 1..300 {
        replica.update(ms(now), &handle, |v| {
            v.open.set(now % 2 == 0);
            v.litres.add(1);
        });
        replica.commit().expect("memory takes it");
        let heard = drain(&mut replica, ms(now), &watch);
        assert!(heard.contains(&valve(OPEN, What::Updated)), "{now} ms");
    }
}

#[test]
fn nothing_is_told_before_it_is_durable() {
    let (mut replica, handle, watch) = watched(WatchOptions::new("valve/").held_for(millis(0)));
    replica.update(ms(10), &handle, |v| v.open.set(true));
    assert_eq!(drain(&mut replica, ms(10), &watch), []);
    let batch = replica.begin_commit().expect("something to commit");
    replica.update(ms(11), &handle, |v| v.litres.add(1));
    assert_eq!(drain(&mut replica, ms(11), &watch), []);
    replica.finish_commit(batch, false);
    assert_eq!(drain(&mut replica, ms(11), &watch), []);
    let batch = replica.begin_commit().expect("all of it again");
    replica.finish_commit(batch, true);
    let heard = drain(&mut replica, ms(11), &watch);
    let expected = [valve(OPEN, What::Updated), valve(LITRES, What::Updated)];
    assert_eq!(heard, expected);
}

#[test]
fn merged_changes_are_told_like_local_ones_and_repeats_are_not() {
    let (mut here, _, watch) = watched("valve/");
    let mut there = replica(2);
    let other = there.register::<Valve>("valve/7").expect("a name");
    pull(at(1), &here, &mut there);
    there.update(at(2), &other, |v| {
        v.open.set(true);
        v.crew.insert(9);
        v.crew.remove(&4);
    });
    there.commit().expect("memory takes it");
    let parcels = delta(&there, &here);
    assert_eq!(parcels.len(), 3);
    let bring = |here: &mut Replica<MemoryStore>| {
        for parcel in &parcels {
            parcel.deliver(at(3), here).expect("an honest cell");
        }
        here.commit().expect("memory takes it");
        let mut heard = drain(here, at(3), &watch);
        heard.sort_by_key(|(_, _, what)| *what == What::Deleted);
        (heard, drain(here, at(4), &watch))
    };
    let at_once = vec![valve(CREW, What::Created), valve(CREW, What::Deleted)];
    let held = vec![valve(OPEN, What::Updated)];
    assert_eq!(bring(&mut here), (at_once, held));
    assert_eq!(bring(&mut here), (vec![], vec![]), "the same again");
}

#[test]
fn states_that_nobody_registered_are_told() {
    let (mut here, mut there) = (replica(1), replica(2));
    let other = there.register::<Valve>("valve/8").expect("a name");
    there.update(at(2), &other, |v| v.open.set(true));
    there.commit().expect("memory takes it");
    let (valves, pumps) = (here.watch("valve/"), here.watch("pump/"));
    assert_eq!(drain(&mut here, at(2), &valves).len(), 1);
    assert_eq!(drain(&mut here, at(2), &pumps).len(), 1);
    pull(at(3), &there, &mut here);
    let heard = drain(&mut here, at(3), &valves);
    assert_eq!(heard, [("valve/8".into(), OPEN.number(), What::Created)]);
    assert_eq!(drain(&mut here, at(60), &pumps), []);
}

#[test]
fn more_keys_than_fit_become_one_resync() {
    let (mut replica, handle, watch) = watched(WatchOptions::new("valve/").with_capacity(8));
    for n in 100..108 {
        replica.update(ms(10), &handle, |v| v.crew.insert(n));
    }
    replica.commit().expect("memory takes it");
    let held = replica.watch_mark(&watch).expect("no resync is due");
    replica.update(ms(10), &handle, |v| v.crew.insert(200));
    replica.commit().expect("memory takes it");
    assert_eq!(replica.watch_mark(&watch), None, "a resync is due");
    for n in 300..400 {
        replica.update(ms(20), &handle, |v| v.crew.insert(n));
        replica.commit().expect("memory takes it");
    }
    assert_eq!(replica.poll_watch_timeout(&watch), Some(Instant::ZERO));
    let Some(WatchEvent::Resync(mark)) = replica.poll_change(ms(20), &watch) else {
        panic!("eight fit, nine do not");
    };
    assert!(mark.revision() > held.revision());
    assert_eq!(drain(&mut replica, ms(1_000), &watch), []);
    replica.update(ms(2_000), &handle, |v| v.crew.insert(500));
    replica.commit().expect("memory takes it");
    let heard = drain(&mut replica, ms(2_000), &watch);
    assert_eq!(heard, [valve(CREW, What::Created)]);
}

#[test]
#[should_panic(expected = "a watch of another replica")]
fn a_watch_of_another_replica_is_a_mistake() {
    let (mut a, mut b) = (replica(1), replica(2));
    let watch = a.watch("");
    b.poll_change(at(1), &watch);
}

#[test]
fn a_hold_may_be_longer() {
    let (mut replica, handle, watch) = watched(WatchOptions::new("").held_for(secs(5)));
    replica.update(ms(0), &handle, |v| v.litres.add(1));
    replica.commit().expect("memory takes it");
    assert_eq!(drain(&mut replica, ms(4_999), &watch), []);
    assert_eq!(drain(&mut replica, ms(5_000), &watch).len(), 1);
}

#[test]
fn every_watch_hears_of_its_states() {
    let (mut replica, handle, first) = watched("valve/");
    let pump = replica.register::<Valve>("pump/1").expect("a name");
    replica.update(ms(1), &handle, |v| v.crew.insert(5));
    replica.commit().expect("memory takes it");
    let [all, pumps] = ["", "pump/"].map(|prefix| replica.watch_from(prefix, None));
    for watch in [&all, &pumps] {
        assert_eq!(drain(&mut replica, ms(1), watch).len(), 1, "a resync");
    }
    replica.update(ms(2), &handle, |v| v.crew.insert(6));
    replica.update(ms(2), &pump, |v| v.open.set(true));
    replica.commit().expect("memory takes it");
    assert_eq!(drain(&mut replica, ms(2), &first).len(), 2);
    assert_eq!(drain(&mut replica, ms(2), &all).len(), 2);
    let heard = drain(&mut replica, ms(2), &pumps);
    assert_eq!(heard, [("pump/1".into(), OPEN.number(), What::Created)]);
    replica.unwatch(all);
    replica.update(ms(3), &pump, |v| v.crew.insert(6));
    replica.commit().expect("memory takes it");
    assert_eq!(drain(&mut replica, ms(3), &pumps).len(), 1);
    assert_eq!(drain(&mut replica, ms(3), &first), []);
}

#[test]
fn a_write_after_a_lost_one_in_a_commit_that_failed_is_told() {
    let (mut here, handle, watch) = watched("valve/");
    let mut there = replica(2);
    let other = there.register::<Valve>("valve/7").expect("a name");
    there.update(at(0), &other, |v| v.open.set(false));
    there.commit().expect("memory takes it");
    for parcel in delta(&there, &here) {
        parcel.deliver(at(1), &mut here).expect("an honest cell");
    }
    let batch = here.begin_commit().expect("a write that lost");
    here.update(at(2), &handle, |v| v.open.set(true));
    here.finish_commit(batch, false);
    here.commit().expect("memory takes it");
    let heard = drain(&mut here, at(3), &watch);
    assert_eq!(heard, [valve(OPEN, What::Updated)]);
}

#[test]
fn an_adopted_state_is_read_anew() {
    let (mut here, handle, watch) = watched("valve/");
    let mark = here.watch_mark(&watch);
    let mut there = replica(2);
    let other = there.register::<Valve>("valve/7").expect("a name");
    pull(at(1), &here, &mut there);
    there.update(at(2), &other, |v| {
        v.crew.remove(&4);
        v.crew.insert(5);
    });
    there.commit().expect("memory takes it");
    here.begin_adoption();
    let nobody = replica(3);
    for parcel in delta(&there, &nobody) {
        parcel.deliver(at(3), &mut here).expect("an honest cell");
    }
    for dot in there.context().prefix().iter() {
        here.cover(dot).expect("room for an actor");
    }
    here.end_adoption(at(3));
    let batch = here.begin_commit().expect("another state");
    here.finish_commit(batch, false);
    assert_eq!(drain(&mut here, at(3), &watch), [], "not durable yet");
    here.commit().expect("memory takes it");
    let event = here.poll_change(at(3), &watch);
    assert!(matches!(event, Some(WatchEvent::Resync(_))), "{event:?}");
    assert!(here.read(&handle).crew.contains(&5));
    let again = here.watch_from("valve/", mark);
    let event = here.poll_change(at(3), &again);
    assert!(matches!(event, Some(WatchEvent::Resync(_))), "{event:?}");
}

#[test]
fn what_came_before_its_type_is_told_and_kept_after_it() {
    let (mut here, mut there) = (replica(1), replica(2));
    let other = there.register::<Valve>("valve/7").expect("a name");
    there.update(at(1), &other, |v| v.open.set(false));
    there.commit().expect("memory takes it");
    pull(at(1), &there, &mut here);
    let watch = here.watch("valve/");
    assert_eq!(drain(&mut here, at(1), &watch).len(), 1);
    there.update(at(2), &other, |v| v.open.set(true));
    there.commit().expect("memory takes it");
    for parcel in delta(&there, &here) {
        parcel.deliver(at(2), &mut here).expect("an honest cell");
    }
    // Registered between the merge and its commit.
    let handle = here.register::<Valve>("valve/7").expect("a name");
    here.commit().expect("memory takes it");
    let heard = drain(&mut here, at(3), &watch);
    assert_eq!(heard, [valve(OPEN, What::Updated)]);
    assert_eq!(here.read(&handle).open.get(), Some(&true));
    let mut here = Replica::open(here.into_store().restored(9), at(4)).expect("it opens");
    let handle = here.register::<Valve>("valve/7").expect("a name");
    assert_eq!(here.read(&handle).open.get(), Some(&true));
}
