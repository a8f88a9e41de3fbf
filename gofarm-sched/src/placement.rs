//! From a request to a node, with reasons: filter, score, reserve, permit, bind.
//!
//! A farm asks "where?" often, with few kinds of request, and about nodes of which one changes at a time. The usual
//! scheduler asks every plugin about every node each time, and takes metrics as they come; then all work of one
//! refresh interval goes to the node that was idle in it. Here [`Scheduler::place`] *reserves*: resources and
//! expected load count from that moment, until a metric that was measured later shows the work. And answers are kept
//! for each shape of request, so that a decision asks only about the nodes that changed.
//!
//! What it does not do: it keeps no queue of requests, evicts nothing, and tells no node; it says where.

mod barred;
mod board;
mod builder;
mod candidate;
mod claim;
mod counts;
mod decision;
mod error;
mod groups;
mod on_the_way;
mod phases;
mod refusal;
mod scheduler;
mod shapes;
pub mod signal;
mod size;
mod slot_set;

pub use builder::SchedulerBuilder;
pub use candidate::Candidate;
pub use claim::{Claim, PlacementId, ReservationId};
pub use counts::Counts;
pub use decision::{Decision, Term};
pub use error::{NotCommitted, Refusals, UnknownClaim, UnknownNode, UnknownPlugin, Unplaced};
pub use groups::Groups;
pub use phases::{Bind, Filter, Permission, Permit, Reserve, Score, Sensitivity};
pub use refusal::{Reason, Refusal};
pub use scheduler::Scheduler;
