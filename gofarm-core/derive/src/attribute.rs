//! [`Entries`]: the keys of one attribute, `#[prop(config, range = 0..=5, …)]`, before they mean anything.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Path, Token, parenthesized};

use crate::errors::Errors;

/// One key with its value.
pub(crate) struct Entry {
    key: Ident,
    value: Value,
}

enum Value {
    Flag,
    Expr(Box<Expr>),
    List(Vec<Path>),
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Expr(input.parse()?)
        } else if input.peek(syn::token::Paren) {
            let list;
            parenthesized!(list in input);
            let paths = Punctuated::<Path, Token![,]>::parse_terminated(&list)?;
            Value::List(paths.into_iter().collect())
        } else {
            Value::Flag
        };
        Ok(Self { key, value })
    }
}

/// The keys of all attributes of one name on one item, each at most once.
pub(crate) struct Entries {
    entries: Vec<Entry>,
    /// The attribute, or the item if there is none: where a missing key is reported.
    span: Span,
    /// Not everything could be read, so a missing key may be there all the same.
    broken: bool,
}

impl Entries {
    /// Reads `#[name(…)]` with the keys `known`.
    pub(crate) fn read(
        attributes: &[Attribute],
        name: &str,
        known: &[&str],
        item: Span,
        errors: &mut Errors,
    ) -> Self {
        let mut all = Self {
            entries: Vec::new(),
            span: item,
            broken: false,
        };
        for attribute in attributes.iter().filter(|a| a.path().is_ident(name)) {
            all.span = attribute.path().span();
            if matches!(attribute.meta, Meta::Path(_)) {
                continue;
            }
            match attribute.parse_args_with(Punctuated::<Entry, Token![,]>::parse_terminated) {
                Ok(entries) => {
                    for entry in entries {
                        all.insert(entry, known, errors);
                    }
                }
                Err(error) => {
                    all.broken = true;
                    errors.push(error);
                }
            }
        }
        all
    }

    fn insert(&mut self, entry: Entry, known: &[&str], errors: &mut Errors) {
        let key = entry.key.to_string();
        if !known.contains(&key.as_str()) {
            self.broken = true;
            let message = format!("unknown key `{key}`; known here: {}", known.join(", "));
            errors.at(&entry.key, message);
        } else if self.entries.iter().any(|other| other.key == entry.key) {
            errors.at(&entry.key, format!("`{key}` is written twice: keep one"));
        } else {
            self.entries.push(entry);
        }
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        let position = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.swap_remove(position))
    }

    /// The key without a value.
    pub(crate) fn flag(&mut self, key: &str, errors: &mut Errors) -> Option<Ident> {
        let entry = self.take(key)?;
        match entry.value {
            Value::Flag => {}
            Value::Expr(_) | Value::List(_) => {
                errors.at(&entry.key, format!("`{key}` takes no value: write `{key}`"));
            }
        }
        Some(entry.key)
    }

    /// The key with the expression after `=`.
    pub(crate) fn expr(&mut self, key: &str, errors: &mut Errors) -> Option<(Ident, Expr)> {
        let entry = self.take(key)?;
        match entry.value {
            Value::Expr(expr) => Some((entry.key, *expr)),
            Value::Flag | Value::List(_) => {
                errors.at(&entry.key, wanted(key));
                None
            }
        }
    }

    /// The text after `=`, which is not empty.
    pub(crate) fn text(&mut self, key: &str, errors: &mut Errors) -> Option<(Ident, LitStr)> {
        let (ident, expr) = self.expr(key, errors)?;
        match without_group(&expr) {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => {
                if text.value().is_empty() {
                    errors.at(text, format!("`{key}` is empty: write `{}`", usage(key)));
                }
                Some((ident, text.clone()))
            }
            other => {
                errors.at(other, wanted(key));
                None
            }
        }
    }

    /// A whole number after `=`, from 1.
    pub(crate) fn whole(&mut self, key: &str, errors: &mut Errors) -> Option<(Ident, u32)> {
        let (ident, expr) = self.expr(key, errors)?;
        if let Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) = without_group(&expr)
            && let Ok(value @ 1..) = number.base10_parse::<u32>()
        {
            return Some((ident, value));
        }
        let message = format!(
            "`{key}` is a whole number from 1 to {}: write `{}`",
            u32::MAX,
            usage(key)
        );
        errors.at(&expr, message);
        None
    }

    /// The types in the parentheses; empty if the key is not there.
    pub(crate) fn list(&mut self, key: &str, errors: &mut Errors) -> Vec<Path> {
        let Some(entry) = self.take(key) else {
            return Vec::new();
        };
        match entry.value {
            Value::List(paths) => paths,
            Value::Flag | Value::Expr(_) => {
                errors.at(&entry.key, wanted(key));
                Vec::new()
            }
        }
    }

    /// Notes a mistake at the attribute if the key was not written.
    pub(crate) fn require(&self, key: &str, errors: &mut Errors) {
        if !self.broken && !self.has(key) {
            let message = format!("`{key}` is missing: write `{}`", usage(key));
            errors.push(syn::Error::new(self.span, message));
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }
}

/// `expr` without the invisible group that a `macro_rules!` argument brings.
pub(crate) fn without_group(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => without_group(&group.expr),
        Expr::Paren(paren) => without_group(&paren.expr),
        other => other,
    }
}

fn wanted(key: &str) -> String {
    format!("write `{}`", usage(key))
}

/// How a key is written.
pub(crate) fn usage(key: &str) -> &'static str {
    match key {
        "actions" => "actions(Open, Close)",
        "default" => "default = 300",
        "events" => "events(LeakDetected)",
        "max_len" => "max_len = 32",
        "max_rate" => "max_rate = \"0.05/min\"",
        "max_run" => "max_run = \"30min\"",
        "model" => "model = \"acme-ph\"",
        "name" => "name = \"ph\"",
        "on_link_loss" => "on_link_loss = \"close\"",
        "range" => "range = 0.0..=14.0",
        "safe" => "safe = \"closed\"",
        "stale" => "stale = \"30min\"",
        "step" => "step = 0.1",
        "stuck" => "stuck = \"6h\"",
        "unit" => "unit = \"Cel\"",
        "version" => "version = 1",
        _ => "it without a value",
    }
}
