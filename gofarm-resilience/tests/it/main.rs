//! Behaviour that users rely on, a file for each subject.

mod breaker;
#[cfg(feature = "std")]
mod keyed;
mod sliding_window;
