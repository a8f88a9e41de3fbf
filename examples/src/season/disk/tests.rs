use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, secs};
use gofarm_crdt::clock::Now;
use gofarm_crdt::store::RedbStore;
use gofarm_crdt::{Handle, Replica};
use proptest::prelude::*;

use super::*;
use crate::season::state::FieldState;

const OWN: ReplicaId = ReplicaId::new(1);

fn open<S: Store>(disk: S) -> (Replica<S>, Handle<FieldState>) {
    let mut replica = Replica::open(disk, now(0)).unwrap();
    let field = replica.register("field").unwrap();
    (replica, field)
}

fn now(second: u64) -> Now {
    Now::new(Instant::from_secs(second), None)
}

fn disk() -> Disk {
    Disk::memory(OWN, 7)
}

fn add(replica: &mut Replica<Disk>, field: &Handle<FieldState>, litres: u64) {
    replica.update(now(1), field, |edit| edit.litres.add(litres));
}

fn litres(replica: &Replica<Disk>, field: &Handle<FieldState>) -> u64 {
    replica.read(field).litres.value()
}

#[test]
fn a_disk_that_was_full_has_everything_after_the_next_commit() {
    let (mut replica, field) = open(disk());
    add(&mut replica, &field, 1);
    replica.commit().unwrap();

    replica.store().set_full(true);
    for _ in 0..3 {
        add(&mut replica, &field, 10);
        let error = replica.commit().unwrap_err();
        assert_eq!(error.0, DiskError::Full);
        assert_eq!(error.kind(), Kind::Overloaded);
    }
    assert_eq!(litres(&replica, &field), 31, "it works from memory");
    let usage = replica.store().usage();
    assert_eq!((usage.commits, usage.refused), (1, 3));

    replica.store().set_full(false);
    replica.commit().unwrap();
    let (replica, field) = open(replica.store().restored(8).unwrap());
    assert_eq!(litres(&replica, &field), 31);
    assert_eq!(replica.store().usage().commits, 2);
}

#[test]
fn a_power_cut_while_full_keeps_what_was_committed_and_stays_full() {
    let (mut replica, field) = open(disk());
    add(&mut replica, &field, 5);
    replica.commit().unwrap();
    replica.store().set_full(true);
    add(&mut replica, &field, 10);
    assert!(replica.commit().is_err());

    let (mut replica, field) = open(replica.store().restored(8).unwrap());
    assert_eq!(litres(&replica, &field), 5);
    assert!(replica.store().is_full());
    add(&mut replica, &field, 1);
    assert!(replica.commit().is_err());
    replica.store().set_full(false);
    replica.commit().unwrap();
    assert_eq!(litres(&replica, &field), 6);
}

#[test]
fn a_disk_without_power_does_nothing() {
    let mut disk = disk();
    let mut next = disk.restored(8).unwrap();
    let record = || Record {
        table: Table::Cells,
        key: b"k",
        value: Some(b"v"),
    };
    assert_eq!(
        disk.commit(&mut [record()].into_iter()),
        Err(DiskError::Off)
    );
    assert_eq!(disk.scan(Table::Cells, &mut |_, _| ()), Err(DiskError::Off));
    assert_eq!(disk.restored(9).unwrap_err(), DiskError::Off);
    assert_eq!(disk.usage().commits, 0);
    assert_eq!(next.commit(&mut [record()].into_iter()), Ok(()));
    assert_ne!(next.incarnation(), 0);
}

#[test]
fn a_commit_of_nothing_touches_no_disk() {
    let mut disk = disk();
    let before = disk.bytes_written();
    disk.set_full(true);
    assert_eq!(disk.commit(&mut core::iter::empty()), Ok(()));
    assert_eq!(disk.bytes_written(), before);
    let usage = disk.usage();
    assert_eq!((usage.commits, usage.refused), (0, 0));
}

#[test]
fn slow_commits_are_counted() {
    let (mut replica, field) = open(disk());
    for (time, slow) in [(5, 0), (400, 1), (2_000, 2), (5, 2)] {
        replica.store().set_commit_time(Duration::from_millis(time));
        add(&mut replica, &field, 1);
        replica.commit().unwrap();
        assert_eq!(replica.store().usage().slow, slow);
    }
    replica.store().set_commit_time(secs(3));
    let next = replica.store().restored(8).unwrap();
    assert_eq!(next.commit_time(), secs(3));
    assert_eq!(next.usage().slow, 2);
}

#[test]
fn the_next_start_finds_what_was_put_there_instead() {
    let (mut replica, field) = open(disk());
    add(&mut replica, &field, 5);
    replica.commit().unwrap();
    let mut kept = Vec::new();
    replica.store().records(&mut |record| {
        let value = record.value.map(<[u8]>::to_vec);
        kept.push((record.table, record.key.to_vec(), value));
    });
    add(&mut replica, &field, 90);
    replica.commit().unwrap();

    replica
        .store()
        .replace(&mut kept.iter().map(|(table, key, value)| Record {
            table: *table,
            key,
            value: value.as_deref(),
        }));
    assert_eq!(litres(&replica, &field), 95, "not before the next start");
    let (replica, field) = open(replica.store().restored(8).unwrap());
    assert_eq!(litres(&replica, &field), 5);
    let (replica, field) = open(replica.store().restored(9).unwrap());
    assert_eq!(litres(&replica, &field), 5);
}

#[test]
fn memory_counts_about_what_a_file_is_written() {
    for probes in [3, 200] {
        let folder = tempfile::tempdir().unwrap();
        let file = RedbStore::create(folder.path().join("field.redb"), OWN).unwrap();
        let file = bytes_of_commits(file, probes);
        let memory = bytes_of_commits(disk(), probes);
        let percent = 100 * memory / file;
        assert!(
            (80..=120).contains(&percent),
            "{probes} probes: {memory} B against {file} B"
        );
    }
}

/// The bytes of some commits, once the file has its size.
fn bytes_of_commits<S: Store>(store: S, probes: u64) -> u64 {
    let (mut replica, field) = open(store);
    let mut random = SplitMix64::new(3);
    let mut before = 0;
    for second in 0..400 {
        if second == 200 {
            before = replica.store().bytes_written();
        }
        replica.update(now(second), &field, |edit| {
            let probe = u8::try_from(random.below(probes)).unwrap();
            edit.litres.add(1);
            edit.water.insert(probe, 0.2);
            edit.open.set(second % 2 == 0);
        });
        assert!(replica.commit().is_ok());
    }
    replica.store().bytes_written() - before
}

/// What may happen to a replica on a disk.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write(u8),
    Commit,
    Full(bool),
    PowerCut,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<u8>().prop_map(Step::Write),
        3 => Just(Step::Commit),
        2 => any::<bool>().prop_map(Step::Full),
        1 => Just(Step::PowerCut),
    ]
}

proptest! {
    #[test]
    fn exactly_what_was_committed_is_there(steps in proptest::collection::vec(step(), 1..60)) {
        let (mut replica, mut field) = open(Disk::memory(OWN, 0));
        let (mut written, mut durable) = (0, 0);
        for (step, seed) in steps.into_iter().zip(1..) {
            match step {
                Step::Write(litres) => {
                    add(&mut replica, &field, u64::from(litres));
                    written += u64::from(litres);
                }
                Step::Commit => {
                    if replica.commit().is_ok() {
                        durable = written;
                    }
                }
                Step::Full(is_full) => replica.store().set_full(is_full),
                Step::PowerCut => {
                    (replica, field) = open(replica.store().restored(seed).unwrap());
                    written = durable;
                }
            }
            prop_assert_eq!(litres(&replica, &field), written);
        }
    }
}
