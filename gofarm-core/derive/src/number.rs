//! [`Num`]: a number literal, read in the width of its property.

use core::fmt;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitFloat, LitInt, UnOp};

use crate::attribute::without_group;

/// A numeric type that a contract may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repr {
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

impl Repr {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "u8" => Self::U8,
            "u16" => Self::U16,
            "u32" => Self::U32,
            "u64" => Self::U64,
            "i8" => Self::I8,
            "i16" => Self::I16,
            "i32" => Self::I32,
            "i64" => Self::I64,
            "f32" => Self::F32,
            "f64" => Self::F64,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The least and the greatest value of an integer type; `None` for floats.
    pub(crate) fn limits(self) -> Option<(i128, i128)> {
        Some(match self {
            Self::U8 => (0, u8::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
            Self::I8 => (i8::MIN.into(), i8::MAX.into()),
            Self::I16 => (i16::MIN.into(), i16::MAX.into()),
            Self::I32 => (i32::MIN.into(), i32::MAX.into()),
            Self::I64 => (i64::MIN.into(), i64::MAX.into()),
            Self::F32 | Self::F64 => return None,
        })
    }

    /// `Repr::F32`, as the contract names it.
    pub(crate) fn tokens(self) -> TokenStream {
        let variant = quote::format_ident!("{}", self.name().to_uppercase());
        quote!(::gofarm_core::contract::Repr::#variant)
    }
}

/// A number in the width of its property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Num {
    Int(i128, Repr),
    F32(f32),
    F64(f64),
}

impl Num {
    /// Reads the literal `expr`, which may have a minus, as a value of `repr`.
    pub(crate) fn read(expr: &Expr, repr: Repr) -> syn::Result<Self> {
        let error = |message: String| syn::Error::new_spanned(expr, message);
        let (negative, lit) = match without_group(expr) {
            Expr::Lit(ExprLit { lit, .. }) => (false, lit),
            Expr::Unary(ExprUnary {
                op: UnOp::Neg(_),
                expr: inner,
                ..
            }) => match without_group(inner) {
                Expr::Lit(ExprLit { lit, .. }) => (true, lit),
                _ => return Err(error(not_a_literal(repr))),
            },
            _ => return Err(error(not_a_literal(repr))),
        };
        let (digits, suffix, is_whole) = match lit {
            Lit::Int(lit) => (lit.base10_digits(), lit.suffix(), true),
            Lit::Float(lit) => (lit.base10_digits(), lit.suffix(), false),
            _ => return Err(error(not_a_literal(repr))),
        };
        let name = repr.name();
        if !suffix.is_empty() && suffix != name {
            return Err(error(format!(
                "the property is {name}: write the number without `{suffix}`"
            )));
        }
        let text = if negative {
            format!("-{digits}")
        } else {
            digits.to_owned()
        };
        match (repr, repr.limits()) {
            (_, Some(_)) if !is_whole => Err(error(format!(
                "{name} holds whole numbers: write one without a decimal point"
            ))),
            (_, Some((min, max))) => match text.parse::<i128>() {
                Ok(value) if (min..=max).contains(&value) => Ok(Self::Int(value, repr)),
                _ => Err(error(format!(
                    "{text} does not fit {name}, which holds {min} to {max}"
                ))),
            },
            (Repr::F32, None) => match text.parse::<f32>() {
                Ok(value) if value.is_finite() => Ok(Self::F32(value)),
                _ => Err(error(format!("{text} does not fit {name}"))),
            },
            (_, None) => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Self::F64(value)),
                _ => Err(error(format!("{text} does not fit {name}"))),
            },
        }
    }

    /// Whether this is less than or equal to `other`, a number of the same property.
    pub(crate) fn at_most(self, other: Self) -> bool {
        match (self, other) {
            (Self::Int(a, _), Self::Int(b, _)) => a <= b,
            (Self::F32(a), Self::F32(b)) => a <= b,
            (Self::F64(a), Self::F64(b)) => a <= b,
            _ => false,
        }
    }

    /// Whether this is greater than 0.
    pub(crate) fn is_positive(self) -> bool {
        match self {
            Self::Int(v, _) => v > 0,
            Self::F32(v) => v > 0.0,
            Self::F64(v) => v > 0.0,
        }
    }

    /// Whether this is a whole multiple of `step`; floats always are, for them a step is advice.
    pub(crate) fn is_multiple_of(self, step: Self) -> bool {
        match (self, step) {
            (Self::Int(v, _), Self::Int(step, _)) => step != 0 && v % step == 0,
            _ => true,
        }
    }

    /// The literal in the property's own type: `300u16`.
    pub(crate) fn primitive(self) -> TokenStream {
        match self {
            Self::Int(value, repr) => integer(value, repr.name()),
            Self::F32(value) => float(f64::from(value), &format!("{:?}f32", value.abs())),
            Self::F64(value) => float(value, &format!("{:?}f64", value.abs())),
        }
    }

    /// The number as the contract holds it: `Number::U64(300u64)`.
    pub(crate) fn number(self) -> TokenStream {
        let (variant, value) = match self {
            Self::Int(value, repr) => match repr.limits() {
                Some((0, _)) => (quote!(U64), integer(value, "u64")),
                _ => (quote!(I64), integer(value, "i64")),
            },
            Self::F32(_) => (quote!(F32), self.primitive()),
            Self::F64(_) => (quote!(F64), self.primitive()),
        };
        quote!(::gofarm_core::contract::Number::#variant(#value))
    }
}

fn not_a_literal(repr: Repr) -> String {
    let example = match repr.limits() {
        Some(_) => "10",
        None => "0.5",
    };
    format!(
        "this must be a number literal, which is always finite: write it out, such as `{example}`"
    )
}

fn integer(value: i128, suffix: &str) -> TokenStream {
    let span = proc_macro2::Span::call_site();
    let digits = LitInt::new(&format!("{}{suffix}", value.unsigned_abs()), span);
    if value < 0 {
        quote!(-#digits)
    } else {
        quote!(#digits)
    }
}

fn float(value: f64, magnitude: &str) -> TokenStream {
    let digits = LitFloat::new(magnitude, proc_macro2::Span::call_site());
    if value.is_sign_negative() {
        quote!(-#digits)
    } else {
        quote!(#digits)
    }
}

impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(v, _) => v.fmt(f),
            Self::F32(v) => v.fmt(f),
            Self::F64(v) => v.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, repr: Repr) -> Result<String, String> {
        let expr: Expr = syn::parse_str(text).unwrap();
        Num::read(&expr, repr)
            .map(|num| num.primitive().to_string().replace(' ', ""))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn literals_are_read_in_the_width_of_the_property() {
        for (text, repr, literal) in [
            ("300", Repr::U16, "300u16"),
            ("0xff", Repr::U8, "255u8"),
            ("1_000", Repr::U32, "1000u32"),
            ("18446744073709551615", Repr::U64, "18446744073709551615u64"),
            ("-128", Repr::I8, "-128i8"),
            ("-9223372036854775808", Repr::I64, "-9223372036854775808i64"),
            ("5i32", Repr::I32, "5i32"),
            ("0.6", Repr::F32, "0.6f32"),
            ("-40", Repr::F32, "-40.0f32"),
            ("1e30", Repr::F64, "1e30f64"),
            ("(2.5)", Repr::F64, "2.5f64"),
        ] {
            assert_eq!(read(text, repr).as_deref(), Ok(literal));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        for (text, repr, message) in [
            ("256", Repr::U8, "256 does not fit u8, which holds 0 to 255"),
            (
                "-1",
                Repr::U64,
                "-1 does not fit u64, which holds 0 to 18446744073709551615",
            ),
            (
                "1.5",
                Repr::U8,
                "u8 holds whole numbers: write one without a decimal point",
            ),
            ("1e39", Repr::F32, "1e39 does not fit f32"),
            (
                "1.0f32",
                Repr::F64,
                "the property is f64: write the number without `f32`",
            ),
        ] {
            assert_eq!(read(text, repr), Err(message.to_owned()));
        }
        for text in ["f32::NAN", "LIMIT", "-LIMIT", "1.0 + 1.0", "\"1\"", "true"] {
            let message = read(text, Repr::F32).unwrap_err();
            assert!(message.contains("number literal"), "{text}: {message}");
        }
    }
}
