//! The tower stack as a program: against its own servers, and against one of the test's.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::TcpListener;
use std::process::{Command, Output};

fn breaker_service(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_breaker_service"))
        .args(arguments)
        .output()
        .unwrap()
}

/// What the calls to the server of this name became, one by one; what went wrong stands before what was answered.
fn told<'a>(text: &'a str, server: &str) -> Vec<Vec<&'a str>> {
    let calls = text.split("\ncall ").filter(|call| {
        let first = call.lines().next().unwrap_or_default();
        first.ends_with(server)
    });
    calls
        .map(|call| call.lines().skip(1).map(str::trim).collect())
        .collect()
}

#[test]
fn each_layer_does_its_part_and_another_host_is_not_concerned() {
    // The deadline is generous: a busy machine must not be taken for a silent server.
    let output = breaker_service(&["--deadline", "3000"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    let text = String::from_utf8(output.stdout).unwrap();

    let flaky = told(&text, "/flaky");
    assert_eq!(flaky.len(), 8, "{text}");
    assert_eq!(flaky[0], ["-> 0.31"]);
    let busy = "the server answers 503 Service Unavailable";
    assert_eq!(flaky[1], [busy, "-> 0.31, 10 s old"]);
    assert_eq!(flaky[2].len(), 2, "{text}"); // the words are hyper's
    assert_eq!(flaky[2][1], "-> 0.31, 20 s old");
    assert!(flaky[3][0].starts_with("no answer within 3"), "{text}"); // of 3 s and a little
    assert_eq!(flaky[3][1..], ["-> 0.31, 30 s old"]);
    for (call, retry, age) in [(4, 20, 40), (5, 10, 50)] {
        let rejected =
            format!("the call was rejected, the breaker is open; retry after {retry}000 ms");
        assert_eq!(flaky[call], [&rejected, &format!("-> 0.31, {age} s old")]);
    }
    // 30 s after it opened, one call goes out on trial.
    assert_eq!(flaky[6..], [["-> 0.28"], ["-> 0.28"]]);

    let steady = told(&text, "/steady");
    assert_eq!(steady, vec![["-> 0.33"]; 8], "{text}");
}

#[test]
fn a_server_that_is_away_is_no_reason_to_fail() {
    let gone = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/gone", gone.local_addr().unwrap());
    drop(gone);
    let output = breaker_service(&[&url, "--calls", "4", "--pause", "0"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let calls = told(&text, "/gone");
    assert_eq!(calls.len(), 4, "{text}");
    for call in &calls[..3] {
        assert_eq!(call[1], "-> nothing", "{text}");
    }
    assert!(
        calls[3][0].starts_with("the call was rejected, the breaker is open"),
        "{text}"
    );
    assert!(
        calls[3][1].starts_with("-> nothing; come back in "),
        "{text}"
    );
}

#[test]
fn a_bad_argument_is_one_line_and_exit_code_2() {
    for arguments in [
        &["nowhere"][..],
        &["https://127.0.0.1/"],
        &["http://127.0.0.1/", "--calls", "0"],
        &["--deadline", "0"],
        &["--pause", "soon"],
    ] {
        let output = breaker_service(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("breaker_service: "), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}
