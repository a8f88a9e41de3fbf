//! [`Recent`]: the last inputs, holes included.

/// The last `W` inputs in the order of their coming; a hole is NaN.
#[derive(Clone, Debug)]
pub(super) struct Recent<const W: usize> {
    values: [f32; W],
    /// Where the next input goes: the oldest one, once all places are taken.
    next: usize,
    len: usize,
    present: usize,
    skipped: u64,
}

impl<const W: usize> Recent<W> {
    pub(super) const fn new() -> Self {
        const { assert!(W >= 2, "a window holds at least 2 inputs") };
        Self {
            values: [f32::NAN; W],
            next: 0,
            len: 0,
            present: 0,
            skipped: 0,
        }
    }

    /// Takes an input; returns the value that left, `None` if it was a hole or nothing had to leave.
    pub(super) fn push(&mut self, input: f32) -> Option<f32> {
        let old = self.values.get(self.next).copied().unwrap_or(f32::NAN);
        let (left, input) = if input.is_finite() {
            self.present += 1;
            (old, input)
        } else {
            self.skipped = self.skipped.saturating_add(1);
            (old, f32::NAN)
        };
        if let Some(place) = self.values.get_mut(self.next) {
            *place = input;
        }
        self.next = (self.next + 1) % W;
        self.len = (self.len + 1).min(W);
        if left.is_nan() {
            return None;
        }
        self.present -= 1;
        Some(left)
    }

    /// The input at a place, 0 the oldest; `None` for a hole or beyond the newest.
    pub(super) fn get(&self, place: usize) -> Option<f32> {
        if place >= self.len {
            return None;
        }
        let start = if self.len == W { self.next } else { 0 };
        self.values
            .get((start + place) % W)
            .copied()
            .filter(|value| !value.is_nan())
    }

    /// All inputs, the oldest first; a hole is NaN.
    pub(super) fn iter(&self) -> impl Iterator<Item = f32> + '_ {
        // Places that were never filled hold NaN and lie behind `next`: they must not come first.
        let (newer, older) = self.values.split_at(self.next);
        let older = if self.len == W { older } else { &[] };
        older.iter().chain(newer).copied()
    }

    /// The values that are there, in the order of their coming.
    pub(super) fn present(&self) -> impl Iterator<Item = f32> + '_ {
        self.iter().filter(|value| !value.is_nan())
    }

    /// How many values are there, holes not counted.
    pub(super) const fn count(&self) -> usize {
        self.present
    }

    /// How many inputs are there, holes counted.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_full(&self) -> bool {
        self.len == W
    }

    pub(super) const fn skipped(&self) -> u64 {
        self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_take_a_place_and_are_no_values() {
        let mut recent = Recent::<3>::new();
        assert_eq!(recent.push(1.0), None);
        assert_eq!(recent.push(f32::INFINITY), None);
        assert_eq!((recent.count(), recent.is_full()), (1, false));
        assert_eq!(recent.push(3.0), None);
        assert_eq!(recent.push(4.0), Some(1.0));
        assert_eq!(recent.push(5.0), None);
        assert_eq!(recent.present().collect::<Vec<_>>(), [3.0, 4.0, 5.0]);
        assert_eq!(
            (recent.get(0), recent.get(2), recent.get(3)),
            (Some(3.0), Some(5.0), None)
        );
        assert_eq!((recent.skipped(), recent.is_full()), (1, true));
    }
}
