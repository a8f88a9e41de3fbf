//! Every interleaving of two tasks at a shared breaker.
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test -p gofarm-resilience --test loom --release --no-default-features
//! ```
#![cfg(loom)]

use gofarm_core::time::{Instant, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::memory::Shared;
use gofarm_resilience::policy::breaker::{Breaker, Config, Mode, Phase};
use gofarm_resilience::policy::sliding_window::Window;
use loom::sync::Arc;
use loom::thread;

const CONFIG: Config = Breaker::consecutive(1).open_for(secs(1));
const NOW: Instant = Instant::from_secs(10);

/// A shared breaker; `W` is kept small, since each word is explored.
fn shared<const W: usize>(config: Config<W>) -> Arc<Breaker<Shared, W>> {
    Arc::new(config.build_shared().expect("a valid configuration"))
}

fn open<const W: usize>(breaker: &Breaker<Shared, W>) {
    let permit = breaker.try_acquire(Instant::ZERO).expect("closed");
    breaker.record(permit, Instant::ZERO, Outcome::Failure);
}

fn fail<const W: usize>(breaker: &Breaker<Shared, W>) {
    if let Ok(permit) = breaker.try_acquire(NOW) {
        breaker.record(permit, NOW, Outcome::Failure);
    }
}

/// What two tasks return that do the same.
fn both<T: Send + 'static>(work: impl Fn() -> T + Clone + Send + 'static) -> [T; 2] {
    let other = thread::spawn(work.clone());
    let own = work();
    [own, other.join().expect("it ends")]
}

#[test]
fn of_two_callers_one_gets_the_only_trial() {
    loom::model(|| {
        let breaker = shared(CONFIG);
        open(&breaker);
        let trials = both(move || breaker.try_acquire(NOW));
        assert_eq!(trials.iter().filter(|trial| trial.is_ok()).count(), 1);
    });
}

#[test]
fn a_trial_that_ends_while_another_caller_comes_gives_one_verdict() {
    loom::model(|| {
        let breaker = shared(CONFIG);
        open(&breaker);
        let trial = breaker.try_acquire(NOW).expect("due");
        let other = {
            let breaker = breaker.clone();
            thread::spawn(move || breaker.try_acquire(NOW).map(|permit| permit.is_trial()))
        };
        let recorded = breaker.record(trial, NOW, Outcome::Success);
        assert!(!recorded.is_late());
        // Rejected before the verdict, or let through by a closed breaker after it; never a second trial.
        assert_ne!(other.join().expect("it ends"), Ok(true));
        assert_eq!(breaker.phase(NOW), Phase::Closed);
    });
}

#[test]
fn two_failures_open_it_once() {
    loom::model(|| {
        let breaker = shared(CONFIG.consecutive(2));
        let own = breaker.clone();
        both(move || fail(&own));
        assert_eq!(breaker.phase(NOW), Phase::Open);
        assert_eq!(breaker.stats().opened(), 1);
    });
}

#[test]
fn two_failed_trials_open_it_once_more() {
    loom::model(|| {
        let breaker = shared(CONFIG.half_open(2));
        open(&breaker);
        let own = breaker.clone();
        both(move || fail(&own));
        assert_eq!(breaker.phase(NOW), Phase::Open);
        assert_eq!(breaker.stats().opened(), 2);
    });
}

#[test]
fn two_good_trials_close_it() {
    loom::model(|| {
        let breaker = shared(CONFIG.half_open(2));
        open(&breaker);
        let trials = [breaker.try_acquire(NOW), breaker.try_acquire(NOW)];
        let [first, second] = trials.map(|trial| trial.expect("room for two"));
        let own = breaker.clone();
        let other = thread::spawn(move || own.record(second, NOW, Outcome::Success));
        let recorded = breaker.record(first, NOW, Outcome::Success);
        let moves = [recorded, other.join().expect("it ends")].map(|done| done.transition());
        assert_eq!(moves.iter().flatten().count(), 1);
        assert_eq!(breaker.phase(NOW), Phase::Closed);
    });
}

#[test]
fn a_late_failure_decides_nothing_while_the_trial_succeeds() {
    loom::model(|| {
        let breaker = shared(CONFIG);
        let late = breaker.try_acquire(Instant::ZERO).expect("closed");
        open(&breaker);
        let trial = breaker.try_acquire(NOW).expect("due");
        let own = breaker.clone();
        let other = thread::spawn(move || own.record(late, NOW, Outcome::Failure));
        breaker.record(trial, NOW, Outcome::Success);
        assert!(other.join().expect("it ends").is_late());
        assert_eq!(breaker.phase(NOW), Phase::Closed);
        assert_eq!(breaker.stats().late(), 1);
    });
}

#[test]
fn a_full_count_window_loses_no_call() {
    loom::model(|| {
        let config = Config::<2>::new()
            .failure_rate(1.0)
            .window(Window::calls(2))
            .minimum_calls(2);
        let breaker = shared(config);
        breaker.hold(Mode::MetricsOnly);
        let calls = [Outcome::Failure, Outcome::Success];
        for outcome in calls {
            let permit = breaker.try_acquire(NOW).expect("metrics only");
            breaker.record(permit, NOW, outcome);
        }
        let own = breaker.clone();
        both(move || fail(&own));
        let totals = breaker.totals(NOW);
        assert_eq!((totals.calls(), totals.failures()), (2, 2));
    });
}

#[test]
fn a_time_window_loses_no_call_when_a_bucket_begins() {
    loom::model(|| {
        let config = Config::<6>::new()
            .failure_rate(1.0)
            .average(secs(1))
            .window(Window::time(secs(2), 2))
            .minimum_calls(9);
        let breaker = shared(config);
        let own = breaker.clone();
        both(move || fail(&own));
        let totals = breaker.totals(NOW);
        assert_eq!((totals.calls(), totals.failures()), (2, 2));
    });
}

#[test]
fn a_rate_lets_no_call_through_twice() {
    loom::model(|| {
        let breaker = shared(CONFIG.qps(1));
        let calls = both(move || breaker.try_acquire(NOW));
        assert_eq!(calls.iter().filter(|call| call.is_ok()).count(), 1);
    });
}

#[test]
fn a_call_sees_the_old_figures_or_the_new_ones_and_no_mixture() {
    loom::model(|| {
        // Neither opens after one slow call: the first wants two, the second has no limit. The minimum of the
        // second with the limit of the first would.
        let many = Config::<2>::new()
            .percentile(0.5, secs(1))
            .window(Window::calls(2))
            .minimum_calls(2);
        let none = Config::<2>::new()
            .consecutive(2)
            .window(Window::calls(2))
            .minimum_calls(1);
        let breaker = shared(many);
        let own = breaker.clone();
        let other = thread::spawn(move || {
            let permit = own.try_acquire(NOW).expect("closed");
            own.record(permit, NOW + secs(2), Outcome::Success);
        });
        breaker.configure(none).expect("a valid configuration");
        other.join().expect("it ends");
        assert_eq!(breaker.phase(NOW), Phase::Closed);
    });
}

#[test]
fn forced_open_lets_no_later_call_through() {
    loom::model(|| {
        let breaker = shared(CONFIG);
        let own = breaker.clone();
        let other = thread::spawn(move || fail(&own));
        breaker.hold(Mode::ForcedOpen);
        assert!(breaker.try_acquire(NOW).is_err());
        other.join().expect("it ends");
        assert_eq!(breaker.mode(), Mode::ForcedOpen);
    });
}
