//! [`Shape`]: a field's type, looked through `Option<…>` and `[…; N]` down to the leaf that limits apply to.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, GenericArgument, PathArguments, Type};

/// A type as far as its tokens tell.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'a> {
    Leaf(&'a Type),
    Optional(&'a Type),
    Array(&'a Type, &'a Expr),
}

impl<'a> Shape<'a> {
    /// The outermost layer of `ty`.
    pub(crate) fn of(ty: &'a Type) -> Self {
        match ty {
            Type::Array(array) => Self::Array(&array.elem, &array.len),
            Type::Group(group) => Self::of(&group.elem),
            Type::Paren(paren) => Self::of(&paren.elem),
            _ => match inside_option(ty) {
                Some(inner) => Self::Optional(inner),
                None => Self::Leaf(ty),
            },
        }
    }
}

/// The type below every `Option` and array.
pub(crate) fn leaf(ty: &Type) -> &Type {
    match Shape::of(ty) {
        Shape::Leaf(leaf) => leaf,
        Shape::Optional(inner) | Shape::Array(inner, _) => leaf(inner),
    }
}

/// Whether there is an array around the leaf.
pub(crate) fn has_array(ty: &Type) -> bool {
    match Shape::of(ty) {
        Shape::Leaf(_) => false,
        Shape::Optional(inner) => has_array(inner),
        Shape::Array(..) => true,
    }
}

/// The name of a type that is one plain word: `f32`, `String`.
pub(crate) fn word(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// The schema of `ty` around a leaf with the schema `leaf`.
pub(crate) fn schema(ty: &Type, leaf: &TokenStream) -> TokenStream {
    match Shape::of(ty) {
        Shape::Leaf(_) => leaf.clone(),
        Shape::Optional(inner) => {
            let inner = schema(inner, leaf);
            quote!(::gofarm_core::contract::Schema::Optional(const { &#inner }))
        }
        Shape::Array(inner, len) => {
            let inner = schema(inner, leaf);
            // At the length, so that a too long array is reported there.
            let len =
                quote_spanned!(len.span()=> ::gofarm_core::contract::derived::array_len(#len));
            quote! {
                ::gofarm_core::contract::Schema::Array { items: const { &#inner }, len: #len }
            }
        }
    }
}

/// Code that runs `check` for each leaf in `place`, a value of `ty`. `check` gets the place of a leaf and the
/// indices on the way to it, outermost first.
pub(crate) fn each(
    ty: &Type,
    place: &TokenStream,
    indices: &mut Vec<TokenStream>,
    check: &dyn Fn(&TokenStream, &[TokenStream]) -> TokenStream,
) -> TokenStream {
    match Shape::of(ty) {
        Shape::Leaf(_) => check(place, indices),
        Shape::Optional(inner) => {
            let body = each(inner, &quote!((*item)), indices, check);
            quote!(if let ::core::option::Option::Some(item) = &#place { #body })
        }
        Shape::Array(inner, _) => {
            let index = quote::format_ident!("index_{}", indices.len());
            indices.push(quote!(#index));
            let body = each(inner, &quote!((*item)), indices, check);
            indices.pop();
            quote! {
                for (item, #index) in ::core::iter::Iterator::zip(#place.iter(), 0_u16..) { #body }
            }
        }
    }
}

fn inside_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let segments = &path.path.segments;
    let last = segments.last()?;
    let is_option = match segments.len() {
        1 => last.ident == "Option",
        3 => {
            let first = &segments.first()?.ident;
            (first == "core" || first == "std") && last.ident == "Option"
        }
        _ => false,
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if is_option && path.qself.is_none() => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaf_is_below_options_and_arrays() {
        for (ty, expected, array) in [
            ("f32", "f32", false),
            ("Option<u8>", "u8", false),
            ("core::option::Option<[f64; 4]>", "f64", true),
            ("::std::option::Option<bool>", "bool", false),
            ("[[Option<Layer>; 2]; N]", "Layer", true),
            ("my::Option<u8>", "my :: Option < u8 >", false),
            ("Vec<u8>", "Vec < u8 >", false),
        ] {
            let ty: Type = syn::parse_str(ty).unwrap();
            let found = leaf(&ty);
            assert_eq!(quote!(#found).to_string(), expected);
            assert_eq!(has_array(&ty), array);
        }
    }
}
