//! The crate as its users see it.

mod feature;
mod forecast;
