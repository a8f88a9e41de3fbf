//! One value that several write: [`Lww`], [`MvRegister`], [`Merged`] and [`Asked`].
//!
//! They differ in what becomes of two values written without knowing of each other: the later stands, both
//! stand, a function makes one of them, a person decides.

mod asked;
mod lww;
mod merged;
mod mv;
mod stamped;

pub use asked::{Asked, DecideError, Person};
pub use lww::Lww;
pub use merged::{Merged, Reconcile};
pub use mv::MvRegister;
