//! [`Domain`]: a failure domain, what is lost in it, and what waits to be rebuilt for it.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;

use gofarm_core::time::Instant;

use super::{EvictionConfig, WorkId};

#[derive(Clone, Debug)]
pub(super) struct Domain {
    pub(super) name: Box<str>,
    pub(super) nodes: u32,
    pub(super) lost: u32,
    pub(super) suspected: bool,
    /// When something was last asked to be rebuilt.
    last: Option<Instant>,
    critical: BTreeSet<(Instant, WorkId)>,
    ordinary: BTreeSet<(Instant, WorkId)>,
}

impl Domain {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            nodes: 0,
            lost: 0,
            suspected: false,
            last: None,
            critical: BTreeSet::new(),
            ordinary: BTreeSet::new(),
        }
    }

    /// Judges the link anew; whether the verdict changed.
    pub(super) fn judge(&mut self, config: &EvictionConfig) -> bool {
        let most = f64::from(self.nodes) * f64::from(config.suspect_share);
        let suspected = self.lost >= config.suspect_least && f64::from(self.lost) >= most;
        core::mem::replace(&mut self.suspected, suspected) != suspected
    }

    pub(super) fn queue(&mut self, work: WorkId, critical: bool, from: Instant) {
        self.of(critical).insert((from, work));
    }

    pub(super) fn unqueue(&mut self, work: WorkId, critical: bool, from: Instant) {
        self.of(critical).remove(&(from, work));
    }

    fn of(&mut self, critical: bool) -> &mut BTreeSet<(Instant, WorkId)> {
        if critical {
            &mut self.critical
        } else {
            &mut self.ordinary
        }
    }

    /// When the next work may be rebuilt; `None` if none waits.
    pub(super) fn due(&self, config: &EvictionConfig) -> Option<Instant> {
        let heads = [self.critical.first(), self.ordinary.first()];
        let (ready, _) = heads.into_iter().flatten().min()?;
        let pace = if self.suspected {
            config.slow_pace
        } else {
            config.pace
        };
        let paced = self.last.map_or(Instant::ZERO, |last| last + pace);
        Some(paced.max(*ready))
    }

    /// Takes what is rebuilt next, the critical first; call it when it is due.
    pub(super) fn take(&mut self, now: Instant) -> Option<WorkId> {
        let ready = |queue: &BTreeSet<(Instant, WorkId)>| {
            queue.first().copied().filter(|(from, _)| *from <= now)
        };
        let critical = ready(&self.critical);
        let head = critical.or_else(|| ready(&self.ordinary))?;
        self.of(critical.is_some()).remove(&head);
        self.last = Some(now);
        Some(head.1)
    }
}
