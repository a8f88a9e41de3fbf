//! One metric over all nodes: its values, and their running sums.
//!
//! Sums are kept about a *centre* near the mean, in `f64`: the sum of squares about 0 would lose the variance of
//! values that are large beside their spread. A value that leaves takes out what it brought in, so the sums drift by
//! rounding only; where they have shrunk so much that rounding could matter, or after many changes, they are computed
//! anew from the values.

use alloc::vec::Vec;

/// Sums smaller than this part of the largest since they were computed are not trusted.
const LOST_DIGITS: f64 = 1.0 / (1 << 20) as f64;

/// What counts as no spread: this part of the mean.
const NO_SPREAD: f64 = 1e-6;
const SMALLEST_DEVIATION: f64 = 1e-30;

/// How a node stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// No node is there.
    Absent,
    /// The node counts as average, plus what is in flight.
    Missing,
    /// The node's own value counts.
    Known,
}

/// Count, sum and sum of squares of distances from a centre.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    count: usize,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, distance: f64) {
        self.count += 1;
        self.sum += distance;
        self.squares += distance * distance;
    }

    fn remove(&mut self, distance: f64) {
        self.count = self.count.saturating_sub(1);
        self.sum -= distance;
        self.squares -= distance * distance;
        if self.count == 0 {
            *self = Self::default();
        }
    }

    fn swap(&mut self, old: f64, new: f64) {
        self.sum += new - old;
        self.squares += new * new - old * old;
    }

    /// The same values about a centre that lies `by` higher.
    fn shift(&mut self, by: f64) {
        let count = self.count as f64;
        self.squares += by * (count * by - 2.0 * self.sum);
        self.sum -= count * by;
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Column {
    /// One for each slot; the centre, plus what is in flight, where none is known.
    values: Vec<f32>,
    centre: f32,
    known: Sums,
    missing: Sums,
    /// The largest sum of squares since the sums were computed from the values.
    peak: f64,
}

impl Column {
    pub(super) fn push_absent(&mut self) {
        self.values.push(self.centre);
    }

    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    pub(super) fn value(&self, slot: usize) -> f32 {
        self.values.get(slot).copied().unwrap_or(self.centre)
    }

    pub(super) const fn centre(&self) -> f32 {
        self.centre
    }

    pub(super) const fn nodes(&self) -> usize {
        self.known.count + self.missing.count
    }

    pub(super) const fn missing(&self) -> usize {
        self.missing.count
    }

    /// Sets a node's value; `extra` is what is in flight, `measured` counts for [`Standing::Known`] only.
    ///
    /// Answers whether anything is different from before.
    pub(super) fn set(
        &mut self,
        slot: usize,
        (was, is): (Standing, Standing),
        measured: f32,
        extra: f32,
    ) -> bool {
        let centre = self.centre;
        let Some(value) = self.values.get_mut(slot) else {
            return false;
        };
        let new = match is {
            Standing::Absent => centre,
            Standing::Missing => bounded(centre + extra),
            Standing::Known => bounded(measured + extra),
        };
        if was == is && new.to_bits() == value.to_bits() {
            return false;
        }
        let from = distance(*value, centre);
        let to = distance(new, centre);
        *value = new;
        match (was, is) {
            (Standing::Known, Standing::Known) => self.known.swap(from, to),
            (Standing::Missing, Standing::Missing) => self.missing.swap(from, to),
            _ => {
                match was {
                    Standing::Absent => {}
                    Standing::Missing => self.missing.remove(from),
                    Standing::Known => self.known.remove(from),
                }
                match is {
                    Standing::Absent => {}
                    Standing::Missing => self.missing.add(to),
                    Standing::Known => self.known.add(to),
                }
            }
        }
        self.peak = self.peak.max(self.known.squares + self.missing.squares);
        true
    }

    /// Moves the centre to the mean of the known values; `missing` gives the slots without one, absent ones too.
    pub(super) fn recentre(&mut self, missing: impl Iterator<Item = Hole> + Clone) {
        // A centre far off costs digits: the second round starts from a better one.
        for _ in 0..3 {
            let count = self.known.count as f64;
            if self.known.count > 0 {
                let by = self.known.sum / count;
                self.move_centre(narrow(f64::from(self.centre) + by), missing.clone());
            }
            if self.known.squares + self.missing.squares >= self.peak * LOST_DIGITS {
                return;
            }
            self.resync(missing.clone());
        }
    }

    fn move_centre(&mut self, centre: f32, missing: impl Iterator<Item = Hole>) {
        let by = f64::from(centre) - f64::from(self.centre);
        if by == 0.0 {
            return;
        }
        self.known.shift(by);
        self.centre = centre;
        self.missing = Sums::default();
        for hole in missing {
            self.fill(hole);
        }
    }

    fn fill(&mut self, hole: Hole) {
        let Some(value) = self.values.get_mut(hole.slot) else {
            return;
        };
        if hole.absent {
            *value = self.centre;
        } else {
            *value = bounded(self.centre + hole.extra);
            self.missing.add(distance(*value, self.centre));
        }
    }

    /// Computes the sums anew from the values.
    pub(super) fn resync(&mut self, missing: impl Iterator<Item = Hole>) {
        self.missing = Sums::default();
        for hole in missing {
            self.fill(hole);
        }
        let (sum, squares) = sums_about(&self.values, self.centre);
        if self.known.count > 0 {
            self.known.sum = sum - self.missing.sum;
            self.known.squares = squares - self.missing.squares;
        }
        self.peak = squares;
    }

    /// The mean over all nodes, as a distance from the centre, and the variance (population).
    pub(super) fn mean_and_variance(&self) -> (f64, f64) {
        let count = self.nodes() as f64;
        if count == 0.0 {
            return (0.0, 0.0);
        }
        let mean = (self.known.sum + self.missing.sum) / count;
        let squares = (self.known.squares + self.missing.squares) / count;
        (mean, (squares - mean * mean).max(0.0))
    }

    /// How far the mean of the known values is from the centre; 0 where none is known.
    pub(super) fn known_offset(&self) -> f64 {
        if self.known.count == 0 {
            return 0.0;
        }
        self.known.sum / self.known.count as f64
    }

    /// The smallest standard deviation that tells nodes apart.
    pub(super) fn least_deviation(&self, mean: f64) -> f64 {
        ((f64::from(self.centre) + mean).abs() * NO_SPREAD).max(SMALLEST_DEVIATION)
    }
}

/// A slot without a known value, and what is in flight there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hole {
    pub(super) slot: usize,
    pub(super) absent: bool,
    pub(super) extra: f32,
}

fn distance(value: f32, centre: f32) -> f64 {
    f64::from(value) - f64::from(centre)
}

/// Sums of values that are finite each may not be.
fn bounded(value: f32) -> f32 {
    value.min(f32::MAX)
}

/// The nearest `f32`; every caller's value is within its range.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest is what is asked for"
)]
pub(super) const fn narrow(value: f64) -> f32 {
    value as f32
}

/// Sum and sum of squares of the distances; in eight lanes, so that additions do not wait for each other.
fn sums_about(values: &[f32], centre: f32) -> (f64, f64) {
    const LANES: usize = 8;
    let centre = f64::from(centre);
    let mut sums = [0.0_f64; LANES];
    let mut squares = [0.0_f64; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            let distance = f64::from(chunk[lane]) - centre;
            sums[lane] += distance;
            squares[lane] += distance * distance;
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        let distance = f64::from(*value) - centre;
        sums[lane] += distance;
        squares[lane] += distance * distance;
    }
    (sums.iter().sum(), squares.iter().sum())
}
