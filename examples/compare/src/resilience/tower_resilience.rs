//! tower-resilience: its circuit breaker, bulkhead, rate limiter, retry and time limiter. It has no policies apart
//! from its services.

use std::time::Duration;

use tower::Layer as _;
use tower_resilience_bulkhead::BulkheadLayer;
use tower_resilience_circuitbreaker::{
    CircuitBreaker, CircuitBreakerLayer, DefaultClassifier, SlidingWindowType,
};
use tower_resilience_ratelimiter::{RateLimiterLayer, WindowType};
use tower_resilience_retry::RetryLayer;
use tower_resilience_timelimiter::TimeLimiterLayer;

use super::bare::{Bare, Failing, NoAnswer};
use super::batches::{Load as _, Served, afresh, shared};
use super::{PLACES, RATE, RETRY, SERVED, SERVED_REJECTED, TIMEOUT};
use crate::figures::Figures;

const HOUR: Duration = Duration::from_secs(3_600);

pub fn measure(figures: &mut Figures) {
    closed(figures);
    rejected(figures);
    other_layers(figures);
}

fn closed(figures: &mut Figures) {
    let layer = CircuitBreakerLayer::builder()
        .consecutive_failures(5)
        .build()
        .expect("figures in range");
    let service = layer.layer(Bare);
    shared(figures, SERVED, "tower-resilience, 5 in a row", || {
        Served::new(|| service.clone())
    });
    let service = of_calls().layer(Bare);
    shared(figures, SERVED, "tower-resilience, 100 calls", || {
        Served::new(|| service.clone())
    });
    for (name, calls) in [("0", 0), ("1 000", 1_000), ("16 000", 16_000)] {
        let name = format!("tower-resilience, 60 s with {name}");
        afresh(figures, SERVED, &name, 100, || {
            let mut served = Served::new(|| of_time().layer(Bare));
            served.run(calls);
            served
        });
    }
}

fn of_calls() -> CircuitBreakerLayer<DefaultClassifier> {
    CircuitBreakerLayer::builder()
        .failure_rate_threshold(0.9)
        .sliding_window_size(100)
        .build()
        .expect("figures in range")
}

fn of_time() -> CircuitBreakerLayer<DefaultClassifier> {
    CircuitBreakerLayer::builder()
        .failure_rate_threshold(0.9)
        .sliding_window_type(SlidingWindowType::TimeBased)
        .sliding_window_duration(Duration::from_secs(60))
        .build()
        .expect("figures in range")
}

fn rejected(figures: &mut Figures) {
    let layer = CircuitBreakerLayer::builder()
        .consecutive_failures(1)
        .wait_duration_in_open(10 * HOUR)
        .build()
        .expect("figures in range");
    let service: CircuitBreaker<Failing, DefaultClassifier> = layer.layer(Failing);
    Served::new(|| service.clone()).run(2);
    assert!(service.is_open());
    let case = SERVED_REJECTED;
    shared(figures, case, "tower-resilience, 5 in a row", || {
        Served::new(|| service.clone())
    });
}

fn other_layers(figures: &mut Figures) {
    let layer = BulkheadLayer::builder()
        .max_concurrent_calls(1024)
        .reject_when_full();
    let service = layer.build().expect("places").layer(Bare);
    shared(figures, PLACES, "tower-resilience, rejects", || {
        Served::new(|| service.clone())
    });
    let layer = BulkheadLayer::builder().max_concurrent_calls(1024);
    let service = layer.build().expect("places").layer(Bare);
    shared(figures, PLACES, "tower-resilience, waits", || {
        Served::new(|| service.clone())
    });

    let plenty = || RateLimiterLayer::builder().limit_for_period(1_000_000_000);
    let layer = plenty().refresh_period(Duration::from_secs(1));
    let service = layer.build().expect("a rate").layer(Bare);
    shared(figures, RATE, "tower-resilience, fixed window", || {
        Served::new(|| service.clone())
    });
    let layer = plenty()
        .refresh_period(Duration::from_secs(1))
        .window_type(WindowType::SlidingCounter);
    let service = layer.build().expect("a rate").layer(Bare);
    shared(figures, RATE, "tower-resilience, sliding", || {
        Served::new(|| service.clone())
    });
    let layer = RateLimiterLayer::burst(1_000_000_000, 1_000_000);
    let service = layer.build().expect("a rate").layer(Bare);
    shared(figures, RATE, "tower-resilience, token bucket", || {
        Served::new(|| service.clone())
    });

    let layer = TimeLimiterLayer::builder().timeout_duration(HOUR);
    let service = layer.build().layer(Bare);
    shared(figures, TIMEOUT, "tower-resilience", || {
        Served::new(|| service.clone())
    });

    let layer = RetryLayer::<(), (), NoAnswer>::builder().max_attempts(3);
    let service = layer.build().layer(Bare);
    shared(figures, RETRY, "tower-resilience", || {
        Served::new(|| service.clone())
    });
}
