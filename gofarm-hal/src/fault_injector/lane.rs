//! [`Lane`]: one direction of a bad line.

use core::time::Duration;

use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use super::{FaultConfig, Injected};

/// One direction: the byte that is on its way with its noise and its double, and when it may go on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    bytes: [u8; 3],
    len: u8,
    due: Instant,
    dead_until: Instant,
}

impl Lane {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; 3],
            len: 0,
            due: Instant::ZERO,
            dead_until: Instant::ZERO,
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// When the next byte may go on.
    pub(super) fn due_at(&self) -> Option<Instant> {
        (self.len > 0).then_some(self.due)
    }

    /// The next byte, if it may go on now.
    pub(super) fn due(&self, now: Instant) -> Option<u8> {
        (self.len > 0 && self.due <= now).then_some(self.bytes[0])
    }

    /// Lets the next byte go.
    pub(super) fn pass(&mut self) {
        let [_, second, third] = self.bytes;
        self.bytes = [second, third, 0];
        self.len = self.len.saturating_sub(1);
    }

    fn put(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(usize::from(self.len)) {
            *slot = byte;
            self.len += 1;
        }
    }

    /// Decides what becomes of a byte; the lane is empty before.
    pub(super) fn enter(
        &mut self,
        byte: u8,
        now: Instant,
        config: &FaultConfig,
        random: &mut impl Random,
        injected: &mut Injected,
    ) {
        if now < self.dead_until {
            count(&mut injected.lost);
            return;
        }
        let (chance, longest) = config.outage;
        if chance.strikes(random) {
            count(&mut injected.outages);
            count(&mut injected.lost);
            self.dead_until = now + up_to(longest, random);
            return;
        }
        if config.noise.strikes(random) {
            count(&mut injected.noise);
            self.put(low_byte(random));
        }
        if config.loss.strikes(random) {
            count(&mut injected.lost);
        } else {
            let mut byte = byte;
            if config.corruption.strikes(random) {
                count(&mut injected.corrupted);
                byte ^= one_bit(random);
            }
            self.put(byte);
            if config.duplication.strikes(random) {
                count(&mut injected.duplicated);
                self.put(byte);
            }
        }
        self.due = now;
        let (chance, longest) = config.delay;
        if self.len > 0 && chance.strikes(random) {
            count(&mut injected.delayed);
            self.due = now + up_to(longest, random);
        }
    }
}

pub(super) fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

/// A byte with one bit set.
pub(super) fn one_bit(random: &mut impl Random) -> u8 {
    1_u8.rotate_left(u32::from(low_byte(random)))
}

fn low_byte(random: &mut impl Random) -> u8 {
    let [.., low] = random.below(256).to_be_bytes();
    low
}

/// A time from one microsecond to `longest`.
fn up_to(longest: Duration, random: &mut impl Random) -> Duration {
    let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random.below(micros).saturating_add(1))
}
