//! A cell on the wire.
//!
//! Items of a frame follow each other closely: in the order of dots, by one writer, seconds apart. So an
//! item is written as its difference from the one before it in the same frame; the layout is in PROTOCOL.md.

use crate::cell::Content;
use crate::dot::{Actor, Dot};
use crate::timestamp::Timestamp;

mod read;
mod write;

pub(super) use read::{Item, ItemReader, Scratch};
pub(super) use write::{Writing, write_item};

/// The cell is named in full, behind its birth.
const FULL: u8 = 1 << 2;
/// The writer of the birth is given; else it is that of the item before.
const BIRTH_ACTOR: u8 = 1 << 3;
/// The writer of the winner is given; else it is that of the item before.
const DOT_ACTOR: u8 = 1 << 4;
/// The count of the time-stamp is not 0 and given.
const LOGICAL: u8 = 1 << 5;
/// Nothing was replaced.
const SEEN_NONE: u8 = 0;
/// The birth is the only write that was replaced.
const SEEN_BIRTH: u8 = 1 << 6;
/// A list of what was replaced is given.
const SEEN_LIST: u8 = 2 << 6;
/// Nothing was replaced, and the winner is the birth: none is given.
const BIRTH_IS_DOT: u8 = 3 << 6;
const SEEN: u8 = 3 << 6;

const REGISTER: u8 = 0;
const MARKS: u8 = 1;
const TALLY: u8 = 2;
const KIND: u8 = 3;

/// What the item before said.
#[derive(Clone, Copy, Default)]
pub(super) struct Chain {
    birth_actor: Option<Actor>,
    dot: Option<Dot>,
    millis: u64,
    /// The state of the last full name, by the sender's number; a receiver keeps the name.
    state: Option<u32>,
}

impl Chain {
    const fn pass(&mut self, birth: Dot, winner: Option<(Dot, Timestamp)>) {
        self.birth_actor = Some(birth.actor());
        if let Some((dot, stamp)) = winner {
            self.dot = Some(dot);
            self.millis = stamp.unix().as_millis();
        }
    }
}

const fn zigzag(from: u64, to: u64) -> u64 {
    let difference = to.wrapping_sub(from);
    (difference << 1) ^ (difference.cast_signed() >> 63).cast_unsigned()
}

const fn unzigzag(from: u64, coded: u64) -> u64 {
    from.wrapping_add((coded >> 1) ^ (coded & 1).wrapping_neg())
}

/// Calls `each` with every dot that the content may bring: winner, marks, slots.
pub(super) fn dots_of(content: &Content<'_>, each: &mut dyn FnMut(Dot)) {
    match content {
        Content::Register { dot, .. } => each(*dot),
        Content::Marks(marks) => marks.iter().for_each(|mark| each(mark.dot)),
        Content::Tally(slots) => slots.iter().for_each(|slot| each(slot.dot)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zigzag_is_undone_from_everywhere() {
        for from in [0, 1, 77, u64::MAX / 2, u64::MAX] {
            for to in [0, 1, 76, 78, u64::MAX / 2 + 1, u64::MAX] {
                assert_eq!(unzigzag(from, zigzag(from, to)), to);
            }
        }
        assert_eq!([zigzag(5, 5), zigzag(5, 4), zigzag(5, 6)], [0, 1, 2]);
    }
}
