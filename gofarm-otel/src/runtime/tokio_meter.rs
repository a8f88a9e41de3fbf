//! What tokio counts for a runtime: [`TokioMeter`].

use core::time::Duration;

use gofarm_core::observe::{Label, Observer};
use tokio::runtime::{Handle, RuntimeMetrics};

use super::{BUSY, PARKS, QUEUE, TASKS, WORKERS};

/// Says how busy a tokio runtime is.
///
/// It reads counters that tokio keeps anyway; no build flag is needed. The tasks that wait in the queue of a single
/// worker are not among the stable ones and are not told.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use gofarm_otel::runtime::TokioMeter;
///
/// let mut meter = TokioMeter::new(&tokio::runtime::Handle::current());
/// meter.record(&());
/// # }
/// ```
#[derive(Debug)]
pub struct TokioMeter {
    metrics: RuntimeMetrics,
    last: Vec<Worker>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Worker {
    busy: Duration,
    parks: u64,
}

impl TokioMeter {
    /// A meter of the runtime that `handle` belongs to.
    #[must_use]
    pub fn new(handle: &Handle) -> Self {
        let metrics = handle.metrics();
        let last = vec![Worker::default(); metrics.num_workers()];
        Self { metrics, last }
    }

    /// Tells `observer` how things stand. Cost grows with the number of workers.
    pub fn record(&mut self, observer: &impl Observer) {
        observer.observe(&WORKERS.count(self.last.len() as u64));
        observer.observe(&TASKS.count(self.metrics.num_alive_tasks() as u64));
        observer.observe(&QUEUE.count(self.metrics.global_queue_depth() as u64));
        for (index, last) in self.last.iter_mut().enumerate() {
            let worker = Worker {
                busy: self.metrics.worker_total_busy_duration(index),
                parks: self.metrics.worker_park_count(index),
            };
            let before = core::mem::replace(last, worker);
            let labels = [Label::number("worker", index as u64)];
            let busy = worker.busy.saturating_sub(before.busy).as_secs_f64();
            observer.observe(&BUSY.measure(busy).labelled(&labels));
            let parks = worker.parks.saturating_sub(before.parks);
            observer.observe(&PARKS.count(parks).labelled(&labels));
        }
    }
}
