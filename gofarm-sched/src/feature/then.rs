//! [`Then`] and [`Outputs`]: features behind each other, and over a sequence.

use super::Feature;

/// Two features, the second one of the first one's outputs; made by [`Feature::then`].
///
/// It is ready when the second one is, so borders add up. `skipped` counts the holes in the inputs of the first;
/// outputs are finite, so the second one meets none.
///
/// ```
/// use gofarm_sched::feature::{Feature, RollingMax, Std};
///
/// let outputs: Vec<f32> = Std::<2>::new()
///     .then(RollingMax::<2>::new())
///     .outputs([0.0, 2.0, 2.0, 2.0])
///     .collect();
/// assert_eq!(outputs, [0.0, 0.0, 1.0, 0.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Then<A, B> {
    first: A,
    second: B,
}

impl<A, B> Then<A, B> {
    pub(super) const fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A: Feature, B: Feature> Feature for Then<A, B> {
    fn push(&mut self, input: f32) -> f32 {
        let between = self.first.push(input);
        if !self.first.is_ready() {
            return 0.0;
        }
        self.second.push(between)
    }

    fn is_ready(&self) -> bool {
        self.first.is_ready() && self.second.is_ready()
    }

    fn skipped(&self) -> u64 {
        self.first.skipped()
    }
}

/// The outputs of a feature over a sequence of inputs; made by [`Feature::outputs`].
///
/// ```
/// use gofarm_sched::feature::{Feature, Std};
///
/// assert_eq!(Std::<2>::new().outputs([1.0, 3.0]).collect::<Vec<_>>(), [0.0, 1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Outputs<F, I> {
    feature: F,
    inputs: I,
}

impl<F, I> Outputs<F, I> {
    pub(super) const fn new(feature: F, inputs: I) -> Self {
        Self { feature, inputs }
    }
}

impl<F: Feature, I: Iterator<Item = f32>> Iterator for Outputs<F, I> {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        Some(self.feature.push(self.inputs.next()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inputs.size_hint()
    }
}
