//! From the names and units of OpenTelemetry to those of Prometheus.

use alloc::string::String;

use gofarm_core::observe::InstrumentKind;

/// The name of a family in Prometheus, without `_total` of a counter: unit spelled out, underscores for what is not
/// allowed.
///
/// ```
/// use gofarm_core::observe::InstrumentKind;
/// use gofarm_otel::exposition::family_name;
///
/// let name = family_name("http.server.request.duration", "s", InstrumentKind::Histogram);
/// assert_eq!(name, "http_server_request_duration_seconds");
/// ```
#[must_use]
pub fn family_name(name: &str, unit: &str, kind: InstrumentKind) -> String {
    let mut family = sanitized(name);
    if kind == InstrumentKind::Counter
        && let Some(bare) = family.strip_suffix("_total")
        && !bare.is_empty()
    {
        family.truncate(bare.len());
    }
    let suffix = unit_suffix(unit, kind);
    if !suffix.is_empty() && !has_suffix(&family, &suffix) {
        family.push('_');
        family.push_str(&suffix);
    }
    family
}

/// The name of a label in Prometheus.
///
/// ```
/// assert_eq!(gofarm_otel::exposition::label_name("http.route"), "http_route");
/// ```
#[must_use]
pub fn label_name(key: &str) -> String {
    sanitized(key)
}

/// Letters, digits and single underscores; no digit in front and never empty.
fn sanitized(name: &str) -> String {
    let mut clean = String::with_capacity(name.len());
    for char in name.chars() {
        let char = if char.is_ascii_alphanumeric() {
            char
        } else {
            '_'
        };
        if clean.is_empty() && char.is_ascii_digit() {
            clean.push('_');
        }
        if char != '_' || !clean.ends_with('_') {
            clean.push(char);
        }
    }
    if clean.is_empty() {
        clean.push('_');
    }
    clean
}

/// Whether a name ends in `_suffix` already, or is the suffix.
pub(super) fn has_suffix(name: &str, suffix: &str) -> bool {
    let rest = name.strip_suffix(suffix);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

/// The unit in words: `By/s` is `bytes_per_second`; what stands in braces is no unit.
pub(super) fn unit_suffix(unit: &str, kind: InstrumentKind) -> String {
    if unit == "1" {
        let ratio = if kind == InstrumentKind::Gauge {
            "ratio"
        } else {
            ""
        };
        return ratio.into();
    }
    let bare = without_annotations(unit);
    let (unit, per) = bare.split_once('/').unwrap_or((&bare, ""));
    let mut suffix = String::new();
    if !unit.is_empty() && unit != "1" {
        suffix.push_str(spelled(unit));
    }
    if !per.is_empty() {
        if !suffix.is_empty() {
            suffix.push('_');
        }
        suffix.push_str("per_");
        suffix.push_str(per_unit(per));
    }
    let clean = if suffix.is_empty() {
        suffix
    } else {
        sanitized(&suffix)
    };
    clean.trim_matches('_').into()
}

/// The text outside of braces.
fn without_annotations(unit: &str) -> String {
    let mut depth = 0usize;
    let mut bare = String::with_capacity(unit.len());
    for char in unit.chars() {
        match char {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            char if depth == 0 => bare.push(char),
            _ => {}
        }
    }
    bare
}

/// As the OpenTelemetry Collector spells units.
fn spelled(unit: &str) -> &str {
    match unit {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "m" => "meters",
        "l" | "L" => "liters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "%" => "percent",
        other => other,
    }
}

fn per_unit(unit: &str) -> &str {
    match unit {
        "s" => "second",
        "m" => "meter",
        "min" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use InstrumentKind::{Counter, Gauge, Histogram, UpDownCounter};

    #[test]
    fn names_are_those_of_the_compatibility_specification() {
        let rows = [
            (
                "gofarm.command.refused",
                "{command}",
                Counter,
                "gofarm_command_refused",
            ),
            ("process.cpu.time", "s", Counter, "process_cpu_time_seconds"),
            (
                "http.server.request.duration",
                "s",
                Histogram,
                "http_server_request_duration_seconds",
            ),
            ("gofarm.link.seconds", "s", Counter, "gofarm_link_seconds"),
            ("x.total", "By", Counter, "x_bytes"),
            ("total", "", Counter, "total"),
            ("gofarm.fill", "1", Gauge, "gofarm_fill_ratio"),
            ("gofarm.error", "1", Histogram, "gofarm_error"),
            ("rate", "{request}/s", Gauge, "rate_per_second"),
            ("flow", "L/min", Gauge, "flow_liters_per_minute"),
            ("soil.water", "m3/m3", Gauge, "soil_water_m3_per_m3"),
            ("soil.acidity", "[pH]", Gauge, "soil_acidity_pH"),
            (
                "2nd..tank--level",
                "m",
                UpDownCounter,
                "_2nd_tank_level_meters",
            ),
            ("größe", "", Gauge, "gr_e"),
            ("subseconds", "s", Gauge, "subseconds_seconds"),
            ("", "", Gauge, "_"),
        ];
        for (name, unit, kind, expected) in rows {
            assert_eq!(family_name(name, unit, kind), expected, "{name} in {unit}");
        }
    }
}
