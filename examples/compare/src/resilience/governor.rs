//! governor: limits of rate, for all calls and for each key.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use governor::{Quota, RateLimiter};

use super::batches::shared;
use super::{TOKENS, TOKENS_REJECTED};
use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    let limiter = RateLimiter::direct(plenty());
    shared(figures, TOKENS, "governor, its clock", || {
        || black_box(&limiter).check().expect("plenty")
    });
    let limiter = RateLimiter::direct_with_clock(plenty(), FakeRelativeClock::default());
    let clock = limiter.clock();
    shared(figures, TOKENS, "governor, clock moved by hand", || {
        || {
            clock.advance(Duration::from_nanos(1));
            black_box(&limiter).check().expect("plenty");
        }
    });

    let one = Quota::with_period(Duration::from_secs(3_600)).expect("a period");
    let limiter = RateLimiter::direct(one);
    limiter.check().expect("the one token");
    shared(figures, TOKENS_REJECTED, "governor, its clock", || {
        || {
            let rejected = black_box(&limiter).check();
            let _ = black_box(rejected.expect_err("the bucket is empty"));
        }
    });
    let limiter = RateLimiter::direct_with_clock(one, FakeRelativeClock::default());
    limiter.check().expect("the one token");
    shared(figures, TOKENS_REJECTED, "governor, clock given", || {
        || {
            let rejected = black_box(&limiter).check();
            let _ = black_box(rejected.expect_err("the bucket is empty"));
        }
    });
}

/// A rate that nothing here reaches.
fn plenty() -> Quota {
    Quota::per_second(NonZeroU32::MAX)
}
