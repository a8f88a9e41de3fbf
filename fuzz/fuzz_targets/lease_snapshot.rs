//! A journal that holds anything: a device still starts, still closes first, and keeps its account.
#![no_main]

use arbitrary::Arbitrary;
use gofarm_core::command::{Duty, Journal, JournalFull, Lease, RamJournal};
use gofarm_core::time::Instant;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Seal, Vec<u8>)| {
    let bytes = input.0.apply(input.1);
    let mut journal = RamJournal::new();
    if let Err(JournalFull { .. }) = journal.save(&bytes) {
        return;
    }
    let now = Instant::from_secs(1);
    let mut lease: Lease<RamJournal> = Lease::restore(journal, now);
    assert_eq!(lease.poll(now), Duty::MustClose);
    assert!(lease.tally().is_balanced());
    while lease.poll_indeterminate().is_some() {}
    lease.closed(now);
    assert_eq!(lease.poll(now), Duty::Nothing);
    assert!(lease.tally().is_balanced());
});

/// How far an input is made to look like a snapshot, so that the checks behind the checksum are reached too.
#[derive(Arbitrary, Debug)]
enum Seal {
    Raw,
    Checksum,
    HeaderAndChecksum,
}

impl Seal {
    fn apply(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        if matches!(self, Self::HeaderAndChecksum) {
            bytes.resize(Lease::<RamJournal>::SNAPSHOT_LEN - 4, 0);
            bytes[..5].copy_from_slice(b"GFCL\x01");
            bytes[6] = 16;
        }
        if !matches!(self, Self::Raw) {
            let checksum = crc32fast::hash(&bytes);
            bytes.extend(checksum.to_le_bytes());
        }
        bytes
    }
}
