//! [`TimeWindow`]: the last N slots of time.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::sorted::Sorted;
use crate::ConfigError;

/// What a slot makes of several values; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Fold {
    /// The value that was pushed last.
    Last,
    /// The greatest.
    Max,
    /// Their mean.
    Mean,
}

/// One value for each of the last N slots of time; slots in which nothing came are empty, and count for nothing.
///
/// The default, [`TimeWindow::default`], is the preset for loads: 100 slots of 100 ms, each with the greatest value of its
/// time. A slot belongs to the window while it or one of the N − 1 after it is the current one, so the window reaches back
/// between N − 1 and N slot times. Quantiles are those of the slots' values, each slot counting once: exact for one value
/// a slot, and not the quantile of all values where a slot has made one of many.
///
/// Takes 10 bytes for each slot.
///
/// ```
/// use gofarm_core::time::{Instant, millis, secs};
/// use gofarm_sched::window::TimeWindow;
///
/// let mut window = TimeWindow::default();
/// let start = Instant::from_secs(60);
/// for sample in 0..50_u8 {
///     window.push(start + millis(200) * u32::from(sample), f32::from(sample));
/// }
/// let end = start + secs(10);
/// assert_eq!(window.quantile(end, 0.95), Some(46.6)); // sample 0 has just left
/// assert_eq!(window.quantile(end + secs(20), 0.95), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TimeWindow<const N: usize> {
    slot_micros: u64,
    fold: Fold,
    /// The value of a slot, where it has one.
    values: [f32; N],
    /// How many values a slot has made one of; 0 for an empty slot.
    counts: [u16; N],
    /// The number of the current slot since the clock's start.
    current: u64,
    sorted: Sorted<N>,
    skipped: u64,
    late: u64,
}

impl<const N: usize> TimeWindow<N> {
    /// N slots of this length, without values; N is at least 1.
    ///
    /// # Errors
    /// The slot is shorter than 1 µs.
    pub const fn new(slot: Duration, fold: Fold) -> Result<Self, ConfigError> {
        let micros = slot.as_micros();
        if micros == 0 {
            return Err(ConfigError::new("slot", "at least 1 µs"));
        }
        // Longer than the clock runs is one slot for ever.
        let micros = if micros > u64::MAX as u128 {
            u64::MAX
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "compared above")]
            let micros = micros as u64;
            micros
        };
        Ok(Self::with_slot(micros, fold))
    }

    const fn with_slot(slot_micros: u64, fold: Fold) -> Self {
        const { assert!(N > 0, "a window has at least one slot") };
        Self {
            slot_micros,
            fold,
            values: [0.0; N],
            counts: [0; N],
            current: 0,
            sorted: Sorted::new(),
            skipped: 0,
            late: 0,
        }
    }

    /// Takes in a value of the time `at`; NaN and infinities are skipped and counted.
    ///
    /// A value that comes late goes to the slot of its time; one that is older than the window is left out, and counted.
    pub fn push(&mut self, at: Instant, value: f32) {
        if !value.is_finite() {
            self.skipped += 1;
            return;
        }
        let number = at.as_micros() / self.slot_micros;
        self.advance_to(number);
        if self.current - number >= N as u64 {
            self.late += 1;
            return;
        }
        let place = Self::place(number);
        let (Some(slot), Some(count)) = (self.values.get_mut(place), self.counts.get_mut(place))
        else {
            return;
        };
        let value = value + 0.0; // -0 is 0
        if *count == 0 {
            *slot = value;
            *count = 1;
            self.sorted.insert(value);
            return;
        }
        *count = count.saturating_add(1);
        let new = match self.fold {
            Fold::Last => value,
            Fold::Max => slot.max(value),
            // Either term may be as large as f32 goes, their difference larger.
            Fold::Mean => *slot + (value / f32::from(*count) - *slot / f32::from(*count)),
        };
        let old = core::mem::replace(slot, new);
        if old != new {
            self.sorted.replace(old, new);
        }
    }

    /// Lets go of what has left the window by `now`; questions do so by themselves. An earlier instant does nothing.
    pub fn advance(&mut self, now: Instant) {
        self.advance_to(now.as_micros() / self.slot_micros);
    }

    /// The quantile of the slots at `now`, for a part from 0 to 1, interpolated; `None` of nothing, or if the part is
    /// something else.
    pub fn quantile(&mut self, now: Instant, part: f32) -> Option<f32> {
        self.advance(now);
        self.sorted.quantile(part)
    }

    /// The slots' values at `now`, in ascending order.
    pub fn sorted(&mut self, now: Instant) -> &[f32] {
        self.advance(now);
        self.sorted.as_slice()
    }

    /// The slots at `now`, oldest first and the current one last; `None` for an empty one.
    pub fn slots(&mut self, now: Instant) -> impl Iterator<Item = Option<f32>> {
        self.advance(now);
        let oldest = Self::place(self.current) + 1;
        let (young, old) = (&self.values[..oldest], &self.values[oldest..]);
        let (young_counts, old_counts) = (&self.counts[..oldest], &self.counts[oldest..]);
        let values = old.iter().chain(young);
        let counts = old_counts.iter().chain(young_counts);
        values
            .zip(counts)
            .map(|(value, count)| (*count > 0).then_some(*value))
    }

    /// How many values were not finite, and left out, since it was made.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How many values came later than the window reaches back, and were left out, since it was made.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }

    fn place(number: u64) -> usize {
        // Below N.
        usize::try_from(number % N as u64).unwrap_or(0)
    }

    fn advance_to(&mut self, number: u64) {
        if number <= self.current {
            return;
        }
        if number - self.current >= N as u64 {
            self.counts = [0; N];
            self.sorted.clear();
            self.current = number;
            return;
        }
        while self.current < number {
            self.current += 1;
            let place = Self::place(self.current);
            if let (Some(value), Some(count)) = (self.values.get(place), self.counts.get_mut(place))
                && core::mem::take(count) > 0
            {
                self.sorted.remove(*value);
            }
        }
    }
}

impl Default for TimeWindow<100> {
    /// 100 slots of 100 ms, each with the greatest value of its time.
    fn default() -> Self {
        Self::with_slot(100_000, Fold::Max)
    }
}
