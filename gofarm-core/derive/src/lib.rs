//! Derive macros of [gofarm-core](https://docs.rs/gofarm-core): one definition of a device, checked while it
//! compiles.
//!
//! Use them through gofarm-core, which exports them beside the traits of the same names; its `contract` module
//! lists every attribute. The generated code names gofarm-core and `core` only: no allocation, no `std`, no
//! hidden call. Mistakes in one definition are reported together, each at its token.

mod action;
mod attribute;
mod default;
mod describe;
mod description;
mod device;
mod duration;
mod enumeration;
mod errors;
mod event;
mod field;
mod leaf;
mod name;
mod number;
mod range;
mod record;
mod shape;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Derives `Device`, `Describe` and `Validate` for a struct with named fields.
///
/// Takes `#[device(model = "acme-ph", version = 1, actions(Open, Close), events(LeakDetected), defaults)]` and
/// `#[prop(…)]` on each field.
#[proc_macro_derive(Device, attributes(device, prop))]
pub fn derive_device(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), device::expand)
}

/// Derives `Describe` and `Validate` for a nested struct or an enum without data.
///
/// Takes `#[describe(defaults)]`, `#[prop(…)]` on each field and `#[prop(name = "…")]` on each variant.
#[proc_macro_derive(Describe, attributes(describe, prop))]
pub fn derive_describe(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), describe::expand)
}

/// Derives `Action` and `Validate` for a struct whose fields are the action's input.
///
/// Takes `#[action(name = "…", safe = "closed", max_run = "30min", idempotent, closes, on_link_loss = "close")]`
/// and `#[prop(…)]` on each field.
#[proc_macro_derive(Action, attributes(action, prop))]
pub fn derive_action(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), action::expand)
}

/// Derives `Event` and `Validate` for a struct whose fields are the event's data.
///
/// Takes `#[event(name = "…")]` and `#[prop(…)]` on each field.
#[proc_macro_derive(Event, attributes(event, prop))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    expand(&parse_macro_input!(input as DeriveInput), event::expand)
}

fn expand(
    input: &DeriveInput,
    derive: fn(&DeriveInput) -> syn::Result<proc_macro2::TokenStream>,
) -> TokenStream {
    derive(input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
