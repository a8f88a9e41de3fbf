//! Which frames came: what acknowledgements say.

/// The last 128 frame numbers, merged and durable.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Received {
    /// The greatest number seen; bit `i` of both sets stands for `largest - i`.
    largest: u64,
    merged: u128,
    durable: u128,
}

impl Received {
    /// Notes that all of a frame was merged, or that nothing had to be.
    pub(super) fn note(&mut self, number: u64) {
        if number > self.largest {
            let by = u32::try_from(number.saturating_sub(self.largest)).unwrap_or(u32::MAX);
            self.merged = self.merged.checked_shl(by).unwrap_or(0);
            self.durable = self.durable.checked_shl(by).unwrap_or(0);
            self.largest = number;
        }
        let back = self.largest.saturating_sub(number);
        let bit = u32::try_from(back)
            .ok()
            .and_then(|by| 1_u128.checked_shl(by));
        self.merged |= bit.unwrap_or(0);
    }

    /// All that was merged is durable now.
    pub(super) const fn settle(&mut self) {
        self.durable = self.merged;
    }

    /// The greatest number to acknowledge, and those before it: bit `i` stands for it less `1 + i`.
    pub(super) fn acknowledged(&self) -> Option<(u64, u128)> {
        let back = self.durable.trailing_zeros();
        let before = self.durable.checked_shr(back)?;
        Some((self.largest.saturating_sub(u64::from(back)), before >> 1))
    }
}

/// Whether an acknowledgement of `largest` and `before` speaks of a frame.
pub(super) fn speaks_of((largest, before): (u64, u128), number: u64) -> bool {
    let Some(back) = largest.checked_sub(number) else {
        return false;
    };
    back == 0
        || u32::try_from(back.saturating_sub(1))
            .ok()
            .and_then(|by| before.checked_shr(by))
            .is_some_and(|rest| rest & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledges_what_came_and_is_durable_and_nothing_else() {
        let mut received = Received::default();
        assert_eq!(received.acknowledged(), None);
        for number in [3, 1, 9, 130, 131] {
            received.note(number);
        }
        assert_eq!(received.acknowledged(), None);
        received.settle();
        received.note(133);
        let acknowledged = received.acknowledged().unwrap();
        let spoken: Vec<u64> = (0..200).filter(|n| speaks_of(acknowledged, *n)).collect();
        assert_eq!(spoken, [9, 130, 131], "1 and 3 are out of the window");
    }
}
