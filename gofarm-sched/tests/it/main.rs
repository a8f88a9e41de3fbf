//! The crate as its users see it.

mod drift;
mod feature;
#[cfg(feature = "alloc")]
mod feedback;
mod forecast;
