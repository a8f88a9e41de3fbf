//! What a store promises: nothing acknowledged is lost, nothing is there twice, damage is told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, reason = "the numbers are small")]

mod damage;

use alloc::collections::BTreeMap;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::store::fault::{FaultyDisk, Loss};
use gofarm_crdt::store::{MemoryStore, Record, RedbError, RedbStore, Store, Table};
use proptest::prelude::*;

const REPLICA: ReplicaId = ReplicaId::new(7);

type Content = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

fn content<S: Store>(store: &mut S) -> Result<Content, S::Error> {
    let mut content = Content::new();
    for table in Table::ALL {
        store.scan(table, &mut |key, value| {
            let twice = content.insert((table, key.to_vec()), value.to_vec());
            assert_eq!(twice, None, "{table:?} {key:?} is there twice");
        })?;
    }
    Ok(content)
}

type Change = (Table, Vec<u8>, Option<Vec<u8>>);

fn commit<S: Store>(store: &mut S, changes: &[Change]) -> Result<(), S::Error> {
    store.commit(&mut changes.iter().map(|(table, key, value)| Record {
        table: *table,
        key,
        value: value.as_deref(),
    }))
}

/// Commit number `n` of a history: some records put, some overwritten, some removed.
fn changes(n: u64) -> Vec<Change> {
    let mut random = SplitMix64::new(n);
    let count = 1 + random.below(5);
    let mut changes: Vec<Change> = (0..count)
        .map(|_| {
            let table = [Table::States, Table::Cells, Table::Journal][random.below(3) as usize];
            let key = random.below(40).to_be_bytes().to_vec();
            let value = vec![random.next_u64() as u8; random.below(200) as usize];
            (table, key, (random.below(4) > 0).then_some(value))
        })
        .collect();
    changes.push((Table::Meta, b"n".to_vec(), Some(n.to_be_bytes().to_vec())));
    changes
}

fn after(commits: u64) -> Content {
    let mut store = MemoryStore::new(REPLICA, 0);
    for n in 1..=commits {
        let Ok(()) = commit(&mut store, &changes(n));
    }
    let Ok(content) = content(&mut store);
    content
}

/// How many commits of the history are there; all of each, as `after` says.
fn commits_in(store: &mut RedbStore) -> u64 {
    let content = content(store).unwrap();
    let n = content
        .get(&(Table::Meta, b"n".to_vec()))
        .map_or(0, |n| u64::from_be_bytes(n.as_slice().try_into().unwrap()));
    assert_eq!(content, after(n));
    n
}

fn change() -> impl Strategy<Value = Change> {
    let table = prop::sample::select(&Table::ALL[..]);
    let key = prop::collection::vec(0u8..3, 0..4);
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..300));
    (table, key, value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn redb_store_holds_what_memory_store_holds(
        history in prop::collection::vec(prop::collection::vec(change(), 0..8), 1..12),
    ) {
        let mut memory = MemoryStore::new(REPLICA, 0);
        let disk = FaultyDisk::new(0);
        let mut redb = RedbStore::create_on(disk.clone(), REPLICA).unwrap();
        for changes in &history {
            let Ok(()) = commit(&mut memory, changes);
            commit(&mut redb, changes).unwrap();
            prop_assert_eq!(content(&mut redb).unwrap(), content(&mut memory).unwrap());
        }
        drop(redb);
        let mut redb = RedbStore::open_on(disk).unwrap();
        prop_assert_eq!(content(&mut redb).unwrap(), content(&mut memory).unwrap());
        prop_assert_eq!(redb.len(), memory.len() as u64);
    }
}

#[test]
fn each_acknowledged_commit_survives_a_cut_at_every_write() {
    const COMMITS: u64 = 12;
    let whole = FaultyDisk::new(0);
    drop(RedbStore::create_on(whole.clone(), REPLICA).unwrap());
    let created = whole.image();

    let mut cuts = 0;
    for seed in 0.. {
        // Every operation with each kind of loss in turn, and the torn ones with two seeds.
        let (operation, loss) = (
            1 + seed / 4,
            [Loss::All, Loss::None, Loss::Torn, Loss::Torn][seed as usize % 4],
        );
        let disk = FaultyDisk::holding(created.clone(), seed);
        disk.cut_at(operation, loss);
        let mut acknowledged = 0;
        if let Ok(mut store) = RedbStore::open_on(disk.clone()) {
            for n in 1..=COMMITS {
                match commit(&mut store, &changes(n)) {
                    Ok(()) => acknowledged = n,
                    Err(_) => break,
                }
            }
        }
        if !disk.is_off() {
            break;
        }
        cuts += 1;
        let mut store = RedbStore::open_on(disk.reboot())
            .unwrap_or_else(|error| panic!("operation {operation}, {loss:?}, {seed}: {error}"));
        let found = commits_in(&mut store);
        assert!(
            found == acknowledged || found == acknowledged + 1,
            "operation {operation}, {loss:?}: {acknowledged} acknowledged, {found} found"
        );
        commit(&mut store, &changes(found + 1)).unwrap();
        drop(store);
    }
    assert!(cuts > 4 * 30, "{cuts}");
}

#[test]
fn one_store_per_path_per_replica_and_per_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    assert_eq!(RedbStore::open(&path).err(), Some(RedbError::Missing));
    let store = RedbStore::create(&path, REPLICA).unwrap();
    assert_eq!(RedbStore::open(&path).err(), Some(RedbError::InUse));
    assert_eq!(
        RedbStore::create(&path, REPLICA).err(),
        Some(RedbError::AlreadyExists)
    );
    drop(store);
    let other = ReplicaId::new(8);
    let refused = RedbError::OtherReplica {
        found: REPLICA,
        expected: other,
    };
    assert_eq!(RedbStore::open_or_create(&path, other).err(), Some(refused));
    assert!(RedbStore::open_or_create(&path, REPLICA).is_ok());
    assert!(RedbStore::open_or_create(folder.path().join("other.redb"), other).is_ok());
}

#[test]
fn a_creation_that_was_cut_off_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    std::fs::write(folder.path().join("state.redb.new"), b"half of it").unwrap();
    assert_eq!(RedbStore::open(&path).err(), Some(RedbError::Missing));
    assert!(RedbStore::create(&path, REPLICA).is_ok());
}

#[test]
fn each_opening_and_each_copy_has_its_own_incarnation() {
    let folder = tempfile::tempdir().unwrap();
    let (path, backup) = (folder.path().join("a.redb"), folder.path().join("b.redb"));
    let mut store = RedbStore::create(&path, REPLICA).unwrap();
    let mut seen = vec![store.incarnation()];
    assert_eq!(store.incarnation(), seen[0]);
    drop(store);
    std::fs::copy(&path, &backup).unwrap();
    for path in [&path, &backup, &path, &backup] {
        seen.push(RedbStore::open(path).unwrap().incarnation());
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[test]
fn an_empty_commit_costs_nothing() {
    let disk = FaultyDisk::new(0);
    let mut store = RedbStore::create_on(disk.clone(), REPLICA).unwrap();
    let before = disk.operations();
    commit(&mut store, &[]).unwrap();
    assert_eq!(disk.operations(), before);
}

#[test]
fn a_small_commit_costs_one_sync_and_a_few_pages() {
    let disk = FaultyDisk::new(0);
    let mut store = RedbStore::create_on(disk, REPLICA).unwrap();
    for n in 1..=200 {
        commit(&mut store, &changes(n)).unwrap();
    }
    let (syncs, bytes) = (store.syncs(), store.bytes_written());
    for _ in 0..100 {
        commit(&mut store, &[(Table::Cells, vec![1], Some(vec![2; 20]))]).unwrap();
    }
    assert_eq!(store.syncs() - syncs, 100);
    let per_commit = (store.bytes_written() - bytes) / 100;
    assert!((4_096..=40_960).contains(&per_commit), "{per_commit} bytes");
}

#[test]
fn after_a_failed_commit_everything_is_refused() {
    let disk = FaultyDisk::new(0);
    let mut store = RedbStore::create_on(disk.clone(), REPLICA).unwrap();
    disk.cut_at(disk.operations() + 1, Loss::All);
    assert!(matches!(
        commit(&mut store, &changes(1)),
        Err(RedbError::Io(_))
    ));
    assert_eq!(commit(&mut store, &changes(1)), Err(RedbError::Failed));
}
