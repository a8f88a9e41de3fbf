//! `#[derive(Event)]`: what a device tells by itself.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::attribute::Entries;
use crate::description;
use crate::errors::Errors;
use crate::field::DATA;
use crate::name;
use crate::record::{Record, scoped};

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let record = Record::read(input, "an event", DATA, &mut errors)?;
    let mut entries = Entries::read(
        &input.attrs,
        "event",
        &["name"],
        input.ident.span(),
        &mut errors,
    );
    let name = name::of(input, &mut entries, &mut errors);
    let description = description::of(&input.attrs);
    let description = (!description.is_empty()).then(|| quote!(.describe(#description)));

    let ident = &input.ident;
    let (tables, validate) = (record.tables(), record.validate());
    errors.finish(scoped(&quote! {
        #tables
        static __GOFARM_CONTRACT: ::gofarm_core::contract::EventContract =
            ::gofarm_core::contract::EventContract::new(#name)
                .data(&__GOFARM_PROPERTIES) #description;

        #validate

        #[automatically_derived]
        impl ::gofarm_core::contract::Event for #ident {
            const CONTRACT: &'static ::gofarm_core::contract::EventContract = &__GOFARM_CONTRACT;
        }
    }))
}
