//! What a store promises: nothing acknowledged is lost, nothing is there twice, damage is told.

use std::collections::BTreeMap;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::store::fault::{FaultyDisk, Loss};
use gofarm_crdt::store::{Damage, MemoryStore, Record, RedbError, RedbStore, Store, Table};
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
        // Every operation with each kind of loss in turn, and the torn ones with several seeds.
        let (operation, loss) = (
            1 + seed / 6,
            [
                Loss::All,
                Loss::None,
                Loss::Torn,
                Loss::Torn,
                Loss::Torn,
                Loss::Torn,
            ][seed as usize % 6],
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
        for n in found + 1..=COMMITS {
            commit(&mut store, &changes(n)).unwrap();
        }
        drop(store);
    }
    assert!(cuts > 6 * 30, "{cuts}");
}

fn filled(commits: u64, is_closed: bool) -> Vec<u8> {
    let disk = FaultyDisk::new(0);
    let mut store = RedbStore::create_on(disk.clone(), REPLICA).unwrap();
    for n in 1..=commits {
        commit(&mut store, &changes(n)).unwrap();
    }
    if !is_closed {
        return disk.image(); // as a power cut would leave it
    }
    drop(store);
    disk.image()
}

/// Opens a damaged image and reads it all: an error, or everything that was there.
fn read_damaged(image: Vec<u8>, expected: &Content) -> Result<(), RedbError> {
    let disk = FaultyDisk::holding(image.clone(), 0);
    let found = RedbStore::open_on(disk.clone()).and_then(|mut store| content(&mut store));
    match found {
        Ok(found) => assert!(found == *expected, "silent loss"),
        Err(error) => {
            assert!(disk.image() == image, "{error}: the file was changed");
            return Err(error);
        }
    }
    Ok(())
}

#[test]
fn a_flipped_bit_is_told_or_harmless() {
    for is_closed in [true, false] {
        let image = filled(60, is_closed);
        let expected = after(60);
        let mut told = BTreeMap::<String, u32>::new();
        let mut random = SplitMix64::new(1);
        let header = 0..320 * 8;
        let anywhere = (0..1_500).map(|_| random.below(image.len() as u64 * 8) as usize);
        for bit in header.chain(anywhere) {
            let mut flipped = image.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let told_as = match read_damaged(flipped, &expected) {
                Ok(()) => "harmless".to_owned(),
                Err(error) => format!("{error:?}"),
            };
            *told.entry(told_as).or_default() += 1;
        }
        eprintln!("{is_closed}: {told:#?}");
    }
}
