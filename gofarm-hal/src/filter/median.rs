//! [`Median`]: the middle one of the last readings.

/// The median of the last `N` readings; `N` is odd.
///
/// A run of at most `N / 2` bad readings (one of 3, two of 5) does not change the median by more than the good ones
/// differ. A step is passed on after `N / 2 + 1` readings. It is exact: the result is one of the readings, in their own
/// unit and type. Before `N` of them have come it is the lower middle one of what has.
///
/// **NaN** is not taken in: the answer to it is the median of the readings before, and the oldest stays. Infinities are
/// numbers like others.
///
/// Each reading costs a search and a shift in `N` places.
///
/// ```
/// use gofarm_hal::filter::Median;
///
/// let mut level: Median<f32, 5> = Median::new();
/// assert_eq!(level.push(f32::NAN), None);
/// assert_eq!(level.push(1.25), Some(1.25));
/// assert_eq!(level.push(f32::NAN), Some(1.25));
/// level.clear();
/// assert_eq!(level.median(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median<T, const N: usize> {
    /// By age: `next` is where the next one goes, the oldest place once all are filled.
    readings: [Option<T>; N],
    next: usize,
    /// The same by size, `len` of them.
    sorted: [Option<T>; N],
    len: usize,
}

impl<T: Copy + PartialOrd, const N: usize> Median<T, N> {
    /// A filter that has seen nothing; one of an even number does not compile.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N % 2 == 1, "the median of an even number is no reading") };
        Self {
            readings: [None; N],
            next: 0,
            sorted: [None; N],
            len: 0,
        }
    }

    /// Takes a reading in and gives the median; `None` before the first that is a number.
    #[expect(clippy::eq_op, reason = "what is not equal to itself is not a number")]
    pub fn push(&mut self, reading: T) -> Option<T> {
        if reading == reading {
            let oldest = self
                .readings
                .get_mut(self.next)
                .and_then(|place| place.replace(reading));
            self.next = (self.next + 1) % N;
            if let Some(oldest) = oldest {
                self.remove(oldest);
            }
            self.insert(reading);
        }
        self.median()
    }

    /// The median of what was taken in.
    #[must_use]
    pub fn median(&self) -> Option<T> {
        let middle = self.len.checked_sub(1)? / 2;
        self.sorted.get(middle).copied().flatten()
    }

    /// How many readings it is of, 0 to `N`.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether it has seen nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets all, as after a gap in which the readings may have moved on.
    pub const fn clear(&mut self) {
        *self = Self::new();
    }

    fn remove(&mut self, reading: T) {
        let is_it = |place: &Option<T>| place.is_some_and(|sorted| sorted == reading);
        let found = self.sorted.iter().position(is_it);
        if let Some(rest) = found.and_then(|at| self.sorted.get_mut(at..)) {
            rest.rotate_left(1);
            self.len -= 1;
        }
        if let Some(free) = self.sorted.get_mut(self.len) {
            *free = None;
        }
    }

    fn insert(&mut self, reading: T) {
        let is_lower = |place: &Option<T>| place.is_some_and(|sorted| sorted <= reading);
        let at = self.sorted.partition_point(is_lower);
        if let Some(rest) = self.sorted.get_mut(at..) {
            rest.rotate_right(1);
            if let Some(first) = rest.first_mut() {
                *first = Some(reading);
                self.len += 1;
            }
        }
    }
}

impl<T: Copy + PartialOrd, const N: usize> Default for Median<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_is_dropped_and_a_step_passed_on() {
        let mut filter: Median<i32, 5> = Median::new();
        let input = [5, 5, 5, 999, -999, 5, 5, 8, 8, 8, 8];
        let output = input.map(|reading| filter.push(reading).unwrap());
        assert_eq!(output, [5, 5, 5, 5, 5, 5, 5, 5, 5, 8, 8]);
    }

    #[test]
    fn zeros_of_both_signs_and_infinities_keep_their_number() {
        let mut filter: Median<f32, 3> = Median::new();
        for reading in [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0] {
            let _ = filter.push(reading);
        }
        assert_eq!(filter.len(), 3);
        assert_eq!(filter.median(), Some(1.0));
    }
}
