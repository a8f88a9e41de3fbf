//! A sender and a receiver over a simulated link that loses, delays and reorders.

use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis};
use gofarm_resilience::flow::{FlowConfig, FlowReceiver, FlowReport, FlowSender, ItemHeader};

/// How the link is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// The one-way delay.
    pub(super) delay: Duration,
    /// Up to this much more, at random: it reorders.
    pub(super) jitter: Duration,
    pub(super) loss_percent: u64,
}

enum Frame {
    Item(ItemHeader),
    Report(FlowReport),
}

/// Both ends, the link between them and the receiver's queue, in steps of a millisecond.
pub(super) struct Pair {
    pub(super) sender: FlowSender,
    pub(super) receiver: FlowReceiver,
    pub(super) now: Instant,
    pub(super) link: Link,
    /// How long the receiver needs for an item; none while it hangs.
    pub(super) service: Option<Duration>,
    config: FlowConfig,
    random: SplitMix64,
    frames: Vec<(Instant, Frame)>,
    queue: alloc::collections::VecDeque<Instant>,
    busy_until: Instant,
    pub(super) sent: u64,
    pub(super) done: u64,
    pub(super) refused: u64,
    pub(super) most_queued: u32,
}

impl Pair {
    pub(super) fn new(
        config: FlowConfig,
        capacity: u32,
        service: Duration,
        link: Link,
        seed: u64,
    ) -> Self {
        Self {
            sender: FlowSender::new(config, 1).unwrap(),
            receiver: FlowReceiver::new(config, 1, capacity).unwrap(),
            now: Instant::from_secs(1),
            link,
            service: Some(service),
            config,
            random: SplitMix64::new(seed),
            frames: Vec::new(),
            queue: alloc::collections::VecDeque::new(),
            busy_until: Instant::ZERO,
            sent: 0,
            done: 0,
            refused: 0,
            most_queued: 0,
        }
    }

    /// The receiver restarts with an empty queue; what is on the link stays there.
    pub(super) fn restart_receiver(&mut self, session: u64, capacity: u32) {
        self.receiver = FlowReceiver::new(self.config, session, capacity).unwrap();
        self.queue.clear();
    }

    pub(super) fn restart_sender(&mut self, session: u64) {
        self.sender = FlowSender::new(self.config, session).unwrap();
    }

    /// Runs for a time with a sender that always has something to send; the items done meanwhile.
    pub(super) fn run(&mut self, time: Duration) -> u64 {
        let before = self.done;
        let end = self.now + time;
        while self.now < end {
            self.step();
        }
        self.done - before
    }

    fn step(&mut self) {
        self.now += millis(1);
        while let Ok(header) = self.sender.try_send(self.now) {
            self.sent += 1;
            self.transmit(Frame::Item(header));
        }
        if let Some(report) = self.receiver.poll_report(self.now) {
            self.transmit(Frame::Report(report));
        }
        let due: Vec<_> = self
            .frames
            .extract_if(.., |(at, _)| *at <= self.now)
            .collect();
        for (at, frame) in due {
            match frame {
                Frame::Report(report) => self.sender.handle_report(self.now, &report),
                Frame::Item(header) if self.receiver.handle_item(self.now, &header).is_ok() => {
                    self.queue.push_back(at);
                }
                Frame::Item(_) => self.refused += 1,
            }
        }
        self.serve();
        self.most_queued = self.most_queued.max(self.receiver.queued());
    }

    fn serve(&mut self) {
        let Some(service) = self.service else { return };
        self.busy_until = self.busy_until.max(self.now);
        while self.busy_until < self.now + millis(1) {
            let Some(arrived) = self.queue.pop_front() else {
                break;
            };
            self.busy_until += service;
            self.receiver
                .handle_done(self.now, self.busy_until.saturating_since(arrived));
            self.done += 1;
        }
    }

    fn transmit(&mut self, frame: Frame) {
        if self.random.below(100) < self.link.loss_percent {
            return;
        }
        let jitter = u64::try_from(self.link.jitter.as_micros()).unwrap();
        let late = Duration::from_micros(self.random.below(jitter + 1));
        self.frames.push((self.now + self.link.delay + late, frame));
    }
}
