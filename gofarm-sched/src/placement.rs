//! From a request to a node, with reasons.

mod candidate;
mod groups;
mod phases;
mod refusal;

pub use candidate::Candidate;
pub use groups::Groups;
pub use phases::{Filter, Score, Sensitivity};
pub use refusal::{Reason, Refusal};
