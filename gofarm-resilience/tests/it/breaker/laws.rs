//! Laws of the circuit breaker.

use alloc::collections::{BTreeMap, VecDeque};

use gofarm_core::time::{Instant, millis, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::memory::{Memory, Owned, Shared};
use gofarm_resilience::policy::breaker::{Breaker, Config, Mode, Permit, Phase, WINDOW_WORDS};
use gofarm_resilience::policy::sliding_window::{Totals, Window};
use proptest::prelude::*;

type Windowed<M> = Breaker<M, WINDOW_WORDS>;

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    Acquire,
    Settle(usize, Outcome),
    Cancel(usize),
    Hold(Mode),
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Success),
        4 => Just(Outcome::Failure),
        1 => Just(Outcome::Neutral),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let mode = prop_oneof![
        6 => Just(Mode::Automatic),
        1 => Just(Mode::ForcedOpen),
        1 => Just(Mode::Disabled),
        1 => Just(Mode::MetricsOnly),
    ];
    let step = prop_oneof![
        4 => (0_u64..3_000).prop_map(Step::Wait),
        10 => Just(Step::Acquire),
        8 => (0_usize..8, outcome()).prop_map(|(at, outcome)| Step::Settle(at, outcome)),
        1 => (0_usize..8).prop_map(Step::Cancel),
        1 => mode.prop_map(Step::Hold),
    ];
    prop::collection::vec(step, 1..200)
}

fn configs() -> impl Strategy<Value = Config<WINDOW_WORDS>> {
    let window = prop_oneof![
        (2_u16..30).prop_map(Window::calls),
        (1_u64..5_000, 2_u8..13).prop_map(|(bucket, buckets)| Window::time(
            millis(bucket) * u32::from(buckets),
            buckets
        )),
    ];
    let rules = (1_u16..5, 0.1_f64..1.0, 0.1_f64..1.0, 1_u64..2_000);
    let back = (1_u8..6, 0_u8..4, any::<bool>(), 0_u64..3_000, 0.0_f64..0.9);
    (window, rules, back).prop_map(|(window, rules, back)| {
        let (consecutive, failure_rate, slow_rate, slow_after) = rules;
        let (trials, more, by_rate, ramp, jitter) = back;
        let config = Config::new()
            .consecutive(consecutive)
            .failure_rate(failure_rate)
            .slow_rate(slow_rate, millis(slow_after))
            .window(window)
            .minimum_calls(2)
            .open_for(secs(1))
            .back_off(1.5, secs(4))
            .jitter(jitter)
            .half_open(trials)
            .half_open_for(millis(700));
        let config = if by_rate {
            config.close_by_rate(trials + more, 0.5)
        } else {
            config.close_after(trials + more)
        };
        if ramp > 0 {
            config.ramp(millis(ramp), 0.3)
        } else {
            config
        }
    })
}

/// A breaker, its permits under way, and the time.
struct Run<M: Memory> {
    breaker: Windowed<M>,
    under_way: Vec<Permit>,
    now: Instant,
}

impl<M: Memory> Run<M> {
    fn new(config: Config<WINDOW_WORDS>) -> Self {
        Self {
            breaker: Breaker::new(config).expect("a valid configuration"),
            under_way: Vec::new(),
            now: Instant::ZERO,
        }
    }

    /// What a step has answered, in words.
    fn step(&mut self, step: Step) -> String {
        match step {
            Step::Wait(ms) => {
                self.now += millis(ms);
                String::new()
            }
            Step::Acquire => {
                let admission = self.breaker.admit(self.now);
                let text = format!("{:?} {:?}", admission.result, admission.event);
                self.under_way.extend(admission.result.ok());
                text
            }
            Step::Settle(at, outcome) => match self.take(at) {
                Some(permit) => format!("{:?}", self.breaker.record(permit, self.now, outcome)),
                None => String::new(),
            },
            Step::Cancel(at) => match self.take(at) {
                Some(permit) => format!("{:?}", self.breaker.cancel(permit, self.now)),
                None => String::new(),
            },
            Step::Hold(mode) => format!("{:?}", self.breaker.hold(mode)),
        }
    }

    fn take(&mut self, at: usize) -> Option<Permit> {
        (!self.under_way.is_empty()).then(|| self.under_way.swap_remove(at % self.under_way.len()))
    }

    fn stand(&self) -> (Phase, Mode, Option<core::time::Duration>, Totals) {
        (
            self.breaker.phase(self.now),
            self.breaker.mode(),
            self.breaker.open_remaining(self.now),
            self.breaker.totals(self.now),
        )
    }
}

proptest! {
    #[test]
    fn owned_and_shared_agree(config in configs(), steps in steps()) {
        let (mut owned, mut shared) = (Run::<Owned>::new(config), Run::<Shared>::new(config));
        for step in steps {
            prop_assert_eq!(owned.step(step), shared.step(step));
            prop_assert_eq!(owned.stand(), shared.stand());
        }
    }

    #[test]
    fn trials_under_way_never_exceed_what_is_allowed(
        trials in 1_u8..6,
        more in 0_u8..4,
        steps in steps(),
    ) {
        let config = Config::new()
            .consecutive(1)
            .open_for(secs(1))
            .half_open(trials)
            .close_after(trials + more);
        let mut run = Run::<Shared>::new(config);
        for step in steps {
            run.step(step);
            let mut of_generation = BTreeMap::new();
            for permit in run.under_way.iter().filter(|permit| permit.is_trial()) {
                *of_generation.entry(permit.generation()).or_insert(0_u8) += 1;
            }
            prop_assert!(of_generation.values().all(|&count| count <= trials));
        }
    }

    /// Two breakers see the same calls, but the second is not told of the results that the first calls late: all
    /// that they answer is the same.
    #[test]
    fn a_late_result_never_changes_anything(config in configs(), steps in steps()) {
        let (mut told, mut spared) = (Run::<Owned>::new(config), Run::<Owned>::new(config));
        for step in steps {
            if let Step::Settle(at, outcome) = step {
                let (Some(permit), Some(twin)) = (told.take(at), spared.take(at)) else { continue };
                if !told.breaker.record(permit, told.now, outcome).is_late() {
                    let recorded = spared.breaker.record(twin, spared.now, outcome);
                    prop_assert!(!recorded.is_late());
                }
            } else if let Step::Acquire = step {
                let answers = [&mut told, &mut spared].map(|run| {
                    let result = run.breaker.try_acquire(run.now);
                    let text = format!("{result:?}");
                    run.under_way.extend(result.ok());
                    text
                });
                prop_assert_eq!(&answers[0], &answers[1]);
            } else if !matches!(step, Step::Hold(_)) {
                // An override lets go of trials under way, whether their time is over or not.
                told.step(step);
                spared.step(step);
            }
        }
    }

    #[test]
    fn the_count_window_equals_a_naive_one(
        calls in 1_u16..=468,
        results in prop::collection::vec((any::<bool>(), any::<bool>()), 0..1_500),
    ) {
        let (owned, shared) = windowed(Window::calls(calls));
        let mut naive = VecDeque::new();
        for (failed, slow) in results {
            call(&owned, Instant::ZERO, failed, slow);
            call(&shared, Instant::ZERO, failed, slow);
            naive.push_back((failed, slow));
            if naive.len() > usize::from(calls) {
                naive.pop_front();
            }
            let expected = (
                naive.len(),
                naive.iter().filter(|(failed, _)| *failed).count(),
                naive.iter().filter(|(_, slow)| *slow).count(),
            );
            prop_assert_eq!(seen(owned.totals(Instant::ZERO)), expected);
            prop_assert_eq!(seen(shared.totals(Instant::ZERO)), expected);
        }
    }

    #[test]
    fn the_time_window_equals_a_naive_one_of_buckets(
        bucket_ms in 1_u64..2_000,
        buckets in 2_u8..=13,
        start in 0_u64..u64::MAX / 2,
        results in prop::collection::vec((0_u64..3_000, any::<bool>(), any::<bool>()), 0..400),
    ) {
        let (owned, shared) = windowed(Window::time(millis(bucket_ms) * u32::from(buckets), buckets));
        let mut naive: Vec<(u64, bool, bool)> = Vec::new();
        let mut now = Instant::from_micros(start);
        for (wait, failed, slow) in results {
            now += millis(wait);
            call(&owned, now, failed, slow);
            call(&shared, now, failed, slow);
            let ended = if slow { now + SLOW } else { now };
            now = ended;
            let index = |at: Instant| at.as_micros() / (bucket_ms * 1_000);
            naive.push((index(ended), failed, slow));
            let current = index(now);
            let kept = naive.iter().filter(|(at, ..)| at + u64::from(buckets) > current);
            let expected = (
                kept.clone().count(),
                kept.clone().filter(|(_, failed, _)| *failed).count(),
                kept.filter(|(.., slow)| *slow).count(),
            );
            prop_assert_eq!(seen(owned.totals(now)), expected);
            prop_assert_eq!(seen(shared.totals(now)), expected);
        }
    }

    /// Against the nearest-rank percentile of the sorted times.
    #[test]
    fn the_percentile_rule_is_exact(
        rank in 5_000_u32..=9_999,
        times in prop::collection::vec(1_u64..1_000, 1..120),
        limit in 1_u64..1_000,
    ) {
        let config = Config::<WINDOW_WORDS>::new()
            .percentile(f64::from(rank) / 10_000.0, millis(limit))
            .window(Window::calls(120))
            .minimum_calls(1);
        let breaker = config.build().unwrap();
        let mut sorted = Vec::new();
        let mut now = Instant::ZERO;
        for time in times {
            let Ok(permit) = breaker.try_acquire(now) else { break };
            now += millis(time);
            let recorded = breaker.record(permit, now, Outcome::Success);
            sorted.push(time);
            sorted.sort_unstable();
            let at = (sorted.len() * usize::try_from(rank).unwrap()).div_ceil(10_000);
            let missed = sorted[at - 1] > limit;
            // A call within the limit does not open, whatever the others took.
            prop_assert_eq!(recorded.transition().is_some(), missed && time > limit);
        }
    }

    #[test]
    fn the_open_time_is_within_its_jitter(seed in any::<u32>(), jitter in 0.0_f64..0.9) {
        let config = Breaker::consecutive(1).open_for(secs(100)).jitter(jitter).seed(seed);
        let breaker = config.build().unwrap();
        let permit = breaker.try_acquire(Instant::ZERO).unwrap();
        breaker.record(permit, Instant::ZERO, Outcome::Failure);
        let wait = breaker.open_remaining(Instant::ZERO).unwrap().as_secs_f64();
        prop_assert!((wait - 100.0).abs() <= 100.0 * jitter + 0.01, "{wait} s");
    }
}

const SLOW: core::time::Duration = millis(2);

/// Breakers that count and never open.
fn windowed(window: Window) -> (Windowed<Owned>, Windowed<Shared>) {
    let config = Config::new()
        .failure_rate(1.0)
        .slow_rate(1.0, millis(1))
        .window(window)
        .minimum_calls(1);
    let owned = config.build().expect("a valid configuration");
    let shared = config.build_shared().expect("a valid configuration");
    owned.hold(Mode::MetricsOnly);
    shared.hold(Mode::MetricsOnly);
    (owned, shared)
}

fn call<M: Memory>(breaker: &Windowed<M>, now: Instant, failed: bool, slow: bool) {
    let permit = breaker.try_acquire(now).expect("metrics only");
    let outcome = if failed {
        Outcome::Failure
    } else {
        Outcome::Success
    };
    let end = if slow { now + SLOW } else { now };
    breaker.record(permit, end, outcome);
}

fn seen(totals: Totals) -> (usize, usize, usize) {
    (
        totals.calls() as usize,
        totals.failures() as usize,
        totals.slow() as usize,
    )
}

/// Breakers of different seeds do not try again together.
#[test]
fn jitter_spreads_those_that_opened_together() {
    let waits: alloc::collections::BTreeSet<_> = (0..100)
        .map(|seed| {
            let breaker = Breaker::device().seed(seed).build().unwrap();
            for _ in 0..3 {
                let permit = breaker.try_acquire(Instant::ZERO).unwrap();
                breaker.record(permit, Instant::ZERO, Outcome::Failure);
            }
            breaker.open_remaining(Instant::ZERO).unwrap()
        })
        .collect();
    assert!(waits.len() > 90, "{} different waits", waits.len());
    assert!(waits.first().unwrap() < &secs(28) && waits.last().unwrap() > &secs(32));
}
