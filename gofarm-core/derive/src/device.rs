//! `#[derive(Device)]`: a record with a model, a version, actions and events.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Path};

use crate::attribute::Entries;
use crate::description;
use crate::errors::Errors;
use crate::field::PROPERTY;
use crate::record::{Record, scoped};

const KEYS: &[&str] = &["model", "version", "actions", "events", "defaults"];

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let record = Record::read(input, "a device", PROPERTY, &mut errors)?;
    let mut entries = Entries::read(
        &input.attrs,
        "device",
        KEYS,
        input.ident.span(),
        &mut errors,
    );
    entries.require("model", &mut errors);
    entries.require("version", &mut errors);
    let model = entries.text("model", &mut errors).map(|(_, text)| text);
    let version = entries
        .whole("version", &mut errors)
        .map(|(_, version)| version);
    let actions = contracts(&entries.list("actions", &mut errors), &quote!(Action));
    let events = contracts(&entries.list("events", &mut errors), &quote!(Event));
    let defaults = entries
        .flag("defaults", &mut errors)
        .map(|_| record.defaults(&mut errors));
    let description = description::of(&input.attrs);
    let description = (!description.is_empty()).then(|| quote!(.describe(#description)));

    let ident = &input.ident;
    let (tables, describe, validate) = (record.tables(), record.describe(), record.validate());
    // At the type's name: there the compiler shows two actions of one name.
    let descriptor = quote_spanned! {ident.span()=>
        ::gofarm_core::contract::derived::descriptor(::gofarm_core::contract::Descriptor::new(
            #model, #version, &__GOFARM_PROPERTIES, &[#(#actions),*], &[#(#events),*],
        ))
    };
    errors.finish(scoped(&quote! {
        #tables
        static __GOFARM_DESCRIPTOR: ::gofarm_core::contract::Descriptor = #descriptor #description;

        #describe
        #validate
        #defaults

        #[automatically_derived]
        impl ::gofarm_core::contract::Device for #ident {
            const DESCRIPTOR: &'static ::gofarm_core::contract::Descriptor = &__GOFARM_DESCRIPTOR;
        }
    }))
}

/// The contracts of `types`, each asked for at its own token.
fn contracts(types: &[Path], kind: &TokenStream) -> Vec<TokenStream> {
    let contract = |path: &Path| quote_spanned!(path.span()=> <#path as ::gofarm_core::contract::#kind>::CONTRACT);
    types.iter().map(contract).collect()
}
