//! Sets whose elements several add and remove: [`AddWinsSet`].

mod add_wins;

pub use add_wins::AddWinsSet;
