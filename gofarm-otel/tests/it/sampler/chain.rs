//! A chain of three services: what is sampled, and which failures are kept.

#![expect(
    clippy::print_stdout,
    reason = "the figures are for the reader of a test run"
)]

use core::ops::Add;
use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{millis, secs};
use gofarm_core::trace_context::TraceContext;
use gofarm_otel::sampler::{Decision, Head, LateKeep, Limits, Parent, Percent, Sample, Sampler};

use super::{Seen, moment, share};

/// Three services, one behind the other, each a process of its own with its own sampler.
struct Chain {
    hops: [Sampler; 3],
    random: SplitMix64,
    now: Duration,
}

/// What came out of one stretch of simulated time.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    requests: usize,
    head_sampled: usize,
    failed: usize,
    failed_kept: usize,
    failed_sampled: usize,
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            head_sampled: self.head_sampled + other.head_sampled,
            failed: self.failed + other.failed,
            failed_kept: self.failed_kept + other.failed_kept,
            failed_sampled: self.failed_sampled + other.failed_sampled,
        }
    }
}

impl Chain {
    fn new(sampler: impl Fn() -> Sampler) -> Self {
        Self {
            hops: [sampler(), sampler(), sampler()],
            random: SplitMix64::new(0x0317),
            now: Duration::ZERO,
        }
    }

    /// So many requests a second for so long; of each `one_in` one fails at the last hop, and each hop before it.
    fn run(&mut self, per_second: u32, time: Duration, one_in: u64) -> Tally {
        let mut tally = Tally::default();
        let until = self.now + time;
        while self.now < until {
            self.now += secs(1) / per_second;
            let trace = TraceContext::root(&mut self.random).trace_id();
            let fails = one_in > 0 && self.random.below(one_in) == 0;
            let mut parent = Parent::None;
            let decisions = self.hops.each_ref().map(|hop| {
                let decision = hop.sample(&Head::new(trace, parent, "hop"));
                let sampled = decision == Decision::Keep;
                parent = Parent::Remote { sampled };
                sampled
            });
            assert!(
                decisions.iter().all(|sampled| *sampled == decisions[0]),
                "a trace is kept whole"
            );
            let end = moment(self.now);
            let kept = self.hops.iter().filter(|hop| {
                hop.record(end, fails, millis(20));
                decisions[0] || fails && hop.keep_late(end)
            });
            let kept = kept.count();
            tally.requests += 1;
            tally.head_sampled += usize::from(decisions[0]);
            tally.failed += usize::from(fails);
            tally.failed_kept += usize::from(fails && kept == 3);
            tally.failed_sampled += usize::from(fails && decisions[0]);
        }
        tally
    }
}

#[test]
fn failing_chains_are_sampled_at_1_percent_while_98_percent_of_error_traces_are_kept() {
    let mut chain = Chain::new(|| Sampler::ratio(10.percent()).escalate_on_error());

    let healthy = chain.run(100, secs(600), 0);
    let head = share(healthy.head_sampled, healthy.requests);
    println!("healthy: {head:.4} sampled at the head, {healthy:?}");
    assert!((0.095..0.105).contains(&head));

    // The failure begins, and every minute there is a rush of ten times the requests.
    let first = chain.run(100, secs(5), 3);
    println!("the first 5 s of the failure: {first:?}");
    let mut failing = Tally::default();
    for _ in 0..10 {
        failing = failing + chain.run(100, secs(58), 3) + chain.run(1_000, secs(2), 3);
    }
    let head = share(failing.head_sampled, failing.requests);
    let all = failing + first;
    let errors = share(all.failed_kept, all.failed);
    println!("failing: {head:.4} sampled at the head, {errors:.4} of error traces kept, {all:?}");
    assert!((0.007..0.013).contains(&head));
    assert!(errors >= 0.98);

    // It gets well, and the ratio comes back.
    chain.run(100, secs(60), 0);
    let well = chain.run(100, secs(600), 0);
    let head = share(well.head_sampled, well.requests);
    println!("well again: {head:.4} sampled at the head, {well:?}");
    assert!((0.095..0.105).contains(&head));
}

#[test]
fn when_more_fails_than_the_budget_bears_the_rest_is_counted() {
    let late = || LateKeep::new(10, 50);
    let mut chain = Chain::new(|| {
        Sampler::ratio(10.percent())
            .dynamic(Limits::new())
            .late_keep(late())
    });
    let tally = chain.run(300, secs(60), 2);
    println!("60 s, 150 failures a second, a budget of 10: {tally:?}");
    assert!(tally.failed_kept < tally.failed / 10);
    for hop in &chain.hops {
        let seen = Seen::default();
        hop.observe(&seen);
        let late = |result| seen.value("gofarm.otel.sampler.late", result);
        assert!(late("kept") <= 50.0 + 10.0 * 60.0);
        let unsampled = tally.failed - tally.failed_sampled;
        assert_eq!(late("kept") + late("refused"), unsampled as f64);
    }
}

#[test]
fn the_ratio_tightens_under_load_and_comes_back() {
    let mut chain =
        Chain::new(|| Sampler::ratio(10.percent()).dynamic(Limits::new().traces_per_second(20)));
    let calm = chain.run(50, secs(120), 0);
    assert!(
        (0.08..0.12).contains(&share(calm.head_sampled, calm.requests)),
        "{calm:?}"
    );
    chain.run(2_000, secs(2), 0);
    let rush = chain.run(2_000, secs(120), 0);
    let per_second = rush.head_sampled as f64 / 120.0;
    println!("2000 requests/s, limit 20 traces/s: {per_second:.1} traces/s");
    assert!(per_second <= 21.0, "{rush:?}");
    chain.run(50, secs(20), 0);
    let calm = chain.run(50, secs(120), 0);
    assert!(
        (0.08..0.12).contains(&share(calm.head_sampled, calm.requests)),
        "{calm:?}"
    );
}
