//! Numbers as a person reads them; one that is not finite is `not known`.

/// What stands for a number that is not finite.
const UNKNOWN: &str = "not known";

/// With so many decimals; never `-0`.
pub(super) fn decimal(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|b| b == b'0' || b == b'.') => digits.to_owned(),
        _ => text,
    }
}

/// A share of 0 to 1 in percent: what is not 0 or 1 is never told as 0 or 100.
pub(super) fn percent(share: f64) -> String {
    if !share.is_finite() {
        return UNKNOWN.to_owned();
    }
    let percent = 100.0 * share;
    if 0.0 < percent && percent < 0.01 {
        return "< 0.01 %".to_owned();
    }
    if percent < 100.0 && percent > 99.99 {
        return "> 99.99 %".to_owned();
    }
    format!(
        "{} %",
        decimal(percent, if percent.fract() == 0.0 { 0 } else { 2 })
    )
}

/// A count with a narrow no-break space at each thousand.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit that fits: B, kB or MB.
pub(super) fn bytes(value: u64) -> String {
    match value {
        0..1_000 => format!("{value} B"),
        1_000..1_000_000 => format!("{} kB", decimal(value as f64 / 1e3, 1)),
        _ => format!("{} MB", decimal(value as f64 / 1e6, 1)),
    }
}

/// A time in the unit that fits: µs, ms or s.
pub(super) fn micros(value: f64) -> String {
    if value >= 1e6 {
        format!("{} s", decimal(value / 1e6, 1))
    } else if value >= 1e3 {
        format!("{} ms", decimal(value / 1e3, 1))
    } else if value.is_finite() {
        format!("{} µs", decimal(value, if value < 10.0 { 1 } else { 0 }))
    } else {
        UNKNOWN.to_owned()
    }
}

/// `n` things, in the singular or the plural with an s.
pub(super) fn of(n: usize, thing: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", count(n as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        for (text, expected) in [
            (decimal(-0.04, 1), "0.0"),
            (decimal(-0.06, 1), "-0.1"),
            (decimal(f64::NAN, 1), "not known"),
            (percent(1.0), "100 %"),
            (percent(0.999_999), "> 99.99 %"),
            (percent(0.000_01), "< 0.01 %"),
            (percent(0.5), "50 %"),
            (percent(0.123_4), "12.34 %"),
            (percent(f64::INFINITY), "not known"),
            (count(0), "0"),
            (count(999), "999"),
            (count(1_000), "1\u{202f}000"),
            (count(1_234_567), "1\u{202f}234\u{202f}567"),
            (bytes(999), "999 B"),
            (bytes(1_500), "1.5 kB"),
            (bytes(2_000_000), "2.0 MB"),
            (micros(7.25), "7.2 µs"),
            (micros(250.0), "250 µs"),
            (micros(1_500.0), "1.5 ms"),
            (micros(2e6), "2.0 s"),
            (micros(f64::NAN), "not known"),
            (of(1, "day"), "1 day"),
            (of(0, "day"), "0 days"),
        ] {
            assert_eq!(text, expected);
        }
    }
}
