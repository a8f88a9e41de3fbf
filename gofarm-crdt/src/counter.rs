//! Sums to which several add: [`GCounter`] and [`PnCounter`].

mod g;
mod pn;

pub use g::GCounter;
pub use pn::PnCounter;
