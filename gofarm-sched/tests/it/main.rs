//! The crate as its users see it.

mod herding;
mod placement;
