//! Reads and runs sequence tables.
//!
//! A case is a line `case NAME`, a line `config WORDS`, and rows `TIME | ACTION | RESULT | PHASE`:
//!
//! - `call OUTCOME [LATENCY]`, `9x call OUTCOME`: acquires at TIME and settles LATENCY later;
//! - `acquire NAME`, `record NAME OUTCOME`, `cancel NAME`: the two steps apart, for permits with a name;
//! - `hold MODE`, `configure WORDS`, `totals`, `stats`.
//!
//! RESULT is `ok`, `trial`, a rejection with its time (`open 30s`), the cause of a move, `late`, or `-`; a move on
//! the way in stands before `>` (`waited > trial`). PHASE is where the breaker stands after the row.

use alloc::collections::BTreeMap;
use core::fmt::Write as _;
use core::time::Duration;

use gofarm_core::time::Instant;
use gofarm_resilience::memory::Memory;
use gofarm_resilience::policy::Reason;
use gofarm_resilience::policy::breaker::{
    Breaker, Config, ConfigError, Mode, Permit, Recorded, Slo, WINDOW_WORDS,
};
use gofarm_resilience::policy::sliding_window::Window;
use gofarm_resilience::{Outcome, Rejected};

pub(super) struct Case<'a> {
    place: String,
    config: &'a str,
    rows: Vec<(usize, &'a str)>,
}

pub(super) fn cases<'a>(file: &str, text: &'a str) -> Vec<Case<'a>> {
    let mut cases: Vec<Case<'a>> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("case ") {
            cases.push(Case {
                place: format!("{file}.txt, {name}"),
                config: "",
                rows: Vec::new(),
            });
            continue;
        }
        let case = cases.last_mut().expect("a case first");
        match line.strip_prefix("config ") {
            Some(config) => case.config = config,
            None => case.rows.push((number + 1, line)),
        }
    }
    cases
}

impl Case<'_> {
    /// Runs all rows and says how many there were.
    pub(super) fn run<M: Memory>(&self) -> usize {
        let config = config(self.config);
        let breaker = Breaker::<M, WINDOW_WORDS>::new(config).expect(&self.place);
        let mut permits = BTreeMap::new();
        for &(line, row) in &self.rows {
            let columns: Vec<&str> = row.split('|').map(str::trim).collect();
            let [time, action, expected, phase] = columns[..] else {
                panic!("{}, line {line}: four columns", self.place);
            };
            let now = Instant::ZERO + duration(time);
            let (got, after) = act(&breaker, now, action, &mut permits);
            let stands = breaker.phase(after).as_str();
            assert_eq!(
                (got.as_str(), stands),
                (expected, phase),
                "{}, line {line}: {row}",
                self.place
            );
        }
        self.rows.len()
    }
}

fn act<'a, M: Memory>(
    breaker: &Breaker<M, WINDOW_WORDS>,
    now: Instant,
    action: &'a str,
    permits: &mut BTreeMap<&'a str, Permit>,
) -> (String, Instant) {
    let words: Vec<&str> = action.split_whitespace().collect();
    match words[..] {
        ["call", result, ref latency @ ..] => call(breaker, now, result, latency),
        [times, "call", result, ref latency @ ..] => {
            let times: u32 = times
                .strip_suffix('x')
                .and_then(|times| times.parse().ok())
                .expect("a number of times");
            let mut last = (String::new(), now);
            for _ in 0..times {
                last = call(breaker, now, result, latency);
            }
            last
        }
        ["acquire", name] => {
            let (text, permit) = acquire(breaker, now);
            if let Some(permit) = permit {
                permits.insert(name, permit);
            }
            (text, now)
        }
        ["record", name, result] => {
            let permit = permits.remove(name).expect("a permit of that name");
            let recorded = breaker.record(permit, now, outcome(result));
            (settled(recorded), now)
        }
        ["cancel", name] => {
            let permit = permits.remove(name).expect("a permit of that name");
            (settled(breaker.cancel(permit, now)), now)
        }
        ["hold", mode] => (breaker.hold(self::mode(mode)).as_str().to_owned(), now),
        ["configure", ..] => {
            let words = action.trim_start_matches("configure");
            let answer = breaker.configure(config(words));
            (
                answer.map_or_else(|error| error.to_string(), |()| "-".to_owned()),
                now,
            )
        }
        ["totals"] => {
            let totals = breaker.totals(now);
            let (calls, failures, slow) = (totals.calls(), totals.failures(), totals.slow());
            (format!("{failures} failed {slow} slow of {calls}"), now)
        }
        ["stats"] => {
            let stats = breaker.stats();
            let (rejected, late, opened) = (stats.rejected(), stats.late(), stats.opened());
            (
                format!("{rejected} rejected {late} late {opened} opened"),
                now,
            )
        }
        _ => panic!("unknown action {action}"),
    }
}

/// What acquiring says; if it was admitted, what settling says unless that is nothing.
fn call<M: Memory>(
    breaker: &Breaker<M, WINDOW_WORDS>,
    now: Instant,
    result: &str,
    latency: &[&str],
) -> (String, Instant) {
    let (mut text, permit) = acquire(breaker, now);
    let Some(permit) = permit else {
        return (text, now);
    };
    let end = now
        + latency
            .first()
            .map_or(Duration::ZERO, |text| duration(text));
    let recorded = settled(breaker.record(permit, end, outcome(result)));
    if recorded != "-" {
        write!(text, " {recorded}").expect("a string takes it");
    }
    (text, end)
}

fn acquire<M: Memory>(
    breaker: &Breaker<M, WINDOW_WORDS>,
    now: Instant,
) -> (String, Option<Permit>) {
    let admission = breaker.admit(now);
    let mut text = String::new();
    if let Some(event) = admission.event {
        write!(text, "{} > ", event.cause().as_str()).expect("a string takes it");
    }
    match admission.result {
        Ok(permit) => {
            text.push_str(if permit.is_trial() { "trial" } else { "ok" });
            (text, Some(permit))
        }
        Err(rejected) => {
            text.push_str(&rejection(rejected));
            (text, None)
        }
    }
}

fn rejection(rejected: Rejected) -> String {
    let reason = match rejected.reason() {
        Reason::Open => "open",
        Reason::HalfOpenFull => "full",
        Reason::Ramping => "ramping",
        Reason::ForcedOpen => "forced",
        Reason::RateExceeded => "rate",
        _ => "unexpected",
    };
    let wait = rejected.retry_after();
    format!("{reason} {wait:?}")
}

fn settled(recorded: Recorded) -> String {
    match (recorded.is_late(), recorded.transition()) {
        (false, None) => "-".to_owned(),
        (true, None) => "late".to_owned(),
        (false, Some(transition)) => transition.cause().as_str().to_owned(),
        (true, Some(transition)) => format!("{} late", transition.cause().as_str()),
    }
}

fn outcome(word: &str) -> Outcome {
    match word {
        "ok" => Outcome::Success,
        "fail" => Outcome::Failure,
        "neutral" => Outcome::Neutral,
        _ => panic!("unknown outcome {word}"),
    }
}

fn mode(word: &str) -> Mode {
    let modes = [
        Mode::Automatic,
        Mode::ForcedOpen,
        Mode::Disabled,
        Mode::MetricsOnly,
    ];
    let known = modes.into_iter().find(|mode| mode.as_str() == word);
    known.unwrap_or_else(|| panic!("unknown mode {word}"))
}

/// `250us`, `5ms`, `30s`, `10m`, and sums of them: `30s+1us`.
fn duration(text: &str) -> Duration {
    text.split('+')
        .map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).expect("a unit");
            let (number, unit) = part.split_at(digits);
            let number: u64 = number.parse().expect("a number");
            match unit {
                "us" => Duration::from_micros(number),
                "ms" => Duration::from_millis(number),
                "s" => Duration::from_secs(number),
                "m" => Duration::from_secs(60 * number),
                _ => panic!("unknown unit in {text}"),
            }
        })
        .sum()
}

/// Words `name=value[,value]`, in the names of the builder; presets without value.
fn config(words: &str) -> Config<WINDOW_WORDS> {
    let mut config = Config::new();
    for word in words.split_whitespace() {
        let (name, values) = word.split_once('=').unwrap_or((word, ""));
        let values: Vec<&str> = values.split(',').collect();
        config = set(config, name, &values);
    }
    config
}

fn set(config: Config<WINDOW_WORDS>, name: &str, values: &[&str]) -> Config<WINDOW_WORDS> {
    let time = |at: usize| duration(values[at]);
    let part = |at: usize| values[at].parse::<f64>().expect("a number");
    let small = |at: usize| values[at].parse::<u8>().expect("a number");
    let number = |at: usize| values[at].parse::<u16>().expect("a number");
    match name {
        "simple" => Breaker::simple().windowed(),
        "network" => Breaker::network(),
        "protocol" => Breaker::protocol().windowed(),
        "device" => Breaker::device().windowed(),
        "gateway_slo" => Breaker::gateway_slo(),
        "slo" => Breaker::slo(Slo::new(time(0))),
        "consecutive" => config.consecutive(number(0)),
        "failure_rate" => config.failure_rate(part(0)),
        "slow_rate" => config.slow_rate(part(0), time(1)),
        "percentile" => config.percentile(part(0), time(1)),
        "average" => config.average(time(0)),
        "minimum_calls" => config.minimum_calls(number(0)),
        "calls" => config.window(Window::calls(number(0))),
        "time" => config.window(Window::time(time(0), small(1))),
        "open_for" => config.open_for(time(0)),
        "back_off" => config.back_off(part(0), time(1)),
        "jitter" => config.jitter(part(0)),
        "half_open" => config.half_open(small(0)),
        "close_after" => config.close_after(small(0)),
        "close_by_rate" => config.close_by_rate(small(0), part(1)),
        "half_open_for" => config.half_open_for(time(0)),
        "ramp" => config.ramp(time(0), part(1)),
        "qps" => config.qps(u32::from(number(0))),
        "burst" => config.burst(u32::from(number(0))),
        "cancelled_as" => config.cancelled_as(outcome(values[0])),
        _ => panic!("unknown setting {name}"),
    }
}

/// A configuration in words, for tests that want one refused.
pub(super) fn refusal(words: &str) -> Option<ConfigError> {
    config(words).validate().err()
}
