//! [`WinnerTree`]: the cheapest of many slots, kept while single costs change.
//!
//! A tournament tree (Knuth, volume 3, 5.4.1): one changed leaf costs the height of the tree, the cheapest is read
//! off the root, and the next cheapest are found below it without changing anything.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

/// A cost with its slot: cheaper first, then the lower slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked {
    pub(super) cost: f32,
    pub(super) slot: u32,
}

impl Ranked {
    const NOBODY: Self = Self {
        cost: f32::INFINITY,
        slot: u32::MAX,
    };
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cost
            .total_cmp(&other.cost)
            .then(self.slot.cmp(&other.slot))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

/// Places in the tree still to be looked at, cheapest first.
pub(super) type Frontier = BinaryHeap<Reverse<(Ranked, usize)>>;

/// A binary tree in an array: the root at 1, the children of `i` at `2 i` and `2 i + 1`, leaves from `leaves` on.
#[derive(Clone, Debug)]
pub(super) struct WinnerTree {
    winners: Vec<Ranked>,
    leaves: usize,
    changed: Vec<u32>,
}

impl WinnerTree {
    pub(super) fn new() -> Self {
        Self {
            winners: alloc::vec![Ranked::NOBODY; 2],
            leaves: 1,
            changed: Vec::new(),
        }
    }

    /// Makes room for so many slots; those that are there stay.
    pub(super) fn grow(&mut self, slots: usize) {
        if slots <= self.leaves {
            return;
        }
        let leaves = slots.next_power_of_two();
        let mut winners = alloc::vec![Ranked::NOBODY; 2 * leaves];
        let old = self.winners.get(self.leaves..).unwrap_or_default();
        for (new, old) in winners.iter_mut().skip(leaves).zip(old) {
            *new = *old;
        }
        self.winners = winners;
        self.leaves = leaves;
        self.rebuild();
    }

    /// Sets a cost; `None` takes the slot out. The tree is in order again after [`settle`](Self::settle).
    pub(super) fn set(&mut self, slot: u32, cost: Option<f32>) {
        let new = cost.map_or(Ranked::NOBODY, |cost| Ranked { cost, slot });
        if let Some(leaf) = self.winners.get_mut(self.leaves + slot as usize)
            && *leaf != new
        {
            *leaf = new;
            self.changed.push(slot);
        }
    }

    /// Plays the matches of all changed leaves again.
    pub(super) fn settle(&mut self) {
        let height = self.leaves.trailing_zeros() as usize;
        if self.changed.len() * height > self.leaves {
            self.rebuild();
        } else {
            while let Some(slot) = self.changed.pop() {
                let mut at = (self.leaves + slot as usize) / 2;
                while at > 0 && self.play(at) {
                    at /= 2;
                }
            }
        }
        self.changed.clear();
    }

    fn rebuild(&mut self) {
        for at in (1..self.leaves).rev() {
            self.play(at);
        }
    }

    /// Plays one match again; whether the winner or its cost is another.
    fn play(&mut self, at: usize) -> bool {
        let winner = self.at(2 * at).min(self.at(2 * at + 1));
        let Some(place) = self.winners.get_mut(at) else {
            return false;
        };
        core::mem::replace(place, winner) != winner
    }

    fn at(&self, at: usize) -> Ranked {
        self.winners.get(at).copied().unwrap_or(Ranked::NOBODY)
    }

    /// The cheapest.
    pub(super) fn first(&self) -> Option<Ranked> {
        Some(self.at(1)).filter(|winner| *winner != Ranked::NOBODY)
    }

    /// All, the cheapest first, each found when it is asked for.
    pub(super) fn ascending<'a>(
        &'a self,
        frontier: &'a mut Frontier,
    ) -> impl Iterator<Item = Ranked> + 'a {
        frontier.clear();
        frontier.push(Reverse((self.at(1), 1)));
        core::iter::from_fn(move || {
            loop {
                let Reverse((winner, at)) = frontier.pop()?;
                if winner == Ranked::NOBODY {
                    return None;
                }
                if at >= self.leaves {
                    return Some(winner);
                }
                for child in [2 * at, 2 * at + 1] {
                    frontier.push(Reverse((self.at(child), child)));
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 128 }))]
        #[test]
        fn the_tree_orders_as_a_sort_does(
            changes in proptest::collection::vec((0_u32..40, proptest::option::of(0_u8..6)), 1..if cfg!(miri) { 20 } else { 120 }),
            at_once in 1_usize..20,
        ) {
            let mut tree = WinnerTree::new();
            let mut plain = [None; 40];
            for chunk in changes.chunks(at_once) {
                for &(slot, cost) in chunk {
                    let cost = cost.map(f32::from);
                    tree.grow(slot as usize + 1);
                    tree.set(slot, cost);
                    plain[slot as usize] = cost;
                }
                tree.settle();
                let mut sorted: Vec<Ranked> = (0..)
                    .zip(plain)
                    .filter_map(|(slot, cost)| cost.map(|cost| Ranked { cost, slot }))
                    .collect();
                sorted.sort();
                prop_assert_eq!(tree.first(), sorted.first().copied());
                let mut frontier = Frontier::new();
                prop_assert_eq!(tree.ascending(&mut frontier).collect::<Vec<_>>(), sorted);
            }
        }
    }
}
