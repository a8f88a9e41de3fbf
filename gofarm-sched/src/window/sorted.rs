//! Up to N finite values in ascending order.

#[derive(Clone, Copy, Debug)]
pub(super) struct Sorted<const N: usize> {
    values: [f32; N],
    len: usize,
}

impl<const N: usize> Sorted<N> {
    pub(super) const fn new() -> Self {
        Self {
            values: [0.0; N],
            len: 0,
        }
    }

    pub(super) fn as_slice(&self) -> &[f32] {
        self.values.get(..self.len).unwrap_or(&[])
    }

    fn place(&self, value: f32) -> usize {
        self.as_slice().partition_point(|v| *v < value)
    }

    /// Puts a value in; there must be room.
    pub(super) fn insert(&mut self, value: f32) {
        let at = self.place(value);
        if self.len < N {
            self.values.copy_within(at..self.len, at + 1);
            self.values[at] = value;
            self.len += 1;
        }
    }

    /// Takes a value out that was put in.
    pub(super) fn remove(&mut self, value: f32) {
        let at = self.place(value);
        if at < self.len {
            self.values.copy_within(at + 1..self.len, at);
            self.len -= 1;
        }
    }

    /// Takes a value out and puts another one in: only what lies between them moves.
    pub(super) fn replace(&mut self, old: f32, new: f32) {
        let (from, to) = (self.place(old), self.place(new));
        if from >= self.len {
            return;
        }
        if to > from {
            // The place that becomes free lies before.
            self.values.copy_within(from + 1..to, from);
            self.values[to - 1] = new;
        } else {
            self.values.copy_within(to..from, to + 1);
            self.values[to] = new;
        }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// The quantile, interpolated; `None` of nothing, or if `part` is not in 0..=1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the length, cut on purpose; the result lies between two f32"
    )]
    pub(super) fn quantile(&self, part: f32) -> Option<f32> {
        if !(0.0..=1.0).contains(&part) {
            return None;
        }
        let values = self.as_slice();
        let last = values.len().checked_sub(1)?;
        let place = f64::from(part) * last as f64;
        let below = (place as usize).min(last);
        let low = f64::from(*values.get(below)?);
        let high = f64::from(*values.get((below + 1).min(last))?);
        Some((low + (high - low) * (place - below as f64)) as f32)
    }
}
