//! 100 000 keys: looking up one of them, and keys that come and go in a table that is full.

use std::collections::HashMap;
use std::hint::black_box;
use std::num::NonZeroU32;

use gofarm_core::time::{Instant, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::policy::breaker::Breaker;
use governor::{Quota, RateLimiter};

use super::batches::{alone, shared};
use super::memory::bytes;
use crate::figures::Figures;

const LOOKUP: &str = "one call for one of 100 000 keys";
const CHURN: &str = "one call for a new key, 100 000 there";
const MEMORY: &str = "memory for each of 100 000 keys";

pub const KEYS: u32 = 100_000;
const NOW: Instant = Instant::from_secs(1_000);

pub fn measure(figures: &mut Figures) {
    lookup(figures);
    churn(figures);
    memory(figures);
}

/// Goes round all keys, in no order.
struct Walk(u64);

impl Walk {
    fn next(&mut self) -> u64 {
        // Knuth's multiplier for 64 bits; its upper half is spread well.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 32) * u64::from(KEYS) >> 32
    }
}

fn lookup(figures: &mut Figures) {
    let mut floor: HashMap<u64, u64> = (0..u64::from(KEYS)).map(|key| (key, 0)).collect();
    let mut walk = Walk(1);
    alone(figures, LOOKUP, "HashMap, a counter (floor)", || {
        *floor.get_mut(&walk.next()).expect("it is there") += 1;
    });

    let config = Breaker::device();
    let mut table = config.build_keyed(KEYS as usize).expect("figures in range");
    let mut call = |key: u64| {
        let permit = table.try_acquire(black_box(&key), NOW).expect("closed");
        table.record(permit, NOW, Outcome::Success);
    };
    (0..u64::from(KEYS)).for_each(&mut call);
    let mut walk = Walk(1);
    alone(figures, LOOKUP, "gofarm breakers, owned", || {
        call(walk.next())
    });

    let table = config
        .build_keyed_shared(KEYS as usize)
        .expect("figures in range");
    let call = |key: u64| {
        let permit = table.try_acquire(black_box(&key), NOW).expect("closed");
        table.record(permit, NOW, Outcome::Success);
    };
    (0..u64::from(KEYS)).for_each(call);
    shared(figures, LOOKUP, "gofarm breakers", || {
        let mut walk = Walk(1);
        move || call(walk.next())
    });

    let limiter = RateLimiter::keyed(Quota::per_second(NonZeroU32::MAX));
    let call = |key: u64| limiter.check_key(black_box(&key)).expect("plenty");
    (0..u64::from(KEYS)).for_each(call);
    shared(figures, LOOKUP, "governor limiters", || {
        let mut walk = Walk(1);
        move || call(walk.next())
    });
}

/// Only ours is bounded: the others grow with each key that they meet.
fn churn(figures: &mut Figures) {
    let config = Breaker::device();
    let mut table = config.build_keyed(KEYS as usize).expect("figures in range");
    let mut key = 0_u64;
    let mut call = || {
        key += 1;
        let permit = table.try_acquire(black_box(&key), NOW).expect("a place");
        table.record(permit, NOW, Outcome::Success);
    };
    (0..2 * KEYS).for_each(|_| call());
    alone(figures, CHURN, "gofarm breakers, owned", call);

    let table = config
        .build_keyed_shared(KEYS as usize)
        .expect("figures in range");
    let mut key = 0_u64;
    let mut call = || {
        key += 1;
        let permit = table.try_acquire(black_box(&key), NOW).expect("a place");
        table.record(permit, NOW, Outcome::Success);
    };
    (0..2 * KEYS).for_each(|_| call());
    alone(figures, CHURN, "gofarm breakers", call);
}

fn memory(figures: &mut Figures) {
    let mut note = |engine, bytes: i64| {
        #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
        figures.note(MEMORY, engine, "bytes", bytes as f64 / f64::from(KEYS));
    };
    let config = Breaker::device().open_for(secs(30));
    let keys = 0..u64::from(KEYS);
    let table = bytes(|| {
        let mut table = config.build_keyed(KEYS as usize).expect("figures in range");
        for key in keys.clone() {
            table.get_or_insert(&key, NOW).expect("a place");
        }
        table
    });
    note("gofarm breakers, owned", table);
    let table = bytes(|| {
        let table = config
            .build_keyed_shared(KEYS as usize)
            .expect("figures in range");
        for key in keys.clone() {
            let permit = table.try_acquire(&key, NOW).expect("a place");
            table.record(permit, NOW, Outcome::Success);
        }
        table
    });
    note("gofarm breakers", table);
    let limiters = bytes(|| {
        let limiter = RateLimiter::keyed(Quota::per_second(NonZeroU32::MAX));
        for key in keys.clone() {
            limiter.check_key(&key).expect("plenty");
        }
        limiter
    });
    note("governor limiters", limiters);
}
