//! Sums to which several add: [`GCounter`].

mod g;

pub use g::GCounter;
