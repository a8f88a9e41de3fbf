//! Going on after a mark.

use super::*;

#[test]
fn a_subscriber_that_comes_back_hears_what_it_missed() {
    let (mut replica, handle, watch) = watched("valve/");
    let mark = replica.watch_mark(&watch);
    replica.unwatch(watch);
    for n in 0..20 {
        replica.update(ms(n), &handle, |v| v.litres.add(1));
        replica.update(ms(n), &handle, |v| v.crew.insert(5));
        replica.commit().expect("memory takes it");
    }
    let watch = replica.watch_from("valve/", mark);
    let heard = drain(&mut replica, ms(20), &watch);
    let expected = [valve(LITRES, What::Updated), valve(CREW, What::Created)];
    assert_eq!(heard, expected);
    assert_eq!(replica.watch_mark(&watch).map(Mark::revision), Some(21));
}

#[test]
fn a_mark_that_does_not_match_forces_a_resync() {
    let (mut replica, handle, watch) = watched("valve/");
    let mark = replica.watch_mark(&watch).expect("nothing waits");
    let starts_with_resync = |replica: &mut Replica<MemoryStore>, mark: Option<Mark>| {
        let watch = replica.watch_from("valve/", mark);
        let first = replica.poll_change(ms(0), &watch);
        replica.unwatch(watch);
        matches!(first, Some(WatchEvent::Resync(_)))
    };
    assert!(starts_with_resync(&mut replica, None), "missing");
    assert!(!starts_with_resync(&mut replica, Some(mark)), "matches");
    let future = Mark::new(mark.run(), mark.revision() + 1);
    assert!(starts_with_resync(&mut replica, Some(future)), "not yet");
    let before = Mark::new(mark.run(), mark.revision() - 1);
    assert!(starts_with_resync(&mut replica, Some(before)), "before");
    for n in 0..1_001 {
        replica.update(ms(n), &handle, |v| v.litres.add(1));
        replica.commit().expect("memory takes it");
    }
    assert!(starts_with_resync(&mut replica, Some(mark)), "forgotten");
    let mark = replica.watch_mark(&watch).expect("one key waits");
    let mut replica = Replica::open(replica.into_store().restored(9), at(0)).expect("it opens");
    assert!(starts_with_resync(&mut replica, Some(mark)), "another run");
}

#[test]
fn a_held_key_keeps_the_mark_back() {
    let (mut replica, handle, watch) = watched("valve/");
    let start = replica.watch_mark(&watch).expect("nothing waits");
    replica.update(ms(10), &handle, |v| v.litres.add(1));
    replica.commit().expect("memory takes it");
    replica.update(ms(20), &handle, |v| v.crew.insert(5));
    replica.commit().expect("memory takes it");
    let event = replica.poll_change(ms(20), &watch).expect("a creation");
    assert_eq!(event.mark(), start, "the meter waits since before");
    let again = replica.watch_from("valve/", event.mark());
    assert_eq!(drain(&mut replica, ms(20), &again).len(), 2);
    let event = replica.poll_change(ms(110), &watch).expect("the meter");
    assert_eq!(event.mark().revision(), start.revision() + 2);
}
