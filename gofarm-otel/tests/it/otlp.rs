//! OTLP over sockets: a receiver on the official definitions, and servers that misbehave.

mod hostile;
mod live;
mod outage;
mod receiver;

use core::time::Duration;

use gofarm_otel::batch::Batch;
use gofarm_otel::clock::Clock;
use gofarm_otel::export::{Exporter, ExporterConfig, Tally};
use gofarm_otel::otlp::{Handle, OtlpConfig, Worker};
use gofarm_otel::spool::Spool;
use tokio::task::JoinHandle;

/// As patient as a test.
const QUICK: ExporterConfig = ExporterConfig::DEFAULT
    .with_delays(Duration::from_millis(50), Duration::from_millis(500))
    .with_spool_after(Duration::from_millis(300));

/// A worker that runs, and what it left when it ended.
struct Running {
    handle: Handle,
    worker: JoinHandle<()>,
}

impl Running {
    fn start(config: OtlpConfig, spool: Option<Spool>) -> Self {
        let mut exporter = Exporter::new(QUICK, 7);
        if let Some(spool) = spool {
            exporter = exporter.with_spool(spool);
        }
        let client = config.client().unwrap();
        let (handle, worker) = Worker::new(exporter, client, Clock::system());
        Self {
            handle,
            worker: tokio::spawn(worker.run(())),
        }
    }

    async fn send(&self, batch: Batch) {
        assert!(self.handle.send(batch).await, "the worker runs");
    }

    /// Waits until the tally is as it should be, for a minute at most.
    async fn until(&self, is_so: impl Fn(&Tally) -> bool) -> Tally {
        for _ in 0..6_000 {
            let tally = self.handle.tally().await.unwrap();
            assert_sum(&tally);
            if is_so(&tally) {
                return tally;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not within a minute: {:?}", self.handle.tally().await);
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
