//! Plugins of one's own as a program: work moves when a box gets too hot, and the reasons say so.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn custom_plugin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_custom_plugin"))
        .args(arguments)
        .output()
        .unwrap()
}

fn told(arguments: &[&str]) -> String {
    let output = custom_plugin(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    assert!(output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn work_goes_to_the_full_battery_until_its_box_is_too_hot() {
    let text = told(&[]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "{text}");
    for (line, node) in lines.iter().zip(["pump", "pump", "pump", "mast", "mast"]) {
        let (_, reasons) = line.split_once(": ").unwrap();
        assert!(reasons.starts_with(&format!("{node}  ")), "{line}");
        assert!(reasons.contains(" + battery 0."), "{line}");
        let is_hot = reasons.contains("refused: pump (its box is too hot)");
        assert_eq!(is_hot, node == "mast", "{line}"); // over 60 degrees from the fourth minute on
    }
}

#[test]
fn where_every_box_is_too_hot_nothing_is_placed_and_each_is_named() {
    let text = told(&["--jobs", "1", "--hottest", "23"]);
    let each = ["barn", "pump", "mast"].map(|node| format!("{node} (its box is too hot)"));
    assert_eq!(
        text,
        format!("job 1: every node refuses: {}\n", each.join(", "))
    );
}

#[test]
fn a_bad_argument_is_one_line_and_exit_code_2() {
    for arguments in [
        &["--jobs", "0"][..],
        &["--jobs", "x"],
        &["--hottest", "86"],
        &["--cold"],
    ] {
        let output = custom_plugin(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("custom_plugin: "), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}
