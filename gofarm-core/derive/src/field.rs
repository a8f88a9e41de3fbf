//! [`Field`]: one property of a record, from its `#[prop(…)]`.

use core::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Ident, Type};

use crate::attribute::Entries;
use crate::default::Default;
use crate::description;
use crate::duration;
use crate::errors::Errors;
use crate::leaf::Leaf;
use crate::number::{Num, Repr};
use crate::shape;

/// The keys of a property.
pub(crate) const PROPERTY: &[&str] = &[
    "range", "unit", "step", "default", "max_len", "read", "config", "write", "max_rate", "stale",
    "stuck", "name",
];
/// The keys of an action's input.
pub(crate) const INPUT: &[&str] = &["range", "unit", "step", "default", "max_len", "name"];
/// The keys of an event's data.
pub(crate) const DATA: &[&str] = &["range", "unit", "step", "max_len", "name"];

/// A named field and its contract.
pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) leaf: Leaf,
    pub(crate) default: Option<Default>,
    pub(crate) name: (String, Span),
    description: String,
    access: Option<TokenStream>,
    max_rate: Option<(Num, Duration)>,
    stale: Option<Duration>,
    stuck: Option<Duration>,
}

impl<'a> Field<'a> {
    /// Reads a field with the keys `known`; `None` after a mistake.
    pub(crate) fn read(field: &'a syn::Field, known: &[&str], errors: &mut Errors) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let mut entries = Entries::read(&field.attrs, "prop", known, ident.span(), errors);
        let name = match entries.text("name", errors) {
            Some((_, text)) => (text.value(), text.span()),
            None => (ident.unraw().to_string(), ident.span()),
        };
        let access = access(&mut entries, errors);
        let stale = time("stale", &mut entries, errors);
        let stuck = time("stuck", &mut entries, errors);
        let default = entries.expr("default", errors);
        let rate = entries.text("max_rate", errors);
        let leaf_type = shape::leaf(&field.ty);
        let leaf = Leaf::read(leaf_type, &mut entries, errors)?;
        let max_rate = rate.and_then(|(key, text)| {
            let Leaf::Number(limits) = &leaf else {
                errors.at(key, "`max_rate` limits a number, and this property is none");
                return None;
            };
            let (amount, per) = errors.keep(duration::read_rate(&text))?;
            let Some(amount) = rate_amount(&amount, limits.repr) else {
                errors.at(
                    &text,
                    format!("{amount} does not fit {}", limits.repr.name()),
                );
                return None;
            };
            Some((amount, per))
        });
        let default = default.and_then(|(key, expr)| {
            if shape::has_array(&field.ty) {
                errors.at(key, "an array has no single default: leave `default` out");
                return None;
            }
            errors.keep(Default::read(&expr, &leaf))
        });
        Some(Self {
            ident,
            ty: &field.ty,
            leaf,
            default,
            name,
            description: description::of(&field.attrs),
            access,
            max_rate,
            stale,
            stuck,
        })
    }

    /// The property as constant data.
    pub(crate) fn property(&self) -> TokenStream {
        let name = &self.name.0;
        let leaf = shape::leaf(self.ty);
        let schema = match self.leaf {
            Leaf::Described => self.leaf.schema(self.ty),
            _ => shape::schema(self.ty, &self.leaf.schema(leaf)),
        };
        let description = &self.description;
        let description = (!description.is_empty()).then(|| quote!(.describe(#description)));
        let access = self.access.as_ref();
        let access = access.map(|a| quote!(.access(::gofarm_core::contract::Access::#a)));
        let default = self.default.as_ref().map(|default| {
            let literal = default.literal(&self.leaf, leaf);
            quote!(.default_value(#literal))
        });
        let max_rate = self.max_rate.map(|(amount, per)| {
            let (amount, per) = (amount.number(), duration::tokens(per));
            quote!(.max_rate(::gofarm_core::contract::Rate::new(#amount, #per)))
        });
        let age = |method: TokenStream, time: Option<Duration>| {
            let time = duration::tokens(time?);
            Some(quote!(.#method(#time)))
        };
        let stale = age(quote!(stale_after), self.stale);
        let stuck = age(quote!(stuck_after), self.stuck);
        quote! {
            ::gofarm_core::contract::Property::new(#name, #schema)
                #description #access #default #max_rate #stale #stuck
        }
    }
}

fn access(entries: &mut Entries, errors: &mut Errors) -> Option<TokenStream> {
    let mut found: Option<(Ident, TokenStream)> = None;
    for (key, access) in [
        ("read", quote!(Read)),
        ("config", quote!(Config)),
        ("write", quote!(Write)),
    ] {
        let Some(ident) = entries.flag(key, errors) else {
            continue;
        };
        match &found {
            Some((first, _)) => errors.at(
                &ident,
                format!("a property is one of read, config and write: keep `{first}` or `{ident}`"),
            ),
            None => found = Some((ident, access)),
        }
    }
    found.map(|(_, access)| access)
}

fn time(key: &str, entries: &mut Entries, errors: &mut Errors) -> Option<Duration> {
    let (_, text) = entries.text(key, errors)?;
    errors.keep(duration::read(&text))
}

/// The amount in the property's width; `None` if it is not a positive number there. An integer may change by less
/// than one in a time, so its rate may be a fraction.
fn rate_amount(amount: &str, repr: Repr) -> Option<Num> {
    let number = match (repr, amount.parse::<u64>()) {
        (Repr::F32, _) => Num::F32(amount.parse().ok().filter(|v: &f32| v.is_finite())?),
        (Repr::F64, _) | (_, Err(_)) => {
            Num::F64(amount.parse().ok().filter(|v: &f64| v.is_finite())?)
        }
        (_, Ok(whole)) => Num::Int(whole.into(), Repr::U64),
    };
    number.is_positive().then_some(number)
}

/// Notes two properties or variants of one name, at the second.
pub(crate) fn refuse_same_names<'n>(
    what: &str,
    names: impl Iterator<Item = &'n (String, Span)>,
    errors: &mut Errors,
) {
    let mut seen: Vec<&str> = Vec::new();
    for (name, span) in names {
        if seen.contains(&name.as_str()) {
            let message =
                format!("two {what} are called `{name}`: rename one with `#[prop(name = \"…\")]`");
            errors.push(syn::Error::new(*span, message));
        }
        seen.push(name);
    }
}
