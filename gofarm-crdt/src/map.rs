//! Values under keys: [`LwwMap`].

mod lww;

pub use lww::LwwMap;
