//! Bad configuration is refused when built, with the field and the rule.

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::millis;
use gofarm_resilience::policy::breaker::Breaker;

use super::table;

const REFUSED: &[(&str, &str)] = &[
    ("", "config must be given at least one rule"),
    (
        "consecutive=0",
        "consecutive must be from 1 to 65 534 failures",
    ),
    (
        "consecutive=65535",
        "consecutive must be from 1 to 65 534 failures",
    ),
    (
        "failure_rate=0.0",
        "failure_rate must be above 0.0 and at most 1.0",
    ),
    (
        "failure_rate=1.01",
        "failure_rate must be above 0.0 and at most 1.0",
    ),
    (
        "failure_rate=-0.5",
        "failure_rate must be above 0.0 and at most 1.0",
    ),
    (
        "failure_rate=NaN",
        "failure_rate must be above 0.0 and at most 1.0",
    ),
    (
        "slow_rate=0.0,1s",
        "slow_rate must be above 0.0 and at most 1.0",
    ),
    (
        "slow_rate=0.5,0s",
        "slow_rate must be of calls slower than 1 µs to 1 h",
    ),
    (
        "slow_rate=0.5,61m",
        "slow_rate must be of calls slower than 1 µs to 1 h",
    ),
    ("percentile=0.4,1s", "percentile must be from 0.5 to 0.9999"),
    ("percentile=1.0,1s", "percentile must be from 0.5 to 0.9999"),
    (
        "percentile=0.99,0s",
        "percentile must be limited to 1 µs to 1 h",
    ),
    ("average=17s", "average must be from 1 µs to 16 s"),
    ("average=1s calls=10", "average must be over a time window"),
    (
        "failure_rate=0.5 minimum_calls=0",
        "minimum_calls must be from 1 to 65 535",
    ),
    (
        "failure_rate=0.5 calls=10 minimum_calls=11",
        "minimum_calls must be at most the calls of the window",
    ),
    (
        "failure_rate=0.5 calls=0",
        "window must be of 1 to 480 calls",
    ),
    (
        "failure_rate=0.5 calls=481",
        "window must be of 1 to 480 calls",
    ),
    (
        "failure_rate=0.5 calls=469",
        "window must be small enough for the words it is given",
    ),
    (
        "failure_rate=0.5 time=10s,1",
        "window must be of 2 to 64 buckets",
    ),
    (
        "failure_rate=0.5 time=10s,14",
        "window must be small enough for the words it is given",
    ),
    (
        "failure_rate=0.5 time=5ms,10",
        "window must be of buckets from 1 ms to 1 d",
    ),
    (
        "consecutive=1 open_for=999us",
        "open_for must be from 1 ms to 49 d",
    ),
    (
        "consecutive=1 open_for=70561m",
        "open_for must be from 1 ms to 49 d",
    ),
    (
        "consecutive=1 back_off=0.5,1m",
        "back_off must be from 1.0 to 100.0",
    ),
    (
        "consecutive=1 back_off=NaN,1m",
        "back_off must be from 1.0 to 100.0",
    ),
    (
        "consecutive=1 open_for=30s back_off=2.0,29s",
        "back_off must be bounded from open_for to 49 d",
    ),
    (
        "consecutive=1 jitter=0.91",
        "jitter must be from 0.0 to 0.9",
    ),
    (
        "consecutive=1 half_open=0",
        "half_open must be from 1 to 255 trials",
    ),
    (
        "consecutive=1 close_after=0",
        "close_after must be from 1 to 255 successes",
    ),
    (
        "consecutive=1 close_by_rate=0,0.5",
        "close_by_rate must be from 1 to 255 trials",
    ),
    (
        "consecutive=1 close_by_rate=5,0.0",
        "close_by_rate must be above 0.0 and at most 1.0",
    ),
    (
        "consecutive=1 half_open=3 close_after=2",
        "half_open must be at most the trials that the verdict needs",
    ),
    (
        "consecutive=1 half_open_for=0s",
        "half_open_for must be from 1 ms to 49 d",
    ),
    (
        "consecutive=1 ramp=1us,0.5",
        "ramp must be from 1 ms to 49 d",
    ),
    (
        "consecutive=1 ramp=1s,0.0",
        "ramp must be begun above 0.0 and at most at 1.0",
    ),
    ("qps=0", "qps must be from 1 to 1 000 000 calls a second"),
    (
        "consecutive=1 burst=5",
        "burst must be given together with qps",
    ),
    (
        "qps=5 burst=0",
        "burst must be from 1 call to four seconds of qps",
    ),
    (
        "qps=5 burst=21",
        "burst must be from 1 call to four seconds of qps",
    ),
    (
        "consecutive=1 cancelled_as=ok",
        "cancelled_as must be neutral or a failure",
    ),
];

#[test]
fn each_rule_refuses_what_breaks_it_and_names_the_field() {
    for (words, message) in REFUSED {
        let error = table::refusal(words).unwrap_or_else(|| panic!("{words:?} was taken"));
        assert_eq!(error.to_string(), *message, "{words:?}");
        assert_eq!(error.kind(), Kind::Invalid);
        assert!(message.starts_with(error.field()) && message.ends_with(error.rule()));
    }
}

#[test]
fn what_is_just_within_the_rules_is_taken() {
    let taken = [
        "consecutive=65534",
        "failure_rate=0.0001",
        "failure_rate=1.0 calls=468 minimum_calls=468",
        "failure_rate=1.0 time=13ms,13",
        "percentile=0.5,60m",
        "average=16s",
        "consecutive=1 open_for=1ms back_off=100.0,70560m jitter=0.9",
        "consecutive=1 half_open=255",
        "consecutive=1 ramp=1ms,1.0",
        "qps=1 burst=4",
    ];
    for words in taken {
        assert_eq!(table::refusal(words), None, "{words}");
    }
}

#[test]
fn a_rate_without_room_for_a_window_is_refused() {
    let error = Breaker::consecutive(3)
        .slow_rate(0.5, millis(5))
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "window must be given room: a rate or latency needs `windowed()`"
    );
}
