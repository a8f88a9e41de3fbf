//! All subscribers of a replica: [`Watches`].

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::mem;

use gofarm_core::time::Instant;

use crate::clock::Now;
use crate::watch::WatchOptions;
use crate::watch::pending::CellChange;
use crate::watch::record::Record;
use crate::watch::subscription::{Due, Subscription};

/// What one commit will tell once it is durable.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) changes: Vec<CellChange>,
    /// Another state was adopted: cells are not what they were, and everything must be read anew.
    pub(crate) is_other_state: bool,
    /// The time of the last write or merge.
    pub(crate) written: Instant,
}

/// The subscribers, and what is remembered for those that come back.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    subscriptions: BTreeMap<u64, Subscription>,
    last: u64,
    /// The subscribers of each state, worked out when the state next changes.
    matching: Vec<Option<Box<[u64]>>>,
    /// From the first watch on.
    record: Option<Record>,
    /// The time of the last write or merge.
    written: Instant,
    is_other_state: bool,
}

impl Watches {
    /// Whether anybody has ever watched.
    pub(crate) const fn is_listening(&self) -> bool {
        self.record.is_some()
    }

    /// Learns when something is written or merged; a clock that steps back is not followed.
    pub(crate) fn written_at(&mut self, now: Now) {
        self.written = self.written.max(now.instant());
    }

    /// Learns that the whole state became another one.
    pub(crate) const fn state_replaced(&mut self) {
        self.is_other_state = true;
    }

    /// What the next commit will tell, still without its changes.
    pub(crate) fn begin_report(&mut self) -> Report {
        Report {
            changes: Vec::new(),
            is_other_state: mem::take(&mut self.is_other_state),
            written: self.written,
        }
    }

    /// Takes back what became not durable; its changes are noted with the next batch.
    pub(crate) const fn take_back(&mut self, report: &Report) {
        self.is_other_state |= report.is_other_state;
    }

    /// Adds a subscriber that has applied all commits up to `applied`, if it has any. Returns its number.
    pub(crate) fn add<'a>(
        &mut self,
        options: WatchOptions,
        applied: Option<u64>,
        revision: u64,
        name: impl Fn(u32) -> &'a str,
    ) -> u64 {
        let record = self.record.get_or_insert_with(|| Record::new(revision));
        let missed = applied
            .filter(|applied| *applied <= revision)
            .and_then(|applied| record.after(applied));
        let subscription = match missed {
            Some(missed) => {
                let prefix = options.prefix();
                let matching: Vec<_> = missed
                    .filter(|(_, change)| name(change.state).starts_with(prefix))
                    .collect();
                Subscription::resume(options, matching.into_iter())
            }
            None => Subscription::new(options),
        };
        self.last += 1;
        self.subscriptions.insert(self.last, subscription);
        self.matching.clear();
        self.last
    }

    pub(crate) fn remove(&mut self, id: u64) {
        self.subscriptions.remove(&id);
        self.matching.clear();
    }

    /// Tells everybody what a commit made durable.
    pub(crate) fn publish<'a>(
        &mut self,
        report: Report,
        revision: u64,
        name: impl Fn(u32) -> &'a str,
    ) {
        let Some(record) = &mut self.record else {
            return;
        };
        if report.is_other_state {
            *record = Record::new(revision);
            for subscription in self.subscriptions.values_mut() {
                subscription.lose();
            }
            return;
        }
        for change in report.changes {
            let state = change.state as usize;
            if state >= self.matching.len() {
                self.matching.resize(state + 1, None);
            }
            if let Some(slot) = self.matching.get_mut(state) {
                let subscriptions = &self.subscriptions;
                let ids = slot.get_or_insert_with(|| {
                    let name = name(change.state);
                    let matching = subscriptions.iter().filter(|(_, of)| of.matches(name));
                    matching.map(|(id, _)| *id).collect()
                });
                for id in ids {
                    if let Some(subscription) = self.subscriptions.get_mut(id) {
                        subscription.note(&change, revision, report.written);
                    }
                }
            }
            record.push(revision, change);
        }
    }

    pub(crate) fn poll(&mut self, id: u64, now: Instant) -> Option<Due> {
        self.subscriptions.get_mut(&id)?.poll(now)
    }

    pub(crate) fn timeout(&self, id: u64) -> Option<Instant> {
        self.subscriptions.get(&id)?.timeout()
    }

    pub(crate) fn applied(&self, id: u64, revision: u64) -> Option<u64> {
        self.subscriptions.get(&id)?.applied(revision)
    }

    /// How many keys wait, how many changes are recorded, how many states have a list of subscribers.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> [usize; 3] {
        [
            self.subscriptions.values().map(Subscription::waiting).sum(),
            self.record.as_ref().map_or(0, Record::len),
            self.matching.len(),
        ]
    }
}
