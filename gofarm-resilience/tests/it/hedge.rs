//! Hedging: when, how often, and for which calls.

use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_resilience::memory::{Memory, Owned, Shared};
use gofarm_resilience::policy::{BudgetConfig, Hedge, HedgeConfig, Idempotence, Rate};

const CALLS: u64 = if cfg!(miri) { 200 } else { 20_000 };

/// Uniform latencies from 0 to 100 ms, one call every 10 ms; the share of calls that were still running after the
/// delay, over the second half, and the last delay.
fn slow_share<M: Memory>(config: &HedgeConfig, longest: u64) -> (f64, Duration) {
    let hedge = Hedge::<M>::new(config).unwrap();
    let mut random = SplitMix64::new(11);
    let mut slow = 0_u32;
    for call in 0..CALLS {
        let now = Instant::from_millis(10 * call);
        let latency = Duration::from_micros(random.below(longest * 1_000));
        let delay = hedge.delay(Idempotence::Idempotent).unwrap();
        slow += u32::from(call >= CALLS / 2 && latency > delay);
        hedge.answered(now, now + latency);
    }
    (
        f64::from(slow) / (CALLS / 2) as f64,
        hedge.delay(Idempotence::Idempotent).unwrap(),
    )
}

// 200 calls, as many as Miri can do, say nothing about a percentile.
#[cfg(not(miri))]
#[test]
fn the_delay_is_the_percentile_of_the_latency() {
    for permille in [500, 900, 950, 990] {
        for longest in [10, 100, 1_000] {
            let (slow, delay) = slow_share::<Owned>(&Hedge::after_permille(permille), longest);
            let want = 1.0 - f64::from(permille) / 1_000.0;
            assert!(
                (slow - want).abs() < 0.01,
                "p{permille} of {longest} ms: {slow}, {delay:?}"
            );
        }
    }
}

#[test]
fn owned_and_shared_agree() {
    let config = Hedge::after_permille(950);
    assert_eq!(
        slow_share::<Owned>(&config, 100),
        slow_share::<Shared>(&config, 100)
    );
}

#[test]
fn extra_load_is_bounded_by_the_budget() {
    // All calls become slow at once: each would be sent twice.
    let hedge = Hedge::after_permille(950)
        .budget(BudgetConfig::percent(5).reserve(Rate::ZERO, 1))
        .build()
        .unwrap();
    let mut extra = 0;
    for call in 0..1_000 {
        let now = Instant::from_millis(10 * call);
        extra += u32::from(hedge.try_hedge(now).is_ok());
        hedge.answered(now, now + secs(2));
    }
    assert_eq!(extra, 49); // the twentieth answer pays for the first
}

#[test]
fn a_call_that_is_not_idempotent_is_never_made_twice() {
    let hedge = Hedge::after_permille(500).build_shared().unwrap();
    (0..100).for_each(|n| hedge.answered(Instant::ZERO, Instant::from_millis(n)));
    assert_eq!(hedge.delay(Idempotence::Once), None);
}

#[test]
fn the_delay_stays_within_its_bounds() {
    let config = Hedge::after_permille(900)
        .start_with(millis(50))
        .within(millis(20), millis(80));
    for (latency, bound) in [(millis(0), millis(20)), (secs(3_600), millis(80))] {
        let hedge = config.build().unwrap();
        for _ in 0..2_000 {
            hedge.answered(Instant::ZERO, Instant::ZERO + latency);
        }
        assert_eq!(hedge.delay(Idempotence::Idempotent), Some(bound));
    }
}

#[test]
fn figures_are_checked_by_name() {
    let fine = Hedge::after_permille(950);
    let rows: [(HedgeConfig, &str); 5] = [
        (
            Hedge::after_permille(499),
            "permille must be from 500 to 999",
        ),
        (
            Hedge::after_permille(1_000),
            "permille must be from 500 to 999",
        ),
        (
            fine.within(millis(0), secs(1)),
            "shortest delay must be at least 100 µs",
        ),
        (
            fine.within(secs(2), secs(1)),
            "longest delay must be from the shortest to 10 min",
        ),
        (
            fine.start_with(secs(11)),
            "start_with must be from the shortest to the longest delay",
        ),
    ];
    for (config, message) in rows {
        assert_eq!(config.build().unwrap_err().to_string(), message);
    }
}
