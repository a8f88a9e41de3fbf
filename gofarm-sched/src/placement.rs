//! From a request to a node, with reasons.

mod candidate;
mod claim;
mod groups;
mod phases;
mod refusal;

pub use candidate::Candidate;
pub use claim::{Claim, ReservationId};
pub use groups::Groups;
pub use phases::{Bind, Filter, Permission, Permit, Reserve, Score, Sensitivity};
pub use refusal::{Reason, Refusal};
