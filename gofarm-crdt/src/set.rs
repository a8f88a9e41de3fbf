//! Sets whose elements several add and remove: [`AddWinsSet`], [`RemoveWinsSet`] and [`LwwSet`].
//!
//! They differ in what becomes of an element that one replica adds and another removes, neither knowing of
//! the other: it is there, it is not there, or the later of both counts.

mod add_wins;
mod lww;
mod remove_wins;

pub use add_wins::AddWinsSet;
pub use lww::LwwSet;
pub use remove_wins::RemoveWinsSet;
