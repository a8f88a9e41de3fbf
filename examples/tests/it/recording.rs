//! `--record` and `season replay`: a season that is recorded, and its decisions made again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use gofarm_examples::season::replay::replay;

/// A fortnight in summer.
const DAYS: [&str; 4] = ["--from", "2003-07-01", "--to", "2003-07-14"];

fn season(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_season"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn record(path: &Path, arguments: &[&str]) -> serde_json::Value {
    let output = season(&[&DAYS[..], &["--json", "--record", text(path)], arguments].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, "");
    report(&output.stdout)
}

fn report(stdout: &[u8]) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_slice(stdout).unwrap();
    report.as_object_mut().unwrap().remove("measured");
    report
}

/// The one line on standard error of a program that ends with 2.
fn refused(arguments: &[&str]) -> String {
    let output = season(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[test]
fn a_season_is_the_same_while_it_is_recorded_and_any_decision_can_be_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("season.rec");
    let recorded = record(&path, &[]);
    let plain = season(&[&DAYS[..], &["--json"]].concat());
    assert_eq!(recorded, report(&plain.stdout));

    for at in [
        "day 1 00:00",
        "day 5 06:30",
        "2003-07-09T12:00",
        "day 14 23:59:59",
    ] {
        let output = season(&["replay", text(&path), "--at", at]);
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{at}");
        assert!(
            told.starts_with(&format!(
                "{at}, in the season of 14 days from 2003-07-01, seed 1\n"
            )),
            "{told}"
        );
        for part in [
            "Field 1, gateway 1",
            "Field 3, gateway 2",
            "reason",
            "trusted",
        ] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
    }
    let mut hours = (8..=14).flat_map(|day| (0..24).map(move |hour| (day, hour)));
    let run = hours.find_map(|(day, hour)| {
        let at = format!("day {day} {hour:02}:10").parse().unwrap();
        let told = replay(&path, at).unwrap().to_string();
        told.contains("open sent: ").then_some(told)
    });
    let run = run.unwrap();
    for part in ["lease ", "node: open accepted", "gateway: open executed"] {
        assert!(run.contains(part), "{part} is not in {run}");
    }
    // The same once more.
    let again = folder.path().join("again.rec");
    record(&again, &[]);
    assert_eq!(fs::read(&path).unwrap(), fs::read(&again).unwrap());
}

#[test]
fn a_recording_that_cannot_be_begun_is_one_line_and_no_season() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        folder.path().join("no/such/x.rec"),
        folder.path().to_path_buf(),
    ] {
        let line = refused(&["--json", "--record", text(&path)]);
        let start = format!("season: cannot write the recording {}: ", path.display());
        assert!(line.starts_with(&start), "{line}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_told_again_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("season.rec");
    record(&path, &[]);
    let whole = fs::read(&path).unwrap();
    let told = |at: &str| refused(&["replay", text(&path), "--at", at]);

    let outside = "is outside the season, which has 14 days from 2003-07-01\n";
    for at in ["day 15 00:00", "2003-06-30T23:59", "2004-07-03T12:00"] {
        assert!(told(at).ends_with(outside), "{at}");
    }
    assert!(told("noon").contains("not a time of the season"));

    let mut flipped = whole.clone();
    flipped[whole.len() / 3] ^= 0x10;
    fs::write(&path, flipped).unwrap();
    assert!(told("day 14 12:00").contains(" is damaged at byte "));

    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let line = told("day 14 12:00");
    assert!(line.ends_with(", before day 14 12:00\n"), "{line}");
    assert!(
        season(&["replay", text(&path), "--at", "day 2 12:00"])
            .status
            .success()
    );

    fs::write(&path, "a letter to the editor").unwrap();
    assert!(told("day 1 12:00").ends_with(" is not a recording of this program\n"));
    fs::remove_file(&path).unwrap();
    assert!(told("day 1 12:00").starts_with("season: cannot read the recording "));
}
