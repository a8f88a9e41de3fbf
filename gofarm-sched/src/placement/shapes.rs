//! [`Shapes`]: what nodes cost for requests that were seen before, kept until the nodes change.
//!
//! Work on a farm comes in few shapes: a hundred kinds of task, each placed thousands of times. What plugins say of
//! a node for a shape stays true until the node changes, and one placement changes one node. So each shape keeps its
//! costs in a tree with the cheapest at the root, and a cursor in the log of changed nodes: only those are asked
//! again. A load changes more often, and with each new epoch of the node table for all nodes at once. So the load is
//! no part of what is kept: where it changed, the cost is worked out anew, and only plugins that looked at the load
//! are asked.

mod entry;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::AtomicBool;

use hashbrown::HashMap;

use super::barred::Barred;
use super::board::Board;
use super::size::{Basis, Size};
use super::slot_set::SlotSet;
use super::{Refusal, Sensitivity};
use crate::change_log::{Changes, Cursor};
use crate::request::Request;
use crate::resource::DeviceSet;
use crate::winner_tree::{Frontier, WinnerTree};
use entry::Entry;

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
    /// What was seen of the board's changes, and of the loads'.
    cursor: Cursor,
    loads: Cursor,
    group: (u64, u64),
    /// How the request changes the ranks of nodes; costs are by this.
    size: Size,
    basis: Basis,
    entries: Vec<Entry>,
    /// Infinite where a node refuses for reasons that are kept.
    costs: WinnerTree,
    /// The nodes that refuse for reasons that are kept.
    refused: SlotSet,
    /// The nodes that could never take it, for a request with a group; and the domains that have no others.
    unable: SlotSet,
    barred: Barred,
    /// The nodes changed that could never take it.
    is_bar_due: bool,
    /// A plugin looked at a load, ever.
    saw_load: bool,
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
            frontier: Frontier::default(),
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
        let request = Arc::new(request.clone().tag(0));
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
            let slot = shape.costs.winner()?;
            let (devices, _) = shape.entries.get(slot)?.node()?;
            return Some(Pick {
                slot: u32::try_from(slot).ok()?,
                devices,
                cost: shape.costs.get(slot),
            });
        }
        // Kept costs are what a node costs at least: who comes after the best cannot be better.
        let mut best: Option<Pick> = None;
        // The first of those after it are asked as well, only to say why they could not.
        let mut more = board.more_refusals();
        for (slot, least) in shape.costs.ascending(&mut self.frontier) {
            let (Some(entry), Ok(slot)) = (shape.entries.get(slot), u32::try_from(slot)) else {
                continue;
            };
            let is_settled = best.is_some_and(|best| (best.cost, best.slot) < (least, slot));
            if is_settled && more == 0 {
                break;
            }
            let (Some((node, group)), devices) = (entry.costs(), entry.devices) else {
                continue;
            };
            self.asked.always += 1;
            if is_settled {
                more -= 1;
                let request = (&*shape.request, &shape.barred);
                refused.extend(board.always_refusal(request, slot, devices));
                continue;
            }
            let asking = (Sensitivity::Always, &AtomicBool::new(false));
            let request = (&*shape.request, &shape.barred);
            match board.part(request, slot, devices, asking) {
                Ok(always) => {
                    let Some(cost) = board.cost(slot, &shape.size, (node, group, always)) else {
                        continue;
                    };
                    if best.is_none_or(|best| (cost, slot) < (best.cost, best.slot)) {
                        best = Some(Pick {
                            slot,
                            devices,
                            cost,
                        });
                    }
                }
                Err(refusal) => refused.extend(refusal),
            }
        }
        best
    }

    /// How many nodes refuse a shape for reasons that are kept, and the slots of the first of them.
    pub(super) fn refusing(&self, at: usize) -> (usize, impl Iterator<Item = u32>) {
        let refused = self.shapes.get(at).map(|shape| &shape.refused);
        let slots = refused.into_iter().flat_map(SlotSet::iter);
        (refused.map_or(0, SlotSet::len), slots)
    }

    /// How a shape changes ranks.
    pub(super) fn size(&self, at: usize) -> Size {
        self.shapes.get(at).map_or_else(Size::default, |s| s.size)
    }

    /// The domains that do not count for a shape.
    pub(super) fn barred(&self, at: usize) -> &Barred {
        self.shapes.get(at).map_or(Barred::NONE, |s| &s.barred)
    }
}

impl Shape {
    fn new(request: Arc<Request>, used: u64) -> Self {
        Self {
            request,
            used,
            cursor: Cursor::START,
            loads: Cursor::START,
            group: (0, 0),
            size: Size::default(),
            basis: Basis::default(),
            entries: Vec::new(),
            costs: WinnerTree::new(),
            refused: SlotSet::new(),
            unable: SlotSet::new(),
            barred: Barred::default(),
            is_bar_due: false,
            saw_load: false,
        }
    }

    /// Asks again about what changed.
    fn refresh(&mut self, board: &Board, asked: &mut Asked) {
        let slots = board.places.len();
        if self.entries.len() < slots {
            self.entries.resize(slots, Entry::REFUSED);
            self.refused.grow_to(slots);
            self.unable.grow_to(slots);
            self.costs.grow_to(slots);
        }
        let is_resized = self.resize(board);
        let (nodes, loads_seen) = (self.cursor, self.loads);
        let by_load = board.looks_at_load() || self.saw_load;
        let loads = || match board.table.changes(loads_seen) {
            _ if is_resized => Changes::All,
            changes => changes,
        };
        // Groups are asked about when it is known which domains count; the load is looked at last, and once.
        let is_last = |slot| !by_load || !(is_resized || board.table.has_changed(slot, loads_seen));
        each(board.log.since(nodes), slots, |slot| {
            self.ask_node(slot, board, asked);
            if !board.has_group() && is_last(slot) {
                self.weigh(slot, board);
            }
        });
        if self.saw_load {
            each(loads(), slots, |slot| {
                if self.saw_load_of(slot) {
                    self.ask_node(slot, board, asked);
                }
            });
        }
        let group = board.group_version(&self.request);
        if board.has_group() {
            if self.bar(board, group.0) || self.group != group {
                for slot in 0..slots {
                    self.ask_group(slot, board, asked);
                    self.weigh(slot, board);
                }
            } else {
                each(board.log.since(nodes), slots, |slot| {
                    self.ask_group(slot, board, asked);
                    self.weigh(slot, board);
                });
                if self.saw_load {
                    each(loads(), slots, |slot| {
                        if self.saw_load_of(slot) {
                            self.ask_group(slot, board, asked);
                        }
                    });
                }
            }
        }
        if by_load || self.saw_load {
            each(loads(), slots, |slot| self.weigh(slot, board));
        }
        self.cursor = board.log.cursor();
        self.loads = board.table.cursor();
        self.group = group;
    }

    /// Finds out anew how the request changes ranks; answers whether it is otherwise than before.
    fn resize(&mut self, board: &Board) -> bool {
        let basis = Basis::of(&board.table, &board.fleet);
        if basis == core::mem::replace(&mut self.basis, basis) {
            return false;
        }
        let size = board.size(&self.request);
        size != core::mem::replace(&mut self.size, size)
    }

    /// Finds out anew which domains do not count; answers whether these are others than before.
    fn bar(&mut self, board: &Board, domains: u64) -> bool {
        if !core::mem::take(&mut self.is_bar_due) && self.group.0 == domains {
            return false;
        }
        let unable = self.unable.iter();
        let nodes = unable.filter_map(|slot| Some(&board.seat(slot)?.node));
        let barred = Barred::of(nodes, &board.groups);
        let is_other = self.barred != barred;
        self.barred = barred;
        is_other
    }

    /// A node changed; what depends on groups has to be asked after it.
    fn ask_node(&mut self, slot: usize, board: &Board, asked: &mut Asked) {
        asked.node += 1;
        let (request, saw_load) = (&self.request, AtomicBool::new(self.saw_load_of(slot)));
        let node = board.node_part(request, narrow(slot), &saw_load);
        if board.has_group() && request.group_name().is_some() {
            let able = node.is_some() || board.could_take(request, narrow(slot), &saw_load);
            self.is_bar_due |= self.unable.set(slot, !able);
        }
        if let Some(kept) = self.entries.get_mut(slot) {
            let group = (!board.has_group()).then_some(0.0);
            *kept = Entry::new(node, group, saw_load.into_inner());
            self.saw_load |= kept.saw_load;
        }
    }

    /// A node changed, or what runs where; it has to be weighed after it.
    fn ask_group(&mut self, slot: usize, board: &Board, asked: &mut Asked) {
        let Some(&entry) = self.entries.get(slot) else {
            return;
        };
        let (node, saw_load) = (entry.node(), AtomicBool::new(entry.saw_load));
        let group = self.group_part(slot, node, (board, &saw_load), asked);
        let entry = Entry::new(node, group, saw_load.into_inner());
        if let Some(kept) = self.entries.get_mut(slot) {
            *kept = entry;
        }
        self.saw_load |= entry.saw_load;
    }

    fn group_part(
        &self,
        slot: usize,
        node: Option<(DeviceSet, f32)>,
        (board, saw_load): (&Board, &AtomicBool),
        asked: &mut Asked,
    ) -> Option<f32> {
        let (devices, _) = node?;
        asked.group += 1;
        let asking = (Sensitivity::Group, saw_load);
        let request = (&*self.request, &self.barred);
        let answer = board.part(request, narrow(slot), devices, asking);
        answer.ok()
    }

    fn saw_load_of(&self, slot: usize) -> bool {
        self.entries.get(slot).is_some_and(|entry| entry.saw_load)
    }

    /// Works out what a node costs from what is kept of it, and from its load.
    fn weigh(&mut self, slot: usize, board: &Board) {
        let Some(entry) = self.entries.get(slot) else {
            return;
        };
        let costs = entry.costs();
        let cost = costs
            .and_then(|(node, group)| board.cost(narrow(slot), &self.size, (node, group, 0.0)));
        self.costs.set(slot, cost.unwrap_or(f32::INFINITY));
        let here = || board.seat(narrow(slot)).is_some();
        self.refused.set(slot, cost.is_none() && here());
    }
}

fn each(changes: Changes<'_>, slots: usize, mut act: impl FnMut(usize)) {
    match changes {
        Changes::All => (0..slots).for_each(act),
        Changes::Slots(changed) => changed.for_each(&mut act),
    }
}

/// A slot as its id holds it; no table has more than [`NodeTable::MAX_SLOTS`](crate::node_table::NodeTable::MAX_SLOTS).
fn narrow(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(u32::MAX)
}
