//! The linear form that ranks nodes, frozen until the figures of all nodes have moved.

use super::NodeTableConfig;
use super::column::{Column, narrow};
use super::row::Row;
use crate::load::Metric;

/// Of n values none is more than the root of n standard deviations from the mean. With slopes that are off by half and
/// twice the nodes, two ranks are less than `6 sqrt(n) + 1` apart; and 32 above the average is 1 when squashed.
const PENALTY_BY_ROOT: f64 = 8.0;
const PENALTY: f32 = 32.0;

/// As long as the centres weigh less than this in a rank, they are taken off as one number: rounding costs it 1e-5.
const LIGHT_CENTRES: f64 = 32.0;

/// `rank = base + sum of slope_k (x_k - centre_k)`, which is the weighted sum of z-scores.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coefficients {
    base: f32,
    slopes: [f32; Metric::COUNT],
    centres: [f32; Metric::COUNT],
    means: [f32; Metric::COUNT],
    frozen: [Frozen; Metric::COUNT],
    tolerance: f64,
    nodes: usize,
    penalty: f32,
}

/// The figures of one metric as they were.
#[derive(Clone, Copy, Debug, Default)]
struct Frozen {
    slope: f64,
    mean: f64,
    deviation: f64,
    /// Inside, the slope stays.
    variance: (f64, f64),
}

impl Coefficients {
    pub(super) const NONE: Self = Self {
        base: 0.0,
        slopes: [0.0; Metric::COUNT],
        centres: [0.0; Metric::COUNT],
        means: [0.0; Metric::COUNT],
        frozen: [Frozen {
            slope: 0.0,
            mean: 0.0,
            deviation: 0.0,
            variance: (0.0, 0.0),
        }; Metric::COUNT],
        tolerance: 0.0,
        nodes: 0,
        penalty: PENALTY,
    };

    pub(super) fn freeze(columns: &[Column; Metric::COUNT], config: &NodeTableConfig) -> Self {
        let (weights, tolerance) = (&config.weights, f64::from(config.tolerance));
        let mut frozen = [Frozen::default(); Metric::COUNT];
        let mut base = 0.0;
        let nodes = columns[0].nodes();
        for ((column, metric), frozen) in columns.iter().zip(Metric::ALL).zip(&mut frozen) {
            let least = f64::from(config.least_deviation) * f64::from(weights.full(metric));
            let weight = f64::from(weights.weight(metric));
            *frozen = Frozen::of(column, weight, least, tolerance);
            base -= frozen.slope * frozen.mean;
        }
        let mut centres = [0, 1, 2, 3, 4].map(|k: usize| columns[k].centre());
        let means = [0, 1, 2, 3, 4].map(|k: usize| centres[k] + narrow(frozen[k].mean));
        let weights = centres.iter().zip(&frozen);
        let weight: f64 = weights.map(|(c, f)| f64::from(*c) * f.slope).sum();
        if weight < LIGHT_CENTRES {
            base -= weight;
            centres = [0.0; Metric::COUNT];
        }
        Self {
            base: narrow(base),
            slopes: frozen.map(|f| narrow(f.slope)),
            centres,
            means,
            frozen,
            tolerance,
            nodes,
            penalty: narrow(PENALTY_BY_ROOT * libm::sqrt(nodes as f64)) + PENALTY,
        }
    }

    pub(super) const fn slope(&self, metric: Metric) -> f32 {
        self.slopes[metric as usize]
    }

    pub(super) const fn mean(&self, metric: Metric) -> f32 {
        self.means[metric as usize]
    }

    /// What a stale metric adds to a rank where it is penalised: more than any two ranks are apart.
    pub(super) const fn penalty(&self) -> f32 {
        self.penalty
    }

    /// Whether the columns have moved beyond the tolerance. Everything is multiplied by the number of nodes, or its
    /// square, since this is asked after each change, and divisions are slow.
    pub(super) fn are_off(&self, columns: &[Column; Metric::COUNT]) -> bool {
        let nodes = columns[0].nodes();
        if nodes > 2 * self.nodes {
            return true;
        }
        let n = nodes as f64;
        let mut drift = 0.0;
        for (column, frozen) in columns.iter().zip(&self.frozen) {
            let (low, high) = frozen.variance;
            let (sum, variance) = column.scaled_mean_and_variance();
            if variance < low * n * n || variance > high * n * n {
                return true;
            }
            drift += frozen.slope * (sum - frozen.mean * n).abs();
            // Where some count as average, the average itself must not wander.
            if column.missing() > 0 && high < f64::INFINITY {
                let rounding = 1e-7 * f64::from(column.centre()).abs();
                let far = self.tolerance * frozen.deviation + rounding;
                if column.known_offset().abs() > far {
                    return true;
                }
            }
        }
        drift > self.tolerance * n
    }

    #[inline]
    pub(super) fn rank(&self, values: [f32; Metric::COUNT]) -> f32 {
        // Begins with a number that is not -0, so that equal nodes are equal bit by bit.
        let mut rank = self.base + 0.0;
        for ((slope, centre), value) in self.slopes.iter().zip(self.centres).zip(values) {
            rank += slope * (value - centre);
        }
        rank
    }

    /// What is in flight in the metrics that are missing, one bit each; it is in no value.
    pub(super) fn rank_of_missing(&self, missing: u8, row: &Row) -> f32 {
        let mut rank = 0.0;
        for (k, slope) in self.slopes.iter().enumerate() {
            if missing >> k & 1 != 0 {
                rank += slope * row.in_flight(k);
            }
        }
        rank
    }

    /// Ranks as many nodes as there is room for.
    pub(super) fn rank_all(&self, columns: &[Column; Metric::COUNT], ranks: &mut [f32]) {
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|k: usize| columns[k].values());
        let rows = a.iter().zip(b).zip(c).zip(d).zip(e);
        let rows = rows.map(|((((a, b), c), d), e)| [*a, *b, *c, *d, *e]);
        if self.centres == [0.0; Metric::COUNT] {
            // Known beforehand, it leaves five subtractions out of fifteen operations.
            let light = Self {
                centres: [0.0; Metric::COUNT],
                ..*self
            };
            for (rank, values) in ranks.iter_mut().zip(rows) {
                *rank = light.rank(values);
            }
        } else {
            for (rank, values) in ranks.iter_mut().zip(rows) {
                *rank = self.rank(values);
            }
        }
    }
}

impl Frozen {
    /// Of a standard deviation that counts as at least `least`.
    fn of(column: &Column, weight: f64, least: f64, tolerance: f64) -> Self {
        let (mean, variance) = column.mean_and_variance();
        let deviation = libm::sqrt(variance).max(least);
        if weight == 0.0 {
            return Self {
                variance: (0.0, f64::INFINITY),
                ..Self::default()
            };
        }
        let none = column.least_deviation(mean);
        if deviation < none {
            return Self {
                variance: (0.0, none * none),
                ..Self::default()
            };
        }
        // The slope is weight / deviation: it grows as the deviation shrinks.
        let low = deviation / (1.0 + tolerance);
        let high = deviation / (1.0 - tolerance);
        let bounds = if low <= least {
            (0.0, high * high)
        } else if tolerance == 0.0 {
            (variance, variance)
        } else {
            (low * low, high * high)
        };
        Self {
            slope: weight / deviation,
            mean,
            deviation,
            variance: bounds,
        }
    }
}
