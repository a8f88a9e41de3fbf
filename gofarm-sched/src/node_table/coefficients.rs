//! The linear form that ranks nodes, frozen until the figures of all nodes have moved.

use super::column::{Column, narrow};
use crate::load::{LoadWeights, Metric};

/// Of n values none is more than the root of n standard deviations from the mean. With slopes that are off by half and
/// twice the nodes, two ranks are less than `6 sqrt(n) + 1` apart; and 32 above the average is 1 when squashed.
const PENALTY_BY_ROOT: f64 = 8.0;
const PENALTY: f32 = 32.0;

/// `rank = base + sum of slope_k (x_k - centre_k)`, which is the weighted sum of z-scores.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coefficients {
    base: f32,
    slopes: [f32; Metric::COUNT],
    centres: [f32; Metric::COUNT],
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

    pub(super) fn freeze(
        columns: &[Column; Metric::COUNT],
        weights: &LoadWeights,
        tolerance: f32,
    ) -> Self {
        let tolerance = f64::from(tolerance);
        let mut frozen = [Frozen::default(); Metric::COUNT];
        let mut base = 0.0;
        let nodes = columns[0].nodes();
        for ((column, metric), frozen) in columns.iter().zip(Metric::ALL).zip(&mut frozen) {
            *frozen = Frozen::of(column, f64::from(weights.weight(metric)), tolerance);
            base -= frozen.slope * frozen.mean;
        }
        Self {
            base: narrow(base),
            slopes: frozen.map(|f| narrow(f.slope)),
            centres: [0, 1, 2, 3, 4].map(|k: usize| columns[k].centre()),
            frozen,
            tolerance,
            nodes,
            penalty: narrow(PENALTY_BY_ROOT * libm::sqrt(nodes as f64)) + PENALTY,
        }
    }

    /// What a stale metric adds to a rank where it is penalised: more than any two ranks are apart.
    pub(super) const fn penalty(&self) -> f32 {
        self.penalty
    }

    /// Whether the columns have moved beyond the tolerance.
    pub(super) fn are_off(&self, columns: &[Column; Metric::COUNT]) -> bool {
        let mut drift = 0.0;
        if columns[0].nodes() > 2 * self.nodes {
            return true;
        }
        for (column, frozen) in columns.iter().zip(&self.frozen) {
            if frozen.variance.1 == f64::INFINITY {
                continue;
            }
            let (mean, variance) = column.mean_and_variance();
            if variance < frozen.variance.0 || variance > frozen.variance.1 {
                return true;
            }
            drift += frozen.slope * (mean - frozen.mean).abs();
            // Where some count as average, the average itself must not wander.
            if column.missing() > 0 {
                let rounding = 1e-7 * f64::from(column.centre()).abs();
                let far = self.tolerance * frozen.deviation + rounding;
                if column.known_offset().abs() > far {
                    return true;
                }
            }
        }
        drift > self.tolerance
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

    /// Ranks as many nodes as there is room for.
    pub(super) fn rank_all(&self, columns: &[Column; Metric::COUNT], ranks: &mut [f32]) {
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|k: usize| columns[k].values());
        let rows = a.iter().zip(b).zip(c).zip(d).zip(e);
        for (rank, ((((a, b), c), d), e)) in ranks.iter_mut().zip(rows) {
            *rank = self.rank([*a, *b, *c, *d, *e]);
        }
    }
}

impl Frozen {
    fn of(column: &Column, weight: f64, tolerance: f64) -> Self {
        let (mean, variance) = column.mean_and_variance();
        let deviation = libm::sqrt(variance);
        if weight == 0.0 {
            return Self {
                variance: (0.0, f64::INFINITY),
                ..Self::default()
            };
        }
        let least = column.least_deviation(mean);
        if deviation < least {
            return Self {
                variance: (0.0, least * least),
                ..Self::default()
            };
        }
        // The slope is weight / deviation: it grows as the deviation shrinks.
        let low = deviation / (1.0 + tolerance);
        let high = deviation / (1.0 - tolerance);
        let bounds = if tolerance == 0.0 {
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
