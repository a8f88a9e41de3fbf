//! The committed rules and dashboards are those of the crates, and Prometheus takes them.

use std::path::Path;
use std::process::Command;

use gofarm_examples::{dashboards, instruments};
use gofarm_otel::dashboard::Rules;

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards")
}

#[test]
fn the_committed_files_are_what_the_crates_emit() {
    for (name, text) in dashboards::files() {
        let committed = std::fs::read_to_string(directory().join(name)).unwrap();
        assert!(
            committed == text,
            "{name} is out of date: cargo run -p gofarm-examples --bin dashboards -- examples/dashboards"
        );
    }
}

#[test]
fn every_rule_names_instruments_that_exist() {
    let rules = Rules::new(&instruments::all());
    assert_eq!(rules.left_out(), <[&str; 0]>::default());
}

#[test]
fn no_two_instruments_share_a_name() {
    let mut names: Vec<_> = instruments::all().concat();
    names.sort_unstable_by_key(|instrument| instrument.name());
    for pair in names.windows(2) {
        assert_ne!(pair[0].name(), pair[1].name());
    }
}

#[test]
fn prometheus_takes_the_rules_and_they_fire_when_they_should() {
    for arguments in [
        ["check", "rules", "rules.yml"],
        ["test", "rules", "rules_test.yml"],
    ] {
        let output = Command::new("promtool")
            .args(arguments)
            .current_dir(directory())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "promtool {arguments:?}: {text}");
    }
}
