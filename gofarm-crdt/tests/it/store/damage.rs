//! Files that are not what was written: each is told, or harmless.

use gofarm_core::random::{Random, SplitMix64};
use gofarm_crdt::store::fault::FaultyDisk;
use gofarm_crdt::store::{Damage, RedbError, RedbStore, Store, Table};

use super::{Content, REPLICA, after, changes, commit, content};

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
    std::env::var("GOFARM_FLIPS").map_or(60, |flips| flips.parse().unwrap())
}

/// One bit of each byte of the first page that is in use, and bits anywhere.
fn flipped(image: &[u8], seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut random = SplitMix64::new(seed);
    let bit_of = {
        let mut random = random.clone();
        move |byte: u64| byte * 8 + random.below(8)
    };
    let header = (0..320).map(bit_of);
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
