//! [`History`]: the comparisons of the last 2 h.

use alloc::collections::VecDeque;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::Comparison;

/// How long comparisons are kept.
const SPAN: Duration = Duration::from_secs(2 * 3600);
/// One for each 30 s of the span.
const MOST: usize = 240;

#[derive(Clone, Debug)]
pub(super) struct History {
    comparisons: VecDeque<(Instant, Comparison)>,
}

impl History {
    pub(super) const fn new() -> Self {
        Self {
            comparisons: VecDeque::new(),
        }
    }

    pub(super) fn push(&mut self, now: Instant, comparison: Comparison) {
        let old = |(at, _): &(Instant, Comparison)| now.saturating_since(*at) > SPAN;
        while self.comparisons.front().is_some_and(old) || self.comparisons.len() >= MOST {
            self.comparisons.pop_front();
        }
        self.comparisons.push_back((now, comparison));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Instant, Comparison)> + '_ {
        self.comparisons.iter().copied()
    }

    pub(super) fn mean_error(&self) -> Option<f32> {
        if self.comparisons.is_empty() {
            return None;
        }
        let (mut sum, mut count) = (0.0, 0.0);
        for (_, comparison) in &self.comparisons {
            sum += f64::from(comparison.relative().abs());
            count += 1.0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a mean of f32 is in their range"
        )]
        let mean = (sum / count) as f32;
        Some(mean)
    }
}
