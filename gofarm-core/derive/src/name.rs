//! The name of an action or event: as written, or its type's name in snake case.

use syn::DeriveInput;
use syn::ext::IdentExt;

use crate::attribute::Entries;
use crate::errors::Errors;

pub(crate) fn of(input: &DeriveInput, entries: &mut Entries, errors: &mut Errors) -> String {
    match entries.text("name", errors) {
        Some((_, text)) => text.value(),
        None => snake_case(&input.ident.unraw().to_string()),
    }
}

/// `LeakDetected` becomes `leak_detected`, `OTAUpdate` becomes `ota_update`.
fn snake_case(camel: &str) -> String {
    let chars: Vec<char> = camel.chars().collect();
    let mut snake = String::new();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(i + 1);
        let starts_word = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_numeric()
                    || b.is_uppercase() && after.is_some_and(|a| a.is_lowercase())
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_by_their_capitals() {
        for (camel, snake) in [
            ("Open", "open"),
            ("LeakDetected", "leak_detected"),
            ("OTAUpdate", "ota_update"),
            ("Valve2Opened", "valve2_opened"),
            ("already_snake", "already_snake"),
            ("X", "x"),
        ] {
            assert_eq!(snake_case(camel), snake);
        }
    }
}
