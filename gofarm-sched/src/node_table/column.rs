//! One metric over all nodes: its values, and their running sums.
//!
//! Sums are kept about a *centre* near the mean, in `f64`: the sum of squares about 0 would lose the variance of
//! values that are large beside their spread. A value that leaves takes out what it brought in, so the sums drift by
//! rounding only; where they have shrunk so much that rounding could matter, or after many changes, they are computed
//! anew from the values.

use alloc::vec::Vec;

/// Sums smaller than this part of the largest since they were computed are not trusted: they were computed to a part in
/// ten million.
const LOST_DIGITS: f64 = 1.0 / 256.0;

/// What counts as no spread: this part of the mean, or what squares of `f32` do not reach.
const NO_SPREAD: f64 = 1e-6;
const SMALLEST_DEVIATION: f64 = 1e-18;

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
    /// One for each slot; the centre where none is known, which then weighs nothing.
    values: Vec<f32>,
    centre: f32,
    known: Sums,
    /// Of what is in flight to nodes where none is known: apart, since it would drown in a large centre.
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

    pub(super) const fn known(&self) -> usize {
        self.known.count
    }

    /// Sets what counts of a node: `known` where it is known, else what is in flight, before and now.
    ///
    /// Answers whether anything is different from before.
    pub(super) fn set(
        &mut self,
        slot: usize,
        (was, is): (Standing, Standing),
        known: f32,
        (before, now): (f32, f32),
    ) -> bool {
        let centre = self.centre;
        let Some(value) = self.values.get_mut(slot) else {
            return false;
        };
        let new = match is {
            Standing::Known => known,
            Standing::Absent | Standing::Missing => centre,
        };
        let old = core::mem::replace(value, new);
        match (was, is) {
            (Standing::Known, Standing::Known) => {
                if old.to_bits() == new.to_bits() {
                    return false;
                }
                self.known
                    .swap(distance(old, centre), distance(new, centre));
            }
            (Standing::Missing, Standing::Missing) => {
                if before.to_bits() == now.to_bits() {
                    return false;
                }
                self.missing.swap(f64::from(before), f64::from(now));
            }
            (Standing::Absent, Standing::Absent) => return false,
            _ => {
                match was {
                    Standing::Absent => {}
                    Standing::Missing => self.missing.remove(f64::from(before)),
                    Standing::Known => self.known.remove(distance(old, centre)),
                }
                match is {
                    Standing::Absent => {}
                    Standing::Missing => self.missing.add(f64::from(now)),
                    Standing::Known => self.known.add(distance(new, centre)),
                }
            }
        }
        self.peak = self.peak.max(self.known.squares + self.missing.squares);
        true
    }

    /// Moves the centre to the mean of the known values, 0 if there are none; `holes` are the slots without one.
    pub(super) fn recentre(&mut self, holes: impl Iterator<Item = Hole> + Clone) {
        // A centre far off costs digits: the next round starts from a better one.
        for _ in 0..3 {
            // No value is below 0, but rounding of large sums may be.
            let mean = f64::from(self.centre) + self.known_offset();
            self.move_centre(narrow(mean).max(0.0), holes.clone());
            if self.known.squares + self.missing.squares >= self.peak * LOST_DIGITS {
                return;
            }
            self.resync(holes.clone());
        }
    }

    fn move_centre(&mut self, centre: f32, holes: impl Iterator<Item = Hole>) {
        let by = f64::from(centre) - f64::from(self.centre);
        if by == 0.0 {
            return;
        }
        self.known.shift(by);
        self.centre = centre;
        for hole in holes {
            if let Some(value) = self.values.get_mut(hole.slot) {
                *value = centre;
            }
        }
    }

    /// Computes the sums anew from the values.
    pub(super) fn resync(&mut self, holes: impl Iterator<Item = Hole>) {
        self.missing = Sums::default();
        for hole in holes {
            if let Some(in_flight) = hole.in_flight {
                self.missing.add(f64::from(in_flight));
            }
        }
        if self.known.count > 0 {
            (self.known.sum, self.known.squares) = sums_about(&self.values, self.centre);
        }
        self.peak = self.known.squares + self.missing.squares;
    }

    /// The mean over all nodes, as a distance from the centre, and the variance (population).
    pub(super) fn mean_and_variance(&self) -> (f64, f64) {
        let count = self.nodes() as f64;
        if count == 0.0 {
            return (0.0, 0.0);
        }
        let (sum, variance) = self.scaled_mean_and_variance();
        (sum / count, variance / (count * count))
    }

    /// The same, times the number of nodes, and times its square.
    pub(super) fn scaled_mean_and_variance(&self) -> (f64, f64) {
        let sum = self.known.sum + self.missing.sum;
        let squares = self.known.squares + self.missing.squares;
        (sum, (self.nodes() as f64 * squares - sum * sum).max(0.0))
    }

    /// How far the mean of the known values, 0 if there are none, is from the centre.
    pub(super) fn known_offset(&self) -> f64 {
        if self.known.count == 0 {
            return -f64::from(self.centre);
        }
        self.known.sum / self.known.count as f64
    }

    /// The smallest standard deviation that tells nodes apart.
    pub(super) fn least_deviation(&self, mean: f64) -> f64 {
        ((f64::from(self.centre) + mean).abs() * NO_SPREAD).max(SMALLEST_DEVIATION)
    }
}

/// A slot without a known value, and what is in flight to the node there, if there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hole {
    pub(super) slot: usize,
    pub(super) in_flight: Option<f32>,
}

fn distance(value: f32, centre: f32) -> f64 {
    f64::from(value) - f64::from(centre)
}

/// The nearest `f32`; every caller's value is within its range.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest is what is asked for"
)]
pub(super) const fn narrow(value: f64) -> f32 {
    value as f32
}

/// Sum and sum of squares of the distances.
///
/// In `f32` within a block, which is twice as fast as `f64` and loses less than a millionth of the squares; where they
/// are too large for it, in `f64`.
fn sums_about(values: &[f32], centre: f32) -> (f64, f64) {
    let (mut sum, mut squares) = (0.0, 0.0);
    for block in values.chunks(BLOCK) {
        let (block_sum, block_squares) = block_sums(block, centre);
        sum += f64::from(block_sum);
        squares += f64::from(block_squares);
    }
    if squares.is_finite() && sum.is_finite() {
        return (sum, squares);
    }
    values.iter().fold((0.0, 0.0), |(sum, squares), value| {
        let distance = distance(*value, centre);
        (sum + distance, squares + distance * distance)
    })
}

/// Values that are added up in `f32`.
const BLOCK: usize = 512;

fn block_sums(block: &[f32], centre: f32) -> (f32, f32) {
    let sum = in_lanes(block, |value| value - centre);
    let squares = in_lanes(block, |value| (value - centre) * (value - centre));
    (sum, squares)
}

/// The sum of what becomes of each value, in sixteen lanes, so that additions do not wait for each other.
#[inline]
fn in_lanes(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += term(*value);
        }
    }
    let rest: f32 = rest.iter().map(|value| term(*value)).sum();
    sums.iter().sum::<f32>() + rest
}
