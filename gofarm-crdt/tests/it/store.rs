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

/// Opens a damaged image and reads it all.
fn read_damaged(image: Vec<u8>) -> Result<Content, RedbError> {
    let disk = FaultyDisk::holding(image.clone(), 0);
    let found = RedbStore::open_on(disk.clone()).and_then(|mut store| content(&mut store));
    if found.is_err() {
        assert!(disk.image() == image, "a damaged file was changed");
    }
    found
}

/// Rounds of a test that may be asked to do more: `GOFARM_FLIPS=100000`.
fn flips() -> u64 {
    std::env::var("GOFARM_FLIPS").map_or(150, |flips| flips.parse().unwrap())
}

/// One bit of each byte of the first page that is in use, and bits anywhere.
fn flipped(image: &[u8], seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut random = SplitMix64::new(seed);
    let mut bit_of = {
        let mut random = random.clone();
        move |byte: u64| byte * 8 + random.below(8)
    };
    let header = (0..320).map(move |byte| bit_of(byte));
    let bits = image.len() as u64 * 8;
    let anywhere = (0..flips()).map(move |_| random.below(bits));
    header.chain(anywhere).map(|bit| {
        let mut flipped = image.to_vec();
        flipped[(bit / 8) as usize] ^= 1 << (bit % 8);
        flipped
    })
}

#[test]
fn a_flipped_bit_is_told_or_harmless() {
    let image = filled(60, true);
    let expected = after(60);
    let mut told = 0;
    for flipped in flipped(&image, 1) {
        match read_damaged(flipped) {
            Ok(found) => assert!(found == expected, "silent loss"),
            Err(RedbError::Damaged(_) | RedbError::NotAStore) => told += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(told > 50, "{told}");
}

/// What the module says remains: damage and a power cut at once may look like a last commit that was cut off.
#[test]
fn a_flipped_bit_after_a_power_cut_costs_at_most_the_last_commit() {
    let image = filled(60, false);
    let (expected, before) = (after(60), after(59));
    for flipped in flipped(&image, 2) {
        match read_damaged(flipped) {
            Ok(found) => assert!(found == expected || found == before, "silent loss"),
            Err(RedbError::Damaged(_) | RedbError::NotAStore) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_truncated_file_is_told() {
    let image = filled(60, true);
    let mut random = SplitMix64::new(3);
    let lens = (0..60).map(|_| random.below(image.len() as u64));
    for len in [0, 1, 9, 64, 319, 320, 4_095, 4_096, 8_192]
        .into_iter()
        .chain(lens)
    {
        let cut = image[..len as usize].to_vec();
        let error = read_damaged(cut).err();
        let expected = match len {
            0 => RedbError::Missing,
            _ => RedbError::Damaged(Damage::Pages),
        };
        assert_eq!(error, Some(expected), "{len}");
    }
}

#[test]
fn a_file_that_is_something_else_is_told() {
    let letter = b"Dear farmer, ".repeat(1_000);
    assert_eq!(read_damaged(letter).err(), Some(RedbError::NotAStore));
}

const RECORDS: redb::TableDefinition<'static, &'static [u8], &'static [u8]> =
    redb::TableDefinition::new("records");

/// Writes into the file as no version of this crate does.
fn tamper(
    path: &std::path::Path,
    change: impl FnOnce(&mut redb::Table<'_, &'static [u8], &'static [u8]>),
) {
    let database = redb::Builder::new()
        .create_with_file_format_v3(true)
        .create(path)
        .unwrap();
    let transaction = database.begin_write().unwrap();
    change(&mut transaction.open_table(RECORDS).unwrap());
    transaction.commit().unwrap();
}

#[test]
fn an_older_format_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    tamper(&path, |records| {
        let mut header = 0u32.to_le_bytes().to_vec();
        header.extend(7u64.to_le_bytes());
        records.insert(&[0][..], header.as_slice()).unwrap();
        for ((table, key), value) in after(9) {
            let number = 1 + Table::ALL.iter().position(|of| *of == table).unwrap() as u8;
            let key = [&[number], key.as_slice()].concat();
            records.insert(key.as_slice(), value.as_slice()).unwrap();
        }
    });
    for _ in 0..2 {
        let mut store = RedbStore::open(&path).unwrap();
        assert_eq!(store.replica(), REPLICA);
        assert_eq!(content(&mut store).unwrap(), after(9));
    }
    let mut store = RedbStore::open(&path).unwrap();
    commit(&mut store, &changes(10)).unwrap();
    assert_eq!(content(&mut store).unwrap(), after(10));
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    drop(RedbStore::create(&path, REPLICA).unwrap());
    tamper(&path, |records| {
        records.insert(&[0][..], &2u32.to_le_bytes()[..]).unwrap();
    });
    let before = std::fs::read(&path).unwrap();
    let error = RedbStore::open(&path).err().unwrap();
    assert_eq!(error, RedbError::NewerFormat { found: 2 });
    assert!(error.to_string().contains("install the newer program"));
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn records_that_do_not_add_up_are_told() {
    type Tamper = fn(&mut redb::Table<'_, &'static [u8], &'static [u8]>);
    let remove: Tamper = |records| drop(records.remove(&b"\x03b"[..]).unwrap());
    let change: Tamper = |records| drop(records.insert(&b"\x03b"[..], &b"23456789"[..]).unwrap());
    let add: Tamper = |records| drop(records.insert(&b"\x09b"[..], &b"23456789"[..]).unwrap());
    let header: Tamper = |records| drop(records.insert(&[0][..], &[1, 0, 0, 0][..]).unwrap());
    let older: Tamper = |records| {
        // What key b held before: its seal is right.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for &byte in [b"\x03b", &2u64.to_le_bytes()[..], b"old"].concat().iter() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let sealed = [b"old", &(hash ^ (hash >> 31)).to_le_bytes()[..]].concat();
        records.insert(&b"\x03b"[..], sealed.as_slice()).unwrap();
    };
    let rows = [
        (
            remove,
            Damage::Count {
                found: 2,
                expected: 3,
            },
        ),
        (change, Damage::Record(Table::Cells)),
        (add, Damage::UnknownTable),
        (header, Damage::Header),
        (older, Damage::Sum),
    ];
    for (tampering, damage) in rows {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.redb");
        let mut store = RedbStore::create(&path, REPLICA).unwrap();
        let put = |key: &[u8]| (Table::Cells, key.to_vec(), Some(b"value".to_vec()));
        commit(&mut store, &[put(b"a"), put(b"b"), put(b"h")]).unwrap();
        drop(store);
        tamper(&path, tampering);
        assert_eq!(
            RedbStore::open(&path).err(),
            Some(RedbError::Damaged(damage))
        );
    }
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
