//! Retries and their budget.

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, millis, secs};
use gofarm_resilience::memory::{Memory, Owned, Shared};
use gofarm_resilience::policy::{
    Attempts, Backoff, Budget, BudgetConfig, Decision, GiveUp, Jitter, Kinds, Rate, Reason,
    Rejected, Retry, RetryConfig,
};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 8 } else { 512 };

/// A failure that says when to come back.
struct Failed(Kind, Option<Duration>);

impl Classify for Failed {
    fn kind(&self) -> Kind {
        self.0
    }

    fn retry_after(&self) -> Option<Duration> {
        self.1
    }
}

const LOST: Failed = Failed(Kind::Transient, None);

fn unlimited(attempts: u32) -> RetryConfig {
    Retry::attempts(attempts)
        .budget(BudgetConfig::DEFAULT.reserve(Rate::per_second(1_000_000), 1_000_000))
}

/// Deposits and withdrawals as told; which withdrawals were paid.
fn paid<M: Memory>(config: &BudgetConfig, steps: &[(u64, bool)]) -> Vec<bool> {
    let budget = Budget::<M>::new(config).unwrap();
    let mut now = Instant::from_secs(100);
    let mut paid = Vec::new();
    for &(gap, deposit) in steps {
        now += millis(gap);
        if deposit {
            budget.deposit(now);
        } else {
            let available = budget.available(now);
            paid.push(budget.withdraw(now).is_ok());
            assert_eq!(available > 0, paid[paid.len() - 1]);
        }
    }
    paid
}

fn steps() -> impl Strategy<Value = Vec<(u64, bool)>> {
    prop::collection::vec((0..2_000_u64, any::<bool>()), 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_budget_pays_no_more_than_its_share_and_its_reserve(
        steps in steps(),
        percent in 0..=100_u8,
        reserve in 0..3_u32,
        kept in 1..5_u32,
    ) {
        let config = BudgetConfig::percent(percent).reserve(Rate::per_second(reserve), kept);
        let paid = paid::<Owned>(&config, &steps);
        let deposits = steps.iter().filter(|step| step.1).count() as u64;
        let time: u64 = steps.iter().map(|step| step.0).sum();
        let reserved = if reserve == 0 { 0 } else { u64::from(kept) + u64::from(reserve) * time / 1_000 };
        let most = deposits * u64::from(percent) / 100 + reserved;
        let count = paid.iter().filter(|paid| **paid).count() as u64;
        prop_assert!(count <= most, "{count} of {most}");
    }

    #[test]
    fn owned_and_shared_agree(steps in steps(), percent in 0..=100_u8) {
        let config = BudgetConfig::percent(percent);
        prop_assert_eq!(paid::<Owned>(&config, &steps), paid::<Shared>(&config, &steps));
    }

    #[test]
    fn waits_stay_within_jitter_cap_and_what_was_asked(
        seed in any::<u64>(),
        repeated in 0..70_u32,
        base in 1..1_000_u64,
        factor in 1..100_u64,
    ) {
        let (base, cap) = (millis(base), millis(base * factor));
        let full = (0..repeated).fold(base, |wait, _| (wait * 2).min(cap)).min(cap);
        let mut random = SplitMix64::new(seed);
        for (jitter, least) in [(Jitter::None, full), (Jitter::Full, millis(0)), (Jitter::Equal, full / 2)] {
            let wait = Backoff::exponential(base, cap, jitter).delay(repeated, &mut random);
            prop_assert!(wait >= least && wait <= full, "{jitter:?}: {wait:?} of {full:?}");
        }
    }

    #[test]
    fn a_retry_is_never_earlier_than_asked_nor_after_the_deadline(
        seed in any::<u64>(),
        asked in 0..20_000_u64,
        deadline in 0..20_000_u64,
    ) {
        let retry = unlimited(5).build().unwrap();
        let now = Instant::from_secs(50);
        let mut call = Attempts::until(now + millis(deadline));
        let failure = Failed(Kind::Overloaded, Some(millis(asked)));
        match retry.after_failure(&mut call, &failure, now, &mut SplitMix64::new(seed)) {
            Decision::RetryAfter(wait) => prop_assert!(wait >= millis(asked) && wait < millis(deadline)),
            Decision::GiveUp(GiveUp::WaitTooLong) => prop_assert!(asked > 10_000),
            Decision::GiveUp(why) => prop_assert_eq!(why, GiveUp::DeadlineTooClose),
        }
    }
}

#[test]
fn an_outage_is_not_multiplied() {
    // 1000 calls that all fail, with ten attempts each: without a budget 10 000 calls.
    let retry = Retry::attempts(10)
        .budget(BudgetConfig::percent(20).reserve(Rate::per_second(1), 10))
        .build()
        .unwrap();
    let mut random = SplitMix64::new(3);
    let now = Instant::from_secs(1);
    (0..1_000).for_each(|_| retry.succeeded(now));
    let mut calls = 0;
    for _ in 0..1_000 {
        let mut call = Attempts::new();
        calls += 1;
        while let Decision::RetryAfter(_) = retry.after_failure(&mut call, &LOST, now, &mut random)
        {
            calls += 1;
        }
    }
    assert_eq!(calls, 1_000 + 200 + 10);
}

#[test]
fn deposits_expire_after_one_to_two_windows() {
    let config = BudgetConfig::percent(100)
        .window(secs(5))
        .reserve(Rate::ZERO, 1);
    for (after, paid) in [(0, true), (5, true), (9, true), (10, false), (1_000, false)] {
        let budget = config.build().unwrap();
        let start = Instant::from_secs(100);
        budget.deposit(start);
        assert_eq!(
            budget.withdraw(start + secs(after)).is_ok(),
            paid,
            "after {after} s"
        );
    }
    // A task with a clock slightly behind neither loses nor revives deposits.
    let budget = config.build().unwrap();
    budget.deposit(Instant::from_secs(100));
    assert!(budget.withdraw(Instant::from_secs(99)).is_ok());
    assert!(budget.withdraw(Instant::from_secs(99)).is_err());
}

#[test]
fn each_question_has_its_answer() {
    let long = Failed(Kind::Overloaded, Some(secs(11)));
    let permanent = Failed(Kind::Permanent, None);
    let poor = Retry::attempts(3).budget(BudgetConfig::percent(0).reserve(Rate::ZERO, 1));
    let now = Instant::from_secs(9);
    let rows: [(RetryConfig, Attempts, &Failed, GiveUp); 5] = [
        (
            unlimited(3),
            Attempts::new(),
            &permanent,
            GiveUp::NotRetryable,
        ),
        (unlimited(1), Attempts::new(), &LOST, GiveUp::AttemptsUsedUp),
        (unlimited(3), Attempts::new(), &long, GiveUp::WaitTooLong),
        (
            unlimited(3),
            Attempts::until(now),
            &LOST,
            GiveUp::DeadlineTooClose,
        ),
        (poor, Attempts::new(), &LOST, GiveUp::BudgetUsedUp),
    ];
    for (config, mut call, failure, why) in rows {
        let retry = config.build_shared().unwrap();
        let before = retry.budget().available(now);
        let decision = retry.after_failure(&mut call, failure, now, &mut SplitMix64::new(1));
        assert_eq!(decision, Decision::GiveUp(why));
        assert_eq!((call.failed(), retry.budget().available(now)), (1, before));
    }
}

#[test]
fn a_rejection_of_a_breaker_is_waited_for() {
    let retry = unlimited(3)
        .backoff(Backoff::exponential(millis(1), secs(40), Jitter::None))
        .build()
        .unwrap();
    let open = Rejected::new(Reason::Open, secs(30));
    let mut random = SplitMix64::new(1);
    let decision = retry.after_failure(&mut Attempts::new(), &open, Instant::ZERO, &mut random);
    assert_eq!(decision, Decision::RetryAfter(secs(30)));
    // A full bulkhead does not know when: the back-off decides.
    let full = Rejected::new(Reason::Full, secs(0));
    assert_eq!(Classify::retry_after(&full), None);
}

#[test]
fn kinds_that_are_left_out_are_not_tried_again() {
    let retry = unlimited(3)
        .on(Kinds::NONE.with(Kind::Permanent))
        .build()
        .unwrap();
    for kind in Kind::ALL {
        let decision = retry.after_failure(
            &mut Attempts::new(),
            &Failed(kind, None),
            Instant::ZERO,
            &mut SplitMix64::new(1),
        );
        assert_eq!(
            matches!(decision, Decision::RetryAfter(_)),
            kind == Kind::Permanent,
            "{kind}"
        );
    }
}

#[test]
fn figures_are_checked_by_name() {
    let fine = Retry::attempts(3);
    let backoff = |base, cap| fine.backoff(Backoff::exponential(base, cap, Jitter::Full));
    let rows: [(RetryConfig, &str); 7] = [
        (Retry::attempts(101), "attempts must be from 1 to 100"),
        (
            fine.on(Kinds::RETRYABLE.with(Kind::Cancelled)),
            "on must be without cancelled calls",
        ),
        (
            backoff(millis(0), secs(1)),
            "backoff base must be at least 1 ms",
        ),
        (
            backoff(millis(2), millis(1)),
            "backoff cap must be from the base to 1 h",
        ),
        (
            fine.budget(BudgetConfig::percent(101)),
            "percent must be from 0 to 100",
        ),
        (
            fine.budget(BudgetConfig::DEFAULT.window(millis(9))),
            "window must be from 10 ms to 1 h",
        ),
        (
            fine.budget(BudgetConfig::DEFAULT.reserve(Rate::ZERO, 0)),
            "burst must be at least 1",
        ),
    ];
    for (config, message) in rows {
        assert_eq!(config.build().unwrap_err().to_string(), message);
    }
}
