//! [`Window`]: the last N values.

use super::sorted::Sorted;

/// The last N values, whenever they came; N is at least 1.
///
/// Takes 8 bytes for each value.
///
/// ```
/// use gofarm_sched::window::Window;
///
/// let mut window = Window::<4>::new();
/// for value in [9.0, 1.0, 2.0, f32::NAN, 3.0, 4.0] {
///     window.push(value);
/// }
/// assert_eq!(window.quantile(0.5), Some(2.5)); // of 1, 2, 3 and 4
/// assert_eq!((window.max(), window.skipped()), (Some(4.0), 1));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Window<const N: usize> {
    ring: [f32; N],
    /// Where the next value goes: the oldest, once the ring is full.
    next: usize,
    sorted: Sorted<N>,
    skipped: u64,
}

impl<const N: usize> Window<N> {
    /// Without values.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N > 0, "a window holds at least one value") };
        Self {
            ring: [0.0; N],
            next: 0,
            sorted: Sorted::new(),
            skipped: 0,
        }
    }

    /// Takes in a value, and lets go of the oldest where there is no room; NaN and infinities are skipped and counted.
    ///
    /// Answers the value that has left.
    pub fn push(&mut self, value: f32) -> Option<f32> {
        if !value.is_finite() {
            self.skipped += 1;
            return None;
        }
        let is_full = self.len() == N;
        let value = value + 0.0; // -0 is 0
        let left = core::mem::replace(self.ring.get_mut(self.next)?, value);
        self.next += 1;
        if self.next == N {
            self.next = 0;
        }
        if is_full {
            self.sorted.replace(left, value);
            Some(left)
        } else {
            self.sorted.insert(value);
            None
        }
    }

    /// The quantile for a part from 0 to 1, interpolated; `None` of nothing, or if the part is something else.
    #[must_use]
    pub fn quantile(&self, part: f32) -> Option<f32> {
        self.sorted.quantile(part)
    }

    /// The least value.
    #[must_use]
    pub fn min(&self) -> Option<f32> {
        self.sorted().first().copied()
    }

    /// The greatest value.
    #[must_use]
    pub fn max(&self) -> Option<f32> {
        self.sorted().last().copied()
    }

    /// The values in ascending order.
    #[must_use]
    pub fn sorted(&self) -> &[f32] {
        self.sorted.as_slice()
    }

    /// The values, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = f32> {
        let full = self.len() == N;
        let (young, old) = self.ring.split_at(self.next);
        let old = if full { old } else { &[] };
        old.iter().chain(young).copied()
    }

    /// How many values it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted().len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values were not finite, and left out, since it was made.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Lets go of all values; what was skipped stays counted.
    pub fn clear(&mut self) {
        self.next = 0;
        self.sorted.clear();
    }
}

impl<const N: usize> Default for Window<N> {
    fn default() -> Self {
        Self::new()
    }
}
