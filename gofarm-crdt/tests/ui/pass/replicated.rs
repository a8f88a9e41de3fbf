//! The generated code is clean under the lints of a strict crate, also beside private fields and types.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused
)]
#![deny(
    rust_2018_idioms,
    trivial_casts,
    unused_qualifications,
    private_interfaces
)]
#![no_implicit_prelude]

use ::core::default::Default;
use ::gofarm_crdt::Replicated;
use ::gofarm_crdt::dot::{Actor, ReplicaId};
use ::gofarm_crdt::field::Pen;

/// A state.
#[derive(Debug, Default, Replicated)]
pub struct Valve {
    /// Documented.
    pub open: field::Nothing,
    /// Within the crate.
    pub(crate) reason: field::Nothing,
    private: field::Beside<Private>,
    pen: field::Nothing,
    number: field::Nothing,
    r#type: field::Nothing,
}

#[derive(Debug, Default)]
struct Private;

/// With a parameter.
#[derive(Debug, Default, Replicated)]
pub struct Reported<T: ::core::marker::Send + Default> {
    /// Documented.
    pub last: field::Beside<T>,
}

/// Not public at all.
#[derive(Default, Replicated)]
struct Inner {
    only: field::Nothing,
}

/// Fields without cells.
pub mod field {
    use ::core::prelude::v1::*;

    use ::gofarm_crdt::cell::{CellKind, CellWriter, Content};
    use ::gofarm_crdt::dot::Dot;
    use ::gofarm_crdt::error::Malformed;
    use ::gofarm_crdt::field::{Field, JoinError, Joined};
    use ::gofarm_crdt::value::Sink;

    /// A field without cells, and something beside it.
    #[derive(Debug, Default, PartialEq)]
    pub struct Beside<T>(T);

    /// A field without cells.
    pub type Nothing = Beside<()>;

    impl<T: 'static> Field for Beside<T> {
        fn kind(&self) -> CellKind {
            CellKind::Register
        }
        fn cells(&self) -> u32 {
            0
        }
        fn find(&self, _: &[u8]) -> Option<u32> {
            None
        }
        fn key(&self, _: u32, _: &mut dyn Sink) {}
        fn write(&self, _: u32, _: &mut dyn CellWriter) {}
        fn dots(&self, _: u32, _: &mut dyn FnMut(Dot) -> bool) -> bool {
            true
        }
        fn join(&mut self, _: &[u8], _: &Content<'_>) -> Result<Joined, JoinError> {
            Err(JoinError::Unreadable(Malformed::Invalid("key")))
        }
        fn has_remains(&self, _: u32) -> bool {
            false
        }

        fn is_present(&self, _: u32) -> bool {
            true
        }

        fn erase(&mut self, _: u32) {}
        fn settle(&mut self, _: u32, _: &dyn Fn(Dot) -> bool) -> bool {
            false
        }
    }
}

fn main() {
    let actor = Actor::new(ReplicaId::new(1), 1);
    let pen = Pen::new(actor, 0, Default::default(), &());
    let mut valve = Valve::default();
    let edit: ValveEdit<'_> = valve.edit(&pen);
    ::core::assert_eq!(*edit.open, Default::default());
    let _ = Inner::default().edit(&pen);
}
