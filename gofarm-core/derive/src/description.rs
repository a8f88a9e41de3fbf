//! A doc comment as the description in the contract.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The lines of the doc comment, trimmed and joined by a space; empty if there is none.
pub(crate) fn of(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(value),
            ..
        }) = &meta.value
        else {
            continue;
        };
        if !meta.path.is_ident("doc") {
            continue;
        }
        // A `/** … */` comment arrives as one text of several lines.
        let value = value.value();
        for line in value.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(line);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_and_joined_by_a_space() {
        let item: syn::ItemStruct = syn::parse_quote! {
            /// Volumetric water
            ///   content.
            ///
            /// Raw.
            #[derive(Debug)]
            struct A;
        };
        assert_eq!(of(&item.attrs), "Volumetric water content. Raw.");
        assert_eq!(of(&[]), "");
    }
}
