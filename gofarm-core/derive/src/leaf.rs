//! [`Leaf`]: what kind of value a property holds below `Option` and arrays, and its own limits.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, LitStr, Type};

use crate::attribute::Entries;
use crate::errors::Errors;
use crate::number::{Num, Repr};
use crate::range::{self, Range};
use crate::shape;

/// A leaf with its limits.
pub(crate) enum Leaf {
    Number(Limits),
    Boolean,
    Text {
        max_len: u32,
    },
    /// A type that brings its own contract.
    Described,
}

/// A number's limits.
pub(crate) struct Limits {
    pub(crate) repr: Repr,
    pub(crate) range: Option<Range>,
    pub(crate) step: Option<Num>,
    unit: Option<LitStr>,
}

impl Leaf {
    /// Reads the limits of a leaf of type `ty`; `None` after a mistake.
    pub(crate) fn read(ty: &Type, entries: &mut Entries, errors: &mut Errors) -> Option<Self> {
        let max_len = entries.whole("max_len", errors);
        let word = shape::word(ty).unwrap_or_default();
        if let Some(repr) = Repr::from_name(&word) {
            if let Some((key, _)) = max_len {
                errors.at(&key, format!("`max_len` limits text, and this is {word}"));
            }
            return Some(Self::Number(Limits::read(repr, entries, errors)));
        }
        refuse_limits(ty, &word, entries, errors);
        match (word.as_str(), max_len) {
            ("usize" | "isize", _) => {
                errors.at(
                    ty,
                    format!("`{word}` has another width on each machine: write u32 or u64"),
                );
                None
            }
            ("i128" | "u128", _) => {
                errors.at(
                    ty,
                    format!("`{word}` is wider than a contract holds: write i64 or u64"),
                );
                None
            }
            ("String", None) => {
                errors.at(
                    ty,
                    "text needs a bound: write `#[prop(max_len = 64)]`, or use `Text<64>`",
                );
                None
            }
            ("bool", Some((key, _))) => {
                errors.at(&key, "`max_len` limits text, and this is bool");
                None
            }
            ("bool", None) => Some(Self::Boolean),
            (_, Some((_, max_len))) => Some(Self::Text { max_len }),
            (_, None) => Some(Self::Described),
        }
    }

    /// The schema of a leaf of type `ty`.
    pub(crate) fn schema(&self, ty: &Type) -> TokenStream {
        match self {
            Self::Number(limits) => limits.schema(),
            Self::Boolean => quote!(::gofarm_core::contract::Schema::Boolean),
            Self::Text { max_len } => {
                quote!(::gofarm_core::contract::Schema::Text { max_len: #max_len })
            }
            Self::Described => {
                quote!(<#ty as ::gofarm_core::contract::Describe>::SCHEMA)
            }
        }
    }
}

impl Limits {
    fn read(repr: Repr, entries: &mut Entries, errors: &mut Errors) -> Self {
        let range = entries.expr("range", errors);
        let range = range.and_then(|(_, expr)| errors.keep(Range::read(&expr, repr)));
        let mut limits = Self {
            repr,
            range,
            step: None,
            unit: entries.text("unit", errors).map(|(_, text)| text),
        };
        if let Some((key, expr)) = entries.expr("step", errors)
            && let Some(step) = errors.keep(Num::read(&expr, repr))
        {
            limits.set_step(step, &key, &expr, errors);
        }
        limits
    }

    fn set_step(&mut self, step: Num, key: &Ident, expr: &syn::Expr, errors: &mut Errors) {
        if !step.is_positive() {
            errors.at(expr, format!("a step is greater than 0: write `{key} = 1`"));
            return;
        }
        self.step = Some(step);
        if let Some(min) = self.range.and_then(|range| range.min())
            && !min.is_multiple_of(step)
        {
            errors.at(
                expr,
                format!(
                    "{min}, the least value, is not a multiple of {step}: values are counted from 0"
                ),
            );
        }
    }

    fn schema(&self) -> TokenStream {
        let repr = self.repr.tokens();
        let limit = |method: TokenStream, value: Option<Num>| {
            value.map(|value| {
                let value = value.number();
                quote!(.#method(#value))
            })
        };
        let min = limit(quote!(at_least), self.range.and_then(|range| range.min()));
        let max = limit(quote!(at_most), self.range.and_then(|range| range.max()));
        let step = limit(quote!(step), self.step);
        let unit = self.unit.as_ref().map(|code| {
            // At the literal: the compiler shows it when the code is no unit.
            let unit = quote_spanned!(code.span()=> ::gofarm_core::quantity::Unit::new(#code));
            quote!(.unit(#unit))
        });
        quote! {
            ::gofarm_core::contract::Schema::Numeric(
                ::gofarm_core::contract::Numeric::new(#repr) #min #max #step #unit
            )
        }
    }

    /// The condition for a value in `place`; `None` if every value is allowed.
    pub(crate) fn condition(&self, place: &TokenStream) -> Option<TokenStream> {
        range::condition(self.range.as_ref(), self.step, self.repr, place)
    }
}

/// Limits of numbers on something that is not a number.
fn refuse_limits(ty: &Type, word: &str, entries: &mut Entries, errors: &mut Errors) {
    let what = if word.is_empty() {
        quote!(#ty).to_string().replace(' ', "")
    } else {
        word.to_owned()
    };
    for key in ["range", "step", "unit"] {
        if let Some((ident, _)) = entries.expr(key, errors) {
            errors.at(
                ident,
                format!("`{key}` limits a number, and `{what}` names none: write f32 or another primitive, or move `{key}` into the contract of `{what}`"),
            );
        }
    }
}
