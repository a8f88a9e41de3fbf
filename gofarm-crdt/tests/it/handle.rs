//! What the handle promises: durable when answered, one sync for many, errors for all.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, reason = "the numbers are small")]

use std::sync::mpsc;

use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::driver::handle::{Durable, Handle, HandleError, WriteBatch};
use gofarm_crdt::store::fault::{Cut, FaultyDisk, FaultyStore};
use gofarm_crdt::store::{MemoryStore, RedbStore, Store, Table};

const REPLICA: ReplicaId = ReplicaId::new(7);

/// Holds the thread inside a call, so that what is sent meanwhile gathers.
async fn block<T: Durable>(handle: &Handle<T>) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel();
    let (entered, is_inside) = tokio::sync::oneshot::channel();
    let handle = handle.clone();
    tokio::spawn(async move {
        let read = handle.read(move |_| {
            let _ = entered.send(());
            let _ = released.recv();
        });
        read.await
    });
    is_inside.await.unwrap();
    release
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_wait_share_one_sync() {
    const TASKS: u64 = 500;
    let disk = FaultyDisk::new(0);
    let store = RedbStore::create_on(disk.clone(), REPLICA).unwrap();
    let handle = Handle::start(WriteBatch::new(store)).unwrap();
    let before = disk.syncs();
    let release = block(&handle).await;
    let mut tasks = Vec::new();
    for n in 0..TASKS {
        let call = handle.clone();
        tasks.push(tokio::spawn(async move {
            let put = call.update(move |batch| batch.put(Table::Cells, &n.to_be_bytes(), b"x"));
            put.await.map_err(|_| n)
        }));
    }
    while handle.waiting() < TASKS as usize {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(disk.syncs() - before, 1);
    let mut stored = 0;
    let mut store = RedbStore::open_on(disk.reboot()).unwrap(); // durable: the power goes now
    store.scan(Table::Cells, &mut |_, _| stored += 1).unwrap();
    assert_eq!(stored, TASKS);
}

#[tokio::test]
async fn an_error_reaches_every_waiter_of_the_commit() {
    let mut store = FaultyStore::new(MemoryStore::new(REPLICA, 1));
    store.cut_at(1, Cut::Before);
    let handle = Handle::start(WriteBatch::new(store)).unwrap();
    let release = block(&handle).await;
    let put = |key: &'static [u8]| {
        let handle = handle.clone();
        tokio::spawn(async move {
            handle
                .update(|batch| batch.put(Table::Cells, key, b"x"))
                .await
        })
    };
    let (one, two) = (put(b"1"), put(b"2"));
    while handle.waiting() < 2 {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    for task in [one, two] {
        assert!(matches!(task.await.unwrap(), Err(HandleError::Commit(_))));
    }
    assert!(
        handle
            .stop()
            .await
            .unwrap()
            .into_store()
            .into_inner()
            .is_empty()
    );
    assert!(matches!(
        handle.read(|_| ()).await,
        Err(HandleError::Stopped)
    ));
}

#[tokio::test]
async fn dropping_the_future_of_a_call_does_no_harm() {
    let handle = Handle::start(WriteBatch::new(MemoryStore::new(REPLICA, 1))).unwrap();
    let release = block(&handle).await;
    let never_sent = handle.update(|batch| batch.put(Table::Cells, b"never", b"x"));
    drop(never_sent);
    let sent = tokio::spawn({
        let handle = handle.clone();
        async move {
            handle
                .update(|batch| batch.put(Table::Cells, b"sent", b"x"))
                .await
        }
    });
    while handle.waiting() < 1 {
        tokio::task::yield_now().await;
    }
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    release.send(()).unwrap();
    handle
        .update(|batch| batch.put(Table::Cells, b"after", b"x"))
        .await
        .unwrap();

    let mut keys = Vec::new();
    let mut store = handle.stop().await.unwrap().into_store();
    let Ok(()) = store.scan(Table::Cells, &mut |key, _| keys.push(key.to_vec()));
    assert_eq!(keys, [&b"after"[..], b"sent"]);
}

#[tokio::test]
async fn a_panic_in_a_closure_is_told_to_everybody() {
    let handle = Handle::start(WriteBatch::new(MemoryStore::new(REPLICA, 1))).unwrap();
    let panicked = handle.update(|_| panic!("a bug of the caller's")).await;
    assert!(matches!(panicked, Err(HandleError::Stopped)));
    assert!(matches!(
        handle.read(|_| ()).await,
        Err(HandleError::Stopped)
    ));
}
