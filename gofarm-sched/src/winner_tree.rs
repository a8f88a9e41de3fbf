//! The least of many numbers, kept while they change: a tournament in rounds of sixteen.
//!
//! Each block of sixteen numbers, a cache line, sends its least one up. A change plays the rounds above it again and
//! stops where the winner stays the same, mostly in the first; a tree of two would play four rounds for each of these.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Ordering;

const FAN: usize = 16;
const NONE: f32 = f32::INFINITY;

/// Numbers by place; [`f32::INFINITY`] takes no part, NaN must not be given.
#[derive(Clone, Debug)]
pub(crate) struct WinnerTree {
    /// `rounds[0]` are the numbers, filled up to whole blocks; the last round is one block.
    rounds: Vec<Vec<f32>>,
    /// The least number and its place.
    best: f32,
    winner: usize,
}

impl WinnerTree {
    pub(crate) fn new() -> Self {
        Self {
            rounds: alloc::vec![alloc::vec![NONE; FAN]],
            best: NONE,
            winner: 0,
        }
    }

    /// Makes room for one more place at the end.
    pub(crate) fn grow_to(&mut self, places: usize) {
        let mut least = places;
        let mut round = 0;
        loop {
            let blocks = least.div_ceil(FAN).max(1);
            match self.rounds.get_mut(round) {
                Some(numbers) if numbers.len() >= blocks * FAN => {}
                Some(numbers) => numbers.resize(blocks * FAN, NONE),
                None => {
                    let mut numbers = alloc::vec![NONE; blocks * FAN];
                    if let Some(below) = self.rounds.last() {
                        play(below, &mut numbers);
                    }
                    self.rounds.push(numbers);
                }
            }
            if blocks == 1 {
                return;
            }
            least = blocks;
            round += 1;
        }
    }

    pub(crate) fn get(&self, place: usize) -> f32 {
        self.rounds
            .first()
            .and_then(|numbers| numbers.get(place))
            .copied()
            .unwrap_or(NONE)
    }

    pub(crate) fn set(&mut self, place: usize, number: f32) {
        let Some(old) = self.rounds.first_mut().and_then(|n| n.get_mut(place)) else {
            return;
        };
        let old = core::mem::replace(old, number);
        if old == number {
            return;
        }
        self.play_up(place, old, number);
        if number <= self.best || place == self.winner {
            self.find_winner();
        }
    }

    /// Plays the rounds above a number that was changed.
    fn play_up(&mut self, place: usize, old: f32, number: f32) {
        let (mut place, mut old, mut number) = (place, old, number);
        let mut rest = &mut self.rounds[..];
        while let [below, above, ..] = rest {
            place /= FAN;
            let Some(winner) = above.get_mut(place) else {
                return;
            };
            let was = *winner;
            if number < was {
                *winner = number;
            } else if old == was {
                // The one that won has become worse.
                let (blocks, _) = below.as_chunks::<FAN>();
                *winner = blocks.get(place).map_or(NONE, least);
            }
            if *winner == was {
                return;
            }
            (old, number) = (was, *winner);
            rest = &mut rest[1..];
        }
    }

    /// The numbers, to be changed as one wishes; the rounds are played by [`WinnerTree::replay`].
    pub(crate) fn numbers_mut(&mut self) -> &mut [f32] {
        self.rounds.first_mut().map_or(&mut [], |n| &mut n[..])
    }

    /// The numbers in blocks of sixteen, each with its least one.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (&[f32; FAN], f32)> {
        let (blocks, _) = self.rounds.first().map_or(&[][..], |n| &n[..]).as_chunks();
        let winners = self.rounds.get(1).map(Vec::as_slice);
        blocks.iter().enumerate().map(move |(at, block)| {
            let known = winners.and_then(|w| w.get(at)).copied();
            (block, known.unwrap_or_else(|| least(block)))
        })
    }

    /// All places that take part, the least number first and the first of equals, each found when it is asked for.
    pub(crate) fn ascending<'a>(
        &'a self,
        frontier: &'a mut Frontier,
    ) -> impl Iterator<Item = (usize, f32)> + 'a {
        frontier.0.clear();
        let top = self.rounds.len().saturating_sub(1);
        self.look_into(0, top, &mut frontier.0);
        core::iter::from_fn(move || {
            loop {
                let found = frontier.0.pop()?;
                match found.round.checked_sub(1) {
                    None => return Some((found.first, found.number)),
                    Some(below) => self.look_into(found.first, below, &mut frontier.0),
                }
            }
        })
    }

    /// Puts the block of a round that begins above a place into the frontier.
    fn look_into(&self, first: usize, round: usize, frontier: &mut BinaryHeap<Found>) {
        let size = 1 << (4 * round);
        let Some(block) = self.rounds.get(round).and_then(|numbers| {
            let (blocks, _) = numbers.as_chunks::<FAN>();
            blocks.get(first / (size * FAN))
        }) else {
            return;
        };
        let numbers = block
            .iter()
            .enumerate()
            .filter(|(_, number)| **number < NONE);
        frontier.extend(numbers.map(|(at, number)| Found {
            number: *number,
            first: first + at * size,
            round,
        }));
    }

    /// Plays all rounds.
    pub(crate) fn replay(&mut self) {
        let mut rest = &mut self.rounds[..];
        while let [below, above, ..] = rest {
            play(below, above);
            rest = &mut rest[1..];
        }
        self.find_winner();
    }

    /// The place of the least number, the first of equals; `None` if no place takes part.
    pub(crate) fn winner(&self) -> Option<usize> {
        (self.best < NONE).then_some(self.winner)
    }

    fn find_winner(&mut self) {
        let mut rounds = self.rounds.iter().rev();
        let last = rounds.next().and_then(|last| last.first_chunk::<FAN>());
        let Some(last) = last else { return };
        self.best = least(last);
        let mut place = first(last, self.best);
        for numbers in rounds {
            let (blocks, _) = numbers.as_chunks::<FAN>();
            place = place * FAN + blocks.get(place).map_or(0, |b| first(b, self.best));
        }
        self.winner = place;
    }
}

/// Where [`WinnerTree::ascending`] still has to look; kept by who asks, so that its memory is used again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frontier(BinaryHeap<Found>);

/// A number of a round, and the first of the places that it stands for.
#[derive(Clone, Copy, Debug)]
struct Found {
    number: f32,
    first: usize,
    round: usize,
}

impl Ord for Found {
    /// The least number is the greatest, since a heap gives that first; then the first place.
    fn cmp(&self, other: &Self) -> Ordering {
        let number = other.number.total_cmp(&self.number);
        number.then(other.first.cmp(&self.first))
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Found {}

/// The place of a number in its block.
fn first(block: &[f32; FAN], number: f32) -> usize {
    block.iter().position(|n| *n == number).unwrap_or(0)
}

fn play(below: &[f32], above: &mut [f32]) {
    let (blocks, _) = below.as_chunks::<FAN>();
    for (winner, block) in above.iter_mut().zip(blocks) {
        *winner = least(block);
    }
}

/// Without NaN there is nothing to order but these; written so that it becomes four packed minima.
fn least(block: &[f32; FAN]) -> f32 {
    let lower = |a: f32, b: f32| if a < b { a } else { b };
    let mut lanes = [NONE; 4];
    for four in block.as_chunks::<4>().0 {
        for lane in 0..4 {
            lanes[lane] = lower(lanes[lane], four[lane]);
        }
    }
    lower(lower(lanes[0], lanes[1]), lower(lanes[2], lanes[3]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 256 }))]

        #[test]
        fn the_winner_is_the_first_of_the_least(
            places in 1_usize..700,
            changes in prop::collection::vec((0_usize..700, prop::option::of(0_u8..20)), 0..if cfg!(miri) { 12 } else { 200 }),
        ) {
            let mut tree = WinnerTree::new();
            let mut plain = Vec::new();
            for (at, number) in changes {
                // The tree grows while it is in use.
                let places = places.max(at % 700 + 1);
                tree.grow_to(places);
                if plain.len() < places {
                    plain.resize(places, NONE);
                }
                let number = number.map_or(NONE, f32::from);
                tree.set(at, number);
                plain[at] = number;
                let mut best: Option<usize> = None;
                for (place, number) in plain.iter().enumerate() {
                    if *number < best.map_or(NONE, |best| plain[best]) {
                        best = Some(place);
                    }
                }
                prop_assert_eq!(tree.winner(), best);
            }
            let before = tree.winner();
            tree.replay();
            prop_assert_eq!(tree.winner(), before);
            let all = plain.iter().copied().enumerate();
            let mut sorted: Vec<(usize, f32)> = all.filter(|(_, n)| *n < NONE).collect();
            sorted.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            let mut frontier = Frontier::default();
            prop_assert_eq!(tree.ascending(&mut frontier).collect::<Vec<_>>(), sorted);
        }
    }
}
