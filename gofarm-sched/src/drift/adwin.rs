//! [`Adwin`]: a window that is as long as the values are alike.

use super::Direction;
use crate::ConfigError;

/// Buckets of one size before the two oldest are merged.
const BUCKETS: usize = 5;
/// Cuts are tried once for so many values.
const CLOCK: u32 = 32;
/// No cut is tried in a window up to this.
const GRACE: f64 = 10.0;
/// Neither side of a cut is shorter.
const SIDE: f64 = 5.0;

/// ADWIN: the mean of a series over a window that drops its older part when that part had another mean.
///
/// The window is an exponential histogram: buckets of 1, 2, 4 .. values, at most 5 of each size, with sum and
/// variance; so `ROWS` sizes remember up to 5 × (2^`ROWS` - 1) values in 104 bytes each, and beyond that the oldest
/// bucket leaves. Each 32 values every cut between buckets is tried: where the means on both sides differ by more
/// than chance explains (at `delta`), the older side leaves. Bifet and Gavaldà, Learning from time-changing data with
/// adaptive windowing, 2007; checked against river's window, step by step.
///
/// The bound supposes values of about unit range: scale a series so that its usual values lie within 0..=1 or so, and
/// cut absurd ones, because while one is in the window its variance hides every change.
///
/// ```
/// use gofarm_sched::drift::{Adwin, Direction};
///
/// let mut share = Adwin::<12>::new();
/// assert!((0..500).all(|_| share.push(0.2).is_none()));
/// let change = (0..100).find_map(|i| share.push(0.9).map(|direction| (i, direction)));
/// assert_eq!(change, Some((43, Direction::Up)));
/// assert!(share.width() < 100);
/// ```
#[derive(Clone, Debug)]
pub struct Adwin<const ROWS: usize> {
    delta: f64,
    /// Buckets of 2^row values, in each row the oldest first.
    rows: [Row; ROWS],
    sum: f64,
    /// Sum of squared distances to the mean.
    squares: f64,
    width: u64,
    tick: u32,
    skipped: u64,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    /// One more than stay, for the time until two are merged.
    buckets: [Bucket; BUCKETS + 1],
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    sum: f64,
    squares: f64,
}

impl Row {
    const EMPTY: Self = Self {
        buckets: [Bucket {
            sum: 0.0,
            squares: 0.0,
        }; BUCKETS + 1],
        len: 0,
    };

    fn push(&mut self, bucket: Bucket) {
        if let Some(place) = self.buckets.get_mut(self.len) {
            *place = bucket;
            self.len += 1;
        }
    }

    fn pop_oldest(&mut self) -> Option<Bucket> {
        let oldest = *self.buckets.first().filter(|_| self.len > 0)?;
        self.buckets.rotate_left(1);
        self.len -= 1;
        Some(oldest)
    }

    fn iter(&self) -> impl Iterator<Item = &Bucket> {
        self.buckets.iter().take(self.len)
    }
}

impl<const ROWS: usize> Adwin<ROWS> {
    /// An empty window; `delta` is 0.002.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(
                ROWS >= 1 && ROWS <= 48,
                "a window has 1 to 48 sizes of buckets"
            )
        };
        Self {
            delta: 0.002,
            rows: [Row::EMPTY; ROWS],
            sum: 0.0,
            squares: 0.0,
            width: 0,
            tick: 0,
            skipped: 0,
        }
    }

    /// The chance of a cut where nothing changed, above 0 and below 1; default 0.002.
    ///
    /// # Errors
    /// It is not in that range.
    pub fn delta(mut self, chance: f64) -> Result<Self, ConfigError> {
        if !(chance > 0.0 && chance < 1.0) {
            return Err(ConfigError::new("delta", "above 0 and below 1"));
        }
        self.delta = chance;
        Ok(self)
    }

    /// Takes the next value; says where the mean went if older values left for being different.
    pub fn push(&mut self, value: f32) -> Option<Direction> {
        if !value.is_finite() {
            self.skipped = self.skipped.saturating_add(1);
            return None;
        }
        self.insert(f64::from(value));
        self.tick = (self.tick + 1) % CLOCK;
        if self.tick != 0 || number(self.width) <= GRACE {
            return None;
        }
        let mut detected = None;
        while let Some(direction) = self.cut() {
            detected = Some(direction);
            self.drop_oldest();
        }
        detected
    }

    /// The mean of the window, in the unit of the series; 0 before the first value.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / number(self.width.max(1))
    }

    /// The variance of the window, in the square of the unit of the series.
    #[must_use]
    pub fn variance(&self) -> f64 {
        self.squares.max(0.0) / number(self.width.max(1))
    }

    /// How many values are in the window.
    #[must_use]
    pub const fn width(&self) -> u64 {
        self.width
    }

    /// How many values were not finite and left out.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    fn insert(&mut self, value: f64) {
        if self.width > 0 {
            let before = number(self.width);
            let distance = value - self.sum / before;
            self.squares += before * distance * distance / (before + 1.0);
        }
        self.width += 1;
        self.sum += value;
        let mut carried = Bucket {
            sum: value,
            squares: 0.0,
        };
        for row in 0..ROWS {
            let Some(buckets) = self.rows.get_mut(row) else {
                return;
            };
            buckets.push(carried);
            if buckets.len <= BUCKETS {
                return;
            }
            if row + 1 == ROWS {
                self.drop_oldest();
                return;
            }
            let (Some(a), Some(b)) = (buckets.pop_oldest(), buckets.pop_oldest()) else {
                return;
            };
            let size = size(row);
            let apart = a.sum / size - b.sum / size;
            carried = Bucket {
                sum: a.sum + b.sum,
                squares: a.squares + b.squares + size * 0.5 * apart * apart,
            };
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = self.rows.iter().rposition(|row| row.len > 0);
        let Some(row) = oldest else { return };
        let popped = self.rows.get_mut(row).and_then(Row::pop_oldest);
        if popped.is_none() {
            return;
        }
        self.width = self.width.saturating_sub(1 << row);
        self.add_up();
    }

    /// Sum and squares from the buckets: subtracting what left would keep its rounding error for ever.
    fn add_up(&mut self) {
        let (mut sum, mut squares, mut width) = (0.0, 0.0, 0.0);
        for (row, buckets) in self.rows.iter().enumerate().rev() {
            let size = size(row);
            for bucket in buckets.iter() {
                squares += bucket.squares;
                if width > 0.0 {
                    let apart = sum / width - bucket.sum / size;
                    squares += width * size * apart * apart / (width + size);
                }
                sum += bucket.sum;
                width += size;
            }
        }
        (self.sum, self.squares) = (sum, squares);
    }

    /// Where the mean went at the oldest cut whose sides differ by more than chance.
    fn cut(&self) -> Option<Direction> {
        let width = number(self.width);
        let confidence = libm::log(2.0 * libm::log(width) / self.delta);
        let variance = self.variance();
        let (mut older, mut older_sum) = (0.0, 0.0);
        for (row, buckets) in self.rows.iter().enumerate().rev() {
            for bucket in buckets.iter() {
                older += size(row);
                older_sum += bucket.sum;
                let newer = width - older;
                if older < SIDE || newer < SIDE {
                    continue;
                }
                let apart = (self.sum - older_sum) / newer - older_sum / older;
                let harmonic = 1.0 / (older - SIDE + 1.0) + 1.0 / (newer - SIDE + 1.0);
                let chance = libm::sqrt(2.0 * harmonic * variance * confidence)
                    + 2.0 / 3.0 * confidence * harmonic;
                if apart.abs() > chance {
                    return Some(if apart > 0.0 {
                        Direction::Up
                    } else {
                        Direction::Down
                    });
                }
            }
        }
        None
    }
}

impl<const ROWS: usize> Default for Adwin<ROWS> {
    fn default() -> Self {
        Self::new()
    }
}

/// Values in a bucket of a row.
fn size(row: usize) -> f64 {
    number(1 << row)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "windows are far below 2^53 values"
)]
const fn number(count: u64) -> f64 {
    count as f64
}
