//! [`Divergence`]: a distribution that is no longer that of the reference, and what is done about it.

use super::Reference;
use crate::ConfigError;

/// What has to be done because a distribution changed; the caller does it.
///
/// See [`Divergence`] for an example.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DriftEvent {
    /// People have to know.
    Alerted {
        /// How far the distributions are apart, in nats.
        divergence: f32,
    },
    /// A newly trained forecast has to be tried on a share of the work.
    CanaryStarted {
        /// The share, above 0 and up to 1.
        share: f32,
    },
    /// The distribution is that of the reference again.
    Settled {
        /// How far the distributions are apart, in nats.
        divergence: f32,
    },
}

/// Compares the last `W` values with a [`Reference`] of `B` bins by the Kullback–Leibler divergence.
///
/// The divergence is that of the last values from the reference, in nats, each bin counted half a value more than it
/// has, so that an empty bin does not make it infinite. Above the threshold (default 0.15) it orders an alert and a
/// canary (default 5 %), once; below half of the threshold it has settled and the next rise counts anew. Nothing is
/// said before `W` values. `W` is at least 10 × `B`, checked when the program is compiled: values that did not change
/// diverge by about `B` / (2 `W`) by chance, and that must stay well below the threshold.
///
/// ```
/// use gofarm_sched::drift::{Divergence, DriftEvent, Reference};
///
/// let mut learned: Vec<f32> = (0..100_u8).map(f32::from).collect();
/// let mut errors = Divergence::<50, 5>::new(Reference::of(&mut learned)?);
/// for value in (0..100_u8).step_by(2) {
///     errors.push(f32::from(value));
/// }
/// assert_eq!(errors.poll_event(), None);
/// for _ in 0..30 {
///     errors.push(99.0);
/// }
/// assert!(matches!(errors.poll_event(), Some(DriftEvent::Alerted { .. })));
/// assert_eq!(errors.poll_event(), Some(DriftEvent::CanaryStarted { share: 0.05 }));
/// assert_eq!(errors.poll_event(), None);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Divergence<const W: usize, const B: usize> {
    reference: Reference<B>,
    threshold: f32,
    canary: f32,
    /// The bins of the last values.
    recent: [u8; W],
    next: usize,
    full: bool,
    counts: [u32; B],
    skipped: u64,
    drifted: bool,
    alert: Option<f32>,
    start: bool,
    settled: Option<f32>,
}

impl<const W: usize, const B: usize> Divergence<W, B> {
    /// No values yet; threshold 0.15, canary 5 %.
    #[must_use]
    pub const fn new(reference: Reference<B>) -> Self {
        const { assert!(W >= 10 * B, "a window has at least 10 values for each bin") };
        Self {
            reference,
            threshold: 0.15,
            canary: 0.05,
            recent: [0; W],
            next: 0,
            full: false,
            counts: [0; B],
            skipped: 0,
            drifted: false,
            alert: None,
            start: false,
            settled: None,
        }
    }

    /// The divergence above which the series has drifted, in nats.
    ///
    /// # Errors
    /// It is not finite or not above 0.
    pub fn threshold(mut self, nats: f32) -> Result<Self, ConfigError> {
        if !(nats.is_finite() && nats > 0.0) {
            return Err(ConfigError::new("threshold", "finite and above 0"));
        }
        self.threshold = nats;
        Ok(self)
    }

    /// The share of the work that a canary gets, above 0 and up to 1.
    ///
    /// # Errors
    /// It is not in that range.
    pub fn canary(mut self, share: f32) -> Result<Self, ConfigError> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(ConfigError::new("canary", "above 0 and up to 1"));
        }
        self.canary = share;
        Ok(self)
    }

    /// Takes the next value; one that is not finite is left out. Drain [`poll_event`](Self::poll_event) after it.
    pub fn push(&mut self, value: f32) {
        if !value.is_finite() {
            self.skipped = self.skipped.saturating_add(1);
            return;
        }
        let bin = self.reference.bin(value);
        if let Some(place) = self.recent.get_mut(self.next) {
            let left = core::mem::replace(place, bin);
            if self.full
                && let Some(count) = self.counts.get_mut(usize::from(left))
            {
                *count = count.saturating_sub(1);
            }
        }
        if let Some(count) = self.counts.get_mut(usize::from(bin)) {
            *count += 1;
        }
        self.next = (self.next + 1) % W;
        self.full |= self.next == 0;
        if let Some(divergence) = self.divergence() {
            self.judge(divergence);
        }
    }

    /// How far the last values are from the reference, in nats, at least 0; `None` before `W` values.
    #[must_use]
    pub fn divergence(&self) -> Option<f32> {
        if !self.full {
            return None;
        }
        let share = |counts: &[u32; B]| {
            let all: f64 = counts.iter().map(|count| f64::from(*count) + 0.5).sum();
            counts.map(|count| (f64::from(count) + 0.5) / all)
        };
        let (live, reference) = (share(&self.counts), share(self.reference.counts()));
        let terms = live.iter().zip(&reference);
        let nats: f64 = terms.map(|(p, q)| p * libm::log(p / q)).sum();
        #[expect(clippy::cast_possible_truncation, reason = "at most some ten nats")]
        let nats = nats.max(0.0) as f32;
        Some(nats)
    }

    /// The next thing to be done; `None` when there is no more.
    pub fn poll_event(&mut self) -> Option<DriftEvent> {
        if let Some(divergence) = self.settled.take() {
            return Some(DriftEvent::Settled { divergence });
        }
        if let Some(divergence) = self.alert.take() {
            return Some(DriftEvent::Alerted { divergence });
        }
        let share = self.canary;
        core::mem::take(&mut self.start).then_some(DriftEvent::CanaryStarted { share })
    }

    /// Whether the last values count as drifted.
    #[must_use]
    pub const fn is_drifted(&self) -> bool {
        self.drifted
    }

    /// Compares with another reference from now on, such as that of a new training; values have to come anew.
    pub fn rebase(&mut self, reference: Reference<B>) {
        let (threshold, canary, skipped) = (self.threshold, self.canary, self.skipped);
        *self = Self {
            threshold,
            canary,
            skipped,
            ..Self::new(reference)
        };
    }

    /// How many values were not finite and left out.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    fn judge(&mut self, divergence: f32) {
        if !self.drifted && divergence > self.threshold {
            self.drifted = true;
            // What was not fetched of an earlier end is no longer true.
            self.settled = None;
            (self.alert, self.start) = (Some(divergence), true);
        } else if self.drifted && divergence < self.threshold / 2.0 {
            self.drifted = false;
            (self.alert, self.start) = (None, false);
            self.settled = Some(divergence);
        }
    }
}
