//! Behaviour that users rely on, a file for each subject.

extern crate alloc;

mod breaker;
#[cfg(feature = "std")]
mod keyed;
mod sliding_window;
