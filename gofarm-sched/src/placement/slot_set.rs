//! [`SlotSet`]: some of the slots, a bit for each.

use alloc::vec::Vec;

#[derive(Clone, Debug, Default)]
pub(super) struct SlotSet {
    words: Vec<u64>,
    len: usize,
}

impl SlotSet {
    pub(super) const fn new() -> Self {
        Self {
            words: Vec::new(),
            len: 0,
        }
    }

    /// Makes room for so many slots.
    pub(super) fn grow_to(&mut self, slots: usize) {
        self.words.resize(slots.div_ceil(64), 0);
    }

    /// Whether it was not so before; there is no room for a slot beyond the last one.
    pub(super) fn set(&mut self, slot: usize, is_in: bool) -> bool {
        let Some(word) = self.words.get_mut(slot / 64) else {
            return false;
        };
        let bit = 1 << (slot % 64);
        match (*word & bit != 0, is_in) {
            (false, true) => self.len += 1,
            (true, false) => self.len -= 1,
            _ => return false,
        }
        *word ^= bit;
        true
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        let words = (0_u32..).zip(&self.words).filter(|(_, bits)| **bits != 0);
        words.flat_map(|(word, bits)| {
            let mut left = *bits;
            core::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(word * 64 + bit)
            })
        })
    }
}
