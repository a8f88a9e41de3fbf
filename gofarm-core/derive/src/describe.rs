//! `#[derive(Describe)]`: a nested struct, or an enum without data.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use crate::attribute::Entries;
use crate::enumeration;
use crate::errors::Errors;
use crate::field::PROPERTY;
use crate::record::{Record, scoped};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    if let Data::Enum(data) = &input.data {
        return enumeration::expand(input, data);
    }
    let mut errors = Errors::default();
    let record = Record::read(input, "a nested value", PROPERTY, &mut errors)?;
    let mut entries = Entries::read(
        &input.attrs,
        "describe",
        &["defaults"],
        input.ident.span(),
        &mut errors,
    );
    let defaults = entries
        .flag("defaults", &mut errors)
        .map(|_| record.defaults(&mut errors));
    let (tables, describe, validate) = (record.tables(), record.describe(), record.validate());
    errors.finish(scoped(&quote!(#tables #describe #validate #defaults)))
}
