//! What goes wrong in a season, as people write it: every mistake in a file, and its line.

use gofarm_examples::season::chaos::Chaos;

/// The season of most of these files.
const LENGTH: u16 = 60;

/// A failure that is right but for its last lines.
fn with(lines: &str) -> String {
    format!("[[failure]]\nat = \"day 2 00:00\"\nlasts = \"1h\"\n{lines}\n")
}

#[test]
fn a_mistake_is_one_line_that_names_line_key_and_limit() {
    let broker = with("what = \"broker_down\"");
    let cases: Vec<(String, &str)> = vec![
        (
            "[[failure]".into(),
            "line 1: not TOML: unclosed array table, expected `]`",
        ),
        ("x = 3".into(), "line 1: x: unknown, wanted failure"),
        (
            "\n[[failures]]\n".into(),
            "line 2: failures: unknown, wanted failure",
        ),
        (
            "failure = 3".into(),
            "line 1: failure: 3 is not a list of tables, each under [[failure]]",
        ),
        (
            "failure = [3]".into(),
            "line 1: failure: [3] is not a list of tables, each under [[failure]]",
        ),
        (
            "[failure]\nat = 1".into(),
            "line 1: failure: [failure] is not a list of tables, each under [[failure]]",
        ),
        (
            "# one\n[[failure]]\n".into(),
            "line 2: what: missing, wanted one of gateway_cut, broker_down, clock_jump, clock_unknown, probe_stuck, probe_lies, valve_stuck, node_power_cut, gateway_power_cut, radio_cut, duplicates, delays, disk_full, disk_slow, good_config, bad_config, good_firmware, bad_firmware",
        ),
        (
            with("what = \"flood\""),
            "line 4: what: \"flood\" is not one of gateway_cut, broker_down, clock_jump, clock_unknown, probe_stuck, probe_lies, valve_stuck, node_power_cut, gateway_power_cut, radio_cut, duplicates, delays, disk_full, disk_slow, good_config, bad_config, good_firmware, bad_firmware",
        ),
        (
            with("what = \"broker_down\"\nfield = 1"),
            "line 5: field: unknown, wanted at, lasts, what",
        ),
        (
            with("what = \"clock_jump\"\ngateway = 1\nBy = \"2h\""),
            "line 6: By: unknown, wanted at, lasts, what, gateway, by",
        ),
        (
            with("what = \"clock_jump\"\ngateway = 1"),
            "line 1: by: missing, wanted a length with or without sign such as \"-2h\"",
        ),
        (
            with("what = \"clock_jump\"\ngateway = 1\nby = 7200"),
            "line 6: by: 7200 is not a length with or without sign such as \"-2h\"",
        ),
        (
            with("what = \"clock_jump\"\ngateway = 1\nby = \"0s\""),
            "line 6: by: 0s is not a whole number of seconds within 1s..=24h",
        ),
        (
            with("what = \"clock_jump\"\ngateway = 1\nby = \"-25h\""),
            "line 6: by: 25h is not a whole number of seconds within 1s..=24h",
        ),
        (
            with("what = \"gateway_cut\""),
            "line 1: gateway: missing, wanted an integer within 1..=2",
        ),
        (
            with("what = \"gateway_cut\"\ngateway = 3"),
            "line 5: gateway: 3 is not an integer within 1..=2",
        ),
        (
            with("what = \"gateway_cut\"\ngateway = -1"),
            "line 5: gateway: -1 is not an integer within 1..=2",
        ),
        (
            with("what = \"gateway_cut\"\ngateway = \"1\""),
            "line 5: gateway: \"1\" is not an integer within 1..=2",
        ),
        (
            with("what = \"radio_cut\"\nfield = 4"),
            "line 5: field: 4 is not an integer within 1..=3",
        ),
        (
            with("what = \"probe_stuck\"\nfield = 1\nprobe = 3"),
            "line 6: probe: 3 is not an integer within 0..=2",
        ),
        (
            with("what = \"probe_lies\"\nfield = 1\nprobe = 2\nby = 0.21"),
            "line 7: by: 0.21 is not within -0.2..=0.2 m3/m3, or is 0",
        ),
        (
            with("what = \"probe_lies\"\nfield = 1\nprobe = 2\nby = nan"),
            "line 7: by: NaN is not within -0.2..=0.2 m3/m3, or is 0",
        ),
        (
            with("what = \"probe_lies\"\nfield = 1\nprobe = 2\nby = 0"),
            "line 7: by: 0 is not within -0.2..=0.2 m3/m3, or is 0",
        ),
        (
            with("what = \"probe_lies\"\nfield = 1\nprobe = 2\nby = \"2h\""),
            "line 7: by: \"2h\" is not a number in m3/m3",
        ),
        (
            with("what = \"valve_stuck\"\nfield = 1\nholds = \"7h\""),
            "line 6: holds: 7h is not a whole number of seconds within 1s..=6h",
        ),
        (
            with("what = \"delays\"\nfield = 1\nby = \"-5m\""),
            "line 6: by: \"-5m\" is not a length such as \"72h\" or \"1h 30m\"",
        ),
        (
            with("what = \"delays\"\nfield = 1\nby = \"2h\""),
            "line 6: by: 2h is not a whole number of seconds within 1s..=1h",
        ),
        (
            broker.replace("1h", "100h"),
            "line 3: lasts: 100h is not a whole number of seconds within 1s..=72h",
        ),
        (
            broker.replace("1h", "500ms"),
            "line 3: lasts: 500ms is not a whole number of seconds within 1s..=72h",
        ),
        (
            broker.replace("1h", "three days"),
            "line 3: lasts: \"three days\" is not a length such as \"72h\" or \"1h 30m\"",
        ),
        (
            broker.replace("day 2", "day 0"),
            "line 2: at: \"day 0 00:00\" is not a moment such as \"day 40 06:00\" within day 1..=366",
        ),
        (
            broker.replace("day 2", "day 61"),
            "line 1: day 61 00:00 for 1h: the broker is down is not over when the season of 60 days is",
        ),
        (
            broker.replace("day 2 00:00", "day 60 23:30"),
            "line 1: day 60 23:30 for 1h: the broker is down is not over when the season of 60 days is",
        ),
        (
            format!("{broker}\n{broker}"),
            "line 6: day 2 00:00 for 1h: the broker is down overlaps day 2 00:00 for 1h: the broker is down: the end of the one would end the other",
        ),
        (
            with("what = \"clock_unknown\"\ngateway = 2").replace("day 2", "day 60")
                + &with("what = \"clock_jump\"\ngateway = 1\nby = \"23h 30m\""),
            "line 1: day 60 00:00 for 1h: gateway 2 starts without knowing the time is over less than 23h 30m before the end of the season, the furthest jump ahead of a clock: its time-stamps would still win",
        ),
        (
            broker.repeat(501),
            "line 2001: 501 failures, the limit is 500",
        ),
        (
            "#".repeat(300_000),
            "line 1: a script of 300000 bytes, the limit is 262144",
        ),
    ];
    for (text, message) in cases {
        let error = Chaos::read(&text, LENGTH).expect_err(message);
        assert_eq!(error.to_string(), message);
    }
    let error = Chaos::read("", 367).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: a season of 367 days, the limit is 366"
    );
}

#[test]
fn a_file_says_the_same_in_its_own_way() {
    let text = "failure = [{ what = 'broker_down', lasts = 'PT1H30M', at = 'day 3 06:00:00' }]";
    let chaos = Chaos::read(text, LENGTH).unwrap();
    let [failure] = chaos.failures() else {
        panic!("{chaos}");
    };
    assert_eq!(
        failure.to_string(),
        "day 3 06:00 for 1h 30m: the broker is down"
    );
    for nothing in ["", "# nothing\n", "failure = []"] {
        assert_eq!(Chaos::read(nothing, LENGTH), Ok(Chaos::none()));
    }
}

#[test]
fn a_script_is_written_for_people() {
    let text = "\
# What goes wrong, for `season --chaos FILE`; day 1 is the first day of the season.

[[failure]] # the clock of gateway 2 is 1h 30m behind
at = \"day 12 06:30\"
lasts = \"6h\"
what = \"clock_jump\"
gateway = 2
by = \"-1h 30m\"

[[failure]] # probe 0 of field 1 drifts away by -0.05 m3/m3
at = \"day 40 06:00\"
lasts = \"72h\"
what = \"probe_lies\"
field = 1
probe = 0
by = -0.05
";
    assert_eq!(Chaos::read(text, LENGTH).unwrap().to_string(), text);
}
