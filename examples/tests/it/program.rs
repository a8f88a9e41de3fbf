//! The program itself: exit codes, bad input, JSON.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

fn season(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_season"))
        .args(arguments)
        .output()
        .unwrap()
}

/// A weather file of ten days in a folder of its own, with `change` made to its text.
fn weather_file(name: &str, change: impl Fn(String) -> String) -> String {
    let mut text = "DD,MM,YYYY,Rad,Tmin,Tmax,Hum,Wind,Rain\n".to_owned();
    for day in 1..=10 {
        text += &format!("{day:02},07,2003,21000.0,11.2,24.5,1.31,2.4,0.0\n");
    }
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, change(text)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn bad_input_is_refused_with_line_column_and_limit_and_no_report() {
    type Change = fn(String) -> String;
    let cases: [(&str, Change, &str); 4] = [
        (
            "value.csv",
            |t| {
                t.replace(
                    "05,07,2003,21000.0,11.2,24.5",
                    "05,07,2003,21000.0,11.2,-999",
                )
            },
            "line 6, column Tmax: `-999` is not a number within -60..=60 Cel",
        ),
        (
            "date.csv",
            |t| t.replace("10,07,2003", "10,06,2003"),
            "line 11, column DD: 2003-06-10 does not follow 2003-07-09; one line a day is wanted",
        ),
        (
            "no_day.csv",
            |t| t.replace("01,07,2003", "31,06,2003"),
            "line 2, column DD: 2003-06 has no day 31; its limit is 30",
        ),
        (
            "column.csv",
            |t| t.replace("Wind", "Gust"),
            "line 1, column Wind: not in the header; wanted within 0..=60 m/s",
        ),
    ];
    for (name, change, message) in cases {
        let path = weather_file(name, change);
        let output = season(&["--weather", &path]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(output.stdout.is_empty(), "{name}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr, format!("season: {path}: {message}\n"));
    }
}

#[test]
fn what_cannot_be_played_exits_with_2_and_one_line() {
    for arguments in [
        &["--weather", "no/such/file.csv"][..],
        &["--from", "1999-01-01"],
        &["--from", "2003-06-01", "--to", "2003-05-01"],
        &["--from", "2003-13-01"],
        &["--seed", "x"],
        &["--latitude", "NaN"],
        &["--no-such-flag"],
        &["describe", "--format", "xml"],
    ] {
        let output = season(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn json_is_one_object_and_nothing_else() {
    let path = weather_file("good.csv", |text| text);
    let output = season(&["--json", "--weather", &path, "--seed", "5"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["season"]["days"], 10);
    assert_eq!(value["season"]["seed"], 5);
    assert!(value["measured"]["decision_p99_us"].is_number());
    assert_eq!(value["valve"]["longest_past_lease_s"], 0.0);
}

#[test]
fn describe_prints_json() {
    for format in ["json-schema", "td", "tm", "openapi", "all"] {
        let output = season(&["describe", "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{format}");
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(value.is_object(), "{format}");
    }
}
