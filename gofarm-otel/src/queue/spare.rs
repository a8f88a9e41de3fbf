//! The memory of the last request, for the next one: [`Spare`].
//!
//! A large piece of memory that comes and goes leaves a hole in which smaller ones settle, so that the next large one needs
//! another. The requests of a busy service are of about one size: they take turns in one piece that never moves.
//! It is made once; while it is out, others get exactly what they need, so that what waits for a receiver that is away takes
//! no more memory than it has bytes.

use alloc::vec::Vec;

/// What the large requests share, in bytes; the exporter is woken before there is so much.
const SIZE: usize = 160 << 10;

/// A request below that gets memory of its own.
const LEAST: usize = SIZE / 4;

/// The piece of memory, and where it is.
#[derive(Debug, Default)]
pub(super) enum Spare {
    #[default]
    Unmade,
    #[cfg_attr(
        not(feature = "otlp"),
        expect(dead_code, reason = "only our own exporter gives memory back")
    )]
    Here(Vec<u8>),
    Out,
}

impl Spare {
    /// Empty memory for a request of `len` bytes.
    pub(super) fn room(&mut self, len: usize) -> Vec<u8> {
        if !(LEAST..=SIZE).contains(&len) {
            return Vec::with_capacity(len);
        }
        match core::mem::replace(self, Self::Out) {
            Self::Unmade => Vec::with_capacity(SIZE),
            Self::Here(piece) => piece,
            Self::Out => Vec::with_capacity(len),
        }
    }

    /// Takes the memory of a request that was sent. If a large one that is not the piece comes back while that is out, the
    /// piece may be lost, as when it went to the spool, and another one is made.
    #[cfg(feature = "otlp")]
    pub(super) fn give_back(&mut self, mut body: Vec<u8>) {
        if body.capacity() == SIZE {
            body.clear();
            *self = Self::Here(body);
        } else if matches!(self, Self::Out) && (LEAST..SIZE).contains(&body.capacity()) {
            *self = Self::Unmade;
        }
    }
}

#[cfg(all(test, feature = "otlp"))]
mod tests {
    use super::*;

    #[test]
    fn large_requests_take_turns_in_one_piece() {
        let mut spare = Spare::default();
        let mut first = spare.room(LEAST);
        first.push(7);
        let place = first.as_ptr();
        assert_eq!(first.capacity(), SIZE);
        spare.give_back(first);
        for len in [LEAST, SIZE, 100_000] {
            let next = spare.room(len);
            assert_eq!((next.as_ptr(), next.len()), (place, 0));
            spare.give_back(next);
        }
    }

    #[test]
    fn what_waits_beside_the_piece_has_no_more_than_it_needs() {
        let mut spare = Spare::default();
        let _waits = spare.room(SIZE);
        for len in [1, LEAST - 1, LEAST, 100_000, SIZE + 1] {
            assert_eq!(spare.room(len).capacity(), len);
        }
    }

    #[test]
    fn a_piece_that_was_lost_is_made_anew() {
        let mut spare = Spare::default();
        drop(spare.room(SIZE));
        // A small one says nothing.
        spare.give_back(Vec::with_capacity(LEAST - 1));
        assert_eq!(spare.room(100_000).capacity(), 100_000);
        spare.give_back(Vec::with_capacity(100_000));
        assert_eq!(spare.room(100_000).capacity(), SIZE);
    }
}
