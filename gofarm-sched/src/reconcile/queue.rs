//! [`WorkQueue`]: keys in, runs out.

use alloc::collections::{BTreeMap, VecDeque};
use core::hash::Hash;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::observe::Observer;
use gofarm_core::random::Random;
use gofarm_core::time::Instant;
use hashbrown::HashMap;

use super::entry::{Due, Entry, Running};
use super::signal;
use super::{AddError, Interrupt, Outcome, QueueConfig, QueueCounts, Run, RunId};

/// A level-triggered queue; see the [module](super).
///
/// Contract: each [`Run`] that [`get`](Self::get) gives is given back to [`finish`](Self::finish) or [`done`](Self::done);
/// when [`poll_timeout`](Self::poll_timeout) is due, call [`handle_timeout`](Self::handle_timeout), drain
/// [`poll_interrupt`](Self::poll_interrupt), then `get`. Each verb costs O(log n), [`cancel`](Self::cancel) O(n).
#[derive(Clone, Debug)]
pub struct WorkQueue<K> {
    config: QueueConfig,
    entries: HashMap<K, Entry>,
    /// Keys that may run, oldest first.
    ready: VecDeque<K>,
    /// Keys by when they become ready.
    waiting: BTreeMap<Due, K>,
    running: BTreeMap<RunId, Running>,
    next_number: u64,
    is_shut_down: bool,
    counts: QueueCounts,
    told: QueueCounts,
}

impl<K: Eq + Hash + Clone> WorkQueue<K> {
    pub(super) fn new(config: QueueConfig) -> Self {
        Self {
            config,
            entries: HashMap::new(),
            ready: VecDeque::new(),
            waiting: BTreeMap::new(),
            running: BTreeMap::new(),
            next_number: 0,
            is_shut_down: false,
            counts: QueueCounts::default(),
            told: QueueCounts::default(),
        }
    }

    /// Puts a key into the queue; nothing happens if it is there, and if it runs it runs once more afterwards.
    ///
    /// # Errors
    /// [`AddError`]; a key that is known always has room.
    pub fn add(&mut self, key: K) -> Result<(), AddError> {
        self.admit(&key)?;
        self.mark(key);
        Ok(())
    }

    /// Puts a key into the queue after a time; of several times the earliest counts.
    ///
    /// # Errors
    /// [`AddError`]; a key that is known always has room.
    pub fn add_after(&mut self, now: Instant, key: K, delay: Duration) -> Result<(), AddError> {
        if delay.is_zero() {
            return self.add(key);
        }
        self.admit(&key)?;
        self.wait_until(now + delay, key);
        Ok(())
    }

    /// Puts a key into the queue after its back-off, which grows until it is [forgotten](Self::forget); returns the wait.
    ///
    /// # Errors
    /// [`AddError`]; a key that is known always has room.
    pub fn add_rate_limited<R: Random + ?Sized>(
        &mut self,
        now: Instant,
        key: K,
        random: &mut R,
    ) -> Result<Duration, AddError> {
        self.admit(&key)?;
        Ok(self.back_off(now, key, Duration::ZERO, random))
    }

    /// Takes the oldest key that may run.
    pub fn get(&mut self, now: Instant) -> Option<Run<K>> {
        self.handle_timeout(now);
        if self.is_shut_down {
            return None;
        }
        let key = self.ready.pop_front()?;
        let id = RunId(self.number());
        let deadline = now + self.config.run_timeout;
        let entry = self.entries.entry(key.clone()).or_default();
        entry.dirty = false;
        entry.running = Some(id);
        let attempt = entry.failures.saturating_add(1);
        self.running.insert(
            id,
            Running {
                deadline,
                interrupt: None,
                told: false,
            },
        );
        self.counts.started += 1;
        Some(Run {
            key,
            id,
            attempt,
            deadline,
        })
    }

    /// Gives a run back and does what its end asks for: another look, a back-off, or nothing.
    ///
    /// A failure is tried again if its kind is retryable, after the key's back-off and not before the failure's own
    /// `retry_after`. One that is not is dropped: the key runs again when it is next added, which is when something
    /// has changed.
    pub fn finish<R: Random + ?Sized>(
        &mut self,
        now: Instant,
        run: Run<K>,
        end: Result<Outcome, &dyn Classify>,
        random: &mut R,
    ) {
        if !self.is_running(&run) {
            return;
        }
        let interrupt = self.running.get(&run.id).and_then(|r| r.interrupt);
        match end {
            // However it ended: its key is no longer wanted.
            _ if interrupt == Some(Interrupt::Cancelled) => self.forget(&run.key),
            Ok(outcome) => {
                self.counts.succeeded += 1;
                self.forget(&run.key);
                let after = match outcome {
                    Outcome::Done => None,
                    Outcome::Requeue => Some(self.config.requeue_after),
                    Outcome::RequeueAfter(time) => Some(time),
                };
                if let Some(after) = after.filter(|_| !self.is_shut_down) {
                    self.look_again(now, run.key.clone(), after);
                }
            }
            Err(failure) if failure.kind().is_retryable() => {
                self.counts.retried += 1;
                if !self.is_shut_down {
                    let asked = failure.retry_after().unwrap_or_default();
                    self.back_off(now, run.key.clone(), asked, random);
                }
            }
            Err(failure) => {
                if failure.kind() != Kind::Cancelled {
                    self.counts.dropped += 1;
                }
                self.forget(&run.key);
            }
        }
        self.done(run);
    }

    /// Gives a run back; if its key was added in the meantime, it goes to the end of the queue.
    ///
    /// A key of which nothing is queued, waiting or running afterwards is forgotten, its failures too.
    pub fn done(&mut self, run: Run<K>) {
        if !self.is_running(&run) {
            return;
        }
        self.running.remove(&run.id);
        let Some(entry) = self.entries.get_mut(&run.key) else {
            return;
        };
        entry.running = None;
        if entry.dirty {
            self.ready.push_back(run.key);
        } else if entry.due.is_none() {
            self.entries.remove(&run.key);
        }
    }

    /// Ends a key's back-off: its next failure counts as the first.
    pub fn forget(&mut self, key: &K) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.failures = 0;
        }
    }

    /// Takes a key out of the queue; if it runs, that run is interrupted. Whether there was anything to take out.
    pub fn cancel(&mut self, key: &K) -> bool {
        let Some(entry) = self.entries.get_mut(key) else {
            return false;
        };
        self.counts.cancelled += 1;
        if let Some(due) = entry.due.take() {
            self.waiting.remove(&due);
        }
        let was_dirty = core::mem::take(&mut entry.dirty);
        match entry.running {
            Some(id) => {
                if let Some(running) = self.running.get_mut(&id) {
                    running.interrupt.get_or_insert(Interrupt::Cancelled);
                }
            }
            None => {
                self.entries.remove(key);
                if was_dirty {
                    self.ready.retain(|other| other != key);
                }
            }
        }
        true
    }

    /// Lets what has waited long enough become ready, and notices runs that take too long.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(first) = self.waiting.first_entry() {
            if first.key().0 > now {
                break;
            }
            let key = first.remove();
            if let Some(entry) = self.entries.get_mut(&key) {
                entry.due = None;
            }
            self.mark(key);
        }
        for running in self.running.values_mut() {
            if running.deadline <= now && running.interrupt.is_none() {
                running.interrupt = Some(Interrupt::TimedOut);
                self.counts.timed_out += 1;
            }
        }
    }

    /// When time alone next changes something.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let due = self.waiting.first_key_value().map(|(due, _)| due.0);
        let runs = self.running.values();
        let deadlines = runs.filter_map(|r| r.interrupt.is_none().then_some(r.deadline));
        deadlines.chain(due).min()
    }

    /// The next run to be ended, and why; each is told once. Its key stays taken until the run is given back.
    pub fn poll_interrupt(&mut self) -> Option<(RunId, Interrupt)> {
        self.running.iter_mut().find_map(|(id, running)| {
            let interrupt = running.interrupt.filter(|_| !running.told)?;
            running.told = true;
            Some((*id, interrupt))
        })
    }

    /// Takes nothing in and gives nothing out any more; what runs may end.
    pub fn shut_down(&mut self) {
        self.is_shut_down = true;
        self.ready.clear();
        self.waiting.clear();
        self.entries.retain(|_, entry| {
            entry.dirty = false;
            entry.due = None;
            entry.running.is_some()
        });
    }

    /// Whether it was shut down.
    #[must_use]
    pub const fn is_shut_down(&self) -> bool {
        self.is_shut_down
    }

    /// How often a key has failed since it last went well.
    #[must_use]
    pub fn failures(&self, key: &K) -> u32 {
        self.entries.get(key).map_or(0, |entry| entry.failures)
    }

    /// How many keys may run now.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// How many keys wait for their time.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many keys are taken.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// What it has done since it was made.
    #[must_use]
    pub const fn counts(&self) -> QueueCounts {
        self.counts
    }

    /// Tells an observer how full it is, and what it has done since the last report.
    pub fn report(&mut self, observer: &impl Observer) {
        let levels = [self.ready.len(), self.waiting.len(), self.running.len()];
        signal::report(observer, levels, &self.counts, &self.told);
        self.told = self.counts;
    }

    fn admit(&mut self, key: &K) -> Result<(), AddError> {
        if self.is_shut_down {
            return Err(AddError::ShutDown);
        }
        let most = self.config.most_keys;
        let full = self.entries.len() >= usize::try_from(most).unwrap_or(usize::MAX);
        if full && !self.entries.contains_key(key) {
            self.counts.refused += 1;
            return Err(AddError::Full(most));
        }
        Ok(())
    }

    /// The key is to run.
    fn mark(&mut self, key: K) {
        let entry = self.entries.entry(key.clone()).or_default();
        if core::mem::replace(&mut entry.dirty, true) {
            self.counts.coalesced += 1;
            return;
        }
        self.counts.added += 1;
        if entry.running.is_none() {
            self.ready.push_back(key);
        }
    }

    fn look_again(&mut self, now: Instant, key: K, after: Duration) {
        if after.is_zero() {
            self.mark(key);
        } else {
            self.wait_until(now + after, key);
        }
    }

    fn wait_until(&mut self, at: Instant, key: K) {
        let due = (at, self.number());
        let entry = self.entries.entry(key.clone()).or_default();
        if let Some(known) = entry.due {
            self.counts.coalesced += 1;
            if known.0 <= at {
                return;
            }
            self.waiting.remove(&known);
        }
        entry.due = Some(due);
        self.waiting.insert(due, key);
    }

    fn back_off<R: Random + ?Sized>(
        &mut self,
        now: Instant,
        key: K,
        asked: Duration,
        random: &mut R,
    ) -> Duration {
        let entry = self.entries.entry(key.clone()).or_default();
        let wait = self.config.wait(entry.failures, random).max(asked);
        entry.failures = entry.failures.saturating_add(1);
        self.wait_until(now + wait, key);
        wait
    }

    fn is_running(&self, run: &Run<K>) -> bool {
        let entry = self.entries.get(&run.key);
        entry.is_some_and(|entry| entry.running == Some(run.id))
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}
