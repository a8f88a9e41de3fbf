//! What stands under the lock of a queue.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::block::Block;
use super::{Scope, Stats};

/// Empty blocks that are kept.
const SPARE: usize = 4;

/// Scopes that are told apart; what comes later is reported under the first.
const SCOPES: usize = 1024;

/// Blocks in the order in which they were filled.
#[derive(Debug)]
pub(super) struct Backlog {
    limit: usize,
    blocks: VecDeque<Block>,
    spare: Vec<Block>,
    scopes: Vec<Arc<[u8]>>,
    stats: Stats,
}

/// Blocks on their way out, and the scopes of the queue they came from.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) blocks: Vec<Block>,
    pub(super) scopes: Vec<Arc<[u8]>>,
}

impl Taken {
    /// How many records are in it.
    pub(super) fn records(&self) -> u32 {
        let records = self.blocks.iter().flat_map(Block::records);
        records.map(|records| records.count).sum()
    }
}

impl Backlog {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            blocks: VecDeque::new(),
            spare: Vec::new(),
            scopes: Vec::new(),
            stats: Stats::default(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.stats.bytes
    }

    pub(super) fn stats(&self) -> Stats {
        self.stats
    }

    /// The number of a scope that is encoded as `scope`.
    pub(super) fn scope(&mut self, scope: Box<[u8]>) -> Scope {
        let known = self.scopes.iter().position(|known| **known == *scope);
        let index = known.unwrap_or_else(|| {
            if self.scopes.len() == SCOPES {
                return 0;
            }
            self.scopes.push(scope.into());
            self.scopes.len() - 1
        });
        Scope(u16::try_from(index).unwrap_or(0))
    }

    pub(super) fn push(&mut self, scope: Scope, record: &[u8]) -> bool {
        self.stats.pushed += 1;
        let fits = |block: &mut Block| block.push(scope, record);
        if self.blocks.back_mut().is_some_and(fits) {
            self.stats.held += 1;
            return true;
        }
        let Some(mut block) = self.block_for(record.len()) else {
            self.stats.dropped += 1;
            return false;
        };
        block.push(scope, record);
        self.stats.held += 1;
        self.stats.bytes += block.cost();
        self.blocks.push_back(block);
        true
    }

    /// Takes out whole blocks of `max_bytes` together, or as much of the first as that.
    pub(super) fn take(&mut self, max_bytes: usize) -> Option<Taken> {
        let mut taken = Taken {
            blocks: Vec::new(),
            scopes: self.scopes.clone(),
        };
        let overhead: usize = self.scopes.iter().map(|scope| scope.len() + 16).sum();
        let max_bytes = max_bytes.saturating_sub(overhead);
        let mut room = max_bytes;
        while let Some(left) = room.checked_sub(self.blocks.front().map_or(0, Block::len))
            && let Some(block) = self.blocks.pop_front()
        {
            room = left;
            self.stats.bytes = self.stats.bytes.saturating_sub(block.cost());
            taken.blocks.push(block);
        }
        if taken.blocks.is_empty() {
            // The first block alone is more than was asked for.
            let front = self.blocks.front_mut()?;
            if front.is_regular() {
                taken.blocks.push(front.split(max_bytes));
            }
            let rest = front.len();
            if (taken.blocks.is_empty() || rest == 0)
                && let Some(block) = self.blocks.pop_front()
            {
                self.stats.bytes = self.stats.bytes.saturating_sub(block.cost());
                taken.blocks.push(block);
            }
        }
        let records = u64::from(taken.records());
        self.stats.taken += records;
        self.stats.held -= records;
        Some(taken)
    }

    /// Keeps some of the blocks, and hands back the others.
    pub(super) fn recycle(&mut self, taken: Taken) -> Vec<Block> {
        let mut blocks = taken.blocks;
        while self.spare.len() < SPARE
            && let Some(at) = blocks.iter().position(Block::is_regular)
        {
            let mut block = blocks.swap_remove(at);
            block.clear();
            self.spare.push(block);
        }
        blocks
    }

    fn block_for(&mut self, len: usize) -> Option<Block> {
        let cost = Block::cost_for(len);
        if self.stats.bytes + cost > self.limit {
            return None;
        }
        if cost > Block::cost_for(0) {
            return Some(Block::for_record(len));
        }
        Some(self.spare.pop().unwrap_or_else(|| Block::for_record(len)))
    }
}
