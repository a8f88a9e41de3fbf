//! gofarm-resilience: the policies by themselves, the time given to them, and through their Layers.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use gofarm_core::time::{Clock, Instant, ManualClock, days, hours, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::layer::{
    BreakerLayer, BulkheadLayer, ConcurrencyLayer, RateLimitLayer, RetryLayer, TimeoutLayer,
};
use gofarm_resilience::memory::{Memory, Owned, Shared};
use gofarm_resilience::policy::breaker::{Breaker, Config, WINDOW_WORDS};
use gofarm_resilience::policy::sliding_window::Window;
use gofarm_resilience::policy::{Rate, Retry, SharedTokenBucket, TokenBucket};
use tower::Layer as _;

use super::bare::Bare;
use super::batches::{Load, Served, alone, shared};
use super::{
    CLOSED, FAILING, PLACES, RATE, REJECTED, RETRY, SERVED, SERVED_REJECTED, TIMEOUT, TOKENS,
    TOKENS_REJECTED,
};
use crate::figures::Figures;

const OWNED: &str = "gofarm, 5 in a row, owned";
pub const SHARED: &str = "gofarm, 5 in a row";
const COUNT_OWNED: &str = "gofarm, 100 calls, owned";
const COUNT: &str = "gofarm, 100 calls";
const STILL: &str = "gofarm, 5 in a row, clock given";

pub fn measure(figures: &mut Figures) {
    closed(figures);
    failing(figures);
    rejected(figures);
    served(figures);
    served_rejected(figures);
    other_layers(figures);
    tokens(figures);
}

fn consecutive() -> Config {
    Breaker::simple()
}

fn of_calls() -> Config<WINDOW_WORDS> {
    Breaker::failure_rate(0.9).window(Window::calls(100))
}

fn of_time() -> Config<WINDOW_WORDS> {
    Breaker::failure_rate(0.9).window(Window::time(secs(60), 12))
}

/// Calls a minute, and what that is called.
const PACES: [(&str, u64); 3] = [("0", 0), ("1 000", 1_000), ("16 000", 16_000)];

/// The time between two calls.
const fn step(calls_a_minute: u64) -> Duration {
    match 60_000_000_u64.checked_div(calls_a_minute) {
        Some(micros) => Duration::from_micros(micros),
        // So slow that no two calls are in one window.
        None => Duration::from_secs(61),
    }
}

fn closed(figures: &mut Figures) {
    let breaker = consecutive().build().expect("figures in range");
    alone(figures, CLOSED, OWNED, || call(&breaker, NOW));
    let breaker = consecutive().build_shared().expect("figures in range");
    shared(figures, CLOSED, SHARED, || || call(&breaker, NOW));

    let breaker = of_calls().build().expect("figures in range");
    alone(figures, CLOSED, COUNT_OWNED, || call(&breaker, NOW));
    let breaker = of_calls().build_shared().expect("figures in range");
    shared(figures, CLOSED, COUNT, || || call(&breaker, NOW));

    for (calls, pace) in PACES {
        let breaker = of_time().build().expect("figures in range");
        let owned = format!("gofarm, 60 s with {calls}, owned");
        alone(figures, CLOSED, &owned, paced(&breaker, NOW, pace));
        let breaker = of_time().build_shared().expect("figures in range");
        let name = format!("gofarm, 60 s with {calls}");
        let start = Start::default();
        shared(figures, CLOSED, &name, || {
            paced(&breaker, start.next(), pace)
        });
    }
}

const NOW: Instant = Instant::from_secs(1_000);

/// Where clocks start: those of two threads together, after the end of the first one.
#[derive(Default)]
struct Start(AtomicBool);

impl Start {
    fn next(&self) -> Instant {
        if self.0.swap(true, Ordering::Relaxed) {
            NOW + days(3_650)
        } else {
            NOW
        }
    }
}

/// One call that succeeds.
fn call<M: Memory, const W: usize>(breaker: &Breaker<M, W>, now: Instant) {
    ended(breaker, now, Outcome::Success);
}

fn ended<M: Memory, const W: usize>(breaker: &Breaker<M, W>, now: Instant, outcome: Outcome) {
    let breaker = black_box(breaker);
    let permit = breaker.try_acquire(black_box(now)).expect("closed");
    breaker.record(permit, black_box(now), black_box(outcome));
}

/// Calls at a pace, on a clock that nobody reads.
fn paced<const W: usize, M: Memory>(
    breaker: &Breaker<M, W>,
    start: Instant,
    calls_a_minute: u64,
) -> impl Load {
    let mut now = start;
    move || {
        now = now + step(calls_a_minute);
        call(breaker, now);
    }
}

/// Every other call fails, which is not enough to open: a failure looks at all that the window knows.
fn failing(figures: &mut Figures) {
    fn every_other<M: Memory, const W: usize>(breaker: &Breaker<M, W>, pace: u64) -> impl Load {
        let mut now = NOW;
        let mut fails = false;
        move || {
            fails = !fails;
            now = now + step(pace);
            let outcome = if fails {
                Outcome::Failure
            } else {
                Outcome::Success
            };
            ended(breaker, now, outcome);
        }
    }
    let breaker = consecutive().build_shared().expect("figures in range");
    alone(figures, FAILING, SHARED, every_other(&breaker, 1_000));
    let breaker = of_calls().build_shared().expect("figures in range");
    alone(figures, FAILING, COUNT, every_other(&breaker, 1_000));
    let breaker = of_time().build_shared().expect("figures in range");
    alone(
        figures,
        FAILING,
        "gofarm, 60 s with 16 000",
        every_other(&breaker, 16_000),
    );
}

fn opened<M: Memory>(now: Instant) -> Breaker<M> {
    let config = Breaker::consecutive(1).open_for(hours(10));
    let breaker = Breaker::<M>::new(config).expect("figures in range");
    ended(&breaker, now, Outcome::Failure);
    breaker
}

fn rejected(figures: &mut Figures) {
    let breaker = opened::<Owned>(NOW);
    alone(figures, REJECTED, OWNED, || refused(&breaker));
    let breaker = opened::<Shared>(NOW);
    shared(figures, REJECTED, SHARED, || || refused(&breaker));
}

fn refused<M: Memory>(breaker: &Breaker<M>) {
    let rejected = black_box(breaker).try_acquire(black_box(NOW));
    let _ = black_box(rejected.expect_err("open"));
}

/// Shows a later time with each look, as far apart as calls at this pace.
#[derive(Clone)]
struct Paced {
    micros: Arc<AtomicU64>,
    step: u64,
}

impl Clock for Paced {
    fn now(&self) -> Instant {
        let micros = self.micros.load(Ordering::Relaxed) + self.step;
        self.micros.store(micros, Ordering::Relaxed);
        Instant::from_micros(micros)
    }
}

/// What shows one time for ever.
fn still() -> &'static ManualClock {
    static CLOCK: ManualClock = ManualClock::new();
    &CLOCK
}

fn served(figures: &mut Figures) {
    let breaker = Arc::new(consecutive().build_shared().expect("figures in range"));
    let layer = BreakerLayer::sharing(breaker);
    let service = layer.layer(Bare);
    shared(figures, SERVED, SHARED, || Served::new(|| service.clone()));
    let service = layer.clone().clock(still()).layer(Bare);
    shared(figures, SERVED, STILL, || Served::new(|| service.clone()));

    let breaker = Arc::new(of_calls().build_shared().expect("figures in range"));
    let service = BreakerLayer::sharing(breaker).layer(Bare);
    shared(figures, SERVED, COUNT, || Served::new(|| service.clone()));

    for (calls, pace) in PACES {
        let breaker = Arc::new(of_time().build_shared().expect("figures in range"));
        let clock = Paced {
            micros: Arc::new(AtomicU64::new(NOW.as_micros())),
            // A call looks twice.
            step: u64::try_from(step(pace).as_micros()).expect("a minute") / 2,
        };
        let service = BreakerLayer::sharing(breaker).clock(clock).layer(Bare);
        let name = format!("gofarm, 60 s with {calls}, clock given");
        alone(figures, SERVED, &name, Served::new(|| service));
    }
}

fn served_rejected(figures: &mut Figures) {
    use gofarm_resilience::layer::RuntimeClock;

    let breaker = Arc::new(opened::<Shared>(RuntimeClock.now()));
    let service = BreakerLayer::sharing(breaker).layer(Bare);
    shared(figures, SERVED_REJECTED, SHARED, || {
        Served::new(|| service.clone())
    });
    let breaker = Arc::new(opened::<Shared>(still().now()));
    let service = BreakerLayer::sharing(breaker).clock(still()).layer(Bare);
    shared(figures, SERVED_REJECTED, STILL, || {
        Served::new(|| service.clone())
    });
}

fn other_layers(figures: &mut Figures) {
    let service = BulkheadLayer::new(1024).expect("places").layer(Bare);
    shared(figures, PLACES, "gofarm, rejects", || {
        Served::new(|| service.clone())
    });
    let service = ConcurrencyLayer::sharded(64, 16, |(): &()| 7_u64)
        .expect("places")
        .layer(Bare);
    shared(figures, PLACES, "gofarm, waits", || {
        Served::new(|| service.clone())
    });

    let service = RateLimitLayer::new(plenty()).expect("a rate").layer(Bare);
    shared(figures, RATE, "gofarm", || Served::new(|| service.clone()));

    let service = TimeoutLayer::new(hours(1)).layer(Bare);
    shared(figures, TIMEOUT, "gofarm", || {
        Served::new(|| service.clone())
    });

    let retry = Retry::attempts(3);
    let service = RetryLayer::new(retry).expect("attempts").layer(Bare);
    shared(figures, RETRY, "gofarm", || Served::new(|| service.clone()));
}

/// A rate that nothing here reaches.
fn plenty() -> gofarm_resilience::policy::TokenBucketConfig {
    TokenBucket::at(Rate::new(10, Duration::from_micros(1))).burst(1_000_000)
}

fn tokens(figures: &mut Figures) {
    let bucket = plenty().build().expect("a rate");
    let mut now = NOW;
    alone(figures, TOKENS, "gofarm, owned", || {
        now = now + Duration::from_micros(1);
        black_box(&bucket)
            .try_take(1, black_box(now))
            .expect("plenty");
    });
    let bucket = plenty().build_shared().expect("a rate");
    let start = Start::default();
    shared(figures, TOKENS, "gofarm", || {
        let mut now = start.next();
        let bucket = &bucket;
        move || {
            now = now + Duration::from_micros(1);
            black_box(bucket)
                .try_take(1, black_box(now))
                .expect("plenty");
        }
    });
    let bucket: SharedTokenBucket = TokenBucket::at(Rate::new(1, hours(1)))
        .build_shared()
        .expect("a rate");
    bucket.try_take(1, NOW).expect("the one token");
    shared(figures, TOKENS_REJECTED, "gofarm", || {
        || {
            let rejected = black_box(&bucket).try_take(1, black_box(NOW));
            let _ = black_box(rejected.expect_err("the bucket is empty"));
        }
    });
}
