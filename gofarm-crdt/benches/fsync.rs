//! What a commit costs on this disk: latency, bytes, and one sync for many commits against one for each.
//!
//! `cargo bench -p gofarm-crdt --features tokio --bench fsync`; the folder may be given in `GOFARM_BENCH_FOLDER`, as the
//! folder of temporary files is often no disk.

use core::time::Duration;
use std::time::Instant;

use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::driver::handle::{Handle, WriteBatch};
use gofarm_crdt::store::{Record, RedbStore, Store, Table};

const ALONE: u32 = 300;
const TOGETHER: u32 = 6_000;
const TASKS: u32 = 16;
const DAY: u64 = 86_400;

fn key(n: u32) -> [u8; 4] {
    (n % 1_000).to_be_bytes()
}

/// Commits of one small record, one after the other.
fn one_by_one(store: &mut RedbStore) -> Vec<Duration> {
    let commit = |n: u32| {
        let (started, key) = (Instant::now(), key(n));
        let record = Record {
            table: Table::Cells,
            key: &key,
            value: Some(&[7; 24]),
        };
        store
            .commit(&mut [record].into_iter())
            .expect("the disk works");
        started.elapsed()
    };
    (0..ALONE).map(commit).collect()
}

/// The same from many tasks at once.
async fn together(handle: &Handle<WriteBatch<RedbStore>>) -> Duration {
    let started = Instant::now();
    let tasks = (0..TASKS).map(|task| {
        let handle = handle.clone();
        tokio::spawn(async move {
            for n in (task..TOGETHER).step_by(TASKS as usize) {
                let put = handle.update(move |batch| batch.put(Table::Cells, &key(n), &[7; 24]));
                put.await.expect("the disk works");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no task panics");
    }
    started.elapsed()
}

#[expect(clippy::print_stdout, reason = "it prints its figures")]
fn main() -> Result<(), Box<dyn core::error::Error>> {
    let folder = match std::env::var_os("GOFARM_BENCH_FOLDER") {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let path = folder.path().join("state.redb");
    let mut store = RedbStore::create(&path, ReplicaId::new(7))?;
    one_by_one(&mut store); // until the file has its size
    let (bytes, syncs) = (store.bytes_written(), store.syncs());
    let mut alone = one_by_one(&mut store);
    let total: Duration = alone.iter().sum();
    alone.sort_unstable();
    let per_commit = (store.bytes_written() - bytes) / u64::from(ALONE);
    println!(
        "one by one    {:>8.0} commits/s   p50 {:?}, p99 {:?}, {} B and {:.2} syncs a commit",
        f64::from(ALONE) / total.as_secs_f64(),
        alone[alone.len() / 2],
        alone[alone.len() * 99 / 100],
        per_commit,
        (store.syncs() - syncs) as f64 / f64::from(ALONE),
    );
    println!(
        "              {:.2} GB a day at one commit a second, {:.0} MB at one a minute",
        (per_commit * DAY) as f64 / 1e9,
        (per_commit * DAY / 60) as f64 / 1e6,
    );

    let (bytes, syncs) = (store.bytes_written(), store.syncs());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;
    let handle = Handle::start(WriteBatch::new(store))?;
    let took = runtime.block_on(together(&handle));
    let store = runtime.block_on(handle.stop())?.into_store();
    println!(
        "{TASKS} tasks      {:>8.0} commits/s   {} B and {:.2} syncs a commit",
        f64::from(TOGETHER) / took.as_secs_f64(),
        (store.bytes_written() - bytes) / u64::from(TOGETHER),
        (store.syncs() - syncs) as f64 / f64::from(TOGETHER),
    );
    let ratio =
        (f64::from(TOGETHER) / took.as_secs_f64()) / (f64::from(ALONE) / total.as_secs_f64());
    println!("ratio         {ratio:>8.1} (aim: at least 1.7)");

    drop(store);
    let started = Instant::now();
    let store = RedbStore::open(&path)?;
    println!(
        "open          {:?} with {} records, file of {} B",
        started.elapsed(),
        store.len(),
        std::fs::metadata(&path)?.len()
    );
    if ratio < 1.7 {
        return Err("sharing a sync gains less than it should".into());
    }
    Ok(())
}
