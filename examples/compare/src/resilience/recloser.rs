//! recloser: a breaker over a ring of the last calls, called with a function.

use std::hint::black_box;
use std::time::Duration;

use recloser::Recloser;

use super::bare::NoAnswer;
use super::batches::{alone, shared};
use super::{CLOSED, FAILING, REJECTED};
use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    let breaker = Recloser::custom().error_rate(0.9).closed_len(100).build();
    shared(figures, CLOSED, "recloser, 100 calls", || || call(&breaker));

    let mut fails = false;
    alone(figures, FAILING, "recloser, 100 calls", || {
        fails = !fails;
        let answer = if fails { Err(NoAnswer) } else { Ok(()) };
        let _ = black_box(black_box(&breaker).call(|| black_box(answer)));
    });

    let breaker = Recloser::custom()
        .closed_len(1)
        .open_wait(Duration::from_secs(36_000))
        .build();
    for _ in 0..2 {
        assert!(breaker.call(|| Err::<(), _>(NoAnswer)).is_err());
    }
    shared(figures, REJECTED, "recloser", || {
        || {
            let rejected = black_box(&breaker).call(|| Ok::<(), NoAnswer>(()));
            let _ = black_box(rejected.expect_err("open"));
        }
    });
}

fn call(breaker: &Recloser) {
    let answer = black_box(breaker).call(|| Ok::<(), NoAnswer>(black_box(())));
    answer.expect("closed");
}
