//! What nothing can be cheaper than: an atomic, a look at the clock, a pointer that can be swapped, a call that
//! does nothing.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use gofarm_core::time::Clock as _;
use gofarm_resilience::layer::RuntimeClock;

use super::bare::Bare;
use super::batches::{Served, shared};
use crate::figures::Figures;

pub const CASE: &str = "floor";
/// What a Layer of ours reads, twice a call.
pub const CLOCK: &str = "RuntimeClock::now";

pub fn measure(figures: &mut Figures) {
    let counter = AtomicU64::new(0);
    shared(figures, CASE, "relaxed fetch_add", || {
        || {
            black_box(&counter).fetch_add(1, Ordering::Relaxed);
        }
    });
    shared(figures, CASE, "std Instant::now", || {
        || {
            black_box(std::time::Instant::now());
        }
    });
    shared(figures, CASE, "tokio Instant::now", || {
        || {
            black_box(tokio::time::Instant::now());
        }
    });
    shared(figures, CASE, CLOCK, || {
        || {
            black_box(RuntimeClock.now());
        }
    });
    let config = ArcSwap::new(Arc::new(5_u64));
    shared(figures, CASE, "arc-swap load", || {
        || {
            black_box(**black_box(&config).load());
        }
    });
    shared(figures, CASE, "bare service", || Served::new(|| Bare));
}
