//! [`Default`]: `default = 300`, checked against type and range while the user's crate compiles.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitBool, LitStr, Path, Type};

use crate::attribute::without_group;
use crate::leaf::{Leaf, Limits};
use crate::number::Num;

/// A default value that suits its property.
pub(crate) enum Default {
    Number(Num),
    Boolean(LitBool),
    Text(LitStr),
    /// A variant of an enumeration: `Mode::Auto`.
    Variant(Path),
}

impl Default {
    /// Reads the default of a property with this leaf.
    pub(crate) fn read(expr: &Expr, leaf: &Leaf) -> syn::Result<Self> {
        let error = |message: String| Err(syn::Error::new_spanned(expr, message));
        match (leaf, without_group(expr)) {
            (Leaf::Number(limits), _) => number(expr, limits).map(Self::Number),
            (Leaf::Boolean, Expr::Lit(ExprLit { lit: Lit::Bool(value), .. })) => {
                Ok(Self::Boolean(value.clone()))
            }
            (Leaf::Boolean, _) => error("the property is bool: write `true` or `false`".into()),
            (Leaf::Text { max_len }, Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
                let len = text.value().len();
                if u32::try_from(len).is_ok_and(|len| len <= *max_len) {
                    return Ok(Self::Text(text.clone()));
                }
                error(format!("this text of {len} bytes is longer than {max_len}"))
            }
            (Leaf::Text { .. }, _) => error("the property is text: write `\"…\"`".into()),
            (Leaf::Described, Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
                Ok(Self::Text(text.clone()))
            }
            (Leaf::Described, Expr::Path(path)) if path.qself.is_none() => {
                Ok(Self::Variant(path.path.clone()))
            }
            (Leaf::Described, _) => error(
                "this type brings its own contract: write a variant such as `Mode::Auto`, text, or no default".into(),
            ),
        }
    }

    /// The default as the contract holds it, for a leaf of type `ty`.
    pub(crate) fn literal(&self, leaf: &Leaf, ty: &Type) -> TokenStream {
        match self {
            Self::Number(value) => {
                let number = value.number();
                quote!(::gofarm_core::contract::Literal::Number(#number))
            }
            Self::Boolean(value) => quote!(::gofarm_core::contract::Literal::Boolean(#value)),
            Self::Text(text) => {
                let schema = leaf.schema(ty);
                quote_spanned! {text.span()=>
                    ::gofarm_core::contract::derived::text_default(&#schema, #text)
                }
            }
            Self::Variant(path) => quote_spanned! {path.span()=>
                ::gofarm_core::contract::Literal::Text({
                    const DEFAULT: #ty = #path;
                    DEFAULT.__gofarm_name()
                })
            },
        }
    }

    /// The default as a value of the leaf's type.
    pub(crate) fn value(&self) -> TokenStream {
        match self {
            Self::Number(value) => value.primitive(),
            Self::Boolean(value) => quote!(#value),
            Self::Text(text) => {
                let message = format!("the default {:?} does not fit its type", text.value());
                quote! {
                    match ::core::convert::TryFrom::try_from(#text) {
                        ::core::result::Result::Ok(text) => text,
                        ::core::result::Result::Err(_) => ::core::panic!(#message),
                    }
                }
            }
            Self::Variant(path) => quote!(#path),
        }
    }
}

fn number(expr: &Expr, limits: &Limits) -> syn::Result<Num> {
    let value = Num::read(expr, limits.repr)?;
    let error = |message| Err(syn::Error::new_spanned(expr, message));
    match (&limits.range, limits.step) {
        (Some(range), _) if !range.contains(value) => {
            error(format!("the default {value} is outside {range}"))
        }
        (_, Some(step)) if !value.is_multiple_of(step) => {
            error(format!("the default {value} is not a multiple of {step}"))
        }
        _ => Ok(value),
    }
}
