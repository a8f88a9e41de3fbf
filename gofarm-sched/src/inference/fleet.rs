//! [`Fleet`]: the jobs that are known, the nodes with accelerators, and who holds which memory.

use alloc::boxed::Box;
use alloc::vec::Vec;

use gofarm_core::error::{Classify, Kind};
use hashbrown::HashMap;

use super::{AcceleratedNode, Arena, ArenaError, Extent, Job, ModelDigest};
use crate::node::NodeId;
use crate::placement::{Claim, Reason, ReservationId};
use crate::request::Request;
use crate::resource::DriverVersion;

/// Memory of one of a node's accelerators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// Which accelerator, from 0.
    pub device: usize,
    /// Which memory.
    pub extent: Extent,
}

/// Why a fleet does not do what it was told; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// The node was never told of, or is removed.
    #[error("the node is not in the fleet")]
    UnknownNode,
    /// The node is there already.
    #[error("the node is in the fleet already")]
    KnownNode,
    /// The node has no such accelerator.
    #[error("the node has no accelerator {device}")]
    UnknownDevice {
        /// Which one, from 0.
        device: usize,
    },
    /// The reservation holds no memory, or none on this accelerator.
    #[error("the reservation holds no memory there")]
    NotHeld,
    /// The memory is held by a reservation, which gives it back by itself.
    #[error("{extent} is held by reservation {}", holder.number())]
    Held {
        /// The memory.
        extent: Extent,
        /// Who holds it.
        holder: ReservationId,
    },
    /// The memory itself.
    #[error(transparent)]
    Arena(#[from] ArenaError),
}

impl Classify for FleetError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// What is known of a farm's accelerators; shared by the scheduler's plugin and whoever hears of changes.
///
/// Nodes report what happens on them: [`model_present`](Self::model_present), [`set_driver`](Self::set_driver),
/// memory that others [`occupy`](Self::occupy), and a block that the loader [`moved`](Self::moved). All else follows
/// from reservations, through [`InferencePlacement`](super::InferencePlacement).
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    jobs: HashMap<Box<str>, Job>,
    nodes: HashMap<NodeId, AcceleratedNode>,
    held: HashMap<ReservationId, Holding>,
}

#[derive(Clone, Debug)]
struct Holding {
    node: NodeId,
    blocks: Vec<Block>,
}

impl Fleet {
    /// No jobs and no nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What requests mean by this value of the label [`Job::LABEL`], from now on.
    pub fn define(&mut self, name: &str, job: Job) {
        self.jobs.insert(name.into(), job);
    }

    /// Requests for this job are refused from now on; what is loaded stays.
    pub fn undefine(&mut self, name: &str) {
        self.jobs.remove(name);
    }

    /// Adds a node.
    ///
    /// # Errors
    /// It is there.
    pub fn insert(&mut self, id: NodeId, node: AcceleratedNode) -> Result<(), FleetError> {
        if self.nodes.contains_key(&id) {
            return Err(FleetError::KnownNode);
        }
        self.nodes.insert(id, node);
        Ok(())
    }

    /// Removes a node and all that is held on it; before or after the scheduler removes it.
    pub fn remove(&mut self, id: NodeId) -> Option<AcceleratedNode> {
        self.held.retain(|_, holding| holding.node != id);
        self.nodes.remove(&id)
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&AcceleratedNode> {
        self.nodes.get(&id)
    }

    /// A node's driver was changed.
    ///
    /// # Errors
    /// The node is not there.
    pub fn set_driver(&mut self, id: NodeId, version: DriverVersion) -> Result<(), FleetError> {
        self.at(id)?.driver = Some(version);
        Ok(())
    }

    /// A node has downloaded a model.
    ///
    /// # Errors
    /// The node is not there.
    pub fn model_present(&mut self, id: NodeId, model: ModelDigest) -> Result<(), FleetError> {
        self.at(id)?.present.insert(model);
        Ok(())
    }

    /// A node has deleted a model.
    ///
    /// # Errors
    /// The node is not there.
    pub fn model_gone(&mut self, id: NodeId, model: &ModelDigest) -> Result<(), FleetError> {
        self.at(id)?.present.remove(model);
        Ok(())
    }

    /// Somebody else took memory: a display, a program beside the scheduler.
    ///
    /// # Errors
    /// The node or the accelerator is not there, or the memory is outside of it or taken.
    pub fn occupy(&mut self, id: NodeId, block: Block) -> Result<(), FleetError> {
        Ok(self.arena(id, block.device)?.take_at(block.extent)?)
    }

    /// Somebody else gave memory back that was reported with [`occupy`](Self::occupy), as the same block.
    ///
    /// # Errors
    /// The node or the accelerator is not there, or the block was not taken, or is held by a reservation.
    pub fn vacate(&mut self, id: NodeId, block: Block) -> Result<(), FleetError> {
        let here = self.held.iter().filter(|(_, holding)| holding.node == id);
        let mut holds = here.filter(|(_, holding)| holding.blocks.contains(&block));
        if let Some((holder, _)) = holds.next() {
            return Err(FleetError::Held {
                extent: block.extent,
                holder: *holder,
            });
        }
        Ok(self.arena(id, block.device)?.release(block.extent)?)
    }

    /// The blocks that a reservation holds, for who loads the model; none if it holds none.
    #[must_use]
    pub fn blocks(&self, id: impl Into<ReservationId>) -> &[Block] {
        let holding = self.held.get(&id.into());
        holding.map_or(&[], |holding| &holding.blocks)
    }

    /// The loader put a reservation's block to another place on the same accelerator.
    ///
    /// # Errors
    /// The reservation holds none there, or the new place is outside or taken.
    pub fn moved(&mut self, id: impl Into<ReservationId>, to: Block) -> Result<(), FleetError> {
        let holding = self.held.get_mut(&id.into()).ok_or(FleetError::NotHeld)?;
        let mut blocks = holding.blocks.iter_mut();
        let block = blocks.find(|block| block.device == to.device);
        let block = block.ok_or(FleetError::NotHeld)?;
        let node = self.nodes.get_mut(&holding.node);
        let arena = node.and_then(|node| node.arenas.get_mut(to.device));
        let arena = arena.ok_or(FleetError::NotHeld)?;
        arena.release(block.extent)?;
        if let Err(error) = arena.take_at(to.extent) {
            arena.take_at(block.extent)?;
            return Err(error.into());
        }
        *block = to;
        Ok(())
    }

    /// The job that a request names; `None` if it is no inference job.
    pub(super) fn job(&self, request: &Request) -> Option<Result<&Job, Reason>> {
        let name = request.labels().get(Job::LABEL)?;
        let job = self.jobs.get(name);
        Some(job.ok_or(Reason::Other("the inference job is not known")))
    }

    /// Takes the memory of a claim.
    pub(super) fn reserve(&mut self, claim: &Claim<'_>) -> Result<(), Reason> {
        let Some(job) = self.job(claim.request()) else {
            return Ok(());
        };
        let job = *job?;
        let node = self.nodes.get_mut(&claim.node());
        let node = node.ok_or(NO_ACCELERATORS)?;
        let fit = node.fit(&job, claim.devices())?;
        let mut blocks = Vec::with_capacity(fit.devices.len());
        for (device, arena) in node.arenas.iter_mut().enumerate() {
            if fit.devices.iter().any(|chosen| chosen == device) {
                let extent = arena.take(job.len()).map_err(Reason::Short)?;
                blocks.push(Block { device, extent });
            }
        }
        let node = claim.node();
        self.held.insert(claim.id(), Holding { node, blocks });
        Ok(())
    }

    /// Gives the memory of a claim back, if its node is still there.
    pub(super) fn release(&mut self, claim: &Claim<'_>) {
        let Some(holding) = self.held.remove(&claim.id()) else {
            return;
        };
        let Some(node) = self.nodes.get_mut(&holding.node) else {
            return;
        };
        for block in holding.blocks {
            let arena = node.arenas.get_mut(block.device);
            let released = arena.map(|arena| arena.release(block.extent));
            debug_assert_eq!(released, Some(Ok(())), "what is held is taken");
        }
    }

    fn at(&mut self, id: NodeId) -> Result<&mut AcceleratedNode, FleetError> {
        self.nodes.get_mut(&id).ok_or(FleetError::UnknownNode)
    }

    fn arena(&mut self, id: NodeId, device: usize) -> Result<&mut Arena, FleetError> {
        let arena = self.at(id)?.arenas.get_mut(device);
        arena.ok_or(FleetError::UnknownDevice { device })
    }
}

/// Why a node that the fleet does not know is refused.
pub(super) const NO_ACCELERATORS: Reason = Reason::Other("has no accelerators that are known");
