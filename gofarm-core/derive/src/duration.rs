//! Times and rates in attributes: `"30min"`, `"0.05/min"`.

use core::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

const FORM: &str = "a time is a whole number and one of ms, s, min, h, d: write `30min`";
const RATE_FORM: &str =
    "a rate is an amount, a slash and one of ms, s, min, h, d: write `0.05/min`";

/// Reads `30min`, `6h`, `250ms`, `2d` or `30s`; not zero.
pub(crate) fn read(text: &LitStr) -> syn::Result<Duration> {
    parse(&text.value()).ok_or_else(|| syn::Error::new_spanned(text, FORM))
}

/// The amount as written and the time of `0.05/min` or `5/10min`.
pub(crate) fn read_rate(text: &LitStr) -> syn::Result<(String, Duration)> {
    parse_rate(&text.value()).ok_or_else(|| syn::Error::new_spanned(text, RATE_FORM))
}

/// A constant of the same value.
pub(crate) fn tokens(duration: Duration) -> TokenStream {
    let (secs, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#secs, #nanos))
}

fn parse(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit);
    let count = count.parse::<u64>().ok().filter(|count| *count > 0)?;
    scale(count, unit)
}

fn parse_rate(text: &str) -> Option<(String, Duration)> {
    let (amount, per) = text.split_once('/')?;
    let is_plain = amount.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value = amount.parse::<f64>().ok().filter(|_| is_plain)?;
    let per = scale(1, per).or_else(|| parse(per))?;
    (value > 0.0).then(|| (amount.to_owned(), per))
}

fn scale(count: u64, unit: &str) -> Option<Duration> {
    let seconds = match unit {
        "ms" => return Some(Duration::from_millis(count)),
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    count.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, millis) in [
            ("30min", 1_800_000),
            ("6h", 21_600_000),
            ("250ms", 250),
            ("2d", 172_800_000),
            ("30s", 30_000),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "30",
            "min",
            "30 min",
            "30m",
            "1.5h",
            "-1s",
            "0s",
            "30min ",
            "1h30min",
            "18446744073709551615d",
            "99999999999999999999s",
            "5µs",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn rates() {
        for (text, amount, secs) in [
            ("0.05/min", "0.05", 60),
            ("5/10min", "5", 600),
            ("2.5/s", "2.5", 1),
            ("10/d", "10", 86_400),
        ] {
            let expected = (amount.to_owned(), Duration::from_secs(secs));
            assert_eq!(parse_rate(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "0.05",
            "/min",
            "0.05/",
            "0/min",
            "-1/min",
            "nan/min",
            "inf/s",
            "1e3/s",
            "0.05/minute",
            "0.05 / min",
            "1/0s",
            "1/2/s",
        ] {
            assert_eq!(parse_rate(text), None, "{text}");
        }
    }
}
