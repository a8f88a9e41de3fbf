//! `#[derive(Action)]`: what a device can be told to do.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Ident};

use crate::attribute::Entries;
use crate::description;
use crate::duration;
use crate::errors::Errors;
use crate::field::INPUT;
use crate::name;
use crate::record::{Record, scoped};

const KEYS: &[&str] = &[
    "name",
    "safe",
    "max_run",
    "idempotent",
    "closes",
    "on_link_loss",
];

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let record = Record::read(input, "an action", INPUT, &mut errors)?;
    let mut entries = Entries::read(
        &input.attrs,
        "action",
        KEYS,
        input.ident.span(),
        &mut errors,
    );
    let name = name::of(input, &mut entries, &mut errors);
    let promises = promises(&mut entries, &mut errors);
    let description = description::of(&input.attrs);
    let description = (!description.is_empty()).then(|| quote!(.describe(#description)));

    let ident = &input.ident;
    let (tables, validate) = (record.tables(), record.validate());
    errors.finish(scoped(&quote! {
        #tables
        static __GOFARM_CONTRACT: ::gofarm_core::contract::ActionContract =
            ::gofarm_core::contract::ActionContract::new(#name)
                .input(&__GOFARM_PROPERTIES) #description #promises;

        #validate

        #[automatically_derived]
        impl ::gofarm_core::contract::Action for #ident {
            const CONTRACT: &'static ::gofarm_core::contract::ActionContract = &__GOFARM_CONTRACT;
        }
    }))
}

/// The calls that add safe state, maximum run time and the rest to the contract.
fn promises(entries: &mut Entries, errors: &mut Errors) -> TokenStream {
    let safe = entries.text("safe", errors);
    let max_run = entries.text("max_run", errors);
    let idempotent = entries
        .flag("idempotent", errors)
        .map(|_| quote!(.idempotent()));
    let closes = entries.flag("closes", errors);
    let on_link_loss = entries.text("on_link_loss", errors);

    if let Some((key, _)) = &max_run {
        if closes.is_some() {
            errors.at(
                key,
                "a closing action ends runs and has none of its own: leave `max_run` out",
            );
        } else if safe.is_none() {
            errors.at(
                key,
                "after its run a device returns to a safe state: write `safe = \"closed\"` too",
            );
        }
    } else if let Some((key, _)) = &on_link_loss {
        errors.at(
            key,
            "only a run can outlast the link: write `max_run = \"30min\"` too, or leave it out",
        );
    }
    let link_loss = on_link_loss.map(|(_, text)| {
        let behaviour = match text.value().as_str() {
            "close" => "Close",
            "finish" => "Finish",
            _ => {
                errors.at(
                    &text,
                    "on link loss a run ends or goes on: write `\"close\"` or `\"finish\"`",
                );
                "Finish"
            }
        };
        let behaviour = Ident::new(behaviour, proc_macro2::Span::call_site());
        quote!(.on_link_loss(::gofarm_core::contract::OnLinkLoss::#behaviour))
    });
    let max_run = max_run.and_then(|(_, text)| {
        let time = duration::tokens(errors.keep(duration::read(&text))?);
        Some(quote!(.max_run(#time)))
    });
    let safe = safe.map(|(_, text)| quote!(.safe(#text)));
    let closes = closes.map(|_| quote!(.closing()));
    quote!(#safe #max_run #idempotent #closes #link_loss)
}
