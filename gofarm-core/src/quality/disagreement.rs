//! [`Disagreement`]: two probes of one quantity, held against each other.

use core::time::Duration;

use super::{Grade, Quality, Suspicion};
use crate::contract::Number;
use crate::reading::Reading;
use crate::time::Instant;

/// Compares two probes that should show the same.
///
/// It cannot know which one is right, so both become suspect. They are compared only when both are fresh and at least
/// suspect: a stale or bad reading says nothing about the other probe.
///
/// ```
/// use gofarm_core::quality::{Agreement, Disagreement, Quality, Suspicion};
/// use gofarm_core::reading::Reading;
/// use gofarm_core::time::{Instant, minutes};
///
/// // Two air temperatures in one greenhouse, 12.90 and 9.87 Cel in the same minute.
/// let now = Instant::from_secs(60);
/// let mut a = Reading::new(12.90_f32, now);
/// let mut b = Reading::new(9.87_f32, now);
/// let rule = Disagreement::new(1.0, minutes(5));
/// assert!(matches!(rule.compare(now, &a, &b), Agreement::Differ { .. }));
/// rule.mark(now, &mut a, &mut b);
/// assert_eq!(a.quality(), Quality::Suspect(Suspicion::Disagree));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disagreement {
    tolerance: f64,
    fresh: Duration,
}

/// What a comparison of two probes showed; a caller may match it fully.
///
/// ```
/// use gofarm_core::quality::{Agreement, Disagreement};
/// use gofarm_core::reading::Reading;
/// use gofarm_core::time::{Instant, minutes};
///
/// let rule = Disagreement::new(1.0, minutes(5));
/// let now = Instant::from_secs(600);
/// let (a, b) = (Reading::new(12.5_f32, now), Reading::new(9.5_f32, now));
/// assert_eq!(rule.compare(now, &a, &b), Agreement::Differ { by: 3.0 });
/// let old = Reading::new(9.5_f32, Instant::ZERO);
/// assert_eq!(rule.compare(now, &a, &old), Agreement::NotComparable);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Agreement {
    /// They agree within the tolerance.
    Agree,
    /// They differ by more than the tolerance.
    Differ {
        /// By how much, in the unit of the readings.
        by: f64,
    },
    /// At least one of them is too old, stale or bad.
    NotComparable,
}

impl Disagreement {
    /// Tolerates a difference up to `tolerance`, in the unit of the readings, between readings younger than `fresh`.
    ///
    /// A tolerance that is negative or NaN tolerates nothing but equality, or nothing at all.
    #[must_use]
    pub const fn new(tolerance: f64, fresh: Duration) -> Self {
        Self { tolerance, fresh }
    }

    /// Compares two readings.
    #[must_use]
    pub fn compare<A, B>(&self, now: Instant, a: &Reading<A>, b: &Reading<B>) -> Agreement
    where
        A: Copy + Into<Number>,
        B: Copy + Into<Number>,
    {
        let is_fresh =
            |age: Duration, quality: Quality| age < self.fresh && quality.satisfies(Grade::Suspect);
        if !is_fresh(a.age(now), a.quality()) || !is_fresh(b.age(now), b.quality()) {
            return Agreement::NotComparable;
        }
        let (a, b): (Number, Number) = ((*a.value()).into(), (*b.value()).into());
        if !a.is_finite() || !b.is_finite() {
            return Agreement::NotComparable;
        }
        let by = (a.as_f64() - b.as_f64()).abs();
        if by <= self.tolerance {
            Agreement::Agree
        } else {
            Agreement::Differ { by }
        }
    }

    /// Compares two readings and makes both suspect if they differ; a worse quality stays.
    pub fn mark<A, B>(&self, now: Instant, a: &mut Reading<A>, b: &mut Reading<B>) -> Agreement
    where
        A: Copy + Into<Number>,
        B: Copy + Into<Number>,
    {
        let agreement = self.compare(now, a, b);
        if let Agreement::Differ { .. } = agreement {
            let disagree = Quality::Suspect(Suspicion::Disagree);
            *a = a.graded(a.quality().worst(disagree));
            *b = b.graded(b.quality().worst(disagree));
        }
        agreement
    }
}
