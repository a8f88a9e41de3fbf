//! The word that admits: the limit, with a fraction, and the calls under way.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::{Bounds, LimitPermit};
use crate::memory::{Memory, Word};
use crate::policy::{Reason, Rejected};

/// The largest limit.
pub(super) const LIMIT_MAX: u32 = 65_535;

/// A limit of one call, in the unit of limits: 16 bits of fraction.
pub(super) const ONE: u64 = 1 << 16;

/// A limit that changes, and who is within.
#[derive(Debug)]
pub(super) struct Places<M: Memory> {
    /// Limit in the upper half, in 1/65536; calls under way in the lower.
    word: M::Word,
    /// When the limit was last cut, in microseconds: calls admitted before do not cut it again.
    cut_at: M::Word,
    min: u64,
    max: u64,
}

/// What there was when a call ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// In 1/65536.
    pub(super) limit: u64,
    /// The call that ended included.
    pub(super) in_flight: u64,
}

impl Load {
    const fn of(word: u64) -> Self {
        Self {
            limit: word >> 32,
            in_flight: word & 0xffff_ffff,
        }
    }

    const fn word(self) -> u64 {
        self.limit << 32 | self.in_flight
    }
}

impl<M: Memory> Places<M> {
    pub(super) fn new(bounds: &Bounds) -> Self {
        let limit = u64::from(bounds.initial) * ONE;
        let start = Load {
            limit,
            in_flight: 0,
        };
        Self {
            word: M::Word::new(start.word()),
            cut_at: M::Word::new(0),
            min: u64::from(bounds.min) * ONE,
            max: u64::from(bounds.max) * ONE,
        }
    }

    pub(super) fn try_take(&self, now: Instant) -> Result<LimitPermit, Rejected> {
        let taken = self.word.update(|word| {
            let load = Load::of(word);
            (load.in_flight < load.limit / ONE).then_some(word + 1)
        });
        match taken {
            Ok(_) => Ok(LimitPermit { started: now }),
            Err(_) => Err(Rejected::new(Reason::Full, Duration::ZERO)),
        }
    }

    pub(super) fn give_back(&self) -> Load {
        match self
            .word
            .update(|word| (Load::of(word).in_flight > 0).then(|| word - 1))
        {
            Ok(word) | Err(word) => Load::of(word),
        }
    }

    /// The limit in whole calls.
    pub(super) fn limit(&self) -> u32 {
        u32::try_from(Load::of(self.word.load()).limit / ONE).unwrap_or(u32::MAX)
    }

    /// Calls under way.
    pub(super) fn in_flight(&self) -> u32 {
        u32::try_from(Load::of(self.word.load()).in_flight).unwrap_or(u32::MAX)
    }

    /// Changes the limit to what `change` makes of it, within the bounds.
    pub(super) fn change(&self, mut change: impl FnMut(u64) -> u64) {
        let changed = self.word.update(|word| {
            let load = Load::of(word);
            let limit = change(load.limit).clamp(self.min, self.max);
            Some(Load { limit, ..load }.word())
        });
        debug_assert!(changed.is_ok(), "a change is never refused");
    }

    /// Cuts the limit to this share, in percent, for a call that was admitted after the last cut. The calls that
    /// were under way at a cut have met the same congestion: they do not cut again.
    pub(super) fn cut(&self, permit: &LimitPermit, now: Instant, percent: u64) {
        let started = permit.started.as_micros();
        // One more than now: a call admitted in the same microsecond was admitted under the old limit.
        let cut_at = now.as_micros().saturating_add(1);
        let first = self
            .cut_at
            .update(|last| (started >= last).then_some(cut_at.max(last)));
        if first.is_ok() {
            self.change(|limit| limit * percent / 100);
        }
    }
}
