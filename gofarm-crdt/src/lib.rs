#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "std"),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "the front page names what features add; all links are checked with all features"
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;

// Lets the derive macros name this crate by one path, inside and outside of it.
extern crate self as gofarm_crdt;

pub mod board;
pub mod capacity;
mod causal_context;
pub mod cell;
pub mod clock;
#[cfg(feature = "alloc")]
pub mod conflict;
pub mod counter;
pub mod dot;
#[cfg(feature = "alloc")]
pub mod double_write;
#[cfg(feature = "tokio")]
pub mod driver;
pub mod error;
pub mod field;
pub mod flag;
#[cfg(all(any(doc, doctest), feature = "std", feature = "derive"))]
pub mod guide;
#[cfg(feature = "crdts")]
pub mod interop;
#[cfg(feature = "alloc")]
pub mod journal;
mod keyed;
pub mod ledger;
pub mod map;
#[cfg(feature = "alloc")]
pub mod merge;
#[cfg(feature = "alloc")]
pub mod raw;
pub mod register;
#[cfg(feature = "alloc")]
pub mod replica;
pub mod set;
mod state;
#[cfg(feature = "alloc")]
pub mod store;
pub mod sync;
mod timestamp;
pub mod value;
mod version_vector;
#[cfg(feature = "alloc")]
pub mod watch;

pub use board::Board;
pub use causal_context::{CausalContext, Run};
pub use counter::{GCounter, PnCounter};
pub use flag::{DisableWinsFlag, EnableWinsFlag};
pub use map::LwwMap;
#[cfg(feature = "alloc")]
pub use map::Map;
pub use register::{Asked, Lww, Merged, MvRegister};
#[cfg(feature = "alloc")]
pub use replica::{Handle, Replica};
pub use set::{AddWinsSet, LwwSet, RemoveWinsSet};
pub use state::{FieldName, Replicated};
pub use timestamp::Timestamp;
pub use value::Value;
pub use version_vector::VersionVector;

#[cfg(feature = "derive")]
pub use gofarm_crdt_derive::Replicated;
