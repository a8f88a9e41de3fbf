//! `#[derive(Describe)]` on an enum without data.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Fields};

use crate::attribute::Entries;
use crate::description;
use crate::errors::Errors;
use crate::field::refuse_same_names;
use crate::record::{refuse_generics, scoped};

pub(crate) fn expand(input: &DeriveInput, data: &DataEnum) -> syn::Result<TokenStream> {
    refuse_generics(input)?;
    let mut errors = Errors::default();
    if data.variants.is_empty() {
        errors.at(
            &input.ident,
            "an enumeration without variants has no values: write one at least",
        );
    }
    let attributes = Entries::read(
        &input.attrs,
        "describe",
        &["defaults"],
        input.ident.span(),
        &mut errors,
    );
    if attributes.has("defaults") {
        errors.at(
            &input.ident,
            "an enum marks its default itself: write `#[derive(Default)]` and `#[default]`",
        );
    }
    let mut names = Vec::new();
    let mut descriptions = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(
                &variant.fields,
                "a variant in a contract holds no data: write the data as properties beside the enum",
            );
        }
        let span = variant.ident.span();
        let mut entries = Entries::read(&variant.attrs, "prop", &["name"], span, &mut errors);
        names.push(match entries.text("name", &mut errors) {
            Some((_, text)) => (text.value(), text.span()),
            None => (syn::ext::IdentExt::unraw(&variant.ident).to_string(), span),
        });
        descriptions.push(description::of(&variant.attrs));
    }
    refuse_same_names("variants", names.iter(), &mut errors);

    let (ident, vis) = (&input.ident, &input.vis);
    let variants = data.variants.iter().map(|variant| &variant.ident);
    let numbered = (0_u16..)
        .zip(variants.clone())
        .map(|(number, variant)| quote!(Self::#variant => #number));
    let names: Vec<_> = names.into_iter().map(|(name, _)| name).collect();
    let count = names.len();
    let impls = scoped(&quote! {
        static __GOFARM_VARIANTS: [::gofarm_core::contract::Variant; #count] =
            [#(::gofarm_core::contract::Variant::new(#names, #descriptions)),*];

        #[automatically_derived]
        impl ::gofarm_core::contract::Describe for #ident {
            const SCHEMA: ::gofarm_core::contract::Schema =
                ::gofarm_core::contract::Schema::Enumeration(&__GOFARM_VARIANTS);

            fn visit(
                &self,
                place: &::gofarm_core::contract::Place,
                visit: &mut dyn ::core::ops::FnMut(
                    &::gofarm_core::contract::Place,
                    ::gofarm_core::contract::Value<'_>,
                ),
            ) {
                let number: u16 = match self {
                    #(#numbered),*
                };
                visit(place, ::gofarm_core::contract::Value::Variant(number));
            }
        }

        /// Every variant is valid.
        #[automatically_derived]
        impl ::gofarm_core::contract::Validate for #ident {
            #[inline]
            fn validate(&self) -> ::core::result::Result<(), ::gofarm_core::contract::Violation> {
                ::core::result::Result::Ok(())
            }
        }

        #[automatically_derived]
        impl #ident {
            /// The name in the contract, for the default of a property; not for use by hand.
            #[doc(hidden)]
            #[allow(dead_code, reason = "only a property with a default needs it")]
            #vis const fn __gofarm_name(&self) -> &'static str {
                match self {
                    #(Self::#variants => #names),*
                }
            }
        }
    });
    errors.finish(impls)
}
