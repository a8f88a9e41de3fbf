//! The best few of many: a heap that holds no more than asked for.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::winner_tree::WinnerTree;

#[derive(Clone, Copy, Debug)]
struct Ranked {
    rank: f32,
    slot: usize,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank
            .total_cmp(&other.rank)
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

/// The slots of the `k` least ranks, ascending; blocks that cannot bring a better one are passed over.
pub(super) fn least(tree: &WinnerTree, k: usize, slots: &mut Vec<usize>) {
    slots.clear();
    if k == 0 {
        return;
    }
    let mut best: BinaryHeap<Ranked> = BinaryHeap::new();
    let mut limit = f32::INFINITY;
    let mut first = 0;
    for (block, winner) in tree.blocks() {
        if winner < limit {
            for (slot, &rank) in (first..).zip(block) {
                if rank < limit {
                    if best.len() == k {
                        best.pop();
                    }
                    best.push(Ranked { rank, slot });
                    if best.len() == k {
                        limit = best.peek().map_or(limit, |worst| worst.rank);
                    }
                }
            }
        }
        first += block.len();
    }
    slots.extend(best.into_sorted_vec().into_iter().map(|r| r.slot));
}
