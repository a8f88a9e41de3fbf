//! One value that several write: [`Lww`].

mod lww;

pub use lww::Lww;
