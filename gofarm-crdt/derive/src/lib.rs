//! Derive macros of [gofarm-crdt](https://docs.rs/gofarm-crdt): a state from a plain struct, and the bytes of
//! plain values.
//!
//! Use them through gofarm-crdt, which exports them beside the traits of the same names. The generated code
//! names gofarm-crdt and `core` only: no allocation, no `std`, no hidden call. Mistakes in one definition are
//! reported together, each at its token.

mod attribute;
mod errors;
mod number;
mod replicated;
mod value;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives `Replicated` for a struct whose fields are CRDTs.
///
/// It also writes the struct that an update sees: `ValveStateEdit<'a>` beside `ValveState`, with the same
/// visibility, whose fields have the same names, visibilities and docs and are `Edit<'a, _>` of the field types.
///
/// The number of a field follows from its name. `#[replicated(name = "open")]` keeps the name under which
/// other replicas know a field that was renamed in the source; `#[replicated(number = 7)]` gives a number of
/// 1 to 65535 where the numbers of two names meet, which the compiler tells. Both are part of what is stored
/// and sent: to change one is to begin another field.
///
/// Each field type implements `Field`, the struct `Default` and `Send`. Type and const parameters are allowed;
/// a lifetime is not, since a replica owns its states.
#[proc_macro_derive(Replicated, attributes(replicated))]
pub fn derive_replicated(input: TokenStream) -> TokenStream {
    expand(
        &parse_macro_input!(input as DeriveInput),
        replicated::expand,
    )
}

/// Derives `Value` for a struct or an enum whose fields are values.
///
/// A struct is its fields in order. A variant of an enum is a number as LEB128, then its fields in order. The
/// number is its position, from 0, or what `#[value(7)]` says; write it before variants are reordered or
/// removed. A number that no variant has is refused with `Malformed::Invalid`: an older program cannot read a
/// newer variant.
///
/// To add, remove or reorder fields is to make another type: its old bytes are not read.
#[proc_macro_derive(Value, attributes(value))]
pub fn derive_value(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), value::expand)
}

fn expand(
    input: &DeriveInput,
    derive: fn(&DeriveInput) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    derive(input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
