//! `#[derive(Replicated)]`: the table of fields, and the struct that an update sees.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Fields, GenericParam, Generics, Ident, Lifetime, LifetimeParam,
    Type, Visibility, parse_quote,
};

use crate::attribute::{self, Keys};
use crate::errors::Errors;
use crate::number;

/// One field of a state.
struct Member<'a> {
    ident: &'a Ident,
    ty: &'a Type,
    vis: &'a Visibility,
    docs: Vec<&'a Attribute>,
    name: String,
    number: u16,
    /// Where a clash of its number is shown.
    span: Span,
}

pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let fields = named_fields(input)?;
    refuse_lifetimes(&input.generics, &mut errors);
    attribute::refuse(
        &input.attrs,
        "replicated",
        "this stands on a field: write it above one",
        &mut errors,
    );
    let mut members: Vec<Member<'_>> = fields
        .iter()
        .filter_map(|field| {
            let ident = field.ident.as_ref()?;
            let keys = Keys::read(&field.attrs, &mut errors);
            let name = keys
                .name
                .as_ref()
                .map_or_else(|| ident.unraw().to_string(), syn::LitStr::value);
            let hashed = number::of(&name);
            let name_span = keys.name.as_ref().map_or(ident.span(), syn::LitStr::span);
            let (number, span) = keys.number.unwrap_or((hashed, name_span));
            Some(Member {
                ident,
                ty: &field.ty,
                vis: &field.vis,
                docs: attribute::named(&field.attrs, "doc").collect(),
                name,
                number,
                span,
            })
        })
        .collect();
    refuse_clashes(&members, &mut errors);
    // Sorted for whoever searches the table; the struct and its companion keep their order.
    let companion = companion(input, &members);
    members.sort_by_key(|member| member.number);
    let replicated = replicated(input, &members);
    errors.finish(quote! {
        #companion
        #replicated
    })
}

/// The struct of edits.
fn companion(input: &DeriveInput, members: &[Member<'_>]) -> TokenStream {
    let (vis, ident) = (&input.vis, &input.ident);
    let (name, generics) = (companion_name(ident), companion_generics(input));
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let doc = format!(
        "The fields of [`{}`] as an update sees them: read and written.",
        ident.unraw()
    );
    let fields = members.iter().map(|member| {
        let Member {
            ident,
            ty,
            vis,
            docs,
            ..
        } = member;
        let fallback = docs.is_empty().then(|| {
            let doc = format!("The field `{}`.", ident.unraw());
            quote!(#[doc = #doc])
        });
        quote! {
            #fallback
            #(#docs)*
            #vis #ident: ::gofarm_crdt::field::Edit<'__edit, #ty>
        }
    });
    let text = name.unraw().to_string();
    // Without fields nothing would use the lifetime.
    let unused = members
        .is_empty()
        .then(|| quote!(__edit: ::core::marker::PhantomData<&'__edit ()>));
    quote! {
        #[doc = #doc]
        #[allow(dead_code, reason = "an update need not write every field")]
        #vis struct #name #impl_generics #where_clause {
            #(#fields,)*
            #unused
        }

        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #name #ty_generics #where_clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#text).finish_non_exhaustive()
            }
        }
    }
}

/// The impl of the trait; `members` are sorted by number.
fn replicated(input: &DeriveInput, members: &[Member<'_>]) -> TokenStream {
    let ident = &input.ident;
    let companion = companion_name(ident);
    let mut generics = input.generics.clone();
    if !generics.params.is_empty() {
        bound_to_last(&mut generics);
        let clause = generics.make_where_clause();
        clause
            .predicates
            .push(parse_quote!(Self: ::core::default::Default + ::core::marker::Send + 'static));
        for Member { ty, .. } in members {
            clause
                .predicates
                .push(parse_quote!(#ty: ::gofarm_crdt::field::Field));
        }
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let mut with_edit = input.generics.clone();
    with_edit.params.insert(0, edit_lifetime());
    let (_, companion_generics, _) = with_edit.split_for_impl();

    let entries = members.iter().map(|member| {
        let Member { name, number, .. } = member;
        quote!(::gofarm_crdt::FieldName::numbered(#number, #name))
    });
    let numbers: Vec<u16> = members.iter().map(|member| member.number).collect();
    let idents: Vec<&Ident> = members.iter().map(|member| member.ident).collect();
    let shared = members.iter().map(|member| {
        let ident = member.ident;
        quote_spanned!(member.ty.span()=> &self.#ident)
    });
    let edits = members.iter().map(|member| {
        let Member { ident, number, .. } = member;
        quote!(#ident: pen.edit(&mut self.#ident, #number))
    });
    let unused = members
        .is_empty()
        .then(|| quote!(__edit: ::core::marker::PhantomData));
    quote! {
        #[automatically_derived]
        impl #impl_generics ::gofarm_crdt::Replicated for #ident #ty_generics #where_clause {
            type Edit<'__edit> = #companion #companion_generics;

            const FIELDS: &'static [::gofarm_crdt::FieldName] = &[#(#entries),*];

            #[cfg_attr(target_os = "none", inline(never))]
            fn field(
                &self,
                number: u16,
            ) -> ::core::option::Option<&dyn ::gofarm_crdt::field::Field> {
                match number {
                    #(#numbers => ::core::option::Option::Some(#shared),)*
                    _ => ::core::option::Option::None,
                }
            }

            #[cfg_attr(target_os = "none", inline(never))]
            fn field_mut(
                &mut self,
                number: u16,
            ) -> ::core::option::Option<&mut dyn ::gofarm_crdt::field::Field> {
                match number {
                    #(#numbers => ::core::option::Option::Some(&mut self.#idents),)*
                    _ => ::core::option::Option::None,
                }
            }

            fn edit<'__edit>(
                &'__edit mut self,
                pen: &'__edit ::gofarm_crdt::field::Pen<'__edit>,
            ) -> Self::Edit<'__edit> {
                #companion { #(#edits,)* #unused }
            }
        }
    }
}

fn companion_name(ident: &Ident) -> Ident {
    format_ident!("{}Edit", ident.unraw(), span = ident.span())
}

fn edit_lifetime() -> GenericParam {
    let lifetime = Lifetime::new("'__edit", Span::call_site());
    GenericParam::Lifetime(LifetimeParam::new(lifetime))
}

fn companion_generics(input: &DeriveInput) -> Generics {
    let mut generics = input.generics.clone();
    for parameter in &mut generics.params {
        // A default would allow to leave the parameter out here, but not in the impl.
        match parameter {
            GenericParam::Type(ty) => {
                ty.eq_token = None;
                ty.default = None;
            }
            GenericParam::Const(constant) => {
                constant.eq_token = None;
                constant.default = None;
            }
            GenericParam::Lifetime(_) => {}
        }
    }
    bound_to_last(&mut generics);
    generics.params.insert(0, edit_lifetime());
    generics
}

/// A replica owns its states: what is in them lives as long as it is wanted.
fn bound_to_last(generics: &mut Generics) {
    for ty in generics.type_params_mut() {
        ty.bounds.push(parse_quote!('static));
    }
}

fn named_fields(input: &DeriveInput) -> syn::Result<&Fields> {
    let wanted = "a state is a struct with named fields";
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => Ok(&data.fields),
            Fields::Unnamed(fields) => Err(syn::Error::new_spanned(
                fields,
                "a field is known by its name: write `{ name: type, … }`",
            )),
            Fields::Unit => Err(syn::Error::new_spanned(
                &input.ident,
                "a state without fields has nothing to replicate: write `{ name: type, … }`",
            )),
        },
        Data::Enum(data) => Err(syn::Error::new(
            data.enum_token.span,
            format!("{wanted}; an enum derives `Value` and goes into a register"),
        )),
        Data::Union(data) => Err(syn::Error::new(data.union_token.span, wanted)),
    }
}

fn refuse_lifetimes(generics: &Generics, errors: &mut Errors) {
    for lifetime in generics.lifetimes() {
        errors.at(
            lifetime,
            "a replica owns its states, so they borrow nothing: use an owned type",
        );
    }
}

fn refuse_clashes(members: &[Member<'_>], errors: &mut Errors) {
    for (at, member) in members.iter().enumerate() {
        let earlier = members.iter().take(at);
        if earlier.clone().any(|other| other.name == member.name) {
            let message = format!("two fields are called `{}`: rename one", member.name);
            errors.push(syn::Error::new(member.span, message));
        } else if let Some(other) = earlier.clone().find(|other| other.number == member.number) {
            let message = format!(
                "`{}` has the number of `{}`, {}: write `#[replicated(number = …)]` with a free one, or rename it",
                member.name, other.name, member.number
            );
            errors.push(syn::Error::new(member.span, message));
        }
    }
}
