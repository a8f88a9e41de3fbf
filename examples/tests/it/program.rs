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
fn what_goes_wrong_can_be_printed_edited_and_played() {
    let script = season(&["chaos", "--seed=3", "--days=10"]);
    assert_eq!(script.status.code(), Some(0));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &script.stdout).unwrap();
    let path = weather_file("scripted.csv", |text| text);
    let chaos = file.path().to_str().unwrap();
    let played = season(&["--json", "--weather", &path, "--chaos", chaos]);
    let report: serde_json::Value = serde_json::from_slice(&played.stdout).unwrap();
    let failures = String::from_utf8(script.stdout).unwrap();
    let failures = failures.matches("[[failure]]").count();
    assert!(failures > 0);
    assert_eq!(report["incidents"].as_array().unwrap().len(), failures);

    let calm = season(&["--json", "--weather", &path, "--chaos=none"]);
    let report: serde_json::Value = serde_json::from_slice(&calm.stdout).unwrap();
    assert_eq!(report["incidents"], serde_json::json!([]));
    assert_eq!(report["readings_refused"], serde_json::json!({}));
}

#[test]
fn the_page_is_written_whole_or_not_at_all() {
    let path = weather_file("page.csv", |text| text);
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("season.html");
    let arguments = ["--json", "--weather", &path, "--report"];
    let written = season(&[&arguments[..], &[page.to_str().unwrap()]].concat());
    assert_eq!(written.status.code(), Some(0));
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("commands executed twice") && html.ends_with("</html>"));

    let nowhere = folder.path().join("no/such/folder/season.html");
    let refused = season(&[&arguments[..], &[nowhere.to_str().unwrap()]].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(refused.stdout.is_empty(), "the season was played");
    assert_eq!(
        String::from_utf8(refused.stderr).unwrap().lines().count(),
        1
    );
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
    assert_eq!(value["seconds_past_lease_without_close_driven"], 0.0);
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

#[test]
fn telemetry_changes_nothing_and_a_receiver_that_is_away_is_no_error() {
    let report = |output: &Output| {
        let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report.as_object_mut().unwrap().remove("measured");
        report
    };
    let path = weather_file("telemetry.csv", |text| text);
    let arguments = ["--json", "--weather", &path];
    let plain = season(&arguments);
    let told = season(&[&arguments[..], &["--otlp", "http://127.0.0.1:9"]].concat());
    assert_eq!(told.status.code(), Some(0));
    assert_eq!(report(&told), report(&plain));
    assert!(String::from_utf8_lossy(&told.stderr).contains("could not be sent"));
}

#[test]
fn telemetry_that_cannot_start_is_one_line_and_no_report() {
    for (flag, value, message) in [
        (
            "--otlp",
            "collector:4318",
            "season: the receiver of OTLP is not usable: ",
        ),
        (
            "--prometheus",
            "nowhere",
            "season: the endpoint for Prometheus cannot listen at nowhere",
        ),
    ] {
        let output = season(&[flag, value]);
        assert_eq!(output.status.code(), Some(2), "{flag}");
        assert!(output.stdout.is_empty(), "{flag}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with(message), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn prometheus_can_look_at_a_season_until_it_is_interrupted() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::process::Stdio;

    let path = weather_file("prometheus.csv", |text| text);
    let mut child = Command::new(env!("CARGO_BIN_EXE_season"))
        .args(["--json", "--weather", &path, "--prometheus", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    let address = line
        .split("http://")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let request = "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    for metric in [
        "gofarm_reading_assessed_total{quality=\"good\"}",
        "gofarm_crdt_committed_total",
        "gofarm_sched_placement_requests_total{result=\"reserved\"}",
        "gofarm_valve_events_total 0",
    ] {
        assert!(page.contains(metric), "{metric} is not in {page}");
    }
    let interrupt = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
