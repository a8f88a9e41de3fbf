//! Our pages, read by others: the parsers of Prometheus' Python client and promtool.

use alloc::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gofarm_core::observe::{Instrument, Label, Observer};
use gofarm_core::trace_context::{SpanId, TraceContext, TraceId};
use gofarm_otel::attribute::Attribute;
use gofarm_otel::clock::Clock;
use gofarm_otel::exposition::{Format, Written, write};
use gofarm_otel::instrument::{Boundaries, Registry};
use gofarm_otel::resource::Resource;
use gofarm_otel::timestamp::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

static OPENED: Instrument =
    Instrument::counter("test.opened", "{valve}", "Valves \"opened\" \\ by us");
static WATER: Instrument = Instrument::counter("test.water.total", "L", "Water");
static DEPTH: Instrument = Instrument::up_down_counter("test.depth", "{item}", "Items that wait");
static FILL: Instrument = Instrument::gauge("test.fill", "1", "How full the tank is");
static DELAY: Instrument = Instrument::histogram("test.delay", "s", "From reading to command");
static COLD: Instrument = Instrument::histogram("test.frost", "Cel", "Nights");

fn registry() -> Registry {
    let clock = Clock::manual(Timestamp::from_unix_nanos(1_767_225_600_000_000_000));
    Registry::builder()
        .clock(clock)
        .boundaries("test.frost", Boundaries::new(&[-5.0, 0.0]).unwrap())
        .build()
}

fn page(registry: &Registry, format: Format) -> (String, Written) {
    let mut page = String::new();
    let snapshot = registry.collect(registry.clock().now());
    let resource = Resource::new("gateway").device("gw-7");
    let written = write(&mut page, format, &snapshot, &resource).unwrap();
    (page, written)
}

fn sampled() -> TraceContext {
    let (trace, span) = (
        TraceId::new([0xab; 16]).unwrap(),
        SpanId::new([0xcd; 8]).unwrap(),
    );
    TraceContext::new(trace, span).sampled()
}

/// What one of each kind looks like.
fn one_of_each() -> Registry {
    let registry = registry();
    let zone = [Label::text("farm.zone", "north \"1\"\n\\")];
    registry.observe(&OPENED.count(3).labelled(&zone).within(sampled()));
    registry.observe(&WATER.measure(2.5));
    registry.observe(&DEPTH.change(-4).within(sampled()));
    registry.observe(&FILL.measure(0.25));
    registry.observe(&DELAY.measure(0.3).within(sampled()));
    registry.observe(&DELAY.measure(99.0));
    registry
}

/// Says that a peer is not installed; in CI it must be.
#[expect(clippy::print_stderr, reason = "who runs the tests should know")]
fn missing(peer: &str) {
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!is_ci, "{peer} is not installed");
    eprintln!("skipped: {peer} is not installed");
}

/// A Python that has prometheus_client: that of `ci.sh`, or the one in the path.
fn python() -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/bin/python");
    let found = [tools, "python3".into()].into_iter().find(|python| {
        let mut tried = Command::new(python);
        tried.args(["-c", "import prometheus_client.openmetrics.parser"]);
        let status = tried.stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    });
    if found.is_none() {
        missing("prometheus_client");
    }
    found
}

/// Runs a program on that input; its output and what it complained about.
fn run(command: &mut Command, input: &str) -> (bool, String, String) {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The samples that an independent parser sees on each page, but for the target's and the registry's own.
fn parsed(python: &Path, format: Format, pages: &[String]) -> Vec<BTreeSet<String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/prometheus/parse.py");
    let name = match format {
        Format::Text => "text",
        Format::OpenMetrics => "openmetrics",
    };
    let (ok, output, errors) = run(
        Command::new(python).arg(script).arg(name),
        &pages.join("\0"),
    );
    assert!(ok, "{errors}\n{pages:#?}");
    let pages = output.split("page\n").skip(1);
    let wanted = |line: &&str| line.starts_with("test_");
    pages
        .map(|page| page.lines().filter(wanted).map(str::to_owned).collect())
        .collect()
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The line that `parse.py` prints, in Python's `float.hex()`.
fn line(name: &str, labels: &[(&str, &str)], value: f64, exemplar: &str) -> String {
    let mut labels: Vec<_> = labels
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{}={}", hexadecimal(key), hexadecimal(value)))
        .collect();
    labels.sort();
    format!(
        "{name}|{}|{}|{exemplar}",
        labels.join(","),
        float_hex(value)
    )
}

/// As Python's `float.hex()`, for the finite numbers of these tests.
fn float_hex(value: f64) -> String {
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let exponent = ((bits >> 52) & 0x7ff).cast_signed() - 1023;
    format!("{sign}0x1.{:013x}p{exponent:+}", bits & ((1 << 52) - 1))
}

#[test]
fn text_is_as_prometheus_documents_it() {
    let (page, written) = page(&one_of_each(), Format::Text);
    let expected = [
        "# TYPE target_info gauge",
        "device_id=\"gw-7\",service_name=\"gateway\"",
        "# TYPE gofarm_otel_metric_refused_total counter",
        "gofarm_otel_metric_refused_total 0",
        "# TYPE test_opened_total counter",
        "# HELP test_opened_total Valves \"opened\" \\\\ by us",
        "test_opened_total{farm_zone=\"north \\\"1\\\"\\n\\\\\"} 3\n",
        "test_water_liters_total 2.5\n",
        "# TYPE test_depth gauge\n",
        "test_depth -4\n",
        "test_fill_ratio 0.25\n",
        "test_delay_seconds_bucket{le=\"0.25\"} 0\n",
        "test_delay_seconds_bucket{le=\"0.5\"} 1\n",
        "test_delay_seconds_bucket{le=\"10.0\"} 1\n",
        "test_delay_seconds_bucket{le=\"+Inf\"} 2\n",
        "test_delay_seconds_count 2\ntest_delay_seconds_sum 99.3\n",
    ];
    for part in expected {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("UNIT") && !page.contains("trace_id") && !page.contains("EOF"));
    let samples = page.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!((written.samples, written.left_out), (samples, 0));
}

#[test]
fn openmetrics_has_units_and_exemplars() {
    let (page, _) = page(&one_of_each(), Format::OpenMetrics);
    let exemplar = "# {trace_id=\"abababababababababababababababab\",span_id=\"cdcdcdcdcdcdcdcd\"}";
    let expected = [
        "# TYPE target info\n",
        "# TYPE test_opened counter\n# HELP test_opened Valves \\\"opened\\\" \\\\ by us\n",
        "# TYPE test_water_liters counter\n# UNIT test_water_liters liters\n",
        &format!("\"}} 3 {exemplar} 3.0 1767225600.000000000\n"),
        &format!("test_delay_seconds_bucket{{le=\"0.5\"}} 1 {exemplar} 0.3 1767225600.000000000\n"),
    ];
    for part in expected {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(page.ends_with("# EOF\n"));
}

#[test]
fn metrics_that_become_one_name_are_merged_or_left_out_and_counted() {
    static DOTTED: Instrument = Instrument::counter("test.a.b", "", "One");
    static LOW: Instrument = Instrument::counter("test.a_b", "", "The same for Prometheus");
    static TOTAL: Instrument = Instrument::gauge("test.a.b.total", "", "The name of a sample");
    static LEVEL: Instrument = Instrument::gauge("test.a__b", "", "Another kind");
    static TARGET: Instrument = Instrument::gauge("target.info", "", "The name of the resource");
    let registry = registry();
    registry.observe(&DOTTED.count(1));
    registry.observe(&LOW.count(2).labelled(&[Label::text("zone", "a")]));
    registry.observe(&LOW.count(4));
    registry.observe(&TOTAL.measure(1.0));
    registry.observe(&LEVEL.measure(1.0));
    registry.observe(&TARGET.measure(1.0));
    let (page, written) = page(&registry, Format::OpenMetrics);
    assert_eq!(page.matches("# TYPE test_a_b").count(), 1, "{page}");
    assert_eq!(written.left_out, 4);
}

#[test]
fn labels_that_become_one_name_are_joined() {
    let registry = registry();
    let labels = ["a.b", "a_b", "le", "9"].map(|key| Label::text(key, key));
    registry.observe(&DELAY.measure(0.1).labelled(&labels));
    let (page, _) = page(&registry, Format::Text);
    let joined = "_bucket{_9=\"9\",a_b=\"a.b;a_b\",exported_le=\"le\",le=\"0.005\"} 0";
    assert!(page.contains(joined), "{page}");
}

#[test]
fn another_parser_reads_what_was_measured() {
    let Some(python) = python() else {
        return;
    };
    let cases = (
        any::<u64>(),
        -1e9f64..1e9,
        0.0f64..20.0,
        "\\PC{0,12}[\"\\\\\n]{0,3}\\PC{0,3}",
    );
    let mut runner = TestRunner::deterministic();
    let cases: Vec<_> = (0..64)
        .map(|_| cases.new_tree(&mut runner).unwrap().current())
        .collect();
    for format in [Format::Text, Format::OpenMetrics] {
        let trace = match format {
            Format::Text => String::new(),
            Format::OpenMetrics => "ab".repeat(16),
        };
        let mut pages = Vec::new();
        let mut expected = Vec::new();
        for (count, value, delay, zone) in &cases {
            let registry = registry();
            let labels = [Label::text("zone", zone), Label::number("port", *count)];
            registry.observe(
                &OPENED
                    .count(count >> 20)
                    .labelled(&labels)
                    .within(sampled()),
            );
            registry.observe(&FILL.measure(*value).labelled(&labels));
            registry.observe(&DELAY.measure(*delay).within(sampled()));
            registry.observe(&COLD.measure(-1.0));
            registry.observe(&DEPTH.change(7).within(sampled()));
            pages.push(page(&registry, format).0);

            let port = i64::try_from(*count).unwrap_or(i64::MAX).to_string();
            let labels = [("zone", zone.as_str()), ("port", &port)];
            let mut lines = BTreeSet::from([
                line("test_opened_total", &labels, (count >> 20) as f64, &trace),
                line("test_fill_ratio", &labels, *value, ""),
                line("test_depth", &[], 7.0, ""),
                line("test_delay_seconds_count", &[], 1.0, ""),
                line("test_delay_seconds_sum", &[], *delay, ""),
            ]);
            let mut low = f64::NEG_INFINITY;
            let edges = Boundaries::for_unit("s");
            for &edge in edges.as_slice().iter().chain(&[f64::INFINITY]) {
                let le = format!("{edge:?}").replace("inf", "+Inf");
                let mine = if low < *delay && *delay <= edge {
                    &*trace
                } else {
                    ""
                };
                let below = f64::from(u8::from(*delay <= edge));
                lines.insert(line(
                    "test_delay_seconds_bucket",
                    &[("le", &le)],
                    below,
                    mine,
                ));
                low = edge;
            }
            for (le, below) in [("-5.0", 0.0), ("0.0", 1.0), ("+Inf", 1.0)] {
                lines.insert(line("test_frost_celsius_bucket", &[("le", le)], below, ""));
            }
            if format == Format::Text {
                lines.insert(line("test_frost_celsius_count", &[], 1.0, ""));
                lines.insert(line("test_frost_celsius_sum", &[], -1.0, ""));
            }
            expected.push(lines);
        }
        let read = parsed(&python, format, &pages);
        for (read, expected) in read.iter().zip(&expected) {
            assert_eq!(read, expected, "{format:?}");
        }
        assert_eq!(read.len(), expected.len());
    }
}

#[test]
fn promtool_finds_nothing_to_complain_about() {
    if Command::new("promtool").arg("--version").output().is_err() {
        missing("promtool");
        return;
    }
    let (page, _) = page(&one_of_each(), Format::Text);
    let (ok, output, errors) = run(Command::new("promtool").args(["check", "metrics"]), &page);
    assert!(
        ok && output.is_empty() && errors.is_empty(),
        "{output}{errors}\n{page}"
    );
}

#[test]
fn the_resource_is_the_target() {
    let mut page = String::new();
    let registry = registry();
    let resource = Resource::new("gateway").attribute(Attribute::int("gofarm.field", 12));
    let snapshot = registry.collect(registry.clock().now());
    write(&mut page, Format::OpenMetrics, &snapshot, &resource).unwrap();
    let target = page
        .lines()
        .find(|line| line.starts_with("target_info"))
        .unwrap();
    assert!(
        target.contains("gofarm_field=\"12\"") && target.ends_with("\"} 1"),
        "{target}"
    );
}
