//! Conversions from and to the crate `crdts`.

use crdts::{CmRDT, Orswot, VClock};
use gofarm_crdt::VersionVector;
use gofarm_crdt::counter::GCounter;
use gofarm_crdt::dot::Actor;
use gofarm_crdt::interop::ConvertError;
use gofarm_crdt::map::Map;
use gofarm_crdt::set::AddWinsSet;

use crate::subject::{Subject, actor, dot, write};

#[test]
fn vectors_come_back_as_they_were() {
    let vector = VersionVector::from_iter([dot(1, 3), dot(2, 9)]);
    let clock = VClock::from(&vector);
    assert_eq!(clock.get(&actor(2)), 9);
    assert_eq!(VersionVector::from(&clock), vector);
}

#[test]
fn counters_come_back_as_they_were() {
    let mut counter = GCounter::default();
    write(&mut counter, (1, 0, 0), "add", &[3]);
    write(&mut counter, (2, 0, 0), "add", &[u64::MAX]);
    let theirs = crdts::GCounter::try_from(&counter).unwrap();
    let all = [actor(2), actor(1), actor(3), actor(1)];
    let back = GCounter::try_from((&theirs, &all[..])).unwrap();
    assert_eq!(crdts::GCounter::try_from(&back), Ok(theirs.clone()));
    assert_eq!(
        GCounter::try_from((&theirs, &[actor(1)][..])).unwrap_err(),
        ConvertError::UnnamedWriters { named: 3 }
    );
}

#[test]
fn a_counter_that_was_reset_is_refused() {
    let mut map = Map::<u64, GCounter>::default();
    let last = write(&mut map, (1, 0, 0), "add", &[7, 3]);
    let last = write(&mut map, (1, last, 0), "drop", &[7]);
    write(&mut map, (1, last, 0), "add", &[7, 2]);
    let refused = crdts::GCounter::try_from(map.get(&7).unwrap());
    assert_eq!(refused, Err(ConvertError::Reset(actor(1))));
}

#[test]
fn sets_come_back_as_they_were() {
    let mut set = AddWinsSet::<u64>::default();
    let last = write(&mut set, (1, 0, 0), "add", &[7]);
    let last = write(&mut set, (1, last, 0), "add", &[8]);
    write(&mut set, (1, last, 0), "remove", &[7]);
    write(&mut set, (2, 0, 0), "add", &[9]);
    let known = VersionVector::from_iter([dot(1, 3), dot(2, 1)]);
    let theirs = set.to_orswot(&known).unwrap();
    assert_eq!(VersionVector::from(&theirs.clock()), known);
    let back = AddWinsSet::try_from(&theirs).unwrap();
    assert_eq!(back.read(), "8,9");
    assert_eq!(back.to_orswot(&known), Ok(theirs));
    let short = VersionVector::from_iter([dot(1, 3)]);
    let refused = set.to_orswot(&short);
    assert_eq!(refused, Err(ConvertError::NotCovered(dot(2, 1))));
}

#[test]
fn a_set_with_removals_that_wait_is_refused() {
    let (mut here, mut there) = (Orswot::<u64, Actor>::new(), Orswot::new());
    let add = here.add(7, here.read_ctx().derive_add_ctx(actor(1)));
    here.apply(add);
    let remove = here.rm(7, here.contains(&7).derive_rm_ctx());
    there.apply(remove);
    let refused = AddWinsSet::try_from(&there).unwrap_err();
    assert_eq!(refused, ConvertError::DeferredRemovals);
}
