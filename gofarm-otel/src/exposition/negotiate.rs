//! Which format a client wants.

use super::Format;

impl Format {
    /// The format for an `Accept` header (RFC 9110, section 12.5.1): the one with the higher weight, OpenMetrics if they
    /// are equal, and text if neither is named.
    ///
    /// ```
    /// use gofarm_otel::exposition::Format;
    ///
    /// let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    /// assert_eq!(Format::accepted(prometheus), Format::OpenMetrics);
    /// assert_eq!(Format::accepted("text/html, */*;q=0.8"), Format::Text);
    /// ```
    #[must_use]
    pub fn accepted(accept: &str) -> Self {
        let (mut open_metrics, mut text) = (0, 0);
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let wanted = match parts.next() {
                Some(media) if media.eq_ignore_ascii_case("application/openmetrics-text") => {
                    &mut open_metrics
                }
                Some(media) if media.eq_ignore_ascii_case("text/plain") => &mut text,
                _ => continue,
            };
            if let Some(weight) = weight(parts) {
                *wanted = weight.max(*wanted);
            }
        }
        if open_metrics > 0 && open_metrics >= text {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    /// The `Content-Type` of a page in this format.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Thousandths; nothing if a version is asked for that is not ours.
fn weight<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<u32> {
    let mut weight = 1000;
    for parameter in parameters {
        let (key, value) = parameter.split_once('=')?;
        let value = value.trim_matches('"');
        if key.eq_ignore_ascii_case("q") {
            let q: f64 = value.parse().ok()?;
            // Saturates; NaN becomes 0.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 1000"
            )]
            let thousandths = (q.clamp(0.0, 1.0) * 1000.0) as u32;
            weight = thousandths;
        } else if key.eq_ignore_ascii_case("version") && !matches!(value, "1.0.0" | "0.0.4") {
            return None;
        }
    }
    Some(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heavier_format_wins_and_text_is_what_everybody_reads() {
        let rows = [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("text/plain", Format::Text),
            ("application/openmetrics-text", Format::OpenMetrics),
            // Prometheus 2.42 and 3.x
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            (
                "application/openmetrics-text;q=0, text/plain;q=0.1",
                Format::Text,
            ),
            (
                "application/openmetrics-text;q=0.2, text/plain;q=0.9",
                Format::Text,
            ),
            (
                "APPLICATION/OpenMetrics-Text ; Version=1.0.0 ; Q=0.9",
                Format::OpenMetrics,
            ),
            ("application/openmetrics-text;q=x", Format::Text),
            (";;;,,,q=\u{0}", Format::Text),
        ];
        for (accept, format) in rows {
            assert_eq!(Format::accepted(accept), format, "{accept}");
        }
    }
}
