//! What a breaker costs: bytes, and words touched.

use core::mem::size_of;

use gofarm_core::time::{Instant, millis, secs};

use super::*;
use crate::memory::Word;
use crate::memory::counted::{Counted, touched};
use crate::policy::sliding_window::Window;

type Windowed = Breaker<Counted, WINDOW_WORDS>;

#[test]
fn an_idle_keyed_breaker_takes_40_bytes_and_a_windowed_one_with_its_figures_at_most_512() {
    assert_eq!(size_of::<State<Owned>>(), 40);
    assert_eq!(size_of::<State<Owned, WINDOW_WORDS>>(), 360);
    assert!(size_of::<Breaker>() <= 128);
    assert!(size_of::<Breaker<Owned, WINDOW_WORDS>>() <= 512);
    assert_eq!(
        size_of::<Breaker<Owned, WINDOW_WORDS>>(),
        size_of::<Breaker<crate::memory::Shared, WINDOW_WORDS>>()
    );
    assert!(size_of::<Permit>() <= 16);
}

fn call(breaker: &Windowed, now: Instant, outcome: Outcome) {
    let permit = breaker.try_acquire(now).expect("closed");
    breaker.record(permit, now, outcome);
}

/// Words touched by one failed call, the dearest, after so many good ones.
fn cost_after(config: Config<WINDOW_WORDS>, calls: u32) -> u64 {
    let breaker = Windowed::new(config).expect("a valid configuration");
    for _ in 0..calls {
        call(&breaker, Instant::ZERO, Outcome::Success);
    }
    touched(|| call(&breaker, Instant::ZERO, Outcome::Failure))
}

#[test]
fn the_cost_of_a_call_does_not_grow_with_the_calls_in_the_window() {
    let time = Breaker::slo(Slo::new(millis(200)).average(millis(180))).failure_rate(0.5);
    let count = Breaker::failure_rate(0.5).window(Window::calls(468));
    let many = if cfg!(miri) { 500 } else { 60_000 };
    for config in [time, count] {
        assert_eq!(cost_after(config, 20), cost_after(config, many));
    }
    // The size of a count window does not matter either.
    let small = Breaker::failure_rate(0.5).window(Window::calls(40));
    assert_eq!(cost_after(small, 100), cost_after(count, 500));
}

#[test]
fn a_healthy_call_of_the_simple_breaker_writes_nothing_to_what_is_shared() {
    let breaker = Breaker::<Counted>::new(Breaker::simple()).expect("a valid configuration");
    let before = [
        breaker.state.stand.load(),
        breaker.state.counts.load(),
        breaker.state.tally.load(),
    ];
    let permit = breaker.try_acquire(Instant::ZERO).expect("closed");
    breaker.record(permit, Instant::from_secs(1), Outcome::Success);
    let after = [
        breaker.state.stand.load(),
        breaker.state.counts.load(),
        breaker.state.tally.load(),
    ];
    assert_eq!(before, after);
}

#[test]
fn a_breaker_can_be_sent_and_a_shared_one_shared() {
    const fn send<T: Send>() {}
    const fn sync<T: Sync>() {}
    send::<Breaker<Owned, WINDOW_WORDS>>();
    send::<Permit>();
    sync::<SharedBreaker<WINDOW_WORDS>>();
}

#[test]
fn figures_can_be_constants() {
    const GREENHOUSE: Config<WINDOW_WORDS> = Breaker::failure_rate(0.2)
        .open_for(secs(5))
        .ramp(secs(20), 0.1);
    const { assert!(GREENHOUSE.validate().is_ok(), "checked when compiled") };
    assert!(GREENHOUSE.build().is_ok());
}

#[test]
fn a_move_is_told_with_its_phases_and_cause() {
    use core::cell::RefCell;
    use gofarm_core::observe::{LabelValue, Observer, Signal};

    #[derive(Default)]
    struct Seen(RefCell<Vec<String>>);
    impl Observer for Seen {
        fn observe(&self, signal: &Signal<'_>) {
            assert!(INSTRUMENTS.contains(&signal.instrument()));
            let texts = signal.labels().iter().map(|label| match label.value {
                LabelValue::Text(text) => text,
                LabelValue::Number(_) => "a number",
            });
            self.0
                .borrow_mut()
                .push(texts.collect::<Vec<_>>().join(" "));
        }
    }

    let breaker = Breaker::consecutive(1)
        .build()
        .expect("a valid configuration");
    let seen = Seen::default();
    let permit = breaker.try_acquire(Instant::ZERO).expect("closed");
    let recorded = breaker.record(permit, Instant::ZERO, Outcome::Failure);
    let transition = recorded.transition().expect("it opens");
    observe(&seen, transition);
    observe_named(&seen, "radio", transition);
    assert_eq!(
        *seen.0.borrow(),
        ["closed open consecutive", "radio closed open consecutive"]
    );
}
