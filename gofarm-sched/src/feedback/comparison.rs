//! [`Comparison`]: one prediction and what came.

/// What was predicted of a node and what was measured, in the unit of the caller.
///
/// See [`Feedback`](super::Feedback) for an example.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Comparison {
    predicted: f32,
    measured: f32,
    relative: f32,
}

impl Comparison {
    /// Both values are finite and not negative, `floor` is above 0.
    pub(super) fn new(predicted: f32, measured: f32, floor: f32) -> Self {
        let relative = (measured - predicted) / predicted.max(floor);
        Self {
            predicted,
            measured,
            relative: relative.min(f32::MAX),
        }
    }

    /// What was predicted.
    #[must_use]
    pub const fn predicted(&self) -> f32 {
        self.predicted
    }

    /// What was measured.
    #[must_use]
    pub const fn measured(&self) -> f32 {
        self.measured
    }

    /// How much slower the node was than predicted, relative to the prediction: 0.5 is half as much again, negative
    /// is faster, never below -1.
    #[must_use]
    pub const fn relative(&self) -> f32 {
        self.relative
    }
}
