//! A semaphore in 64 shards against one of tokio's, and against 64 of tokio's that do not help each other.
//!
//! Tasks on two threads of a runtime begin together, behind a gate, and each takes and gives back a permit many
//! times. The engines take turns within each round, so that what else the machine does falls on all of them.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use gofarm_resilience::semaphore::ShardedSemaphore;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::{JoinSet, yield_now};

use super::batches::nanos;
use crate::figures::Figures;

const SHARDS: u64 = 64;
const ROUNDS: usize = 15;
/// Of all tasks together.
const OPERATIONS: u64 = 102_400;

/// A semaphore as tasks use it.
trait Permits: Send + Sync + 'static {
    const NAME: &'static str;

    fn new(permits_each: u32) -> Self;

    /// Holds a permit during `work`.
    fn hold(
        &self,
        key: u64,
        work: impl Future<Output = ()> + Send,
    ) -> impl Future<Output = ()> + Send;
}

impl Permits for ShardedSemaphore {
    const NAME: &'static str = "gofarm, 64 shards";

    fn new(permits_each: u32) -> Self {
        Self::new(64, permits_each).expect("shards")
    }

    async fn hold(&self, key: u64, work: impl Future<Output = ()> + Send) {
        let _permit = self.acquire(key).await;
        work.await;
    }
}

impl Permits for Semaphore {
    const NAME: &'static str = "tokio, one";

    fn new(permits_each: u32) -> Self {
        Self::new(permits_each as usize * 64)
    }

    async fn hold(&self, _: u64, work: impl Future<Output = ()> + Send) {
        let _permit = self.acquire().await.expect("never closed");
        work.await;
    }
}

/// What is usually done instead.
struct Apart([Semaphore; SHARDS as usize]);

impl Permits for Apart {
    const NAME: &'static str = "tokio, 64 apart";

    fn new(permits_each: u32) -> Self {
        Self(std::array::from_fn(|_| {
            Semaphore::new(permits_each as usize)
        }))
    }

    async fn hold(&self, key: u64, work: impl Future<Output = ()> + Send) {
        let shard = usize::try_from(key % SHARDS).unwrap_or(0);
        let _permit = self.0[shard].acquire().await.expect("never closed");
        work.await;
    }
}

/// Whose permit a task asks for.
#[derive(Clone, Copy)]
enum Keys {
    /// Each task a device of its own.
    Own,
    /// Nine of ten calls go to one device.
    Skewed,
}

#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    tasks: u64,
    permits_each: u32,
    keys: Keys,
    /// Lets other tasks run while it holds the permit.
    yields: bool,
}

const CASES: [Case; 8] = [
    Case {
        name: "2 tasks, ample",
        tasks: 2,
        permits_each: 64,
        keys: Keys::Own,
        yields: false,
    },
    Case {
        name: "256 tasks, ample",
        tasks: 256,
        permits_each: 64,
        keys: Keys::Own,
        yields: false,
    },
    Case {
        name: "256 tasks, ample, one busy key",
        tasks: 256,
        permits_each: 64,
        keys: Keys::Skewed,
        yields: false,
    },
    Case {
        name: "256 tasks, ample, held",
        tasks: 256,
        permits_each: 64,
        keys: Keys::Own,
        yields: true,
    },
    Case {
        name: "256 tasks, 64 permits",
        tasks: 256,
        permits_each: 1,
        keys: Keys::Own,
        yields: false,
    },
    Case {
        name: "256 tasks, 64 permits, held",
        tasks: 256,
        permits_each: 1,
        keys: Keys::Own,
        yields: true,
    },
    Case {
        name: "256 tasks, 64 permits, held, one busy key",
        tasks: 256,
        permits_each: 1,
        keys: Keys::Skewed,
        yields: true,
    },
    Case {
        name: "1024 tasks, 64 permits, held, one busy key",
        tasks: 1024,
        permits_each: 1,
        keys: Keys::Skewed,
        yields: true,
    },
];

pub fn measure(figures: &mut Figures) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("a runtime without I/O");
    for case in CASES {
        eprintln!("semaphore: {}", case.name);
        let mut costs = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            costs[0].push(round::<ShardedSemaphore>(&runtime, case));
            costs[1].push(round::<Semaphore>(&runtime, case));
            costs[2].push(round::<Apart>(&runtime, case));
        }
        let names = [ShardedSemaphore::NAME, Semaphore::NAME, Apart::NAME];
        let title = format!("semaphore: {}", case.name);
        for (mut costs, name) in costs.into_iter().zip(names) {
            costs.sort_by(f64::total_cmp);
            figures.note(&title, name, "ns", costs[0]);
            figures.note(&title, name, "ns, median", costs[ROUNDS / 2]);
        }
    }
}

/// The time from the gate to the end of the last task, for each permit taken.
fn round<P: Permits>(runtime: &Runtime, case: Case) -> f64 {
    let permits = Arc::new(P::new(case.permits_each));
    let each = OPERATIONS / case.tasks;
    runtime.block_on(async {
        let gate = Arc::new(Barrier::new(usize::try_from(case.tasks).unwrap_or(1)));
        let mut tasks = JoinSet::new();
        for task in 0..case.tasks {
            let (permits, gate) = (Arc::clone(&permits), Arc::clone(&gate));
            tasks.spawn(async move {
                gate.wait().await;
                let started = Instant::now();
                for call in 0..each {
                    let key = match case.keys {
                        Keys::Skewed if !(task + call).is_multiple_of(10) => 7,
                        Keys::Own | Keys::Skewed => task,
                    };
                    permits.hold(key, work(case.yields)).await;
                }
                (started, Instant::now())
            });
        }
        let spans = tasks.join_all().await;
        let start = spans.iter().map(|(start, _)| *start).min();
        let end = spans.iter().map(|(_, end)| *end).max();
        let span = end
            .zip(start)
            .map(|(end, start)| end - start)
            .unwrap_or_default();
        nanos(span) / f64::from(u32::try_from(each * case.tasks).unwrap_or(1))
    })
}

async fn work(yields: bool) {
    if yields {
        yield_now().await;
    }
}
