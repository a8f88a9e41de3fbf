//! The machine: [`Exporter`].

use alloc::string::String;
use alloc::sync::Arc;
use core::time::Duration;

use gofarm_core::observe::Observer;
use gofarm_core::random::SplitMix64;

use super::backoff::{Backoff, Link};
use super::in_flight::InFlight;
use super::memory::{Memory, Waiting};
use super::signal::{self, Told};
use super::tally::{Reason, Tally};
use super::{Answer, ExporterConfig, split};
use crate::batch::{Batch, Kind};
use crate::clock::Moment;
use crate::spool::{AppendError, Spool, Stats};

/// Sends batches in order, holds them while the receiver is away, and counts.
///
/// After each call of `handle_*`, call [`poll_transmit`](Self::poll_transmit); send what it gives and answer with
/// [`handle_answer`](Self::handle_answer). When it gives nothing, wait for
/// [`poll_timeout`](Self::poll_timeout), an answer or a batch, whichever is first, and call it again.
///
/// ```
/// use gofarm_otel::batch::{Batch, Kind};
/// use gofarm_otel::clock::Moment;
/// use gofarm_otel::export::{Answer, Exporter, ExporterConfig};
///
/// let now = Moment::default();
/// let mut exporter = Exporter::new(ExporterConfig::DEFAULT, 7);
/// exporter.handle_batch(now, Batch { kind: Kind::Traces, items: 3, body: vec![1] });
/// let request = exporter.poll_transmit(now).expect("something to send");
/// assert_eq!(request.items, 3);
/// exporter.handle_answer(now, Answer::Partial { rejected: 1, message: String::new() });
///
/// let tally = exporter.tally();
/// assert_eq!((tally.exported().total(), tally.dropped().total(), tally.held().total()), (2, 1, 0));
/// ```
#[derive(Debug)]
pub struct Exporter {
    config: ExporterConfig,
    spool: Option<Spool>,
    memory: Memory,
    in_flight: Option<InFlight>,
    link: Link,
    backoff: Backoff,
    random: SplitMix64,
    /// Whether the last request came from the spool.
    last_was_spooled: bool,
    counted: Tally,
    failures: u64,
    last_spill: Moment,
    last_message: String,
    told: Told,
}

impl Exporter {
    /// An exporter without spool; `seed` spreads its tries.
    #[must_use]
    pub fn new(config: ExporterConfig, seed: u64) -> Self {
        Self {
            config,
            spool: None,
            memory: Memory::default(),
            in_flight: None,
            link: Link::Up,
            backoff: Backoff::default(),
            random: SplitMix64::new(seed),
            last_was_spooled: false,
            counted: Tally::default(),
            failures: 0,
            last_spill: Moment::default(),
            last_message: String::new(),
            told: Told::default(),
        }
    }

    /// This exporter with a spool; what that holds is sent as well.
    #[must_use]
    pub fn with_spool(mut self, spool: Spool) -> Self {
        self.spool = Some(spool);
        self
    }

    /// Takes a batch that is to be sent.
    pub fn handle_batch(&mut self, now: Moment, batch: Batch) {
        self.counted.created.add(batch.kind, u64::from(batch.items));
        self.memory.push_back(Waiting::new(now, batch));
        self.make_room(now);
    }

    /// Counts items that could not even be handed in.
    pub fn handle_lost(&mut self, kind: Kind, items: u64) {
        self.counted.created.add(kind, items);
        self.counted.drop_items(Reason::Memory, kind, items);
    }

    /// The next request, to be sent now.
    ///
    /// None while one is on its way, while the receiver is left alone, or when there is nothing.
    ///
    /// Batches that waited long enough for a receiver that is away are written to the spool here.
    pub fn poll_transmit(&mut self, now: Moment) -> Option<Arc<Batch>> {
        if self.spill_due().is_some_and(|due| due <= now) {
            // What the disk does not take stays in memory, and is tried again later.
            let _ = self.spill(now);
        }
        if self.in_flight.is_some() || matches!(self.link, Link::Away { due, .. } if now < due) {
            return None;
        }
        let next = if self.last_was_spooled {
            self.next_live().or_else(|| self.next_spooled())
        } else {
            self.next_spooled().or_else(|| self.next_live())
        }?;
        self.last_was_spooled = matches!(next, InFlight::Spooled(_));
        let batch = next.batch().clone();
        self.in_flight = Some(next);
        Some(batch)
    }

    /// Takes what came of the request that is on its way; an answer to none changes nothing.
    pub fn handle_answer(&mut self, now: Moment, answer: Answer) {
        let Some(request) = self.in_flight.take() else {
            return;
        };
        let items = u64::from(request.batch().items);
        match answer {
            Answer::Accepted => self.finish(now, request, items, Reason::Rejected),
            Answer::Partial { rejected, message } => {
                self.last_message = message;
                let taken = items.saturating_sub(rejected);
                self.finish(now, request, taken, Reason::Rejected);
            }
            Answer::Refused { message, .. } => {
                self.last_message = message;
                self.finish(now, request, 0, Reason::Refused);
            }
            Answer::TooLarge => self.cut(now, request),
            Answer::Retry { after } => self.put_back(now, request, after),
            Answer::Unreachable | Answer::TimedOut => self.put_back(now, request, None),
        }
    }

    /// When [`poll_transmit`](Self::poll_transmit) has something to do without a new batch or answer; none if never.
    ///
    /// May be in the past: then it has something to do at once.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Moment> {
        let is_waiting = !self.memory.is_empty() || self.has_spooled();
        let may_send = is_waiting && self.in_flight.is_none();
        let Link::Away { due, .. } = self.link else {
            return may_send.then(Moment::default);
        };
        may_send
            .then_some(due)
            .into_iter()
            .chain(self.spill_due())
            .min()
    }

    /// Forgets how long to leave the receiver alone: the next try is due now.
    pub fn hurry(&mut self, now: Moment) {
        if let Link::Away { due, .. } = &mut self.link {
            *due = now;
        }
    }

    /// Whether memory is empty and no request is on its way: what is left is in the spool.
    #[must_use]
    pub fn is_flushed(&self) -> bool {
        self.memory.is_empty() && self.in_flight.is_none()
    }

    /// Whether the receiver is left alone for now, and there is a spool for what waits.
    #[must_use]
    pub fn is_parked(&self, now: Moment) -> bool {
        let is_left_alone = matches!(self.link, Link::Away { due, .. } if now < due);
        is_left_alone && self.in_flight.is_none() && self.spool.is_some()
    }

    /// Ends: a request that is on its way counts as unanswered, memory goes to the spool, and what does not is dropped.
    pub fn shut_down(&mut self, now: Moment) {
        if let Some(request) = self.in_flight.take() {
            self.put_back(now, request, None);
        }
        let reason = self.spill(now).err().unwrap_or(Reason::Shutdown);
        while let Some(waiting) = self.memory.pop_front() {
            self.drop_batch(reason, &waiting.batch);
        }
    }

    /// What became of everything, up to now.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = self.counted;
        tally.held = self.memory.items();
        if let Some(spool) = &self.spool {
            let stats = spool.stats();
            tally.recovered = stats.recovered();
            tally.drop(Reason::Oldest, &stats.oldest());
            tally.drop(Reason::Damaged, &stats.damaged());
            tally.held.add_all(&stats.held());
        }
        if let Some(request) = &self.in_flight
            && !self.is_counted_by_spool(request)
        {
            let batch = request.batch();
            tally.held.add(batch.kind, u64::from(batch.items));
        }
        tally
    }

    /// What the spool holds; none without one.
    #[must_use]
    pub fn spool_stats(&self) -> Option<Stats> {
        self.spool.as_ref().map(Spool::stats)
    }

    /// Whether the receiver did not answer the last request.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(self.link, Link::Away { .. })
    }

    /// What the receiver said when it last refused something; empty if it did not.
    #[must_use]
    pub fn last_message(&self) -> &str {
        &self.last_message
    }

    /// Tells `observer` what changed since the last report.
    pub fn report(&mut self, observer: &dyn Observer) {
        let stats = self.spool_stats();
        let now = Told {
            tally: self.tally(),
            failures: self.failures,
            written: stats.map_or(0, |stats| stats.written()),
        };
        signal::observe(observer, &self.told, &now, stats.map(|stats| stats.bytes()));
        self.told = now;
    }

    fn has_spooled(&self) -> bool {
        self.spool.as_ref().is_some_and(|spool| !spool.is_empty())
    }

    fn next_live(&mut self) -> Option<InFlight> {
        self.memory.pop_front().map(InFlight::Live)
    }

    fn next_spooled(&mut self) -> Option<InFlight> {
        self.spool.as_mut()?.peek().map(InFlight::Spooled)
    }

    fn is_counted_by_spool(&self, request: &InFlight) -> bool {
        match (request, &self.spool) {
            (InFlight::Spooled(entry), Some(spool)) => spool.is_out(entry),
            _ => false,
        }
    }

    /// The receiver took `taken` items, and will not be asked again about the rest.
    fn finish(&mut self, now: Moment, request: InFlight, taken: u64, reason: Reason) {
        let kind = request.batch().kind;
        let rest = u64::from(request.batch().items) - taken;
        self.counted.exported.add(kind, taken);
        self.counted.drop_items(reason, kind, rest);
        if let (InFlight::Spooled(entry), Some(spool)) = (request, &mut self.spool) {
            spool.acknowledge(now, entry);
        }
        self.link = Link::Up;
        self.backoff.reset();
    }

    /// The receiver does not take so much at once: the halves are tried, down to single records.
    ///
    /// What came from the spool waits in memory then, until that is written to the spool again.
    fn cut(&mut self, now: Moment, request: InFlight) {
        let Some((first, second)) = split::halves(request.batch()) else {
            return self.finish(now, request, 0, Reason::TooLarge);
        };
        let since = match request {
            InFlight::Live(waiting) => waiting.since,
            InFlight::Spooled(entry) => {
                if let Some(spool) = &mut self.spool {
                    spool.acknowledge(now, entry);
                }
                now
            }
        };
        self.memory.push_front(Waiting::new(since, second));
        self.memory.push_front(Waiting::new(since, first));
        self.link = Link::Up;
        self.backoff.reset();
        self.make_room(now);
    }

    fn put_back(&mut self, now: Moment, request: InFlight, asked: Option<Duration>) {
        self.failures += 1;
        let delay = self
            .backoff
            .after_failure(&self.config, asked, &mut self.random);
        let since = match self.link {
            Link::Away { since, .. } => since,
            Link::Up => now,
        };
        self.link = Link::Away {
            since,
            due: now + delay,
        };
        match request {
            InFlight::Live(waiting) => {
                self.memory.push_front(waiting);
                self.make_room(now);
            }
            InFlight::Spooled(entry) => {
                let spool = self.spool.as_mut();
                if !spool.is_some_and(|spool| spool.put_back(&entry)) {
                    self.drop_batch(Reason::Oldest, entry.batch());
                }
            }
        }
    }

    fn drop_batch(&mut self, reason: Reason, batch: &Batch) {
        let items = u64::from(batch.items);
        self.counted.drop_items(reason, batch.kind, items);
    }

    /// Brings memory within its bound: all of it to the spool, or the oldest dropped.
    fn make_room(&mut self, now: Moment) {
        if self.memory.bytes() <= self.config.memory_bytes() {
            return;
        }
        let reason = self.spill(now).err().unwrap_or(Reason::Memory);
        while self.memory.bytes() > self.config.memory_bytes()
            && let Some(waiting) = self.memory.pop_front()
        {
            self.drop_batch(reason, &waiting.batch);
        }
    }

    /// When the oldest batch in memory has waited long enough for a receiver that is away.
    fn spill_due(&self) -> Option<Moment> {
        let oldest = self.memory.oldest()?;
        let Link::Away { since, .. } = self.link else {
            return None;
        };
        self.spool.as_ref()?;
        let from = oldest.max(since).max(self.last_spill);
        Some(from + self.config.spool_after())
    }

    /// Writes memory to the spool, oldest first, until it does not take one.
    fn spill(&mut self, now: Moment) -> Result<(), Reason> {
        let Some(spool) = &mut self.spool else {
            return Ok(());
        };
        self.last_spill = now;
        let mut outcome = Ok(());
        let mut kept = Memory::default();
        while let Some(waiting) = self.memory.pop_front() {
            let reason = match spool.append(now, &waiting.batch) {
                Ok(()) => continue,
                Err(AppendError::TooLarge { .. }) => Reason::TooLarge,
                Err(AppendError::WornForToday { .. }) => Reason::Worn,
                Err(_) => Reason::Storage,
            };
            if reason == Reason::TooLarge
                && let Some((first, second)) = split::halves(&waiting.batch)
            {
                self.memory.push_front(Waiting::new(waiting.since, second));
                self.memory.push_front(Waiting::new(waiting.since, first));
                continue;
            }
            // It stays for as long as memory has room.
            outcome = Err(reason);
            kept.push_back(waiting);
            if reason != Reason::TooLarge {
                break;
            }
        }
        while let Some(waiting) = self.memory.pop_front() {
            kept.push_back(waiting);
        }
        self.memory = kept;
        // Whether or not the disk vouches for it, it is held; the spool counts the failure.
        let _ = spool.sync();
        outcome
    }
}
