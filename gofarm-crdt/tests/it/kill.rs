//! A writing process is killed at random points: what it acknowledged is there, once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, reason = "the numbers are small")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use gofarm_core::random::{Random, SplitMix64};
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::store::{Record, RedbStore, Store, Table};

const NAME: &str = "kill::each_acknowledged_commit_survives_kill_9";
const STORE: &str = "GOFARM_KILL_STORE";

/// What commit number `n` adds.
fn value(n: u64) -> Vec<u8> {
    let mut random = SplitMix64::new(n);
    vec![random.next_u64() as u8; random.below(300) as usize]
}

/// Every record: commit n put (n, value(n)) and the total n; nothing is missing, twice or more.
fn commits_in(store: &mut RedbStore) -> u64 {
    let mut found = Vec::new();
    store
        .scan(Table::Journal, &mut |key, bytes| {
            let n = u64::from_be_bytes(key.try_into().unwrap());
            assert!(bytes == value(n), "commit {n}");
            found.push(n);
        })
        .unwrap();
    found.sort_unstable();
    let mut total = 0;
    store
        .scan(Table::Cells, &mut |_, bytes| {
            total = u64::from_be_bytes(bytes.try_into().unwrap());
        })
        .unwrap();
    assert_eq!(found, (1..=total).collect::<Vec<_>>());
    total
}

/// The child: commits until it is killed, and says the number of each commit that returned.
fn write_for_ever(path: &Path) {
    let mut store = RedbStore::open_or_create(path, ReplicaId::new(7)).unwrap();
    let mut out = std::io::stdout();
    for n in commits_in(&mut store) + 1.. {
        let (key, value) = (n.to_be_bytes(), value(n));
        let commit = Record {
            table: Table::Journal,
            key: &key,
            value: Some(&value),
        };
        let total = Record {
            table: Table::Cells,
            key: b"total",
            value: Some(&key),
        };
        store.commit(&mut [commit, total].into_iter()).unwrap();
        if writeln!(out, "\nacknowledged {n}").is_err() {
            return; // nobody listens any more
        }
    }
}

#[test]
fn each_acknowledged_commit_survives_kill_9() {
    if let Some(path) = std::env::var_os(STORE) {
        return write_for_ever(path.as_ref());
    }
    let kills = std::env::var("GOFARM_KILLS").map_or(200, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let mut random = SplitMix64::new(9);
    let mut total = 0;
    for round in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env(STORE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = lines.map_while(Result::ok).filter_map(|line| {
            let number = line.strip_prefix("acknowledged ")?;
            number.parse::<u64>().ok() // the last line may be cut off
        });
        // Also while it opens the store, which repairs it.
        let wanted = random.below(8);
        let mut last = total;
        for _ in 0..wanted {
            last = acknowledged.next().expect("the child lives");
        }
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        last = acknowledged.last().unwrap_or(last);

        match RedbStore::open(&path) {
            Ok(mut store) => total = commits_in(&mut store),
            // Killed before it had created the store.
            Err(error) => assert!(last == 0, "round {round}: {error}"),
        }
        assert!(
            total == last || total == last + 1,
            "round {round}: {last} acknowledged, {total} found"
        );
    }
    assert!(total >= kills, "{total} commits in {kills} rounds");
}
