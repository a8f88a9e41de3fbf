//! [`Decision`]: the node that a request was given, and why that one.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use gofarm_core::time::Instant;

use super::{Refusals, ReservationId};
use crate::node::NodeId;
use crate::resource::DeviceSet;

/// One term of a cost.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Term {
    name: &'static str,
    cost: f32,
}

impl Term {
    pub(super) const fn new(name: &'static str, cost: f32) -> Self {
        Self { name, cost }
    }

    /// Of what: a metric's name, a score's, `failures` or `slow start`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How much of the cost it is, 0 to 1.
    #[must_use]
    pub const fn cost(&self) -> f32 {
        self.cost
    }
}

/// A reservation on a node, with its reasons: end it with [`Scheduler::commit`](super::Scheduler::commit) or
/// [`Scheduler::abandon`](super::Scheduler::abandon), or it lapses.
///
/// Prints as `node-07  0.19`, and with `{:#}` all terms of the cost and the refusals as well.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the reservation holds resources until it is committed, abandoned or lapses"]
pub struct Decision {
    pub(super) reservation: ReservationId,
    pub(super) node: NodeId,
    pub(super) name: Arc<str>,
    pub(super) devices: DeviceSet,
    pub(super) tag: u64,
    pub(super) until: Instant,
    pub(super) cost: f32,
    pub(super) terms: Vec<Term>,
    pub(super) refusals: Refusals,
}

impl Decision {
    /// The reservation.
    #[must_use]
    pub const fn reservation(&self) -> ReservationId {
        self.reservation
    }

    /// The node.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// The node's name.
    #[must_use]
    pub fn node_name(&self) -> &str {
        &self.name
    }

    /// The accelerators of the node that the work gets.
    #[must_use]
    pub const fn devices(&self) -> DeviceSet {
        self.devices
    }

    /// What the caller knows the work by; see [`Request::tag`](crate::request::Request::tag).
    #[must_use]
    pub const fn tag(&self) -> u64 {
        self.tag
    }

    /// When the reservation lapses.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.until
    }

    /// How bad the node is for the request, 0 (best) to 1 (worst).
    #[must_use]
    pub const fn cost(&self) -> f32 {
        self.cost
    }

    /// What the cost is made of; the terms add up to it but for rounding.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The nodes that could not do it.
    ///
    /// Filters of [`Sensitivity::Always`](super::Sensitivity::Always) are asked about all nodes that would have been
    /// better than the chosen one, and about as many of the next best as
    /// [`reasons`](super::SchedulerBuilder::reasons) are kept: on a small farm about all. And
    /// [`Scheduler::place_cheap`](super::Scheduler::place_cheap) asks all filters only about the nodes that it draws.
    /// Refusals of others are not counted.
    #[must_use]
    pub const fn refusals(&self) -> &Refusals {
        &self.refusals
    }
}

impl From<Decision> for ReservationId {
    fn from(decision: Decision) -> Self {
        decision.reservation
    }
}

impl From<&Decision> for ReservationId {
    fn from(decision: &Decision) -> Self {
        decision.reservation
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {:.2}", self.name, self.cost)?;
        if !f.alternate() {
            return Ok(());
        }
        for (at, term) in self.terms.iter().enumerate() {
            let sign = if at == 0 { '=' } else { '+' };
            write!(f, " {sign} {} {:.2}", term.name, term.cost)?;
        }
        f.write_str(" (0 is idle)")?;
        if !self.refusals.is_empty() {
            write!(f, "; refused: {}", self.refusals)?;
        }
        Ok(())
    }
}
