//! The spool: full, torn, damaged, worn.

mod laws;

use std::io;

use gofarm_otel::batch::{Batch, Counts, Kind};
use gofarm_otel::clock::Moment;
use gofarm_otel::spool::{AppendError, Directory, Limits, Memory, Spool};

const NOW: Moment = Moment::from_nanos(0);
const SMALL: Limits = Limits::new(32 << 10).with_segment_bytes(4 << 10);

/// A batch of one item whose body begins with its number and is `len` bytes long.
fn batch(number: u32, len: usize) -> Batch {
    let mut body = number.to_le_bytes().to_vec();
    body.resize(len.max(4), 0x5a);
    Batch {
        kind: Kind::Logs,
        items: 1,
        body,
    }
}

fn number(batch: &Batch) -> u32 {
    u32::from_le_bytes(*batch.body.first_chunk().unwrap())
}

/// Takes everything out, oldest first.
fn drain(spool: &mut Spool) -> Vec<u32> {
    let mut numbers = Vec::new();
    while let Some(entry) = spool.peek() {
        numbers.push(number(entry.batch()));
        spool.acknowledge(NOW, entry);
    }
    numbers
}

fn assert_sum(spool: &Spool) {
    let stats = spool.stats();
    let came = stats.recovered().total() + stats.appended().total();
    let left = stats.acknowledged().total() + stats.oldest().total() + stats.damaged().total();
    assert_eq!(came, left + stats.held().total(), "{stats:?}");
}

#[test]
fn batches_come_out_in_order_with_kind_and_items() {
    let mut spool = Spool::open(Memory::new(), SMALL).unwrap();
    for (at, kind) in (0..).zip(Kind::ALL) {
        let written = Batch {
            kind,
            items: 7,
            body: vec![at; 100],
        };
        spool.append(NOW, &written).unwrap();
    }
    for (at, kind) in (0..).zip(Kind::ALL) {
        let entry = spool.peek().unwrap();
        assert_eq!(
            **entry.batch(),
            Batch {
                kind,
                items: 7,
                body: vec![at; 100]
            }
        );
        assert_eq!(
            spool.peek(),
            Some(entry.clone()),
            "the same until it is acknowledged"
        );
        spool.acknowledge(NOW, entry);
    }
    assert_eq!(spool.peek(), None);
    assert!(spool.is_empty());
    assert_eq!((spool.stats().bytes(), spool.stats().segments()), (0, 0));
    assert_sum(&spool);
}

#[test]
fn a_full_spool_drops_the_oldest_segment_and_counts_it() {
    let mut spool = Spool::open(Memory::new(), SMALL).unwrap();
    for at in 0..200 {
        spool.append(NOW, &batch(at, 1_000)).unwrap();
        assert!(spool.stats().bytes() <= SMALL.bytes());
        assert_sum(&spool);
    }
    let oldest = spool.stats().oldest().total();
    let kept = drain(&mut spool);
    assert_eq!(
        kept,
        (u32::try_from(oldest).unwrap()..200).collect::<Vec<_>>()
    );
    assert!(kept.len() >= 24, "{}", kept.len());
    assert_sum(&spool);
}

#[test]
fn an_entry_that_is_out_when_its_segment_is_dropped_is_counted_by_who_has_it() {
    let mut spool = Spool::open(Memory::new(), SMALL).unwrap();
    for at in 0..3 {
        spool.append(NOW, &batch(at, 1_200)).unwrap();
    }
    let entry = spool.peek().unwrap();
    let mut at = 3;
    while spool.stats().oldest() == Counts::ZERO {
        spool.append(NOW, &batch(at, 1_200)).unwrap();
        at += 1;
    }
    assert!(!spool.is_out(&entry));
    assert_eq!(
        spool.stats().oldest().total(),
        2,
        "the third of them is out"
    );
    spool.acknowledge(NOW, entry);
    assert_eq!(spool.stats().acknowledged().total(), 0);
    assert_eq!(drain(&mut spool), (3..at).collect::<Vec<_>>());
}

#[test]
fn a_batch_that_fits_no_segment_is_refused_with_numbers() {
    let mut spool = Spool::open(Memory::new(), SMALL).unwrap();
    let largest = 4_096 - 24 - 32;
    assert!(spool.append(NOW, &batch(0, largest)).is_ok());
    let refused = spool.append(NOW, &batch(0, largest + 1)).unwrap_err();
    let expected = "a batch of 4041 bytes does not fit into a segment, which takes 4040 bytes";
    assert_eq!(refused.to_string(), expected);
    assert_eq!(drain(&mut spool), [0]);
}

/// Writes, acknowledges and writes on; says how many batches were safe when the power went.
fn work(disk: &Memory) -> io::Result<(u32, u32)> {
    let mut spool = Spool::open(disk.clone(), SMALL)?;
    let mut safe = 0;
    for at in 0..12 {
        if spool.append(NOW, &batch(at, 700)).is_err() || spool.sync().is_err() {
            return Ok((safe, 0));
        }
        safe = at + 1;
    }
    let mut gone = 0;
    for _ in 0..4 {
        let Some(entry) = spool.peek() else { break };
        gone = number(entry.batch()) + 1;
        spool.acknowledge(NOW, entry);
    }
    for at in 12..16 {
        if spool.append(NOW, &batch(at, 700)).is_err() || spool.sync().is_err() {
            break;
        }
        safe = at + 1;
    }
    Ok((safe, gone))
}

#[test]
fn a_power_cut_at_any_byte_loses_only_what_was_not_synchronised() {
    let whole = Memory::new();
    work(&whole).unwrap();
    let step = if cfg!(miri) { 997 } else { 1 };
    for cut in (1..=whole.written()).step_by(step) {
        for keeps_unsynced in [true, false] {
            let disk = Memory::new();
            disk.cut_after(cut);
            let (safe, gone) = work(&disk).unwrap();
            if keeps_unsynced {
                disk.restart();
            } else {
                disk.restart_without_unsynced();
            }
            let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
            assert_sum(&spool);
            spool.append(NOW, &batch(99, 700)).unwrap();
            let found = drain(&mut spool);
            assert_sum(&spool);
            let (last, found) = found.split_last().unwrap();
            assert_eq!(*last, 99);
            let first = found.first().copied().unwrap_or(gone);
            let end = first + u32::try_from(found.len()).unwrap();
            assert!(
                first <= gone,
                "cut {cut}: {first} comes first, {gone} were taken over"
            );
            assert!(
                found.iter().copied().eq(first..end),
                "cut {cut}: none missing"
            );
            assert!(end >= safe, "cut {cut}: {safe} were safe, {end} are there");
        }
    }
}

#[test]
fn a_torn_body_is_counted_by_its_header() {
    let disk = Memory::new();
    let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
    spool.append(NOW, &batch(0, 500)).unwrap();
    let torn = Batch {
        items: 9,
        ..batch(1, 500)
    };
    disk.cut_after(24 + 100);
    spool.append(NOW, &torn).unwrap_err();
    disk.restart();
    let mut spool = Spool::open(disk, SMALL).unwrap();
    let stats = spool.stats();
    assert_eq!(
        (stats.recovered().total(), stats.damaged().total()),
        (10, 9)
    );
    assert_eq!(stats.unread_bytes(), 124);
    assert_eq!(drain(&mut spool), [0]);
    assert_sum(&spool);
}

#[test]
fn a_damaged_body_is_skipped_and_a_damaged_header_ends_its_segment() {
    let disk = Memory::new();
    let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
    for at in 0..5 {
        spool.append(NOW, &batch(at, 500)).unwrap();
    }
    let image = disk.image(1);
    let record = |at: usize| 32 + at * 524;
    let mut damaged = image.clone();
    damaged[record(1) + 24 + 77] ^= 4;
    disk.place(1, damaged.clone());
    assert_eq!(
        drain(&mut Spool::open(disk.clone(), SMALL).unwrap()),
        [0, 2, 3, 4]
    );

    damaged = image;
    damaged[record(3) + 9] ^= 4;
    disk.place(1, damaged.clone());
    let mut after = Spool::open(disk.clone(), SMALL).unwrap();
    assert_eq!(after.stats().unread_bytes(), 2 * 524);
    assert_eq!(drain(&mut after), [0, 1, 2]);
    disk.place(1, damaged);
    // The one that was running when the disk went bad finds the same, and knows what it lost.
    assert_eq!(drain(&mut spool), [0, 1, 2]);
    assert_eq!(spool.stats().damaged().total(), 2);
    assert_sum(&spool);
}

#[test]
fn a_mark_saves_what_was_taken_over_from_coming_again() {
    let disk = Memory::new();
    let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
    for at in 0..5 {
        spool.append(NOW, &batch(at, 500)).unwrap();
    }
    for _ in 0..2 {
        let entry = spool.peek().unwrap();
        spool.acknowledge(NOW, entry);
    }
    drop(spool);
    let mut spool = Spool::open(disk, SMALL).unwrap();
    assert_eq!(spool.stats().recovered().total(), 3);
    assert_eq!(drain(&mut spool), [2, 3, 4]);
}

#[test]
fn a_full_disk_costs_the_oldest_segment_and_a_failing_one_the_batch() {
    let disk = Memory::new();
    let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
    disk.fill_at(9_000);
    for at in 0..30 {
        spool.append(NOW, &batch(at, 1_000)).unwrap();
        assert_sum(&spool);
    }
    disk.fail_writes(1);
    let refused = spool.append(NOW, &batch(30, 1_000)).unwrap_err();
    assert!(matches!(refused, AppendError::Storage(_)), "{refused}");
    spool.append(NOW, &batch(31, 1_000)).unwrap();
    let kept = drain(&mut spool);
    let first = kept[0];
    let expected: Vec<u32> = (first..30).chain([31]).collect();
    assert_eq!(kept, expected);
    assert_eq!(u64::from(first), spool.stats().oldest().total());
    assert_sum(&spool);
}

#[test]
fn a_disk_that_is_full_of_other_things_takes_nothing() {
    let disk = Memory::new();
    disk.fill_at(10);
    let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
    for at in 0..3 {
        let refused = spool.append(NOW, &batch(at, 100)).unwrap_err();
        assert_eq!(refused, AppendError::Storage(io::ErrorKind::StorageFull));
    }
    disk.fill_at(10_000);
    spool.append(NOW, &batch(3, 100)).unwrap();
    assert_eq!(drain(&mut spool), [3]);
}

#[test]
fn a_sync_that_fails_is_said_and_nothing_is_written_behind_it() {
    let disk = Memory::new();
    let mut spool = Spool::open(disk.clone(), SMALL).unwrap();
    spool.append(NOW, &batch(0, 100)).unwrap();
    disk.fail_syncs(1);
    assert!(spool.sync().is_err());
    spool.append(NOW, &batch(1, 100)).unwrap();
    spool.sync().unwrap();
    assert_eq!(spool.stats().segments(), 2);
    assert_eq!(drain(&mut spool), [0, 1]);
}

#[test]
fn a_day_takes_no_more_bytes_than_it_may_also_after_a_restart() {
    let limits = SMALL.with_bytes_per_day(20_000);
    let disk = Memory::new();
    let mut spool = Spool::open(disk.clone(), limits).unwrap();
    let mut at = 0;
    let refused = loop {
        if let Err(refused) = spool.append(NOW, &batch(at, 976)) {
            break refused;
        }
        at += 1;
    };
    assert_eq!(refused, AppendError::WornForToday { limit: 20_000 });
    assert_eq!(disk.written(), spool.stats().written());
    assert!(
        disk.written() <= 20_000 && disk.written() > 18_000,
        "{}",
        disk.written()
    );
    drop(spool);
    let mut spool = Spool::open(disk, limits).unwrap();
    assert!(spool.append(NOW, &batch(at, 976)).is_err());
    let day = Moment::from_nanos(25 * 3_600 * 1_000_000_000);
    assert!(spool.append(day, &batch(at, 976)).is_ok());
}

#[test]
fn a_directory_keeps_them_and_leaves_other_files_alone() {
    let path = std::env::temp_dir().join(format!("gofarm-otel-spool-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    let open = || Spool::open(Directory::open(&path).unwrap(), SMALL).unwrap();
    let mut spool = open();
    for at in 0..10 {
        spool.append(NOW, &batch(at, 900)).unwrap();
    }
    spool.sync().unwrap();
    std::fs::write(path.join("notes.txt"), "mine").unwrap();
    std::fs::write(path.join("00000000000000ff.otlp"), "not ours").unwrap();
    drop(spool);
    let mut spool = open();
    assert_eq!(spool.stats().unread_bytes(), 8);
    let entry = spool.peek().unwrap();
    spool.acknowledge(NOW, entry);
    drop(spool);
    let mut spool = open();
    assert_eq!(drain(&mut spool), (1..10).collect::<Vec<_>>());
    drop(spool);
    assert_eq!(std::fs::read(path.join("notes.txt")).unwrap(), b"mine");
    std::fs::remove_dir_all(&path).unwrap();
}
