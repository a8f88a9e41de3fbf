//! What a breaker must not do, tried on each that has the setting for it. 1 is yes, as it should be; an engine
//! without a row has no such setting, or nothing that could go wrong.

mod answer;
mod failsafe;
mod gofarm;
mod recloser;
mod tower_resilience;

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    every::<gofarm::Gofarm>(figures);
    every::<tower_resilience::TowerResilience>(figures);
    every::<failsafe::Failsafe>(figures);
    every::<recloser::Recloser>(figures);
}

/// When a breaker opens.
#[derive(Clone, Copy)]
enum Trip {
    InARow(u16),
    OfCalls {
        calls: u16,
        rate: f64,
        minimum: Option<u16>,
    },
    OfTime {
        length: Duration,
        rate: f64,
        minimum: u16,
    },
    /// All calls slower than this.
    Slow(Duration),
}

#[derive(Clone, Copy)]
struct Rules {
    trip: Trip,
    open_for: Duration,
    /// At once, and as many successes close it.
    trials: u8,
    /// A call that is given up counts as failed.
    cancelled_fails: bool,
}

const WAIT: Duration = Duration::from_millis(20);

impl Rules {
    const fn new(trip: Trip) -> Self {
        Self {
            trip,
            open_for: WAIT,
            trials: 1,
            cancelled_fails: false,
        }
    }

    const fn trials(mut self, trials: u8) -> Self {
        self.trials = trials;
        self
    }

    const fn open_for(mut self, wait: Duration) -> Self {
        self.open_for = wait;
        self
    }
}

/// A breaker of one engine; clones share it.
trait Subject: Clone + Send {
    const NAME: &'static str;

    /// A call under way; dropping it gives it up.
    type Call;

    /// Nothing if it has no such rules.
    fn new(rules: Rules) -> Option<Self>;

    /// Nothing if it is rejected.
    fn begin(&self) -> Option<Self::Call>;

    fn end(&self, call: Self::Call, succeeds: bool);

    /// Lets time pass, on its clock.
    fn wait(runtime: &Runtime, time: Duration) {
        let _ = runtime;
        thread::sleep(time);
    }

    /// Whether it is ready, if it is a service; uses the readiness up.
    fn is_ready(&mut self) -> Option<bool> {
        None
    }

    /// Whether an operator can hold it open, and does.
    fn hold_open(&self, runtime: &Runtime) -> bool {
        let _ = runtime;
        false
    }
}

/// One call, and whether it was admitted.
fn call(subject: &impl Subject, succeeds: bool) -> bool {
    let begun = subject.begin();
    begun.map(|call| subject.end(call, succeeds)).is_some()
}

/// Whether it does as it should; nothing if it has no such rules.
type Try = fn(&Runtime) -> Option<bool>;

fn every<S: Subject>(figures: &mut Figures) {
    let tries: [(&str, Try); 17] = [
        (
            "after 10 000 successes, 10 failures of the last 10 calls open it",
            slides::<S>,
        ),
        (
            "of the last 100, at least 5: 5 failures open it",
            minimum::<S>,
        ),
        (
            "of the last 10: the 10th failure opens it",
            at_the_tenth::<S>,
        ),
        (
            "a minute of failures is not waited for",
            inside_the_window::<S>,
        ),
        (
            "one failure of ten in half a second does not open it at 20 %",
            half_a_second::<S>,
        ),
        ("a late failure does not end the trials", late_failure::<S>),
        ("a late success does not end the trials", late_success::<S>),
        (
            "two trials that succeed one after another close it",
            slow_trials::<S>,
        ),
        (
            "a trial that hangs does not hold it for ever",
            hung_trial::<S>,
        ),
        (
            "opened by slow calls, a slow trial opens it again",
            slow_trial::<S>,
        ),
        ("held open by hand, it stays open", held::<S>),
        (
            "calls that are given up can count as failed",
            cancelled::<S>,
        ),
        ("a paused clock moves it", paused::<S>),
        ("2 000 openings leave no memory behind", leaks::<S>),
        ("10 000 breakers that are dropped leave none", drops::<S>),
        // After the counts of bytes: what ended threads leave in an epoch is freed later.
        (
            "of 64 callers at once, at most 3 make the trials",
            racing::<S>,
        ),
        (
            "open and asked by two, it is always ready to reject",
            ready::<S>,
        ),
    ];
    for (case, run) in tries {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without I/O");
        let _entered = runtime.enter();
        if let Some(right) = run(&runtime) {
            let case = format!("fault: {case} (1 is yes)");
            figures.note(&case, S::NAME, "yes", f64::from(right));
        }
    }
}

/// How many failures it takes to open, up to a hundred.
fn failures_to_open(subject: &impl Subject) -> u32 {
    (0..100)
        .take_while(|_| call(subject, false))
        .count()
        .try_into()
        .unwrap_or(u32::MAX)
}

fn of_ten(minimum: Option<u16>) -> Trip {
    Trip::OfCalls {
        calls: 10,
        rate: 0.5,
        minimum,
    }
}

fn slides<S: Subject>(_: &Runtime) -> Option<bool> {
    let subject = S::new(Rules::new(of_ten(None)))?;
    for _ in 0..10_000 {
        call(&subject, true);
    }
    Some(failures_to_open(&subject) <= 10)
}

fn minimum<S: Subject>(_: &Runtime) -> Option<bool> {
    let trip = Trip::OfCalls {
        calls: 100,
        rate: 0.5,
        minimum: Some(5),
    };
    let subject = S::new(Rules::new(trip))?;
    Some(failures_to_open(&subject) == 5)
}

fn at_the_tenth<S: Subject>(_: &Runtime) -> Option<bool> {
    let subject = S::new(Rules::new(of_ten(None)))?;
    Some(failures_to_open(&subject) == 10)
}

fn inside_the_window<S: Subject>(_: &Runtime) -> Option<bool> {
    let length = Duration::from_secs(60);
    let trip = Trip::OfTime {
        length,
        rate: 0.5,
        minimum: 10,
    };
    let subject = S::new(Rules::new(trip).open_for(length))?;
    Some(failures_to_open(&subject) == 10)
}

fn half_a_second<S: Subject>(_: &Runtime) -> Option<bool> {
    let length = Duration::from_millis(500);
    let trip = Trip::OfTime {
        length,
        rate: 0.2,
        minimum: 5,
    };
    let subject = S::new(Rules::new(trip))?;
    for _ in 0..9 {
        call(&subject, true);
    }
    call(&subject, false);
    Some(call(&subject, true))
}

/// Calls that began before it opened, and one trial of two under way.
fn late<S: Subject>(runtime: &Runtime) -> Option<(S, Vec<S::Call>, S::Call)> {
    let subject = S::new(Rules::new(Trip::InARow(3)).trials(2))
        .or_else(|| S::new(Rules::new(of_ten(None)).trials(2)))?;
    let early = (0..4).filter_map(|_| subject.begin()).collect();
    failures_to_open(&subject);
    S::wait(runtime, WAIT * 2);
    let trial = subject.begin()?;
    Some((subject, early, trial))
}

/// The second trial is still asked for.
fn late_failure<S: Subject>(runtime: &Runtime) -> Option<bool> {
    let (subject, early, trial) = late::<S>(runtime)?;
    early.into_iter().for_each(|call| subject.end(call, false));
    let goes_on = subject.begin();
    drop(trial);
    Some(goes_on.is_some())
}

/// The trial fails, which opens it again.
fn late_success<S: Subject>(runtime: &Runtime) -> Option<bool> {
    let (subject, early, trial) = late::<S>(runtime)?;
    early.into_iter().for_each(|call| subject.end(call, true));
    subject.end(trial, false);
    Some(!call(&subject, true))
}

fn slow_trials<S: Subject>(runtime: &Runtime) -> Option<bool> {
    let length = Duration::from_millis(50);
    let trip = Trip::OfTime {
        length,
        rate: 0.5,
        minimum: 4,
    };
    let subject = S::new(Rules::new(trip).trials(2))?;
    failures_to_open(&subject);
    S::wait(runtime, WAIT * 2);
    let (first, second) = (subject.begin()?, subject.begin());
    subject.end(first, true);
    S::wait(runtime, Duration::from_millis(80));
    if let Some(second) = second {
        subject.end(second, true);
    }
    let admitted = (0..20).filter(|_| {
        S::wait(runtime, WAIT);
        call(&subject, true)
    });
    Some(admitted.count() > 0)
}

fn hung_trial<S: Subject>(runtime: &Runtime) -> Option<bool> {
    let subject =
        S::new(Rules::new(Trip::InARow(3))).or_else(|| S::new(Rules::new(of_ten(None))))?;
    failures_to_open(&subject);
    S::wait(runtime, WAIT * 2);
    let _hangs = subject.begin()?;
    Some((0..20).any(|_| {
        S::wait(runtime, WAIT);
        call(&subject, true)
    }))
}

fn slow_trial<S: Subject>(runtime: &Runtime) -> Option<bool> {
    let slow = Duration::from_millis(5);
    let subject = S::new(Rules::new(Trip::Slow(slow)))?;
    let slow_call = || {
        let begun = subject.begin();
        S::wait(runtime, slow * 2);
        begun.map(|call| subject.end(call, true)).is_some()
    };
    let opened = (0..100).take_while(|_| slow_call()).count() < 100;
    S::wait(runtime, WAIT * 2);
    let tried = slow_call();
    Some(opened && tried && !call(&subject, true))
}

fn held<S: Subject>(runtime: &Runtime) -> Option<bool> {
    let subject = S::new(Rules::new(Trip::InARow(3)))?;
    if !subject.hold_open(runtime) {
        return None;
    }
    S::wait(runtime, WAIT * 3);
    Some(!call(&subject, true))
}

fn cancelled<S: Subject>(_: &Runtime) -> Option<bool> {
    let rules = Rules {
        cancelled_fails: true,
        ..Rules::new(Trip::InARow(5))
    };
    // Where there is no such setting, they cannot.
    let subject = S::new(rules)
        .or_else(|| S::new(Rules::new(Trip::InARow(5))))
        .or_else(|| S::new(Rules::new(of_ten(None))))?;
    for _ in 0..50 {
        drop(subject.begin());
    }
    Some(!call(&subject, true))
}

fn racing<S: Subject>(runtime: &Runtime) -> Option<bool> {
    const CALLERS: usize = 64;
    let subject = S::new(Rules::new(Trip::InARow(3)).trials(3))
        .or_else(|| S::new(Rules::new(of_ten(None)).trials(3)))?;
    failures_to_open(&subject);
    S::wait(runtime, WAIT * 2);
    let barrier = Barrier::new(CALLERS);
    let begins = |subject: S| {
        let _entered = runtime.enter();
        barrier.wait();
        let begun = subject.begin();
        barrier.wait();
        usize::from(begun.is_some())
    };
    let inside: usize = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                scope.spawn({
                    let subject = subject.clone();
                    let begins = &begins;
                    move || begins(subject)
                })
            })
            .collect();
        let ended = callers
            .into_iter()
            .map(|caller| caller.join().expect("no panic"));
        ended.sum()
    });
    Some((1..=3).contains(&inside))
}

fn ready<S: Subject>(_: &Runtime) -> Option<bool> {
    const POLLS: u32 = 100_000;
    let wait = Duration::from_secs(3_600);
    let subject = S::new(Rules::new(Trip::InARow(3)).open_for(wait))?;
    failures_to_open(&subject);
    subject.clone().is_ready()?;
    let barrier = Barrier::new(2);
    let ready = |mut subject: S| {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without I/O");
        let _entered = runtime.enter();
        barrier.wait();
        (0..POLLS).all(|_| subject.is_ready() == Some(true))
    };
    let other = subject.clone();
    Some(thread::scope(|scope| {
        let other = scope.spawn(|| ready(other));
        ready(subject) & other.join().expect("no panic")
    }))
}

fn paused<S: Subject>(runtime: &Runtime) -> Option<bool> {
    let minute = Duration::from_secs(60);
    let subject = S::new(Rules::new(Trip::InARow(3)).open_for(minute))
        .or_else(|| S::new(Rules::new(of_ten(None)).open_for(minute)))?;
    failures_to_open(&subject);
    runtime.block_on(tokio::time::advance(minute + Duration::from_secs(1)));
    Some(call(&subject, true))
}

fn leaks<S: Subject>(runtime: &Runtime) -> Option<bool> {
    let soon = Duration::from_millis(1);
    let rules = |trip| Rules::new(trip).open_for(soon);
    let subject = S::new(rules(Trip::InARow(1))).or_else(|| {
        S::new(rules(Trip::OfCalls {
            calls: 1,
            rate: 0.5,
            minimum: None,
        }))
    })?;
    let counted = allocation_counter::measure(|| {
        for _ in 0..2_000 {
            failures_to_open(&subject);
            S::wait(runtime, soon + Duration::from_micros(100));
        }
    });
    Some(counted.bytes_current < 20_000)
}

fn drops<S: Subject>(_: &Runtime) -> Option<bool> {
    let rules = Rules::new(Trip::InARow(3));
    S::new(rules).or_else(|| S::new(Rules::new(of_ten(None))))?;
    let counted = allocation_counter::measure(|| {
        for _ in 0..10_000 {
            drop(S::new(rules).or_else(|| S::new(Rules::new(of_ten(None)))));
        }
    });
    Some(counted.bytes_current < 20_000)
}
