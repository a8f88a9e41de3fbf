//! The last N calls: a ring of marks with running totals.
//!
//! The first word holds the totals and the place of the next mark, the others twelve marks each. To record a
//! call is to claim a place, to exchange the mark there, and to add the difference to the totals: three words,
//! however many calls the window holds. A word carries the tag of the run that it counts for; one with another
//! tag counts as empty, so nothing has to be cleared.
//!
//! Between tasks the totals may lag behind by the calls that are being recorded at this moment. A total may
//! then fall below zero for a moment, if the mark that a task has set is pushed out before it was added; so totals
//! are kept with an offset.

use super::{Mark, Totals};
use crate::memory::Word;

pub(crate) const CALLS_IN_A_WORD: usize = 12;
pub(crate) const MOST_CALLS: u16 = 480;

const PLACE_AT: u32 = 16;
const CALLS_AT: u32 = 25;
const FAILURES_AT: u32 = 34;
const SLOW_AT: u32 = 44;
const OVER_AT: u32 = 54;
const NINE_BITS: u64 = 0x1ff;
const TEN_BITS: u64 = 0x3ff;
const OFFSET: u64 = 256;
const EMPTY: u64 = OFFSET << FAILURES_AT | OFFSET << SLOW_AT | OFFSET << OVER_AT;

const PRESENT: u64 = 1;
const FAILED: u64 = 1 << 1;
const SLOW: u64 = 1 << 2;
const OVER: u64 = 1 << 3;

/// Counts one call in the run of this tag, unless the run is over. `is_current` says whether it goes on; it is
/// asked where a word has another tag.
pub(crate) fn record<W: Word>(
    words: &[W],
    calls: u16,
    tag: u16,
    mark: Mark,
    is_current: impl Fn() -> bool,
) {
    let Some((totals, ring)) = words.split_first() else {
        return;
    };
    let claimed = totals.update(|old| {
        let old = of_tag(old, tag, EMPTY, &is_current)?;
        let place = (old >> PLACE_AT & NINE_BITS) + 1;
        let place = if place >= u64::from(calls) { 0 } else { place };
        let filled = (old >> CALLS_AT & NINE_BITS) + 1;
        let filled = filled.min(u64::from(calls));
        let kept = old & !(NINE_BITS << PLACE_AT | NINE_BITS << CALLS_AT);
        Some(kept | place << PLACE_AT | filled << CALLS_AT)
    });
    let Ok(before) = claimed else { return };
    let place = if is_of(before, tag) {
        usize::try_from(before >> PLACE_AT & NINE_BITS).unwrap_or(0)
    } else {
        0
    };
    let Some(word) = ring.get(place / CALLS_IN_A_WORD) else {
        return;
    };
    let shift = 16 + place % CALLS_IN_A_WORD * 4;
    let new = nibble(mark);
    let exchanged = word.update(|old| {
        let old = of_tag(old, tag, 0, &is_current)?;
        let changed = old & !(0xf << shift) | new << shift;
        (changed != old).then_some(changed)
    });
    let Ok(before) = exchanged else { return };
    let old = if is_of(before, tag) {
        before >> shift & 0xf
    } else {
        0
    };
    let change = weight(new).wrapping_sub(weight(old));
    if change != 0 {
        // No other run may get it; that the run has ended is no fault.
        let _ = totals.update(|totals| is_of(totals, tag).then(|| totals.wrapping_add(change)));
    }
}

/// What the run of this tag has counted.
pub(crate) fn totals<W: Word>(words: &[W], tag: u16) -> Totals {
    let word = words.first().map_or(0, Word::load);
    if !is_of(word, tag) || word & EMPTY_CHECK == 0 {
        return Totals::default();
    }
    let count = |at: u32| {
        let raw = word >> at & TEN_BITS;
        u32::try_from(raw.saturating_sub(OFFSET)).unwrap_or(0)
    };
    Totals {
        calls: u32::try_from(word >> CALLS_AT & NINE_BITS).unwrap_or(0),
        failures: count(FAILURES_AT),
        slow: count(SLOW_AT),
        over: count(OVER_AT),
        micros: 0,
    }
}

/// A word that was never written has no calls.
const EMPTY_CHECK: u64 = NINE_BITS << CALLS_AT;

/// The word if it has this tag; the `empty` one with the tag if the run goes on; nothing if it is over.
fn of_tag(word: u64, tag: u16, empty: u64, is_current: &impl Fn() -> bool) -> Option<u64> {
    if is_of(word, tag) && word != u64::from(tag) {
        Some(word)
    } else {
        is_current().then_some(empty | u64::from(tag))
    }
}

fn is_of(word: u64, tag: u16) -> bool {
    word & 0xffff == u64::from(tag)
}

const fn nibble(mark: Mark) -> u64 {
    PRESENT
        | if mark.failed { FAILED } else { 0 }
        | if mark.slow { SLOW } else { 0 }
        | if mark.over { OVER } else { 0 }
}

/// What a mark adds to the totals.
const fn weight(nibble: u64) -> u64 {
    (nibble / FAILED % 2) << FAILURES_AT
        | (nibble / SLOW % 2) << SLOW_AT
        | (nibble / OVER % 2) << OVER_AT
}
