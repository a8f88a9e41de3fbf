//! The task that fills batches and reads the meters.

use alloc::sync::Arc;
use core::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Interval, MissedTickBehavior};

use crate::clock::Clock;
use crate::export::Tally;
use crate::instrument::Registry;
#[cfg(feature = "otlp")]
use crate::otlp::Handle;
#[cfg(feature = "otlp")]
use crate::otlp_metrics::MetricsEncoder;
use crate::queue::Queue;
use crate::runtime::{self, ProcessMeter, ProcessSample, TaskWatch, TokioMeter};
use crate::sampler::Sampler;

/// Spans and log records wait so long for company (the default of the OpenTelemetry specification).
const BATCH_DELAY: Duration = Duration::from_secs(5);

/// The most bytes of a request.
const REQUEST: usize = 512 << 10;

pub(super) enum Command {
    Flush(Duration, oneshot::Sender<Tally>),
    Shutdown(Duration, oneshot::Sender<Tally>),
}

/// Where batches go.
#[cfg(feature = "otlp")]
pub(super) struct Outlet {
    pub(super) handle: Handle,
    pub(super) encoder: MetricsEncoder,
}

pub(super) struct Driver {
    pub(super) queues: [Queue; 2],
    pub(super) registry: Registry,
    pub(super) sampler: Sampler,
    pub(super) tasks: TaskWatch,
    pub(super) clock: Clock,
    pub(super) wake: Arc<Notify>,
    pub(super) metrics_interval: Duration,
    pub(super) commands: mpsc::Receiver<Command>,
    #[cfg(feature = "otlp")]
    pub(super) outlet: Option<Outlet>,
}

impl Driver {
    pub(super) async fn run(mut self) {
        let mut batches = every(BATCH_DELAY);
        let mut metrics = every(self.metrics_interval);
        let mut meters = every(runtime::INTERVAL);
        let mut process = ProcessMeter::new();
        let mut tokio = TokioMeter::new(&tokio::runtime::Handle::current());
        loop {
            tokio::select! {
                () = self.wake.notified() => self.send_records().await,
                _ = batches.tick() => self.send_records().await,
                _ = metrics.tick() => self.send_metrics().await,
                _ = meters.tick() => {
                    self.clock.resync();
                    let now = self.clock.now();
                    // Not on Linux: there is nothing to say, each time.
                    if let Ok(sample) = ProcessSample::read() {
                        process.record(now, &sample, &self.registry);
                    }
                    tokio.record(&self.registry);
                    self.tasks.scan(&self.registry);
                    self.sampler.poll(now);
                    self.sampler.observe(&self.registry);
                }
                command = self.commands.recv() => match command {
                    Some(Command::Flush(within, reply)) => {
                        self.hand_over();
                        // Waiting is the worker's; records go on being taken meanwhile.
                        self.answer_flush(within, reply);
                    }
                    Some(Command::Shutdown(within, reply)) => {
                        self.hand_over();
                        // Who asked may be gone.
                        let _ = reply.send(self.end(within).await);
                        return;
                    }
                    None => return self.hand_over(),
                },
            }
        }
    }
}

#[cfg(feature = "otlp")]
impl Driver {
    /// Waits while the worker is busy with a slow disk: records wait in the queues, which are bounded and count.
    async fn send_records(&mut self) {
        let Some(outlet) = &self.outlet else {
            return;
        };
        for queue in &self.queues {
            while let Some(batch) = queue.take(REQUEST) {
                outlet.handle.send(batch).await;
            }
        }
    }

    async fn send_metrics(&mut self) {
        let Some(outlet) = &mut self.outlet else {
            return;
        };
        let snapshot = self.registry.collect(self.clock.now());
        for batch in outlet.encoder.encode(snapshot) {
            outlet.handle.send(batch).await;
        }
    }

    /// Everything, without waiting: for who has a deadline. What a busy worker has no room for is dropped and counted.
    fn hand_over(&mut self) {
        let Some(outlet) = &mut self.outlet else {
            return;
        };
        for queue in &self.queues {
            while let Some(batch) = queue.take(REQUEST) {
                outlet.handle.try_send(batch);
            }
        }
        let snapshot = self.registry.collect(self.clock.now());
        for batch in outlet.encoder.encode(snapshot) {
            outlet.handle.try_send(batch);
        }
    }

    fn answer_flush(&self, within: Duration, reply: oneshot::Sender<Tally>) {
        let handle = self.outlet.as_ref().map(|outlet| outlet.handle.clone());
        tokio::spawn(async move {
            let tally = match handle {
                Some(handle) => handle.flush(within).await,
                None => None,
            };
            // Who asked may be gone.
            let _ = reply.send(tally.unwrap_or_default());
        });
    }

    async fn end(&self, within: Duration) -> Tally {
        match &self.outlet {
            Some(outlet) => outlet.handle.shutdown(within).await.unwrap_or_default(),
            None => Tally::default(),
        }
    }
}

#[cfg(not(feature = "otlp"))]
impl Driver {
    async fn send_records(&mut self) {
        let _ = (&self.queues, REQUEST);
    }

    async fn send_metrics(&mut self) {}

    fn hand_over(&mut self) {}

    fn answer_flush(&self, _: Duration, reply: oneshot::Sender<Tally>) {
        let _ = reply.send(Tally::default());
    }

    async fn end(&self, _: Duration) -> Tally {
        Tally::default()
    }
}

/// Ticks from the next interval on.
fn every(period: Duration) -> Interval {
    let start = tokio::time::Instant::now() + period;
    let mut interval = tokio::time::interval_at(start, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
