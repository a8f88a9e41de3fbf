//! The generated code is clean under the lints of a strict crate.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused
)]
#![deny(
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    unused_qualifications
)]
#![no_implicit_prelude]

use ::gofarm_crdt::value::Value;

/// How a fan runs.
#[derive(Debug, Value)]
pub enum Mode {
    /// Not at all.
    Off,
    /// At so many percent.
    Manual(u8),
    /// For a while.
    Timed {
        /// How long, in minutes.
        minutes: ::core::primitive::u16,
    },
}

/// Nothing.
#[derive(Debug, Value)]
pub struct Unit;

/// Names that generated code might use itself.
#[derive(Debug, Value)]
pub struct Names {
    /// A name.
    pub out: u8,
    /// A name.
    pub input: u8,
    /// A name.
    pub number: Mode,
    /// A name.
    pub r#self_: [Unit; 2],
}

/// A name and a value.
#[derive(Debug, Value)]
pub struct Tagged<T> {
    /// The value.
    pub value: T,
}

fn main() {
    let mode = Mode::from_bytes(&[2, 5]);
    ::core::assert!(::core::matches!(
        mode,
        ::core::result::Result::Ok(Mode::Timed { minutes: 5 })
    ));
}
