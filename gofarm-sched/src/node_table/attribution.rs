//! [`Attribution`]: which metrics a node's score is made of.

use super::column::narrow;
use crate::load::{LoadWeights, Metric};

/// A node's relative score, divided among its metrics.
///
/// z-scores are below 0 for whatever is better than average, and nobody reads "cpu −0.4" as a reason. So the score is
/// divided in proportion to `w_k × x_k / full_k`: never negative, and the parts add up to the score. It says what a
/// node's load is made of, not what sets it apart from the others.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Attribution {
    score: f32,
    parts: [f32; Metric::COUNT],
}

impl Attribution {
    /// Divides a score by a node's values; a node with no load at all divides it by the weights.
    pub(super) fn new(score: f32, values: [f32; Metric::COUNT], weights: &LoadWeights) -> Self {
        let mut shares = Metric::ALL.map(|metric| {
            let value = f64::from(values[metric as usize]);
            f64::from(weights.weight(metric)) * value / f64::from(weights.full(metric))
        });
        if shares.iter().sum::<f64>() <= 0.0 {
            shares = Metric::ALL.map(|metric| f64::from(weights.weight(metric)));
        }
        let sum: f64 = shares.iter().sum();
        Self {
            score,
            parts: shares.map(|share| narrow(f64::from(score) * (share / sum))),
        }
    }

    /// The score, 0 (idle) to 1 (worst).
    #[must_use]
    pub const fn score(&self) -> f32 {
        self.score
    }

    /// The part of one metric, 0 to the score.
    #[must_use]
    pub const fn part(&self, metric: Metric) -> f32 {
        self.parts[metric as usize]
    }

    /// All parts, in the order of [`Metric::ALL`].
    pub fn parts(&self) -> impl Iterator<Item = (Metric, f32)> {
        Metric::ALL.into_iter().zip(self.parts)
    }
}
