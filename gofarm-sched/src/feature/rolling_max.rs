//! [`RollingMax`]: the largest of the last inputs.

use super::Feature;

/// The largest of the last `W` inputs, in their unit; constant cost on average, whatever `W`.
///
/// It keeps only values that can still become the largest (a monotonic queue).
///
/// ```
/// use gofarm_sched::feature::{Feature, RollingMax};
///
/// let outputs: Vec<f32> = RollingMax::<2>::new().outputs([3.0, 1.0, 2.0]).collect();
/// assert_eq!(outputs, [0.0, 3.0, 2.0]);
/// ```
#[derive(Clone, Debug)]
pub struct RollingMax<const W: usize> {
    /// Falling values with the number of the input at which each came, from `first` on around the end.
    candidates: [(u64, f32); W],
    first: usize,
    len: usize,
    inputs: u64,
    skipped: u64,
}

impl<const W: usize> RollingMax<W> {
    /// An empty window.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(W >= 2, "a window holds at least 2 inputs") };
        Self {
            candidates: [(0, 0.0); W],
            first: 0,
            len: 0,
            inputs: 0,
            skipped: 0,
        }
    }

    fn candidate(&self, place: usize) -> Option<(u64, f32)> {
        if place >= self.len {
            return None;
        }
        self.candidates.get((self.first + place) % W).copied()
    }
}

impl<const W: usize> Default for RollingMax<W> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const W: usize> Feature for RollingMax<W> {
    fn push(&mut self, input: f32) -> f32 {
        let now = self.inputs;
        self.inputs += 1;
        // One leaves at most: each input came alone.
        if self
            .candidate(0)
            .is_some_and(|(came, _)| came + W as u64 <= now)
        {
            self.first = (self.first + 1) % W;
            self.len -= 1;
        }
        if input.is_finite() {
            while self
                .candidate(self.len.wrapping_sub(1))
                .is_some_and(|(_, value)| value <= input)
            {
                self.len -= 1;
            }
            if let Some(place) = self.candidates.get_mut((self.first + self.len) % W) {
                *place = (now, input);
                self.len += 1;
            }
        } else {
            self.skipped = self.skipped.saturating_add(1);
        }
        match self.candidate(0) {
            Some((_, max)) if self.is_ready() => max,
            _ => 0.0,
        }
    }

    fn is_ready(&self) -> bool {
        self.inputs >= W as u64
    }

    fn skipped(&self) -> u64 {
        self.skipped
    }
}
