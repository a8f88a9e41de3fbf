//! OTLP over sockets: a receiver on the official definitions, and servers that misbehave.

mod hostile;
mod live;
mod outage;
mod receiver;

use alloc::sync::Arc;
use core::time::Duration;

use gofarm_core::observe::{Observer, Signal};
use gofarm_otel::batch::Batch;
use gofarm_otel::clock::Clock;
use gofarm_otel::export::{Exporter, ExporterConfig, Tally};
use gofarm_otel::otlp::{Handle, OtlpConfig, Worker};
use gofarm_otel::spool::Spool;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// As patient as a test.
const QUICK: ExporterConfig = ExporterConfig::DEFAULT
    .with_delays(Duration::from_millis(50), Duration::from_millis(500))
    .with_spool_after(Duration::from_millis(300));

/// A worker that runs, and what it left when it ended.
struct Running {
    handle: Handle,
    worker: JoinHandle<()>,
    told: Told,
}

/// Wakes whoever waits for a change: the worker tells one after each request.
#[derive(Clone, Default)]
struct Told(Arc<Notify>);

impl Observer for Told {
    fn observe(&self, _: &Signal<'_>) {
        self.0.notify_one();
    }
}

impl Running {
    fn start(config: OtlpConfig, spool: Option<Spool>) -> Self {
        let mut exporter = Exporter::new(QUICK, 7);
        if let Some(spool) = spool {
            exporter = exporter.with_spool(spool);
        }
        let client = config.client().unwrap();
        let (handle, worker) = Worker::new(exporter, client, Clock::system());
        let told = Told::default();
        Self {
            handle,
            worker: tokio::spawn(worker.run(told.clone())),
            told,
        }
    }

    async fn send(&self, batch: Batch) {
        assert!(self.handle.send(batch).await, "the worker runs");
    }

    /// Waits until the tally is as it should be, for a minute at most.
    async fn until(&self, is_so: impl Fn(&Tally) -> bool) -> Tally {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let tally = self.handle.tally().await.unwrap();
            assert_sum(&tally);
            if is_so(&tally) {
                return tally;
            }
            let change = tokio::time::timeout_at(deadline, self.told.0.notified());
            assert!(change.await.is_ok(), "not within a minute: {tally:?}");
        }
    }

    /// Ends the worker; says what became of everything.
    async fn end(self) -> Tally {
        let tally = self.handle.shutdown(Duration::from_secs(20)).await.unwrap();
        self.worker.await.unwrap();
        assert_sum(&tally);
        tally
    }
}

fn assert_sum(tally: &Tally) {
    let came = tally.created().total() + tally.recovered().total();
    let went = tally.exported().total() + tally.dropped().total() + tally.held().total();
    assert_eq!(came, went, "{tally:?}");
}
