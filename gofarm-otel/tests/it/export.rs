//! The export: three days without a receiver, and receivers of every temper.

mod faults;
mod outage;
mod pieces;
mod turns;

use alloc::sync::Arc;
use core::time::Duration;

use gofarm_otel::batch::Batch;
use gofarm_otel::clock::Moment;
use gofarm_otel::export::{Answer, Exporter, ExporterConfig, Reason, Tally};
use gofarm_otel::spool::{Limits, Memory, Spool};

use crate::spans::{self, Arrived};

/// An exporter, its disk and a receiver, on a clock that the test moves.
struct World {
    now: Moment,
    exporter: Exporter,
    disk: Memory,
    limits: Limits,
    arrived: Arrived,
    created: u64,
    /// The request that is on its way, and when it is answered.
    sent: Option<(Moment, Arc<Batch>)>,
    requests: u64,
}

impl World {
    fn new(config: ExporterConfig, limits: Limits) -> Self {
        let disk = Memory::new();
        let spool = Spool::open(disk.clone(), limits).unwrap();
        Self {
            now: Moment::default(),
            exporter: Exporter::new(config, 7).with_spool(spool),
            disk,
            limits,
            arrived: Arrived::default(),
            created: 0,
            sent: None,
            requests: 0,
        }
    }

    /// Makes spans and hands them in.
    fn create(&mut self, count: u32) {
        let batch = spans::batch(self.created, count);
        self.created += u64::from(count);
        self.exporter.handle_batch(self.now, batch);
    }

    /// Lets time pass; the receiver answers `takes` after `delay` each.
    fn run(
        &mut self,
        span: Duration,
        delay: Duration,
        mut receiver: impl FnMut(Moment, &Batch) -> (bool, Answer),
    ) {
        let end = self.now + span;
        loop {
            if self.sent.is_none()
                && let Some(batch) = self.exporter.poll_transmit(self.now)
            {
                self.requests += 1;
                self.sent = Some((self.now + delay, batch));
            }
            self.assert_sum();
            let due = match &self.sent {
                Some((due, _)) => self
                    .exporter
                    .poll_timeout()
                    .map_or(*due, |next| next.min(*due)),
                None => self.exporter.poll_timeout().unwrap_or(end),
            };
            let next = due.max(self.now);
            if next > end || next == end && self.sent.is_none() {
                break;
            }
            self.now = next;
            if let Some((_, batch)) = self.sent.take_if(|(due, _)| *due <= next) {
                let (takes, answer) = receiver(self.now, &batch);
                if takes {
                    self.arrived.take(&batch.body);
                }
                self.exporter.handle_answer(self.now, answer);
            } else if self.sent.is_some() {
                let again = self.exporter.poll_transmit(self.now);
                assert_eq!(again, None, "one request at a time");
            }
        }
        self.now = end;
    }

    fn up(&mut self, span: Duration) {
        self.run(span, Duration::from_millis(50), |_, _| {
            (true, Answer::Accepted)
        });
    }

    fn down(&mut self, span: Duration) {
        self.run(span, Duration::from_millis(50), |_, _| {
            (false, Answer::Unreachable)
        });
    }

    /// The power goes, and comes back.
    fn restart(&mut self, config: ExporterConfig) {
        self.disk.restart_without_unsynced();
        let spool = Spool::open(self.disk.clone(), self.limits).unwrap();
        self.exporter = Exporter::new(config, 8).with_spool(spool);
        self.sent = None;
    }

    fn tally(&self) -> Tally {
        self.exporter.tally()
    }

    fn dropped_for(&self, reason: Reason) -> u64 {
        self.tally().dropped_for(reason).total()
    }

    /// Created and recovered is exported, dropped or held.
    fn assert_sum(&self) {
        let tally = self.tally();
        let came = tally.created().total() + tally.recovered().total();
        let went = tally.exported().total() + tally.dropped().total() + tally.held().total();
        assert_eq!(came, went, "{tally:?}");
    }
}
