//! A device's contract as a program: its schemas, and what a release would break.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn device_contract(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_device_contract"))
        .args(arguments)
        .output()
        .unwrap()
}

fn told(arguments: &[&str], code: i32) -> String {
    let output = device_contract(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    assert!(output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_schema_is_json_with_the_limits_of_the_struct() {
    for format in ["json-schema", "td", "tm", "openapi"] {
        let text = told(&["--format", format], 0);
        let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(schema.is_object(), "{format}");
        assert!(text.contains("\"maximum\":80"), "{format}: {text}");
    }
    let all: serde_json::Value = serde_json::from_str(&told(&[], 0)).unwrap();
    assert_eq!(all.as_object().unwrap().len(), 4);
}

#[test]
fn a_change_that_breaks_somebody_is_exit_code_1_and_a_new_setting_with_a_default_is_not() {
    let since_1 = told(&["--since", "1"], 1);
    let unit = "property level: unit cm -> m: breaking, the same number means another quantity";
    assert!(since_1.lines().any(|line| line == unit), "{since_1}");
    let since_2 = told(&["--since", "2"], 0);
    let added = "property lowest added: compatible, it may be left out";
    assert!(since_2.lines().any(|line| line == added), "{since_2}");
    assert!(!since_2.contains("breaking"), "{since_2}");
}

#[test]
fn what_is_released_is_a_constant() {
    let source = told(&["--release"], 0);
    assert!(
        source.contains("pub const RELEASED: ::gofarm_core::contract::Descriptor"),
        "{source}"
    );
}

#[test]
fn a_bad_argument_is_one_line_and_exit_code_2() {
    for arguments in [
        &["--format", "xml"][..],
        &["--since", "3"],
        &["--since", "1", "--release"],
        &["--print"],
    ] {
        let output = device_contract(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("device_contract: "), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}
