//! Where finished spans and log records wait for their export: [`Queue`].
//!
//! The usual queue holds each span as a tree of heap objects, two to six times what is sent in the end, and is
//! bounded by their number, so nobody knows how much memory it may take. This one holds the bytes that are sent
//! and is bounded in bytes. A record is one copy under a short lock into a block of 16 KiB; a block that was
//! exported is used again. One lock is enough: it is held for a copy of some hundred bytes, some 20 ns in the 200 ns
//! that a span takes. A queue for each thread would keep blocks for each and lose the order.
//!
//! When the queue is full the new record is dropped and counted: what led to an outage is worth more than the
//! hundredth copy of its consequence.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use gofarm_core::observe::Observer;
use opentelemetry::InstrumentationScope;

use crate::batch::{Batch, Kind};
use crate::resource::Resource;

mod backlog;
mod block;
mod request;
pub mod signal;
mod spare;

use backlog::Backlog;
use spare::Spare;

/// Encoded records that wait for their export, bounded in bytes; clones share them.
///
/// ```
/// use gofarm_otel::batch::Kind;
/// use gofarm_otel::queue::Queue;
/// use gofarm_otel::resource::Resource;
///
/// let spans = Queue::new(Kind::Traces, &Resource::new("irrigation-gateway"), 4 << 20);
/// // A tracer provider writes to it, an exporter takes from it:
/// assert_eq!(spans.take(1 << 20), None);
/// assert_eq!(spans.stats().dropped, 0);
/// ```
#[derive(Clone)]
pub struct Queue(Arc<Shared>);

struct Shared {
    kind: Kind,
    resource: Box<[u8]>,
    observer: Option<Arc<dyn Observer + Send + Sync>>,
    wake: OnceLock<Wake>,
    backlog: Mutex<Backlog>,
    spare: Mutex<Spare>,
}

struct Wake {
    bytes: usize,
    call: Box<dyn Fn() + Send + Sync>,
}

/// What a [`Queue`] has seen: `pushed == taken + dropped + held`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Records that were offered.
    pub pushed: u64,
    /// Records that left in a batch.
    pub taken: u64,
    /// Records that found no room.
    pub dropped: u64,
    /// Records that wait.
    pub held: u64,
    /// Memory in bytes that they take, in whole blocks.
    pub bytes: usize,
}

/// The instrumentation scope of a record, as one queue knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope(u16);

impl Queue {
    /// An empty queue that takes at most `limit` bytes, and four blocks of 17 KiB more that wait to be used again;
    /// where it is exported by our own worker, 160 KiB too, for a request.
    ///
    /// A limit below one block holds nothing. Nothing is allocated before the first record.
    #[must_use]
    pub fn new(kind: Kind, resource: &Resource, limit: usize) -> Self {
        Self::build(kind, resource, limit, None)
    }

    /// A queue that tells `observer` of each record that it drops and of its length; see [`signal::INSTRUMENTS`].
    ///
    /// It is called while a span ends, so it must not say anything about that span.
    #[must_use]
    pub fn observed(
        kind: Kind,
        resource: &Resource,
        limit: usize,
        observer: Arc<dyn Observer + Send + Sync>,
    ) -> Self {
        Self::build(kind, resource, limit, Some(observer))
    }

    fn build(
        kind: Kind,
        resource: &Resource,
        limit: usize,
        observer: Option<Arc<dyn Observer + Send + Sync>>,
    ) -> Self {
        Self(Arc::new(Shared {
            kind,
            resource: resource.encode().into(),
            observer,
            wake: OnceLock::new(),
            backlog: Mutex::new(Backlog::new(limit)),
            spare: Mutex::default(),
        }))
    }

    /// What is in it: traces or logs.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Takes out records, oldest block first, as one request of about `max_bytes` at most; `None` if there are none.
    ///
    /// A single record that is longer is a batch of its own. Within a batch records are grouped by
    /// instrumentation scope and otherwise keep their order.
    #[must_use]
    pub fn take(&self, max_bytes: usize) -> Option<Batch> {
        let taken = self
            .backlog()
            .take(max_bytes.saturating_sub(self.0.resource.len()));
        let batch = taken.as_ref().map(|taken| Batch {
            kind: self.0.kind,
            items: taken.records(),
            body: request::encode(&self.0.resource, taken, |len| self.spare().room(len)),
        });
        let (bytes, reuse) = {
            let mut backlog = self.backlog();
            let reuse = taken.map(|taken| backlog.recycle(taken));
            (backlog.stats().bytes, reuse)
        };
        // What was not kept is freed here, outside of the lock.
        drop(reuse);
        if let (Some(observer), Some(_)) = (&self.0.observer, &batch) {
            signal::length(&**observer, self.0.kind, bytes);
        }
        batch
    }

    /// Calls `wake` whenever the queue grows past `bytes`, on the thread that filled it; only the first call counts.
    ///
    /// It must neither block nor record anything: it wakes the task that exports.
    pub fn wake_at(&self, bytes: usize, wake: impl Fn() + Send + Sync + 'static) {
        let call = Box::new(wake);
        // A second one is not wanted, and the first stays.
        let _ = self.0.wake.set(Wake { bytes, call });
    }

    /// What it has seen so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.backlog().stats()
    }

    /// The scope to push with; equal scopes are the same.
    pub(crate) fn scope(&self, scope: &InstrumentationScope) -> Scope {
        let encoded = request::scope(scope);
        self.backlog().scope(encoded)
    }

    /// Appends a record, an encoded `Span` or `LogRecord`; whether there was room.
    pub(crate) fn push(&self, scope: Scope, record: &[u8]) -> bool {
        let (before, is_kept, after) = {
            let mut backlog = self.backlog();
            let before = backlog.bytes();
            (before, backlog.push(scope, record), backlog.bytes())
        };
        if !is_kept && let Some(observer) = &self.0.observer {
            signal::dropped(&**observer, self.0.kind);
        }
        if before < after
            && let Some(wake) = self.0.wake.get()
            && before < wake.bytes
            && wake.bytes <= after
        {
            (wake.call)();
        }
        is_kept
    }

    /// Uses the memory of a request that was sent for the next one.
    #[cfg(feature = "otlp")]
    pub(crate) fn reuse(&self, batch: Batch) {
        self.spare().give_back(batch.body);
    }

    fn spare(&self) -> MutexGuard<'_, Spare> {
        self.0.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.0
            .backlog
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("kind", &self.0.kind)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
