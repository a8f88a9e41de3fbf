//! Bytes of one breaker, idle and after a thousand calls: what it is itself and what it holds on the heap.

use std::time::Duration;

use failsafe::{Config, backoff, failure_policy};
use gofarm_core::time::{Instant, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::memory::Owned;
use gofarm_resilience::policy::breaker::{Breaker, State};
use gofarm_resilience::policy::sliding_window::Window;
use recloser::Recloser;
use tower::Layer as _;
use tower_resilience_circuitbreaker::{CircuitBreakerLayer, SlidingWindowType};

use super::bare::{Bare, NoAnswer};
use super::batches::{Load as _, Served};
use crate::figures::Figures;

const IDLE: &str = "memory of a breaker";
const CALLED: &str = "memory of a breaker after 10 000 calls in its window";

pub fn measure(figures: &mut Figures) {
    idle(figures);
    called(figures);
}

/// What `make` leaves on the heap.
pub fn bytes<T>(make: impl FnOnce() -> T) -> i64 {
    let mut made = None;
    let counted = allocation_counter::measure(|| made = Some(make()));
    drop(made);
    counted.bytes_current
}

/// A thousand of them, in a list that is there before.
fn of_each<T>(make: impl Fn() -> T) -> f64 {
    const EACH: usize = 1_000;
    let mut all = Vec::with_capacity(EACH);
    let counted = allocation_counter::measure(|| all.extend((0..EACH).map(|_| make())));
    #[expect(clippy::cast_precision_loss, reason = "some kilobytes")]
    let (heap, own) = (counted.bytes_current as f64, size_of::<T>() as f64);
    own + heap / 1_000.0
}

fn idle(figures: &mut Figures) {
    #[expect(clippy::cast_precision_loss, reason = "some bytes")]
    let state = size_of::<State<Owned>>() as f64;
    figures.note(IDLE, "gofarm, in a row, of one key", "bytes", state);
    let mut note = |engine, value| figures.note(IDLE, engine, "bytes", value);
    let shared = |config: gofarm_resilience::policy::breaker::Config| {
        of_each(|| config.build_shared().expect("figures in range"))
    };
    note("gofarm, in a row", shared(Breaker::simple()));
    let windowed = Breaker::failure_rate(0.5).window(Window::time(secs(60), 12));
    note(
        "gofarm, 60 s",
        of_each(|| windowed.build_shared().expect("figures in range")),
    );
    let windowed = Breaker::failure_rate(0.5).window(Window::calls(100));
    note(
        "gofarm, 100 calls",
        of_each(|| windowed.build_shared().expect("figures in range")),
    );

    let layer = || {
        CircuitBreakerLayer::builder()
            .build()
            .expect("figures in range")
    };
    note(
        "tower-resilience, its own settings",
        of_each(|| layer().layer(Bare)),
    );
    let common = layer();
    note(
        "tower-resilience, common settings",
        of_each(|| common.layer_fn(Bare)),
    );
    let wait = || backoff::constant(Duration::from_secs(30));
    let policy = || failure_policy::consecutive_failures(5, wait());
    note(
        "failsafe, 5 in a row",
        of_each(|| Config::new().failure_policy(policy()).build()),
    );
    note("failsafe, its default", of_each(|| Config::new().build()));
    note(
        "recloser, 100 calls",
        of_each(|| Recloser::custom().build()),
    );
}

fn called(figures: &mut Figures) {
    const CALLS: u32 = 10_000;
    #[expect(clippy::cast_precision_loss, reason = "some kilobytes")]
    let mut note = |engine, value: i64| figures.note(CALLED, engine, "bytes", value as f64);
    let ours = bytes(|| {
        let config = Breaker::failure_rate(0.5).window(Window::time(secs(60), 12));
        let breaker = Box::new(config.build_shared().expect("figures in range"));
        let now = Instant::from_secs(1_000);
        for _ in 0..CALLS {
            let permit = breaker.try_acquire(now).expect("closed");
            breaker.record(permit, now, Outcome::Success);
        }
        breaker
    });
    note("gofarm, 60 s", ours);
    let theirs = bytes(|| {
        let layer = CircuitBreakerLayer::builder()
            .sliding_window_type(SlidingWindowType::TimeBased)
            .sliding_window_duration(Duration::from_secs(60))
            .build()
            .expect("figures in range");
        let service = Box::new(layer.layer(Bare));
        Served::new(|| (*service).clone()).run(CALLS);
        service
    });
    note("tower-resilience, 60 s", theirs);
    let theirs = bytes(|| {
        let breaker = Box::new(Recloser::custom().build());
        for _ in 0..CALLS {
            breaker.call(|| Ok::<(), NoAnswer>(())).expect("closed");
        }
        breaker
    });
    note("recloser, 100 calls", theirs);
}
