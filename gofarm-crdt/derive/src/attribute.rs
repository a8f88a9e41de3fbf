//! The keys of `#[replicated(name = "…", number = 7)]` on a field.

use proc_macro2::Span;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, LitInt, LitStr};

use crate::errors::Errors;

/// What the attributes of one field say.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) name: Option<LitStr>,
    pub(crate) number: Option<(u16, Span)>,
}

impl Keys {
    /// Reads all attributes called `replicated`.
    pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut keys = Self::default();
        for attribute in named(attributes, "replicated") {
            errors.keep(attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("name") {
                    let name: LitStr = meta.value()?.parse()?;
                    if name.value().is_empty() {
                        return Err(syn::Error::new(
                            name.span(),
                            "`name` is empty: write `name = \"open\"`",
                        ));
                    }
                    once(&mut keys.name, name, meta.path.span())
                } else if meta.path.is_ident("number") {
                    let number = number(meta.value()?)?;
                    once(&mut keys.number, number, meta.path.span())
                } else {
                    Err(meta.error(format!(
                        "unknown key `{}`; known here: name, number",
                        path(&meta.path)
                    )))
                }
            }));
        }
        keys
    }
}

/// Attributes of one name.
pub(crate) fn named<'a>(
    attributes: &'a [Attribute],
    name: &'a str,
) -> impl Iterator<Item = &'a Attribute> {
    attributes
        .iter()
        .filter(move |attribute| attribute.path().is_ident(name))
}

/// Notes a mistake at each attribute called `name`: it means nothing in this place.
pub(crate) fn refuse(attributes: &[Attribute], name: &str, message: &str, errors: &mut Errors) {
    for attribute in named(attributes, name) {
        errors.at(attribute, message);
    }
}

fn number(input: ParseStream<'_>) -> syn::Result<(u16, Span)> {
    let wanted = "`number` is a whole number from 1 to 65535: write `number = 7`";
    let literal = if input.peek(LitInt) {
        input.parse::<LitInt>()?
    } else {
        return Err(input.error(wanted));
    };
    match literal.base10_parse::<u16>() {
        Ok(number @ 1..) => Ok((number, literal.span())),
        _ => Err(syn::Error::new(literal.span(), wanted)),
    }
}

fn once<T>(slot: &mut Option<T>, value: T, key: Span) -> syn::Result<()> {
    if slot.is_some() {
        return Err(syn::Error::new(key, "written twice: keep one"));
    }
    *slot = Some(value);
    Ok(())
}

fn path(path: &syn::Path) -> String {
    path.segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect::<Vec<_>>()
        .join("::")
}
