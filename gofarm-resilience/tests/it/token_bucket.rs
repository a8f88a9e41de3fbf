//! The token bucket: its law over any history, exact waits, changes of rate.

use core::time::Duration;

use gofarm_core::time::{Instant, hours, millis, secs};
use gofarm_resilience::memory::{Memory, Owned, Shared};
use gofarm_resilience::policy::{Policy, Rate, Reason, TokenBucket, TokenBucketConfig};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 8 } else { 512 };

/// What was admitted, and when, for these requests: (time since the one before in µs, tokens).
fn admitted<M: Memory>(bucket: &TokenBucket<M>, requests: &[(u64, u32)]) -> Vec<(Instant, u32)> {
    let mut now = Instant::from_secs(1_000);
    let mut admitted = Vec::new();
    for &(gap, tokens) in requests {
        now += Duration::from_micros(gap);
        if bucket.try_take(tokens, now).is_ok() {
            admitted.push((now, tokens));
        }
    }
    admitted
}

/// The largest excess of any interval over `burst + rate × (t + slack)`, in tokens.
fn worst_excess(admitted: &[(Instant, u32)], rate: Rate, burst: u32, slack: Duration) -> f64 {
    let mut worst = f64::MIN;
    for (first, &(from, _)) in admitted.iter().enumerate() {
        let mut sum = 0.0;
        for &(to, tokens) in &admitted[first..] {
            sum += f64::from(tokens);
            let time = (to.saturating_since(from) + slack).as_secs_f64();
            worst = worst.max(sum - f64::from(burst) - time * rate.per_second_f64());
        }
    }
    worst
}

fn requests() -> impl Strategy<Value = Vec<(u64, u32)>> {
    prop::collection::vec((0..200_000_u64, 0..6_u32), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_interval_admits_more_than_burst_and_rate(
        requests in requests(),
        tokens in 1..200_u32,
        per in 1..5_000_000_u64,
        burst in 1..20_u32,
        step in prop_oneof![Just(0_u64), 1_000..100_000_u64],
    ) {
        let rate = Rate::new(tokens, Duration::from_micros(per));
        let config = TokenBucket::at(rate).burst(burst).in_steps_of(Duration::from_micros(step));
        prop_assume!(config.build().is_ok());
        let admitted = admitted(&config.build().unwrap(), &requests);
        let excess = worst_excess(&admitted, rate, burst, Duration::from_micros(step));
        prop_assert!(excess < 1e-6, "{excess} tokens too many");
    }

    #[test]
    fn the_wait_of_a_rejection_is_exact(
        requests in requests(),
        tokens in 1..200_u32,
        burst in 1..20_u32,
        step in prop_oneof![Just(0_u64), 1_000..100_000_u64],
        wanted in 1..20_u32,
    ) {
        let config = TokenBucket::at(Rate::per_second(tokens))
            .burst(burst)
            .in_steps_of(Duration::from_micros(step));
        let run = || {
            let bucket = config.build().unwrap();
            let last = admitted(&bucket, &requests).last().map_or(Instant::from_secs(1_000), |l| l.0);
            (bucket, last)
        };
        let (bucket, now) = run();
        if let Err(rejected) = bucket.try_take(wanted, now) {
            prop_assert_eq!(rejected.reason(), Reason::RateExceeded);
            let wait = rejected.retry_after();
            if wanted > burst {
                prop_assert_eq!(wait, Duration::MAX);
            } else {
                let early = wait - Duration::from_micros(1);
                prop_assert!(bucket.try_take(wanted, now + early).is_err());
                prop_assert!(bucket.try_take(wanted, now + wait).is_ok());
            }
        }
    }

    #[test]
    fn owned_and_shared_agree(requests in requests(), tokens in 0..100_u32, burst in 1..20_u32) {
        let config = TokenBucket::at(Rate::per_second(tokens)).burst(burst);
        let owned = TokenBucket::<Owned>::new(&config).unwrap();
        let shared = TokenBucket::<Shared>::new(&config).unwrap();
        prop_assert_eq!(admitted(&owned, &requests), admitted(&shared, &requests));
    }

    /// Rates change at any time: what was admitted stays below what flowed in at the rates in force.
    #[test]
    fn changes_of_rate_make_no_tokens(
        steps in prop::collection::vec((0..100_000_u64, 0..4_u32, prop::option::of(0..300_u32)), 1..100),
        burst in 1..10_u32,
    ) {
        let mut rate = 50;
        let config = |rate| TokenBucket::at(Rate::per_second(rate)).burst(burst);
        let bucket = config(rate).build().unwrap();
        let mut now = Instant::from_secs(1);
        let (mut level, mut taken) = (f64::from(burst), 0.0);
        for (gap, tokens, change) in steps {
            now += Duration::from_micros(gap);
            level += f64::from(rate) * Duration::from_micros(gap).as_secs_f64();
            if let Some(change) = change {
                bucket.configure(&config(change), now).unwrap();
                rate = change;
            }
            if bucket.try_take(tokens, now).is_ok() {
                taken += f64::from(tokens);
            }
            prop_assert!(taken <= level + 1e-6, "{taken} of {level}");
        }
    }
}

#[test]
fn a_change_keeps_what_is_missing_in_tokens() {
    let config = |rate| TokenBucket::at(Rate::per_second(rate)).burst(10);
    let bucket = config(1_000).build().unwrap();
    let now = Instant::from_secs(1);
    bucket.try_take(8, now).unwrap();
    for rate in [1, 100_000, 7, 333] {
        bucket.configure(&config(rate), now).unwrap();
        assert!([1, 2].contains(&bucket.available(now)), "at {rate}");
    }
}

#[test]
fn a_rate_of_zero_admits_nothing_and_leaves_an_empty_bucket() {
    let config = |rate| TokenBucket::at(rate).burst(5);
    let bucket = config(Rate::ZERO).build().unwrap();
    let now = Instant::from_secs(1);
    let rejected = bucket.try_take(1, now + hours(72)).unwrap_err();
    assert_eq!(rejected.retry_after(), Duration::MAX);
    assert!(bucket.try_take(0, now).is_ok());
    assert_eq!(bucket.available(now), 0);

    bucket
        .configure(&config(Rate::per_second(10)), now)
        .unwrap();
    assert_eq!(
        bucket.try_take(1, now).unwrap_err().retry_after(),
        millis(100)
    );
    assert!(bucket.try_take(1, now + millis(100)).is_ok());
}

#[test]
fn a_token_in_ninety_days_is_a_rate() {
    let bucket = TokenBucket::at(Rate::new(1, Duration::from_secs(90 * 86_400)))
        .build()
        .unwrap();
    let now = Instant::from_secs(86_400 * 365 * 10);
    bucket.try_acquire(now).unwrap();
    let wait = bucket.try_acquire(now).unwrap_err().retry_after();
    assert_eq!(wait, Duration::from_secs(90 * 86_400));
    assert!(bucket.try_acquire(now + wait).is_ok());
}

#[test]
fn steps_come_on_the_clock() {
    let bucket = TokenBucket::at(Rate::per_second(1_000))
        .burst(10)
        .in_steps_of(millis(10))
        .build()
        .unwrap();
    bucket.try_take(10, Instant::from_millis(1_004)).unwrap();
    assert_eq!(bucket.available(Instant::from_millis(1_009)), 0);
    assert_eq!(bucket.available(Instant::from_millis(1_010)), 10);
    let wait = bucket
        .try_take(1, Instant::from_millis(1_009))
        .unwrap_err()
        .retry_after();
    assert_eq!(wait, millis(1));
}

#[test]
fn an_instant_that_never_comes_is_refused_or_admitted_without_overflow() {
    let bucket = TokenBucket::at(Rate::per_second(1))
        .burst(3)
        .build()
        .unwrap();
    for _ in 0..5 {
        let _ = bucket.try_take(1, Instant::FAR_FUTURE);
    }
    assert!(bucket.try_take(1, Instant::FAR_FUTURE).is_err());
    bucket
        .configure(&TokenBucket::at(Rate::per_second(2)), Instant::FAR_FUTURE)
        .unwrap();
    // A task with an older clock does not get tokens twice.
    assert!(bucket.try_take(1, Instant::ZERO).is_err());
}

#[test]
fn figures_are_checked_by_name() {
    let fine = TokenBucket::at(Rate::per_second(10));
    let rows: [(TokenBucketConfig, &str); 6] = [
        (fine.burst(0), "burst must be at least 1"),
        (fine.in_steps_of(hours(2)), "step must be from 1 µs to 1 h"),
        (
            fine.rate(Rate::new(1, Duration::ZERO)),
            "rate must be for a time from 1 µs to 400 days",
        ),
        (
            fine.rate(Rate::new(1, hours(10_000))),
            "rate must be for a time from 1 µs to 400 days",
        ),
        (
            fine.rate(Rate::new(65, Duration::from_micros(1))),
            "rate must be at most 64 tokens a microsecond",
        ),
        (
            fine.rate(Rate::new(1, secs(86_400))).burst(10_000),
            "burst must be refilled within 4 years",
        ),
    ];
    for (config, message) in rows {
        assert_eq!(config.build().unwrap_err().to_string(), message);
        let bucket = fine.build().unwrap();
        assert!(bucket.configure(&config, Instant::ZERO).is_err());
        assert_eq!(bucket.available(Instant::ZERO), 1, "the old figures stay");
    }
}
