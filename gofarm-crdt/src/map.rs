//! Values under keys: [`LwwMap`] of plain values, `Map` of CRDTs.

mod lww;
mod nested;
mod numbers;
mod under;

pub use lww::LwwMap;
#[cfg(feature = "alloc")]
pub use nested::{Map, Nested};
