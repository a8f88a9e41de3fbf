//! A place of a table: a key, its state, and whether it is in use.

#[derive(Debug)]
pub(super) struct Place<K, T> {
    pub(super) key: K,
    pub(super) state: T,
    /// Changes with the key, so that a permit of an earlier one is known.
    pub(super) serial: u32,
    pub(super) usage: Usage,
}

impl<K, T> Place<K, T> {
    pub(super) const fn new(key: K, state: T) -> Self {
        Self {
            key,
            state,
            serial: 0,
            usage: Usage(0),
        }
    }

    pub(super) fn give(&mut self, key: K, state: T) {
        *self = Self {
            key,
            state,
            serial: self.serial.wrapping_add(1),
            usage: Usage(0),
        };
    }

    pub(super) const fn vacate(&mut self) {
        self.serial = self.serial.wrapping_add(1);
        self.usage = Usage(VACANT);
    }
}

/// How many calls are under way, and two marks, in one word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage(u32);

const TOUCHED: u32 = 1 << 31;
const VACANT: u32 = 1 << 30;
const UNDER_WAY: u32 = VACANT - 1;

impl Usage {
    /// Somebody has asked for the key.
    pub(super) const fn touch(&mut self) {
        self.0 |= TOUCHED;
    }

    /// The hand passes; whether somebody has asked since it last did.
    pub(super) const fn pass(&mut self) -> bool {
        let was_touched = self.0 & TOUCHED != 0;
        self.0 &= !TOUCHED;
        was_touched
    }

    pub(super) const fn begin(&mut self) {
        if self.0 & UNDER_WAY < UNDER_WAY {
            self.0 += 1;
        }
    }

    pub(super) const fn end(&mut self) {
        if self.is_under_way() {
            self.0 -= 1;
        }
    }

    pub(super) const fn is_under_way(self) -> bool {
        self.0 & UNDER_WAY > 0
    }

    pub(super) const fn is_vacant(self) -> bool {
        self.0 & VACANT != 0
    }
}
