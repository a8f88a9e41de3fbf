//! What a table says.

use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::{ABSENT, Attribution, Changes, Cursor, NodeTable, NodeTableConfig, Work, top};
use crate::load::{Load, Metric, StalePolicy};

impl NodeTable {
    /// The node's rank: less is better; `None` where there is no node, or one that its stale metrics refuse.
    ///
    /// Finite, and comparable with other ranks of the same [`NodeTable::epoch`] only.
    #[must_use]
    pub fn rank(&self, slot: usize) -> Option<f32> {
        Some(self.ranks.get(slot)).filter(|rank| rank.is_finite())
    }

    /// The node's load beside the others', 0 (idle) to 1 (worst); 1 where [`NodeTable::rank`] is `None`.
    ///
    /// The rank through the logistic function: the same order, except where many round to 0 or 1.
    #[must_use]
    pub fn score(&self, slot: usize) -> f32 {
        self.rank(slot).map_or(1.0, logistic)
    }

    /// The node's load by itself, 0 (idle) to 1 (all full): the weighted mean of the shares of full scale.
    ///
    /// Over the metrics that are required (see the [module](super)). A missing one counts as full where the policy is
    /// [`StalePolicy::Penalise`] or [`StalePolicy::Refuse`]. Under the others it counts as the average of the nodes that
    /// know it, and is left out where none does; where that leaves nothing, only what is in flight counts: those policies
    /// fail open. 1 where there is no node.
    #[must_use]
    pub fn absolute(&self, slot: usize) -> f32 {
        let Some(values) = self.counted(slot) else {
            return 1.0;
        };
        let mut metrics = self.required;
        if !self.is_missing_full() {
            let known = (0..Metric::COUNT).filter(|k| self.columns[*k].known() > 0);
            let known = known.fold(0, |bits, k| bits | 1 << k) & metrics;
            metrics = if known == 0 { metrics } else { known };
        }
        let weights = &self.config.weights;
        let (mut sum, mut counted) = (0.0, 0.0);
        for metric in Metric::ALL {
            let k = metric as usize;
            if metrics >> k & 1 != 0 {
                let weight = weights.weight(metric);
                sum += weight * (values[k] / weights.full(metric)).min(1.0);
                counted += weight;
            }
        }
        if counted > 0.0 {
            (sum / counted).min(1.0)
        } else {
            1.0
        }
    }

    /// The node's score, divided among its metrics; `None` where there is no node.
    #[must_use]
    pub fn attribution(&self, slot: usize) -> Option<Attribution> {
        self.attribution_with(slot, self.score(slot), &Load::idle())
    }

    /// Another score of the node, divided among its metrics with more load on them.
    pub(crate) fn attribution_with(
        &self,
        slot: usize,
        score: f32,
        more: &Load,
    ) -> Option<Attribution> {
        let mut values = self.counted(slot)?;
        for (value, more) in values.iter_mut().zip(more.values()) {
            *value = (*value + if more > 0.0 { more } else { 0.0 }).min(f32::MAX);
        }
        Some(Attribution::new(score, values, &self.config.weights))
    }

    /// How far a metric of a node is above the mean of all; what is missing counts as average with what is in flight.
    pub(crate) fn offset(&self, slot: usize, metric: Metric) -> f32 {
        let (k, mark) = (metric as usize, self.marks.get(slot));
        let missing = mark.is_none_or(|mark| mark >> k & 1 != 0);
        let in_flight = self.rows.get(slot).filter(|_| missing);
        let value = self.columns[k].value(slot) - self.coefficients.mean(metric);
        value + in_flight.map_or(0.0, |row| row.in_flight(k))
    }

    /// Whether a node that lacks the metric is late with it; see the [module](super).
    pub(crate) const fn requires(&self, metric: Metric) -> bool {
        self.required >> metric as usize & 1 != 0
    }

    /// How much one unit more of a metric adds to a rank.
    pub(crate) const fn slope(&self, metric: Metric) -> f32 {
        self.coefficients.slope(metric)
    }

    /// What counts of the node: what was measured and what is in flight, without what has ended; missing metrics are
    /// unknown.
    #[must_use]
    pub fn load(&self, slot: usize) -> Option<Load> {
        let mark = self.mark(slot)?;
        let mut load = Load::new();
        for metric in Metric::ALL {
            if mark >> metric as usize & 1 == 0 {
                load = load.with(metric, self.columns[metric as usize].value(slot));
            }
        }
        Some(load)
    }

    /// What was last measured of each metric, however old, with what is in flight and without what has ended.
    ///
    /// Metrics that were never measured are what is in flight, or unknown. `None` where there is no node, or nothing is
    /// known of it and nothing in flight. This is what a limit can look at that must not depend on other nodes.
    #[must_use]
    pub fn last_load(&self, slot: usize) -> Option<Load> {
        self.mark(slot)?;
        self.rows.get(slot)?.last()
    }

    /// Whether the node takes no new work because of stale metrics; [`StalePolicy::Refuse`] only.
    #[must_use]
    pub fn is_refused(&self, slot: usize) -> bool {
        self.has(slot) && self.rank(slot).is_none()
    }

    /// How long ago the metric was measured, at the last [`NodeTable::advance`]; `None` if it never was.
    #[must_use]
    pub fn age(&self, slot: usize, metric: Metric) -> Option<Duration> {
        self.mark(slot)?;
        self.rows.get(slot)?.age(metric as usize, self.now)
    }

    /// The required metric that has not been measured for the longest time, with its age; never measured comes first.
    ///
    /// `None` where there is no node.
    #[must_use]
    pub fn oldest(&self, slot: usize) -> Option<(Metric, Option<Duration>)> {
        self.mark(slot)?;
        let required = Metric::ALL
            .into_iter()
            .filter(|metric| self.required >> *metric as usize & 1 != 0);
        required
            .map(|metric| (metric, self.age(slot, metric)))
            .max_by_key(|(metric, age)| (age.is_none(), *age, core::cmp::Reverse(*metric)))
    }

    /// The node with the least rank, the lowest slot of equals; `None` if no node takes work.
    #[must_use]
    pub fn top(&self) -> Option<usize> {
        self.ranks.winner()
    }

    /// The nodes with the `k` least ranks, best first and lower slots before equals; `slots` is emptied before.
    pub fn top_k(&self, k: usize, slots: &mut Vec<usize>) {
        top::least(&self.ranks, k, slots);
    }

    /// All slots with a node, ascending.
    pub fn slots(&self) -> impl Iterator<Item = usize> {
        let marks = self.marks.iter().enumerate();
        marks.filter_map(|(slot, mark)| (mark & ABSENT == 0).then_some(slot))
    }

    /// How many nodes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.nodes
    }

    /// Whether there is no node.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.nodes == 0
    }

    /// Standard deviation (population) of the nodes' absolute loads, 0..=0.5; 0 without nodes. Looks at all nodes.
    ///
    /// The spread of relative scores would say nothing: z-scores spread by 1 whatever the loads are.
    #[must_use]
    pub fn spread(&self) -> f32 {
        let mut moments = crate::moments::Moments::new();
        for slot in self.slots() {
            moments.push(self.absolute(slot));
        }
        moments.std_dev().unwrap_or(0.0)
    }

    /// Where the history of changes stands.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        self.log.cursor()
    }

    /// Which nodes have other ranks, other loads, or came and went, since a cursor.
    ///
    /// [`Changes::All`] when all were ranked anew: scores of before and after are not comparable.
    #[must_use]
    pub fn changes(&self, since: Cursor) -> Changes<'_> {
        self.log.since(since)
    }

    /// Whether a slot is among the changes since a cursor.
    pub(crate) fn has_changed(&self, slot: usize, since: Cursor) -> bool {
        self.log.has_changed(slot, since)
    }

    /// How often all nodes have been ranked anew.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// When [`NodeTable::advance`] is due at the latest, if nothing is reported until then; it may find nothing to do.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Instant> {
        self.expiries.next()
    }

    /// What it scores by.
    #[must_use]
    pub const fn config(&self) -> &NodeTableConfig {
        &self.config
    }

    /// What it has done.
    #[must_use]
    pub const fn work(&self) -> Work {
        self.work
    }

    fn mark(&self, slot: usize) -> Option<u8> {
        self.marks
            .get(slot)
            .copied()
            .filter(|mark| mark & ABSENT == 0)
    }

    const fn is_missing_full(&self) -> bool {
        matches!(
            self.config.policy,
            StalePolicy::Penalise | StalePolicy::Refuse
        )
    }

    /// What each metric counts as, in its unit.
    fn counted(&self, slot: usize) -> Option<[f32; Metric::COUNT]> {
        let missing = self.mark(slot)?;
        let row = self.rows.get(slot)?;
        Some(Metric::ALL.map(|metric| {
            let k = metric as usize;
            let column = self.columns[k].value(slot);
            if missing >> k & 1 == 0 {
                column
            } else if self.is_missing_full() && self.required >> k & 1 != 0 {
                self.config.weights.full(metric)
            } else {
                (column + row.in_flight(k)).min(f32::MAX)
            }
        }))
    }
}

/// A rank as a score: 0 (best) to 1 (worst), 0.5 for one of 0.
pub(crate) fn logistic(rank: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-rank))
}
