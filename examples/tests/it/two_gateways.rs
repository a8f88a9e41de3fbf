//! Two gateways as a program: what met is told, and both end with the same.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn two_gateways(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_two_gateways"))
        .args(arguments)
        .output()
        .unwrap()
}

fn story(seed: &str) -> String {
    let output = two_gateways(&["--seed", seed]);
    assert_eq!(output.status.code(), Some(0), "seed {seed}");
    assert!(output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn both_agree_whatever_the_seed_and_the_same_seed_tells_the_same() {
    for seed in ["1", "2", "3", "4", "5"] {
        let told = story(seed);
        assert!(told.ends_with("both hold the same\n"), "{told}");
        assert!(told.contains("the link is cut"), "{told}");
        assert!(told.contains("conflict at "), "{told}");
        assert_eq!(told, story(seed));
    }
    assert_ne!(story("1"), story("2"));
}

#[test]
fn each_litre_is_counted_and_a_person_decides_about_runs_and_a_close() {
    let told = story("1");
    let number = |line: &str, unit: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words
            .iter()
            .position(|word| word.trim_end_matches(',') == unit);
        words[at.unwrap() - 1].parse::<u64>().unwrap()
    };
    let written = told.lines().filter(|line| line.contains(" l more"));
    let litres: u64 = written.map(|line| number(line, "l")).sum();
    let last: Vec<&str> = told.lines().rev().skip(1).take(2).collect();
    for (line, name) in last.iter().zip(["south", "north"]) {
        assert!(
            line.starts_with(&format!("  {name} reads: closed, ")),
            "{told}"
        );
        assert_eq!(number(line, "l"), litres);
        let approved = told
            .lines()
            .find(|line| line.contains("person 41 approves"))
            .unwrap();
        assert_eq!(number(line, "min"), number(approved, "min"));
        assert!(!line.contains("held"), "{told}");
    }
}

#[test]
fn a_bad_argument_is_one_line_and_exit_code_2() {
    for arguments in [&["--seed", "x"][..], &["--seed=-1"], &["--no-such-flag"]] {
        let output = two_gateways(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("two_gateways: "), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}
