//! [`LoadRank`]: each node's load, relative to the others and by itself, with the load that is on its way.
//!
//! The relative load is the weighted sum of z-scores, squashed by the logistic function. Means and deviations are
//! kept as running sums, but the ones that scores are made of are frozen: only when they have moved noticeably are
//! all nodes scored again. So one new measurement changes one score, and scores that were kept stay comparable.

use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::time::Instant;

use crate::load::{Load, LoadWeights, Metric, StalePolicy};

pub(super) type Values = [f64; Metric::COUNT];

/// The least deviation that counts, as a share of a metric's full scale: nodes closer than that are alike.
const LEAST_DEVIATION: f64 = 0.01;
/// The z-score of a metric that counts as the worst.
const WORST: f64 = 8.0;
/// How far a mean (in deviations) or a deviation (as a factor) may move before all are scored again.
const MOVED: f64 = 0.25;

#[derive(Clone, Debug)]
pub(super) struct LoadRank {
    weights: LoadWeights,
    stale_after: Duration,
    policy: StalePolicy,
    rows: Vec<Row>,
    sums: [Sum; Metric::COUNT],
    frozen: [(f64, f64); Metric::COUNT],
}

#[derive(Clone, Debug, Default)]
struct Row {
    present: bool,
    measured: [Option<(f32, Instant)>; Metric::COUNT],
    reported: Option<Instant>,
    on_the_way: Values,
    /// What each sum holds of this node.
    summed: [Option<f64>; Metric::COUNT],
    stale: [bool; Metric::COUNT],
    relative: f32,
    absolute: Option<f32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: f64,
    total: f64,
    squares: f64,
}

impl Sum {
    fn add(&mut self, value: f64, sign: f64) {
        self.count += sign;
        self.total += sign * value;
        self.squares += sign * value * value;
    }

    /// Mean and standard deviation.
    fn moments(&self, least: f64) -> (f64, f64) {
        if self.count < 0.5 {
            return (0.0, least);
        }
        let mean = self.total / self.count;
        let variance = (self.squares / self.count - mean * mean).max(0.0);
        (mean, libm::sqrt(variance).max(least))
    }
}

impl LoadRank {
    pub(super) fn new(weights: LoadWeights, stale_after: Duration, policy: StalePolicy) -> Self {
        Self {
            weights,
            stale_after,
            policy,
            rows: Vec::new(),
            sums: [Sum::default(); Metric::COUNT],
            frozen: Metric::ALL.map(|m| (0.0, LEAST_DEVIATION * f64::from(weights.full(m)))),
        }
    }

    pub(super) const fn weights(&self) -> &LoadWeights {
        &self.weights
    }

    pub(super) fn relative(&self, slot: u32) -> f32 {
        self.row(slot).map_or(1.0, |row| row.relative)
    }

    /// `None` where nothing is known.
    pub(super) fn absolute(&self, slot: u32) -> Option<f32> {
        self.row(slot).and_then(|row| row.absolute)
    }

    /// Why the node's metrics keep new work away: their age, if there are any.
    pub(super) fn refuses(&self, slot: u32, now: Instant) -> Option<Option<Duration>> {
        let row = self.row(slot)?;
        let kept_away = self.policy == StalePolicy::Refuse && row.stale.iter().all(|s| *s);
        kept_away.then(|| row.reported.map(|at| now.saturating_since(at)))
    }

    /// Adds a node, or takes one away.
    pub(super) fn set_present(&mut self, slot: u32, present: bool, now: Instant) {
        let index = slot as usize;
        if self.rows.len() <= index {
            self.rows.resize_with(index + 1, Row::default);
        }
        if let Some(row) = self.rows.get_mut(index) {
            for (sum, held) in self.sums.iter_mut().zip(&row.summed) {
                if let Some(held) = held {
                    sum.add(*held, -1.0);
                }
            }
            *row = Row {
                present,
                ..Row::default()
            };
        }
        self.renew(slot, now);
    }

    /// Takes over what was measured; false where that is older than what is known.
    pub(super) fn observe(&mut self, slot: u32, load: &Load, at: Instant) -> bool {
        let Some(row) = self.rows.get_mut(slot as usize) else {
            return false;
        };
        if row.reported.is_some_and(|last| last > at) {
            return false;
        }
        row.reported = Some(at);
        for (known, metric) in row.measured.iter_mut().zip(Metric::ALL) {
            if let Some(value) = load.get(metric) {
                *known = Some((value, at));
            }
        }
        true
    }

    /// When the node last reported.
    pub(super) fn reported(&self, slot: u32) -> Option<Instant> {
        self.row(slot)?.reported
    }

    /// Sets the load that its measurements do not show yet.
    pub(super) fn set_on_the_way(&mut self, slot: u32, load: Values) {
        if let Some(row) = self.rows.get_mut(slot as usize) {
            row.on_the_way = load;
        }
    }

    /// When the next metric of the node becomes stale.
    pub(super) fn next_stale(&self, slot: u32) -> Option<Instant> {
        let row = self.row(slot)?;
        let fresh = row.measured.iter().zip(row.stale).filter(|(_, s)| !s);
        let ages = fresh.filter_map(|(m, _)| m.map(|(_, at)| at));
        ages.min()
            .map(|at| at + self.stale_after + Duration::from_micros(1))
    }

    /// Works out a node's loads again after any change of it.
    pub(super) fn renew(&mut self, slot: u32, now: Instant) {
        let (policy, after) = (self.policy, self.stale_after);
        let Some(row) = self.rows.get_mut(slot as usize).filter(|row| row.present) else {
            return;
        };
        for (stale, measured) in row.stale.iter_mut().zip(&row.measured) {
            *stale = measured.is_none_or(|(_, at)| now.saturating_since(at) > after);
        }
        for (k, sum) in self.sums.iter_mut().enumerate() {
            let counted = row.value(k, policy);
            if let Some(held) = row.summed[k] {
                sum.add(held, -1.0);
            }
            if let Some(value) = counted {
                sum.add(value, 1.0);
            }
            row.summed[k] = counted;
        }
        row.absolute = row.known().map(|load| self.weights.absolute(&load));
        row.relative = row.relative(policy, &self.weights, &self.frozen);
    }

    /// Scores all nodes again if means or deviations have moved; whether they have.
    pub(super) fn rescale(&mut self) -> bool {
        let moments = self.moments();
        let moved = self
            .frozen
            .iter()
            .zip(&moments)
            .any(|((mean, sd), (new_mean, new_sd))| {
                libm::fabs(new_mean - mean) > MOVED * sd
                    || *new_sd > sd * (1.0 + MOVED)
                    || *new_sd < sd / (1.0 + MOVED)
            });
        if !moved {
            return false;
        }
        // The sums are made anew as well: adding and taking away leaves rounding errors behind.
        self.sums = [Sum::default(); Metric::COUNT];
        for row in &self.rows {
            for (sum, held) in self.sums.iter_mut().zip(row.summed) {
                if let Some(held) = held {
                    sum.add(held, 1.0);
                }
            }
        }
        self.frozen = self.moments();
        for row in &mut self.rows {
            row.relative = row.relative(self.policy, &self.weights, &self.frozen);
        }
        true
    }

    /// What each metric has of a node's relative load: in proportion to weight and share of full scale.
    pub(super) fn attribution(&self, slot: u32) -> [f32; Metric::COUNT] {
        let Some(row) = self.row(slot) else {
            return [0.0; Metric::COUNT];
        };
        let share = |k: usize, m: Metric| {
            let penalised = self.policy == StalePolicy::Penalise && row.stale[k];
            let full = f64::from(self.weights.full(m));
            let value = row.value(k, self.policy).unwrap_or(row.on_the_way[k]);
            if penalised {
                1.0
            } else {
                (value / full).clamp(0.0, 1.0)
            }
        };
        let mut parts = [0.0; Metric::COUNT];
        for (k, m) in Metric::ALL.into_iter().enumerate() {
            parts[k] = f64::from(self.weights.weight(m)) * share(k, m);
        }
        let mut sum: f64 = parts.iter().sum();
        if sum <= 0.0 {
            parts = Metric::ALL.map(|m| f64::from(self.weights.weight(m)));
            sum = parts.iter().sum();
        }
        parts.map(|part| narrow(part / sum) * row.relative)
    }

    fn moments(&self) -> [(f64, f64); Metric::COUNT] {
        let mut all = self.frozen;
        for ((moments, sum), m) in all.iter_mut().zip(&self.sums).zip(Metric::ALL) {
            *moments = sum.moments(LEAST_DEVIATION * f64::from(self.weights.full(m)));
        }
        all
    }

    fn row(&self, slot: u32) -> Option<&Row> {
        self.rows.get(slot as usize)
    }
}

impl Row {
    /// The value that ranks, with what is on the way; `None` where the policy knows none.
    fn value(&self, k: usize, policy: StalePolicy) -> Option<f64> {
        let (value, _) = self.measured[k]?;
        let counts = !self.stale[k] || policy == StalePolicy::Hold;
        counts.then(|| (f64::from(value) + self.on_the_way[k]).max(0.0))
    }

    /// The last known load with what is on the way; `None` where nothing is known.
    fn known(&self) -> Option<Load> {
        let mut load = Load::new();
        let mut known = false;
        for (k, metric) in Metric::ALL.into_iter().enumerate() {
            let coming = self.on_the_way[k];
            let measured = self.measured[k].map(|(value, _)| f64::from(value));
            if measured.is_some() || coming > 0.0 {
                known = true;
                load = load.with(metric, narrow((measured.unwrap_or(0.0) + coming).max(0.0)));
            }
        }
        known.then_some(load)
    }

    fn relative(
        &self,
        policy: StalePolicy,
        weights: &LoadWeights,
        frozen: &[(f64, f64); Metric::COUNT],
    ) -> f32 {
        let mut sum = 0.0;
        for (k, metric) in Metric::ALL.into_iter().enumerate() {
            let (mean, deviation) = frozen[k];
            let z = match self.value(k, policy) {
                Some(value) => (value - mean) / deviation,
                None => {
                    let unknown = if policy == StalePolicy::Penalise {
                        WORST
                    } else {
                        0.0
                    };
                    unknown + self.on_the_way[k] / deviation
                }
            };
            sum += f64::from(weights.weight(metric)) * z;
        }
        narrow(1.0 / (1.0 + libm::exp(-sum.clamp(-80.0, 80.0))))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the nearest single is meant"
)]
const fn narrow(value: f64) -> f32 {
    value as f32
}
