//! [`Record`]: the properties of one struct; its table, its validation and its defaults.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Ident, Type};

use crate::errors::Errors;
use crate::field::{Field, refuse_same_names};
use crate::leaf::Leaf;
use crate::shape::{self, Shape};

/// A struct with named fields, or without any.
pub(crate) struct Record<'a> {
    ident: &'a Ident,
    fields: Vec<Field<'a>>,
}

impl<'a> Record<'a> {
    /// Reads the fields of `input`, each with the keys `known`.
    ///
    /// # Errors
    /// After the first look if `input` is no such struct; mistakes in fields are noted and reading goes on.
    pub(crate) fn read(
        input: &'a DeriveInput,
        what: &str,
        known: &[&str],
        errors: &mut Errors,
    ) -> syn::Result<Self> {
        refuse_generics(input)?;
        let fields = match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => fields.named.iter().collect(),
                Fields::Unit => Vec::new(),
                Fields::Unnamed(fields) => {
                    return Err(syn::Error::new_spanned(
                        fields,
                        "a property needs a name: write `{ name: type, … }`",
                    ));
                }
            },
            Data::Enum(data) => {
                return Err(syn::Error::new(
                    data.enum_token.span,
                    format!(
                        "{what} is a struct with named fields; an enum without data derives `Describe`"
                    ),
                ));
            }
            Data::Union(data) => {
                return Err(syn::Error::new(
                    data.union_token.span,
                    format!("{what} is a struct with named fields: write `struct`"),
                ));
            }
        };
        if fields.len() > usize::from(u16::MAX) {
            errors.at(
                &input.ident,
                "a record in a contract has at most 65535 properties",
            );
        }
        let fields: Vec<_> = fields
            .into_iter()
            .filter_map(|field| Field::read(field, known, errors))
            .collect();
        refuse_same_names("properties", fields.iter().map(|field| &field.name), errors);
        Ok(Self {
            ident: &input.ident,
            fields,
        })
    }

    /// The tables that the impls below refer to, once in read-only data.
    pub(crate) fn tables(&self) -> TokenStream {
        let properties = self.fields.iter().map(Field::property);
        let count = self.fields.len();
        // At the type's name: there the compiler shows a contract that nests too deep.
        let record = quote_spanned! {self.ident.span()=>
            ::gofarm_core::contract::derived::record(&__GOFARM_PROPERTIES)
        };
        quote! {
            static __GOFARM_PROPERTIES: [::gofarm_core::contract::Property; #count] = [#(#properties),*];
            static __GOFARM_RECORD: ::gofarm_core::contract::Schema = #record;
        }
    }

    pub(crate) fn describe(&self) -> TokenStream {
        let ident = self.ident;
        let visits: TokenStream = (0_u16..)
            .zip(&self.fields)
            .map(|(step, field)| field.visit(step))
            .collect();
        let (place, visit) = if visits.is_empty() {
            (quote!(_), quote!(_))
        } else {
            (quote!(place), quote!(visit))
        };
        quote! {
            #[automatically_derived]
            impl ::gofarm_core::contract::Describe for #ident {
                const SCHEMA: ::gofarm_core::contract::Schema = __GOFARM_RECORD;

                fn visit(
                    &self,
                    #place: &::gofarm_core::contract::Place,
                    #visit: &mut dyn ::core::ops::FnMut(
                        &::gofarm_core::contract::Place,
                        ::gofarm_core::contract::Value<'_>,
                    ),
                ) {
                    #visits
                }
            }
        }
    }

    pub(crate) fn validate(&self) -> TokenStream {
        let ident = self.ident;
        let sound = self.checks(&|_| quote!(break 'sound;), &|field, place, _| {
            // At the type, which the compiler shows if it has no contract.
            let ty = field.ty;
            let is_valid = quote_spanned! {ty.span()=>
                <#ty as ::gofarm_core::contract::Validate>::is_valid
            };
            quote!(if !#is_valid(&#place) { break 'sound; })
        });
        // One way to the refusal, out of line: a caller that only asks whether it is valid then pays for no error.
        let (is_valid, validate) = if sound.is_empty() {
            (quote!(true), quote!(::core::result::Result::Ok(())))
        } else {
            let is_valid = quote! {
                'sound: {
                    #sound
                    return true;
                }
                false
            };
            let validate = quote! {
                if ::gofarm_core::contract::Validate::is_valid(self) {
                    ::core::result::Result::Ok(())
                } else {
                    ::gofarm_core::contract::derived::first_violation(self)
                }
            };
            (is_valid, validate)
        };
        let all = self.checks(
            &|violation| quote!(visit(#violation);),
            &|field, place, step| {
                let ty = field.ty;
                let validate_all = quote_spanned! {ty.span()=>
                    <#ty as ::gofarm_core::contract::Validate>::validate_all
                };
                quote! {
                    #validate_all(&#place, &mut |violation| {
                        visit(violation.within(&__GOFARM_RECORD, #step));
                    });
                }
            },
        );
        let visit = if all.is_empty() {
            quote!(_)
        } else {
            quote!(visit)
        };
        let result = quote! {
            ::core::result::Result<(), ::gofarm_core::contract::Violation>
        };
        quote! {
            #[automatically_derived]
            impl ::gofarm_core::contract::Validate for #ident {
                #[inline]
                fn validate(&self) -> #result {
                    #validate
                }

                #[inline]
                fn is_valid(&self) -> bool {
                    #is_valid
                }

                fn validate_all(
                    &self,
                    #visit: &mut dyn ::core::ops::FnMut(::gofarm_core::contract::Violation),
                ) {
                    #all
                }
            }
        }
    }

    /// Straight-line checks in the order of declaration: `refuse` is what to do with a violation, `nested` how to
    /// check a value with a contract of its own.
    fn checks(
        &self,
        refuse: &dyn Fn(TokenStream) -> TokenStream,
        nested: &dyn Fn(&Field<'_>, &TokenStream, u16) -> TokenStream,
    ) -> TokenStream {
        (0_u16..)
            .zip(&self.fields)
            .map(|(step, field)| field.checks(step, refuse, nested))
            .collect()
    }

    /// `impl Default` from the defaults; a mistake at the first property without one.
    pub(crate) fn defaults(&self, errors: &mut Errors) -> TokenStream {
        let ident = self.ident;
        if let Some(field) = self
            .fields
            .iter()
            .find(|field| field.default_value().is_none())
        {
            let message =
                "`defaults` needs a default for each property: write `#[prop(default = …)]` here";
            errors.at(field.ident, message);
        }
        let names = self.fields.iter().map(|field| field.ident);
        let values = self.fields.iter().map(Field::default_value);
        quote! {
            #[automatically_derived]
            impl ::core::default::Default for #ident {
                fn default() -> Self {
                    Self { #(#names: #values),* }
                }
            }
        }
    }
}

impl Field<'_> {
    /// Hands the leaves of this field on: all types but text describe themselves.
    fn visit(&self, step: u16) -> TokenStream {
        let (ident, ty) = (self.ident, self.ty);
        let place = quote!(self.#ident);
        if !matches!(self.leaf, Leaf::Text { .. }) {
            let visit = quote_spanned! {ty.span()=>
                <#ty as ::gofarm_core::contract::Describe>::visit
            };
            return quote!(#visit(&#place, &place.step(#step), visit););
        }
        let hand = |place: &TokenStream, indices: &[TokenStream]| {
            quote! {
                visit(
                    &place.step(#step) #(.step(#indices))*,
                    ::gofarm_core::contract::Value::Text(::core::convert::AsRef::as_ref(&#place)),
                );
            }
        };
        shape::each(ty, &place, &mut Vec::new(), &hand)
    }

    fn checks(
        &self,
        step: u16,
        refuse: &dyn Fn(TokenStream) -> TokenStream,
        nested: &dyn Fn(&Field<'_>, &TokenStream, u16) -> TokenStream,
    ) -> TokenStream {
        let ident = self.ident;
        let place = quote!(self.#ident);
        let check = |place: &TokenStream, indices: &[TokenStream]| match &self.leaf {
            Leaf::Number(limits) => {
                let condition = limits.condition(place);
                let violation = refuse(if indices.is_empty() {
                    quote! {
                        ::gofarm_core::contract::derived::refuse_number(#place, &__GOFARM_RECORD, #step)
                    }
                } else {
                    quote! {
                        ::gofarm_core::contract::derived::refuse_element(
                            #place, &__GOFARM_RECORD, #step, &[#(#indices),*],
                        )
                    }
                });
                quote!(if !(#condition) { #violation })
            }
            Leaf::Text { max_len } => {
                let violation = refuse(quote! {
                    ::gofarm_core::contract::derived::refuse_text(
                        text.len(), &__GOFARM_RECORD, #step, &[#(#indices),*],
                    )
                });
                quote! {
                    let text: &str = ::core::convert::AsRef::as_ref(&#place);
                    if text.len() > #max_len as usize { #violation }
                }
            }
            Leaf::Boolean | Leaf::Described => TokenStream::new(),
        };
        match &self.leaf {
            Leaf::Boolean => TokenStream::new(),
            Leaf::Number(limits) if limits.condition(&place).is_none() => TokenStream::new(),
            Leaf::Described => nested(self, &place, step),
            Leaf::Number(_) => shape::each(self.ty, &place, &mut Vec::new(), &check),
            Leaf::Text { .. } => {
                let checks = shape::each(self.ty, &place, &mut Vec::new(), &check);
                quote!({ #checks })
            }
        }
    }

    /// The value in `impl Default`: the written default, absence, or what the nested type says.
    fn default_value(&self) -> Option<TokenStream> {
        let value = self.default.as_ref().map(|default| default.value());
        match (value, &self.leaf, Shape::of(self.ty)) {
            (Some(value), _, _) => Some(present(self.ty, value)),
            (None, _, Shape::Optional(_)) => Some(quote!(::core::option::Option::None)),
            (None, Leaf::Described, Shape::Leaf(_)) => {
                Some(quote!(::core::default::Default::default()))
            }
            (None, Leaf::Described, Shape::Array(inner, _)) if !shape::has_array(inner) => {
                Some(quote!(::core::array::from_fn(|_| {
                    ::core::default::Default::default()
                })))
            }
            (None, _, _) => None,
        }
    }
}

/// `value` inside each `Option` of `ty`.
fn present(ty: &Type, value: TokenStream) -> TokenStream {
    match Shape::of(ty) {
        Shape::Optional(inner) => {
            let value = present(inner, value);
            quote!(::core::option::Option::Some(#value))
        }
        Shape::Leaf(_) | Shape::Array(..) => value,
    }
}

/// A contract is one constant: it cannot depend on a parameter.
pub(crate) fn refuse_generics(input: &DeriveInput) -> syn::Result<()> {
    let generics = &input.generics;
    if generics.params.is_empty() {
        return Ok(());
    }
    Err(syn::Error::new_spanned(
        &generics.params,
        "a contract is one constant, so its type has no parameters: write one struct for each concrete type",
    ))
}

/// The impls in a scope of their own, so that the tables get into nobody's way.
pub(crate) fn scoped(impls: &TokenStream) -> TokenStream {
    let scope = Ident::new("_", Span::call_site());
    quote! {
        const #scope: () = { #impls };
    }
}
