//! Values that are asked for when somebody reads them: [`Observation`].

use alloc::vec::Vec;
use std::sync::{Mutex, PoisonError};

use gofarm_core::observe::Label;

use super::labels::{LabelSet, Labels};
use super::series::Number;

/// What a callback hands its values to.
///
/// For a counter or an up-down counter a value is the total since the start, not what came since the last call.
///
/// See [`Registry::observable`](super::Registry::observable) for an example.
#[derive(Debug)]
pub struct Observation {
    points: Mutex<Points>,
    cardinality: usize,
}

#[derive(Debug, Default)]
struct Points {
    taken: Vec<(Labels, Number)>,
    /// Values beyond the cardinality.
    over: u64,
}

/// A function that is called at each collection.
pub(crate) type Callback = alloc::boxed::Box<dyn Fn(&Observation) + Send + Sync>;

impl Observation {
    pub(crate) fn new(cardinality: usize) -> Self {
        Self {
            points: Mutex::default(),
            cardinality,
        }
    }

    /// The present value for those labels, in the instrument's unit; of several for the same labels the last one counts.
    pub fn set(&self, value: f64, labels: &[Label<'_>]) {
        self.take(Number::Double(value), labels);
    }

    /// The present whole number for those labels; of several for the same labels the last one counts.
    pub fn set_whole(&self, value: i64, labels: &[Label<'_>]) {
        self.take(Number::Int(value), labels);
    }

    pub(crate) fn take<L: LabelSet + ?Sized>(&self, number: Number, labels: &L) {
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        // Twice the cardinality: some may be the same labels again, which `finish` sorts out.
        if points.taken.len() >= self.cardinality.saturating_mul(2) {
            points.over += 1;
        } else {
            points.taken.push((Labels::of(labels), number));
        }
    }

    /// One value for each set of labels, sorted, and how many were too many.
    pub(crate) fn finish(self) -> (Vec<(Labels, Number)>, u64) {
        let points = self
            .points
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let (mut taken, mut over) = (points.taken, points.over);
        taken.reverse();
        taken.sort_by(|a, b| a.0.cmp(&b.0));
        taken.dedup_by(|earlier, last| earlier.0 == last.0);
        over += taken.len().saturating_sub(self.cardinality) as u64;
        taken.truncate(self.cardinality);
        (taken, over)
    }
}
