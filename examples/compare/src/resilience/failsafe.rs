//! failsafe: a breaker behind a lock, called with a function.

use std::hint::black_box;
use std::time::Duration;

use failsafe::failure_policy::consecutive_failures;
use failsafe::{CircuitBreaker, Config, backoff};

use super::bare::NoAnswer;
use super::batches::shared;
use super::{CLOSED, REJECTED};
use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    let breaker = breaker(5);
    shared(figures, CLOSED, "failsafe, 5 in a row", || {
        || call(&breaker)
    });
    let breaker = Config::new().build();
    shared(figures, CLOSED, "failsafe, its default", || {
        || call(&breaker)
    });

    let breaker = self::breaker(1);
    assert!(breaker.call(|| Err::<(), _>(NoAnswer)).is_err());
    shared(figures, REJECTED, "failsafe", || {
        || {
            let rejected = black_box(&breaker).call(|| Ok::<(), NoAnswer>(()));
            let _ = black_box(rejected.expect_err("open"));
        }
    });
}

fn breaker(failures: u32) -> impl CircuitBreaker + Sync {
    let wait = backoff::constant(Duration::from_secs(36_000));
    Config::new()
        .failure_policy(consecutive_failures(failures, wait))
        .build()
}

fn call(breaker: &impl CircuitBreaker) {
    let answer = black_box(breaker).call(|| Ok::<(), NoAnswer>(black_box(())));
    answer.expect("closed");
}
