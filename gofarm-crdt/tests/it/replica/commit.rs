//! What is shown before, during and after a commit.

use super::wire::delta;
use super::*;

#[test]
fn what_is_under_way_is_withheld_until_it_is_finished() {
    let (mut a, b) = (replica(1), replica(2));
    let valve = a.register::<Valve>("valve/7").expect("a name");
    a.update(at(1), &valve, |v| v.crew.insert(1));
    a.commit().expect("memory takes it");
    a.update(at(2), &valve, |v| v.crew.insert(2));
    let batch = a.begin_commit().expect("something to do");
    assert!(a.begin_commit().is_none(), "one at a time");
    a.update(at(3), &valve, |v| {
        v.crew.insert(2);
        v.crew.insert(3);
    });
    assert_eq!(delta(&a, &b).len(), 1);
    a.finish_commit(batch, true);
    assert_eq!(delta(&a, &b).len(), 1, "2 was written again");
    assert_eq!(a.context().prefix().get(a.actor()), 2);
    a.commit().expect("memory takes it");
    assert_eq!(delta(&a, &b).len(), 3);
    assert_eq!(a.context().prefix().get(a.actor()), 4);
}

#[test]
fn a_batch_that_failed_is_taken_along_by_the_next() {
    let (mut a, b) = (replica(1), replica(2));
    let valve = a.register::<Valve>("valve/7").expect("a name");
    a.update(at(1), &valve, |v| v.crew.insert(1));
    let batch = a.begin_commit().expect("something to do");
    a.update(at(2), &valve, |v| v.crew.insert(2));
    a.finish_commit(batch, false);
    assert!(!a.is_durable());
    assert_eq!(delta(&a, &b).len(), 0);
    a.commit().expect("memory takes it");
    assert!(a.is_durable());
    assert_eq!(delta(&a, &b).len(), 2);
    let a = Replica::open(a.into_store().restored(4), at(9)).expect("the store opens");
    assert_eq!(delta(&a, &b).len(), 2);
}
