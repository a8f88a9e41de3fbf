//! What is known of one node: measured values with their times, what is in flight, and what has ended.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::column::narrow;
use crate::load::{Load, Metric};

/// Loads in flight are added up in whole numbers of this part of a unit, so that what comes in goes out without a
/// trace; and each counts as at most [`MOST`] units.
const PARTS: f64 = (1_u64 << 30) as f64;
const MOST: f32 = (1 << 20) as f32;

#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// NaN where never measured.
    measured: [f32; Metric::COUNT],
    at: [Instant; Metric::COUNT],
    in_flight: [u64; Metric::COUNT],
    ended: [u64; Metric::COUNT],
}

impl Row {
    pub(super) const EMPTY: Self = Self {
        measured: [f32::NAN; Metric::COUNT],
        at: [Instant::ZERO; Metric::COUNT],
        in_flight: [0; Metric::COUNT],
        ended: [0; Metric::COUNT],
    };

    /// Takes what the load knows, except where something newer is known; answers which metrics are known for the
    /// first time, one bit each.
    pub(super) fn measure(&mut self, load: &Load, at: Instant) -> u8 {
        let mut first = 0;
        for (k, value) in load.values().into_iter().enumerate() {
            if value.is_nan() {
                continue;
            }
            if self.measured[k].is_nan() {
                first |= 1 << k;
            } else if at < self.at[k] {
                continue;
            }
            self.measured[k] = value;
            self.at[k] = at;
        }
        first
    }

    /// What was measured, with what is in flight and without what has ended; NaN where never measured.
    pub(super) fn value(&self, k: usize) -> f32 {
        let (coming, going) = (self.in_flight[k], self.ended[k]);
        let measured = self.measured[k];
        if going == 0 {
            return (measured + self.in_flight(k)).min(f32::MAX);
        }
        let change = if coming < going {
            -((going - coming) as f64)
        } else {
            (coming - going) as f64
        };
        (measured + narrow(change / PARTS)).clamp(0.0, f32::MAX)
    }

    pub(super) const fn is_measured(&self, k: usize) -> bool {
        !self.measured[k].is_nan()
    }

    /// Which metrics were ever measured, one bit each.
    pub(super) fn measured_bits(&self) -> u8 {
        (0..Metric::COUNT).fold(0, |bits, k| bits | u8::from(self.is_measured(k)) << k)
    }

    pub(super) fn age(&self, k: usize, now: Instant) -> Option<Duration> {
        self.is_measured(k)
            .then(|| now.saturating_since(self.at[k]))
    }

    pub(super) const fn measured_at(&self, k: usize) -> Instant {
        self.at[k]
    }

    pub(super) fn add_in_flight(&mut self, load: &Load) {
        for (sum, more) in self.in_flight.iter_mut().zip(parts(load)) {
            *sum = sum.saturating_add(more);
        }
    }

    pub(super) fn remove_in_flight(&mut self, load: &Load) {
        for (sum, less) in self.in_flight.iter_mut().zip(parts(load)) {
            *sum = sum.saturating_sub(less);
        }
    }

    pub(super) fn add_ended(&mut self, load: &Load) {
        for (sum, more) in self.ended.iter_mut().zip(parts(load)) {
            *sum = sum.saturating_add(more);
        }
    }

    pub(super) fn remove_ended(&mut self, load: &Load) {
        for (sum, less) in self.ended.iter_mut().zip(parts(load)) {
            *sum = sum.saturating_sub(less);
        }
    }

    /// The last known value of each metric, however old; what is in flight alone where it was never measured.
    ///
    /// `None` where nothing was measured and nothing is in flight.
    pub(super) fn last(&self) -> Option<Load> {
        let mut last = None;
        for (k, metric) in Metric::ALL.into_iter().enumerate() {
            let value = match (self.is_measured(k), self.in_flight[k]) {
                (true, _) => self.value(k),
                (false, 0) => continue,
                (false, _) => self.in_flight(k),
            };
            last = Some(last.unwrap_or(Load::new()).with(metric, value));
        }
        last
    }

    pub(super) fn in_flight(&self, k: usize) -> f32 {
        match self.in_flight[k] {
            0 => 0.0,
            parts => narrow(parts as f64 / PARTS),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 2^50, cut to whole parts"
)]
fn parts(load: &Load) -> [u64; Metric::COUNT] {
    load.values()
        .map(|v| (f64::from(if v > 0.0 { v.min(MOST) } else { 0.0 }) * PARTS) as u64)
}
