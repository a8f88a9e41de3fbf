//! [`Shapes`]: what nodes cost for requests that were seen before, kept until the nodes change.
//!
//! Work on a farm comes in few shapes: a hundred kinds of task, each placed thousands of times. What plugins say of
//! a node for a shape stays true until the node changes, and one placement changes one node. So each shape keeps its
//! costs in a tree with the cheapest at the root, and a cursor in the log of changed nodes: only those are asked
//! again.

use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::board::Board;
use super::winner_tree::{Frontier, Ranked, WinnerTree};
use super::{Refusal, Sensitivity};
use crate::request::Request;
use crate::resource::DeviceSet;

#[derive(Debug)]
pub(super) struct Shapes {
    known: HashMap<Arc<Request>, usize>,
    shapes: Vec<Shape>,
    most: usize,
    uses: u64,
    frontier: Frontier,
    pub(super) asked: Asked,
}

/// How often plugins were asked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    pub(super) node: u64,
    pub(super) group: u64,
    pub(super) always: u64,
}

#[derive(Debug)]
struct Shape {
    request: Arc<Request>,
    used: u64,
    cursor: u64,
    group: (u64, u64),
    entries: Vec<Entry>,
    tree: WinnerTree,
    /// A bit for each node that refuses for reasons that are kept.
    refused: Vec<u64>,
    refusing: usize,
}

/// What is kept of one node for one shape; `None` where it is refused.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    node: Option<(DeviceSet, f32)>,
    group: Option<f32>,
}

/// The chosen node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pick {
    pub(super) slot: u32,
    pub(super) devices: DeviceSet,
    pub(super) cost: f32,
}

impl Shapes {
    pub(super) fn new(most: usize) -> Self {
        Self {
            known: HashMap::new(),
            shapes: Vec::new(),
            most,
            uses: 0,
            frontier: Frontier::new(),
            asked: Asked::default(),
        }
    }

    /// The number of a request's shape, and the request as it is kept.
    pub(super) fn intern(&mut self, request: &Request) -> (usize, Arc<Request>) {
        self.uses += 1;
        if let Some(&at) = self.known.get(request)
            && let Some(shape) = self.shapes.get_mut(at)
        {
            shape.used = self.uses;
            return (at, Arc::clone(&shape.request));
        }
        let request = Arc::new(request.clone());
        let shape = Shape::new(Arc::clone(&request), self.uses);
        let at = if self.shapes.len() < self.most {
            self.shapes.push(shape);
            self.shapes.len() - 1
        } else {
            let coldest = self.shapes.iter_mut().enumerate();
            let (at, coldest) = match coldest.min_by_key(|(_, shape)| shape.used) {
                Some(found) => found,
                None => return (0, request),
            };
            self.known.remove(&coldest.request);
            *coldest = shape;
            at
        };
        self.known.insert(Arc::clone(&request), at);
        (at, request)
    }

    /// The cheapest node for a shape, the lowest slot of equal ones, after asking again where something changed.
    ///
    /// `refused` gets what plugins of [`Sensitivity::Always`] refused on the way.
    pub(super) fn pick(
        &mut self,
        at: usize,
        board: &Board,
        refused: &mut Vec<Refusal>,
    ) -> Option<Pick> {
        let shape = self.shapes.get_mut(at)?;
        shape.refresh(board, &mut self.asked);
        if !board.has_always() {
            let Ranked { cost, slot } = shape.tree.first()?;
            let (devices, _) = shape.entries.get(slot as usize)?.node?;
            return Some(Pick {
                slot,
                devices,
                cost,
            });
        }
        // Kept costs are what a node costs at least: who comes after the best cannot be better.
        let mut best: Option<(Ranked, DeviceSet)> = None;
        for least in shape.tree.ascending(&mut self.frontier) {
            if best.is_some_and(|(best, _)| best < least) {
                break;
            }
            let Some(entry) = shape.entries.get(least.slot as usize) else {
                continue;
            };
            let (Some((devices, node)), Some(group)) = (entry.node, entry.group) else {
                continue;
            };
            self.asked.always += 1;
            match board.part(&shape.request, least.slot, devices, Sensitivity::Always) {
                Ok(always) => {
                    let cost = board.cost(least.slot, node, group, always);
                    let this = Ranked {
                        cost,
                        slot: least.slot,
                    };
                    if best.is_none_or(|(best, _)| this < best) {
                        best = Some((this, devices));
                    }
                }
                Err(refusal) => refused.extend(refusal),
            }
        }
        let (Ranked { cost, slot }, devices) = best?;
        Some(Pick {
            slot,
            devices,
            cost,
        })
    }

    /// How many nodes refuse a shape for reasons that are kept, and the slots of the first of them.
    pub(super) fn refusing(&self, at: usize) -> (usize, impl Iterator<Item = u32>) {
        let shape = self.shapes.get(at);
        let words = shape
            .into_iter()
            .flat_map(|shape| (0_u32..).zip(&shape.refused));
        let slots = words.flat_map(|(word, bits)| {
            let mut left = *bits;
            core::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(word * 64 + bit)
            })
        });
        (shape.map_or(0, |shape| shape.refusing), slots)
    }
}

impl Shape {
    fn new(request: Arc<Request>, used: u64) -> Self {
        Self {
            request,
            used,
            cursor: 0,
            group: (0, 0),
            entries: Vec::new(),
            tree: WinnerTree::new(),
            refused: Vec::new(),
            refusing: 0,
        }
    }

    /// Asks again about what changed.
    fn refresh(&mut self, board: &Board, asked: &mut Asked) {
        let slots = board.places.len();
        if self.entries.len() < slots {
            self.entries.resize(slots, Entry::default());
            self.refused.resize(slots.div_ceil(64), 0);
            self.tree.grow(slots);
        }
        let group = board.group_version(&self.request);
        if self.group != group && board.has_group() {
            for slot in 0..u32::try_from(slots).unwrap_or(u32::MAX) {
                self.ask_group(slot, board, asked);
            }
        }
        self.group = group;
        let cursor = core::mem::replace(&mut self.cursor, board.log.head());
        board.log.since(cursor, |slot| {
            asked.node += 1;
            let node = board.node_part(&self.request, slot);
            if let Some(entry) = self.entries.get_mut(slot as usize) {
                entry.node = node;
            }
            self.ask_group(slot, board, asked);
        });
        self.tree.settle();
    }

    fn ask_group(&mut self, slot: u32, board: &Board, asked: &mut Asked) {
        let Some(entry) = self.entries.get_mut(slot as usize) else {
            return;
        };
        entry.group = match entry.node {
            None => None,
            Some(_) if !board.has_group() => Some(0.0),
            Some((devices, _)) => {
                asked.group += 1;
                let answer = board.part(&self.request, slot, devices, Sensitivity::Group);
                answer.ok()
            }
        };
        let kept = entry.node.zip(entry.group);
        let cost = kept.map(|((_, node), group)| board.cost(slot, node, group, 0.0));
        self.tree.set(slot, cost);
        self.set_refused(slot, cost.is_none() && board.seat(slot).is_some());
    }

    fn set_refused(&mut self, slot: u32, refused: bool) {
        let Some(word) = self.refused.get_mut(slot as usize / 64) else {
            return;
        };
        let bit = 1 << (slot % 64);
        match (*word & bit != 0, refused) {
            (false, true) => self.refusing += 1,
            (true, false) => self.refusing -= 1,
            _ => return,
        }
        *word ^= bit;
    }
}
