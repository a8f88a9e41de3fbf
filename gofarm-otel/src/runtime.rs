//! What the process itself does: CPU, memory, tokio's queues, and tasks that hold a thread or stand still.
//!
//! A gateway that irrigates late seldom crashed: its disk was slow and a worker thread waited for it, or a task leaked
//! memory for a week. These meters read what the kernel and tokio count anyway, each five seconds or so,
//! without stopping anything, and say it as signals of [`gofarm_core::observe`], so that any observer takes them.
//!
//! - [`ProcessMeter`]: CPU time, memory, threads, files, from `/proc/self` (Linux).
//! - [`TokioMeter`]: workers, tasks, queue and busy time of a runtime, from tokio's stable counters. \[`tokio`\]
//! - [`TaskWatch`]: polls that took long, and those that have not come back at all. The first costs two clock reads
//!   for each poll of a watched task; nothing is watched that was not wrapped.
//!
//! None of them runs by itself: the caller says when. [`INTERVAL`] is what `Telemetry` uses.

mod process;
mod task_watch;
#[cfg(feature = "tokio")]
mod tokio_meter;

use core::time::Duration;

use gofarm_core::observe::Instrument;

pub use process::{ProcessError, ProcessMeter, ProcessSample};
pub use task_watch::{TaskLimits, TaskWatch, Watched};
#[cfg(feature = "tokio")]
pub use tokio_meter::TokioMeter;

/// How often the meters are read: five seconds.
pub const INTERVAL: Duration = Duration::from_secs(5);

/// All instruments of this module, for a listener that registers them ahead of the first signal.
pub static INSTRUMENTS: [&Instrument; 14] = [
    &process::CPU_TIME,
    &process::MEMORY,
    &process::VIRTUAL,
    &process::THREADS,
    &process::DESCRIPTORS,
    &process::SWITCHES,
    &process::UPTIME,
    &WORKERS,
    &TASKS,
    &QUEUE,
    &BUSY,
    &PARKS,
    &task_watch::SLOW,
    &task_watch::STUCK,
];

/// Worker threads of the runtime.
static WORKERS: Instrument = Instrument::gauge(
    "gofarm.runtime.workers",
    "{thread}",
    "Worker threads of the async runtime",
);

/// Tasks that have not ended.
static TASKS: Instrument = Instrument::gauge(
    "gofarm.runtime.tasks",
    "{task}",
    "Tasks of the async runtime that have not ended",
);

/// Tasks that wait in the queue all workers share.
static QUEUE: Instrument = Instrument::gauge(
    "gofarm.runtime.queue",
    "{task}",
    "Tasks that are ready and wait in the queue that all workers share",
);

/// Time that workers were busy, by `worker`.
static BUSY: Instrument = Instrument::counter(
    "gofarm.runtime.busy",
    "s",
    "Time that workers of the async runtime were busy, by worker",
);

/// Times that workers went to sleep, by `worker`.
static PARKS: Instrument = Instrument::counter(
    "gofarm.runtime.parks",
    "{park}",
    "Times that workers of the async runtime went to sleep for want of work, by worker",
);
