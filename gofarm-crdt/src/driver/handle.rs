//! [`Handle`]: commits of many tasks, one wait for the disk.
//!
//! A commit waits for the disk, 0.1 to 100 ms, and a worker thread of an async runtime that waits stops every task on it.
//! A handle gives the owner of the store, a replica or a [`WriteBatch`], a thread of its own. Tasks send it
//! closures; it runs all that wait in memory, commits *once*, and answers all of them. While it waits for the disk
//! the next ones gather, so under load one synchronisation carries many commits, and without load nobody waits
//! for company.
//!
//! ```
//! use gofarm_crdt::dot::ReplicaId;
//! use gofarm_crdt::driver::handle::{Handle, WriteBatch};
//! use gofarm_crdt::store::{MemoryStore, Table};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let store = MemoryStore::new(ReplicaId::new(7), 1);
//! let handle = Handle::start(WriteBatch::new(store))?;
//! handle.update(|batch| batch.put(Table::Cells, b"open", b"\x01")).await?; // durable now
//! let store = handle.stop().await?.into_store();
//! assert_eq!(store.len(), 1);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Dropping the future of a call does no harm: before the closure was taken it never runs, afterwards it runs and is
//! committed, and only the answer is lost. To know which, do not drop it.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::io;
use std::thread;

use gofarm_core::error::{Classify, Kind};
use tokio::sync::{mpsc, oneshot, watch};

use crate::ledger::Ledger;
use crate::replica::{CommitError, Replica};
use crate::store::{Record, Store, Table};

/// How many calls may wait for the thread; further ones wait for a place.
const QUEUE: usize = 1_024;

/// What a [`Handle`] can own: something that is changed in memory and made durable afterwards.
pub trait Durable: Send + 'static {
    /// Why it could not be made durable.
    type Error: Classify + Send + Sync + 'static;

    /// Makes everything that changed durable, or nothing of it.
    ///
    /// # Errors
    /// When nothing was made durable, as far as can be known.
    fn commit(&mut self) -> Result<(), Self::Error>;

    /// Changes whenever a commit made something durable: what [`Commits`] goes by. Without it nobody is woken.
    fn revision(&self) -> u64 {
        0
    }
}

/// A way to the thread that owns a `T`; clones lead to the same thread, which ends when the last is dropped and all
/// calls are answered.
///
/// See the [module](self) for an example.
pub struct Handle<T: Durable> {
    calls: mpsc::Sender<Call<T>>,
    revision: watch::Receiver<u64>,
}

/// Runs in memory; what it returns is called after the commit.
type Update<T> = Box<dyn FnOnce(&mut T) -> Answer<T> + Send>;
/// Tells a task what came of its call.
type Answer<T> = Box<dyn FnOnce(&mut T, &Result<(), Arc<<T as Durable>::Error>>)>;

enum Call<T: Durable> {
    Update(Update<T>),
    Read(Box<dyn FnOnce(&T) + Send>),
    Stop(oneshot::Sender<T>),
}

impl<T: Durable> Handle<T> {
    /// Moves `owned` to a thread of its own.
    ///
    /// # Errors
    /// When the system gives no thread; `owned` is dropped then.
    pub fn start(owned: T) -> io::Result<Self> {
        let (sender, calls) = mpsc::channel(QUEUE);
        let (committed, revision) = watch::channel(owned.revision());
        thread::Builder::new()
            .name("gofarm-store".into())
            .spawn(move || serve(owned, calls, &committed))?;
        Ok(Self {
            calls: sender,
            revision,
        })
    }

    /// Changes it by `update` and waits until that is durable, together with whatever else waits.
    ///
    /// # Errors
    /// [`HandleError::Commit`] if it was not made durable; every call of the same commit gets the same error, and
    /// whether the change is still there in memory is the owner's matter. [`HandleError::Stopped`] if the thread has
    /// ended, also because a closure panicked.
    pub async fn update<R: Send + 'static>(
        &self,
        update: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Result<R, HandleError<T::Error>> {
        self.update_then(update, |_, result| result).await
    }

    /// Changes it by `update`, makes that durable together with whatever else waits, and runs `then` before any other
    /// update: for what may be said only of what is durable.
    ///
    /// # Errors
    /// As [`update`](Self::update); `then` did not run.
    pub async fn update_then<M: Send + 'static, R: Send + 'static>(
        &self,
        update: impl FnOnce(&mut T) -> M + Send + 'static,
        then: impl FnOnce(&mut T, M) -> R + Send + 'static,
    ) -> Result<R, HandleError<T::Error>> {
        let (answer, answered) = oneshot::channel();
        let call = Call::Update(Box::new(move |owned: &mut T| {
            let result = update(owned);
            Box::new(move |owned: &mut T, committed: &Result<(), _>| {
                let result = committed.clone().map(|()| then(owned, result));
                // Nobody waits any more: it is durable all the same.
                let _ = answer.send(result);
            })
        }));
        self.send(call).await?;
        answered
            .await
            .map_err(|_| HandleError::Stopped)?
            .map_err(HandleError::Commit)
    }

    /// Looks at it, without a commit: also at changes that are not durable yet.
    ///
    /// # Errors
    /// [`HandleError::Stopped`] if the thread has ended.
    pub async fn read<R: Send + 'static>(
        &self,
        read: impl FnOnce(&T) -> R + Send + 'static,
    ) -> Result<R, HandleError<T::Error>> {
        let (answer, answered) = oneshot::channel();
        let call = Call::Read(Box::new(move |owned: &T| {
            let _ = answer.send(read(owned)); // nobody waits any more
        }));
        self.send(call).await?;
        answered.await.map_err(|_| HandleError::Stopped)
    }

    /// Ends the thread after the calls before this one and gives back what it owned.
    ///
    /// # Errors
    /// [`HandleError::Stopped`] if it has ended already.
    pub async fn stop(&self) -> Result<T, HandleError<T::Error>> {
        let (answer, answered) = oneshot::channel();
        self.send(Call::Stop(answer)).await?;
        answered.await.map_err(|_| HandleError::Stopped)
    }

    /// Tells of commits.
    #[must_use]
    pub fn commits(&self) -> Commits {
        Commits {
            revision: self.revision.clone(),
        }
    }

    /// How many calls wait for the thread, from 0 to 1024: near the end, the disk is too slow for what is asked of it.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.calls.max_capacity() - self.calls.capacity()
    }

    async fn send(&self, call: Call<T>) -> Result<(), HandleError<T::Error>> {
        let sent = self.calls.send(call).await;
        sent.map_err(|_| HandleError::Stopped)
    }
}

impl<T: Durable> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self {
            calls: self.calls.clone(),
            revision: self.revision.clone(),
        }
    }
}

impl<T: Durable> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// The thread: all that waits, one commit, all answers.
fn serve<T: Durable>(
    mut owned: T,
    mut calls: mpsc::Receiver<Call<T>>,
    committed: &watch::Sender<u64>,
) {
    let mut answers: Vec<Answer<T>> = Vec::new();
    while let Some(first) = calls.blocking_recv() {
        let mut next = Some(first);
        let mut stop = None;
        while let Some(call) = next {
            match call {
                Call::Update(update) => answers.push(update(&mut owned)),
                Call::Read(read) => read(&owned),
                Call::Stop(answer) => {
                    stop = Some(answer);
                    break;
                }
            }
            // At most what fits into the queue: a stream of calls must not put off the commit for ever.
            next = (answers.len() < QUEUE)
                .then(|| calls.try_recv().ok())
                .flatten();
        }
        if !answers.is_empty() {
            let result = owned.commit().map_err(Arc::new);
            let revision = owned.revision();
            committed.send_if_modified(|known| core::mem::replace(known, revision) != revision);
            for answer in answers.drain(..) {
                answer(&mut owned, &result);
            }
        }
        if let Some(stop) = stop {
            drop(calls);
            let _ = stop.send(owned); // or it is dropped here, which closes it
            return;
        }
    }
}

/// Tells that something was made durable, by whomever; several commits in a row may be told as one.
///
/// ```
/// use gofarm_crdt::driver::handle::{Durable, Handle};
///
/// struct Counter(u64);
/// impl Durable for Counter {
///     type Error = gofarm_crdt::error::Full;
///     fn commit(&mut self) -> Result<(), Self::Error> {
///         Ok(())
///     }
///     fn revision(&self) -> u64 {
///         self.0
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let handle = Handle::start(Counter(0))?;
/// let mut commits = handle.commits();
/// handle.update(|counter| counter.0 += 1).await?;
/// assert!(commits.other_than(0).await); // there was one
/// drop(handle);
/// assert!(!commits.other_than(1).await); // there will be none
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Commits {
    revision: watch::Receiver<u64>,
}

impl Commits {
    /// Waits until the [revision](Durable::revision) is another than `seen`; false once the thread has ended.
    pub async fn other_than(&mut self, seen: u64) -> bool {
        self.revision.wait_for(|now| *now != seen).await.is_ok()
    }
}

/// Why a call to a [`Handle`] has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError<E> {
    /// The commit failed; all calls in it share the error.
    #[error("not durable: {0}")]
    Commit(Arc<E>),
    /// The thread has ended: it was stopped, or a closure panicked.
    #[error("the thread that owns the store has ended")]
    Stopped,
}

impl<E: Classify> Classify for HandleError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Commit(error) => error.kind(),
            Self::Stopped => Kind::Permanent,
        }
    }
}

/// A store with records that wait for the next commit: what a [`Handle`] owns where there is no replica.
///
/// After a commit that failed the records that waited are gone: whoever put them has got the error.
///
/// See the [module](self) for an example.
#[derive(Debug)]
pub struct WriteBatch<S> {
    store: S,
    waiting: Vec<(Table, Vec<u8>, Option<Vec<u8>>)>,
}

impl<S: Store> WriteBatch<S> {
    /// Nothing waits.
    #[must_use]
    pub const fn new(store: S) -> Self {
        Self {
            store,
            waiting: Vec::new(),
        }
    }

    /// Puts a record.
    pub fn put(&mut self, table: Table, key: &[u8], value: &[u8]) {
        self.waiting
            .push((table, key.to_vec(), Some(value.to_vec())));
    }

    /// Removes a record.
    pub fn remove(&mut self, table: Table, key: &[u8]) {
        self.waiting.push((table, key.to_vec(), None));
    }

    /// The store, without what waits.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// The store; what waits is dropped.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }
}

impl<S> Durable for WriteBatch<S>
where
    S: Store + Send + 'static,
    S::Error: Send + Sync,
{
    type Error = S::Error;

    fn commit(&mut self) -> Result<(), S::Error> {
        let waiting = core::mem::take(&mut self.waiting);
        self.store
            .commit(&mut waiting.iter().map(|(table, key, value)| Record {
                table: *table,
                key,
                value: value.as_deref(),
            }))
    }
}

impl<S> Durable for Replica<S>
where
    S: Store + Send + 'static,
    S::Error: Send + Sync,
{
    type Error = CommitError<S::Error>;

    fn commit(&mut self) -> Result<(), Self::Error> {
        Self::commit(self)
    }

    fn revision(&self) -> u64 {
        Ledger::revision(self)
    }
}
