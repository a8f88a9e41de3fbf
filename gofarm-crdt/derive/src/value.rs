//! `#[derive(Value)]`: fields in order, and the number of a variant before them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Expr, Fields, Ident, LitInt, Variant, parse_quote};

use crate::attribute;
use crate::errors::Errors;

const MISPLACED: &str = "`#[value(…)]` numbers a variant of an enum and means nothing here";

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    attribute::refuse(&input.attrs, "value", MISPLACED, &mut errors);
    for lifetime in input.generics.lifetimes() {
        errors.at(
            lifetime,
            "a value outlives the bytes that it was read from, so it borrows nothing: use an owned type",
        );
    }
    let (encode, decode) = match &input.data {
        Data::Struct(data) => {
            refuse_on_fields(&data.fields, &mut errors);
            of_struct(&data.fields)
        }
        Data::Enum(data) => of_enum(input, data, &mut errors),
        Data::Union(data) => {
            return Err(syn::Error::new(
                data.union_token.span,
                "nobody can tell which field of a union is there: write an enum",
            ));
        }
    };
    let mut generics = input.generics.clone();
    for ty in generics.type_params_mut() {
        ty.bounds.push(parse_quote!(::gofarm_crdt::value::Value));
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let ident = &input.ident;
    errors.finish(quote! {
        #[automatically_derived]
        impl #impl_generics ::gofarm_crdt::value::Value for #ident #ty_generics #where_clause {
            fn encode(&self, __out: &mut dyn ::gofarm_crdt::value::Sink) {
                let _ = &__out;
                #encode
            }

            fn decode(
                __input: &mut ::gofarm_crdt::value::Reader<'_>,
            ) -> ::core::result::Result<Self, ::gofarm_crdt::error::Malformed> {
                let _ = &__input;
                #decode
            }
        }
    })
}

fn of_struct(fields: &Fields) -> (TokenStream, TokenStream) {
    let encode = members(fields).map(|(member, ty)| {
        let value = quote_spanned!(ty.span()=> &self.#member);
        put(ty, &value)
    });
    let decode = take_all(fields, &quote!(Self));
    (
        quote!(#(#encode)*),
        quote!(::core::result::Result::Ok(#decode)),
    )
}

fn of_enum(
    input: &DeriveInput,
    data: &DataEnum,
    errors: &mut Errors,
) -> (TokenStream, TokenStream) {
    if data.variants.is_empty() {
        errors.at(
            &input.ident,
            "an enum without variants has no values: write one at least",
        );
    }
    let mut numbers: Vec<(u32, &Ident)> = Vec::new();
    for (position, variant) in (0_u32..).zip(&data.variants) {
        refuse_on_fields(&variant.fields, errors);
        let (number, span) = number(variant, position, errors);
        if let Some((_, other)) = numbers.iter().find(|(taken, _)| *taken == number) {
            let message = format!(
                "`{}` has the number of `{other}`, {number}: write `#[value(…)]` with a free one",
                variant.ident
            );
            errors.push(syn::Error::new(span, message));
        }
        numbers.push((number, &variant.ident));
    }
    let encode = data
        .variants
        .iter()
        .zip(&numbers)
        .map(|(variant, (number, _))| {
            let ident = &variant.ident;
            let bindings: Vec<Ident> = (0..variant.fields.len())
                .map(|at| format_ident!("__field_{at}"))
                .collect();
            let members = members(&variant.fields).map(|(member, _)| member);
            let puts = variant
                .fields
                .iter()
                .zip(&bindings)
                .map(|(field, binding)| {
                    put(&field.ty, &quote_spanned!(field.ty.span()=> #binding))
                });
            quote! {
                Self::#ident { #(#members: #bindings),* } => {
                    __out.put_varint(::core::convert::From::from(#number));
                    #(#puts)*
                }
            }
        });
    let decode = data
        .variants
        .iter()
        .zip(&numbers)
        .map(|(variant, (number, _))| {
            let ident = &variant.ident;
            let number = u64::from(*number);
            let value = take_all(&variant.fields, &quote!(Self::#ident));
            quote!(#number => ::core::result::Result::Ok(#value))
        });
    let name = input.ident.to_string();
    let encode = quote!(match self { #(#encode)* });
    let decode = quote! {
        match __input.take_varint(#name)? {
            #(#decode,)*
            _ => ::core::result::Result::Err(::gofarm_crdt::error::Malformed::Invalid(#name)),
        }
    };
    (encode, decode)
}

/// The number of a variant, and where a clash is shown.
fn number(variant: &Variant, position: u32, errors: &mut Errors) -> (u32, proc_macro2::Span) {
    let mut found = None;
    for attribute in attribute::named(&variant.attrs, "value") {
        let wanted = "the number of a variant is a whole number of 32 bits: write `#[value(7)]`";
        let Ok(number) = attribute.parse_args::<LitInt>() else {
            errors.at(attribute, wanted);
            continue;
        };
        match number.base10_parse::<u32>() {
            Ok(_) if found.is_some() => errors.at(attribute, "written twice: keep one"),
            Ok(n) => found = Some((n, number.span())),
            Err(_) => errors.at(&number, wanted),
        }
    }
    if let (None, Some((_, discriminant))) = (found, &variant.discriminant) {
        let number = match discriminant {
            Expr::Lit(literal) => quote!(#literal).to_string(),
            _ => "…".to_owned(),
        };
        errors.at(
            discriminant,
            format!("this is a number in memory; write `#[value({number})]` for the one in bytes"),
        );
    }
    found.unwrap_or((position, variant.ident.span()))
}

fn refuse_on_fields(fields: &Fields, errors: &mut Errors) {
    for field in fields {
        attribute::refuse(&field.attrs, "value", MISPLACED, errors);
    }
}

/// The fields by name, or by position if they have none.
fn members(fields: &Fields) -> impl Iterator<Item = (syn::Member, &syn::Type)> {
    fields.members().zip(fields.iter().map(|field| &field.ty))
}

fn put(ty: &syn::Type, value: &TokenStream) -> TokenStream {
    quote_spanned!(ty.span()=> <#ty as ::gofarm_crdt::value::Value>::encode(#value, __out);)
}

/// A value of `path` with each field read in order.
fn take_all(fields: &Fields, path: &TokenStream) -> TokenStream {
    let takes = members(fields).map(|(member, ty)| {
        let take = quote_spanned! {ty.span()=>
            <#ty as ::gofarm_crdt::value::Value>::decode(__input)?
        };
        quote!(#member: #take)
    });
    quote!(#path { #(#takes),* })
}
