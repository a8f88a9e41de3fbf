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
            let by = number.saturating_sub(self.largest);
            self.merged = up(self.merged, by);
            self.durable = up(self.durable, by);
            self.largest = number;
        }
        self.merged |= up(1, self.largest.saturating_sub(number));
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
    back == 0 || before & up(1, back.saturating_sub(1)) != 0
}

/// 128 bits moved up by so many places.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn up(bits: u128, by: u64) -> u128 {
    u32::try_from(by)
        .ok()
        .and_then(|by| bits.checked_shl(by))
        .unwrap_or(0)
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
