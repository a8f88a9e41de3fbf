//! [`Range`]: `range = 0.0..=14.0`, the limits of a number, and the comparison that enforces them.

use core::fmt;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, ExprRange, RangeLimits};

use crate::attribute::without_group;
use crate::number::{Num, Repr};

/// Inclusive limits; at least one of them is there, and they are not inverted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    min: Option<Num>,
    max: Option<Num>,
}

impl Range {
    /// Reads `a..=b`, `a..` or `..=b` as limits of `repr`.
    pub(crate) fn read(expr: &Expr, repr: Repr) -> syn::Result<Self> {
        let Expr::Range(range) = without_group(expr) else {
            return Err(syn::Error::new_spanned(
                expr,
                "a range is written `0.0..=14.0`, `0.0..` or `..=14.0`",
            ));
        };
        let limit =
            |side: &Option<Box<Expr>>| side.as_deref().map(|e| Num::read(e, repr)).transpose();
        match (&range.start, &range.end, &range.limits) {
            (None, None, _) => {
                return Err(syn::Error::new_spanned(
                    expr,
                    "this range has no limit: leave `range` out",
                ));
            }
            (_, Some(end), RangeLimits::HalfOpen(dots)) => return Err(half_open(range, dots, end)),
            _ => {}
        }
        match (limit(&range.start), limit(&range.end)) {
            (Err(mut first), Err(second)) => {
                first.combine(second);
                Err(first)
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
            (Ok(Some(min)), Ok(Some(max))) if !min.at_most(max) => Err(syn::Error::new_spanned(
                expr,
                format!("no value is in this range: write `{max}..={min}`"),
            )),
            (Ok(min), Ok(max)) => Ok(Self { min, max }),
        }
    }

    pub(crate) fn min(&self) -> Option<Num> {
        self.min
    }

    pub(crate) fn max(&self) -> Option<Num> {
        self.max
    }

    pub(crate) fn contains(&self, value: Num) -> bool {
        self.min.is_none_or(|min| min.at_most(value))
            && self.max.is_none_or(|max| value.at_most(max))
    }
}

fn half_open(range: &ExprRange, dots: &syn::Token![..], end: &Expr) -> syn::Error {
    let start = range.start.as_ref().map(|start| quote!(#start));
    let start = start.unwrap_or_default().to_string().replace(' ', "");
    let end = quote!(#end).to_string().replace(' ', "");
    syn::Error::new_spanned(
        dots,
        format!("a limit belongs to its range: write `{start}..={end}`"),
    )
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(min) = self.min {
            write!(f, "{min}")?;
        }
        f.write_str("..")?;
        match self.max {
            Some(max) => write!(f, "={max}"),
            None => Ok(()),
        }
    }
}

/// The condition that holds for each allowed value of `place`; `None` if all values of the type are allowed.
///
/// A comparison with NaN is false, so floats need no check of their own where both limits are there. Comparisons
/// that an integer type makes always true are left out: they cost nothing but a lint in the user's crate.
pub(crate) fn condition(
    range: Option<&Range>,
    step: Option<Num>,
    repr: Repr,
    place: &TokenStream,
) -> Option<TokenStream> {
    let (min, max) = range.map_or((None, None), |range| (range.min, range.max));
    let mut terms = Vec::new();
    if let Some(limits) = repr.limits() {
        terms.extend(min.filter(|n| *n != Num::Int(limits.0, repr)).map(|min| {
            let min = min.primitive();
            quote!(#place >= #min)
        }));
        terms.extend(max.filter(|n| *n != Num::Int(limits.1, repr)).map(|max| {
            let max = max.primitive();
            quote!(#place <= #max)
        }));
        terms.extend(step.filter(|n| *n != Num::Int(1, repr)).map(|step| {
            let step = step.primitive();
            quote!(#place % #step == 0)
        }));
    } else if min.is_none() && max.is_none() {
        terms.push(quote!(#place.is_finite()));
    } else {
        let primitive = format_ident!("{}", repr.name());
        let primitive = quote!(::core::primitive::#primitive);
        let min = min.map_or_else(|| quote!(#primitive::MIN), Num::primitive);
        let max = max.map_or_else(|| quote!(#primitive::MAX), Num::primitive);
        terms.push(quote!(#place >= #min && #place <= #max));
    }
    (!terms.is_empty()).then(|| quote!(#(#terms)&&*))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, repr: Repr) -> Result<Range, String> {
        let expr: Expr = syn::parse_str(text).unwrap();
        Range::read(&expr, repr).map_err(|error| error.to_string())
    }

    #[test]
    fn ranges_read_and_print() {
        for (text, repr, printed) in [
            ("0.0..=14.0", Repr::F32, "0..=14"),
            ("-40..=85", Repr::F32, "-40..=85"),
            ("10..", Repr::U16, "10.."),
            ("..=-0.5", Repr::F64, "..=-0.5"),
            ("7..=7", Repr::I8, "7..=7"),
        ] {
            assert_eq!(read(text, repr).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn what_is_no_range_is_refused_with_what_to_write() {
        for (text, message) in [
            ("14.0..=0.0", "no value is in this range: write `0..=14`"),
            (
                "0.0..14.0",
                "a limit belongs to its range: write `0.0..=14.0`",
            ),
            ("..-1.0", "a limit belongs to its range: write `..=-1.0`"),
            ("..", "this range has no limit: leave `range` out"),
            (
                "14.0",
                "a range is written `0.0..=14.0`, `0.0..` or `..=14.0`",
            ),
        ] {
            assert_eq!(read(text, Repr::F32).unwrap_err(), message);
        }
    }

    #[test]
    fn a_comparison_that_is_always_true_is_left_out() {
        let condition = |text: &str, repr| {
            let range = read(text, repr).unwrap();
            super::condition(Some(&range), None, repr, &quote!(v)).map(|c| c.to_string())
        };
        assert_eq!(condition("0..=255", Repr::U8), None);
        assert_eq!(
            condition("0..=254", Repr::U8).as_deref(),
            Some("v <= 254u8")
        );
        assert_eq!(condition("-128..", Repr::I8), None);
        assert_eq!(condition("1..", Repr::U64).as_deref(), Some("v >= 1u64"));
    }
}
