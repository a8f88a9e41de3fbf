//! `--store`: a season that is stopped and goes on.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use gofarm_examples::season::chaos::Chaos;
use gofarm_examples::season::{Plan, SavedError, Season};

use crate::season::{assert_promises, hupsel};

const DAYS: [&str; 5] = ["--json", "--from", "2003-07-01", "--to", "2003-07-05"];

fn program(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_season"))
        .args(arguments)
        .arg("--store")
        .arg(folder)
        .output()
        .unwrap()
}

fn played(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report.as_object_mut().unwrap().remove("measured");
    report.to_string()
}

/// The one line on standard error of a program that ends with 2.
fn refused(arguments: &[&str], folder: &Path) -> String {
    let output = program(arguments, folder);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[test]
fn a_season_that_was_stopped_goes_on_and_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let days = hupsel();
    let start = |seed| {
        let plan = Plan::choose(&days, None, None).unwrap().seed(seed);
        let chaos = Chaos::draw(seed, plan.days());
        Season::start(plan, &days, chaos).stored(folder.path())
    };
    for (from, to) in [(0, 20), (20, 22)] {
        let mut season = start(7).unwrap();
        season.resume(&mut || 0, |_| {}).unwrap();
        assert_eq!(season.played(), from);
        while season.played() < to {
            season.next_day(&mut || 0).unwrap();
            season.save().unwrap();
        }
    }
    let other = start(8).unwrap_err();
    assert!(matches!(other, SavedError::OtherOptions { .. }), "{other}");

    let mut season = start(7).unwrap();
    let mut again = 0;
    season.resume(&mut || 0, |_| again += 1).unwrap();
    assert_eq!((season.played(), again), (22, 22));
    while season.next_day(&mut || 0).is_some() {
        season.save().unwrap();
    }
    assert_promises(7, &season.finish());
}

#[test]
fn a_season_is_the_same_while_it_is_kept_and_over_when_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let plain = Command::new(env!("CARGO_BIN_EXE_season"))
        .args(DAYS)
        .output()
        .unwrap();
    let kept = program(&DAYS, &folder.path().join("new/season"));
    assert_eq!(played(&kept), played(&plain));
    // Played again to its last day, and then told.
    let once = played(&program(&DAYS, &folder.path().join("new/season")));
    assert_eq!(
        once,
        played(&program(&DAYS, &folder.path().join("new/season")))
    );
}

#[test]
fn a_folder_that_does_not_fit_is_one_line_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("season");
    assert!(program(&DAYS, &path).status.success());
    let files = || ["season.json", "season.redb"].map(|name| fs::read(path.join(name)).unwrap());
    let before = files();

    let other = |option: &str, value: &str, name: &str| {
        let line = refused(&[&DAYS[..], &[option, value]].concat(), &path);
        let wanted = format!("season.json is a season with {name} ");
        assert!(line.contains(&wanted), "{line}");
        assert!(
            line.ends_with(": give the same options or another folder\n"),
            "{line}"
        );
    };
    other("--seed", "9", "seed");
    other("--latitude", "51", "latitude");
    other("--chaos", "none", "troubles of --chaos");
    let shorter = ["--json", "--from", "2003-07-01", "--to", "2003-07-04"];
    assert!(refused(&shorter, &path).contains(" with days \"2003-07-01 to 2003-07-05\", not "));
    assert_eq!(files(), before);

    let document = path.join("season.json");
    fs::write(&document, before[0].to_ascii_uppercase()).unwrap();
    assert!(refused(&DAYS, &path).ends_with("season.json is damaged or was changed by hand\n"));
    fs::write(&document, &before[0]).unwrap();
    fs::write(path.join("season.redb"), vec![7; before[1].len()]).unwrap();
    assert!(refused(&DAYS, &path).contains("season.redb: "));

    let beneath = document.join("season");
    assert!(refused(&DAYS, &beneath).starts_with(&format!("season: {}: ", beneath.display())));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_season_at_the_end_of_a_day_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_season"))
        .args(["--json", "--store"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It listens before it begins to keep anything.
    while !folder.path().join("season.json").exists() {
        std::thread::yield_now();
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
    }
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let line = String::from_utf8(output.stderr).unwrap();
    let end = "; the same command goes on\n";
    assert!(
        line.starts_with("season: stopped after day ") && line.ends_with(end),
        "{line}"
    );
    played(&program(&["--json"], folder.path()));
}
