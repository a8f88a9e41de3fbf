//! tower's own Layers: limits of concurrency and of rate, time-out, load shed, retry. It has no breaker.

use std::future::Ready;
use std::time::Duration;

use tower::Layer as _;
use tower::limit::{ConcurrencyLimitLayer, RateLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower::retry::{Policy, RetryLayer};
use tower::timeout::TimeoutLayer;

use super::bare::{Bare, NoAnswer};
use super::batches::{Served, alone, shared};
use super::{PLACES, RATE, RETRY, TIMEOUT};
use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    let service = ConcurrencyLimitLayer::new(1024).layer(Bare);
    shared(figures, PLACES, "tower, waits", || {
        Served::new(|| service.clone())
    });
    // It rejects only what is not ready, which is never the case here.
    let service = LoadShedLayer::new().layer(ConcurrencyLimitLayer::new(1024).layer(Bare));
    shared(figures, PLACES, "tower, rejects (load shed)", || {
        Served::new(|| service.clone())
    });

    // It cannot be cloned, so two threads cannot share it.
    let layer = RateLimitLayer::new(1_000_000_000, Duration::from_secs(1));
    alone(figures, RATE, "tower", Served::new(|| layer.layer(Bare)));

    let service = TimeoutLayer::new(Duration::from_secs(3_600)).layer(Bare);
    shared(figures, TIMEOUT, "tower", || {
        Served::new(|| service.clone())
    });

    let service = RetryLayer::new(Thrice(3)).layer(Bare);
    shared(figures, RETRY, "tower", || Served::new(|| service.clone()));
}

/// Tries a failed call again, three times in all, without a budget.
#[derive(Clone)]
struct Thrice(u32);

impl Policy<(), (), NoAnswer> for Thrice {
    type Future = Ready<()>;

    fn retry(&mut self, (): &mut (), result: &mut Result<(), NoAnswer>) -> Option<Ready<()>> {
        result.is_err().then(|| self.0 -= 1)?;
        (self.0 > 0).then(|| std::future::ready(()))
    }

    fn clone_request(&mut self, (): &()) -> Option<()> {
        Some(())
    }
}
