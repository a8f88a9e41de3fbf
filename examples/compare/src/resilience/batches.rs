//! Times calls of some nanoseconds: batches on one thread, and on two at once that share what they call.
//!
//! On one thread the least batch counts. Of two threads a batch counts only if both were in it for the same time: on
//! a machine with other work the system lets one thread wait, and the other then looks as fast as if it were alone.

use std::hint::{black_box, spin_loop};
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tower::Service;

use crate::figures::Figures;

pub const ALONE: &str = "ns";
const TOGETHER: &str = "ns each of two threads";
const USUALLY: &str = "ns each of two threads, median";

const BATCHES: usize = 101;
/// Of two threads, without those that are spoilt.
const COMMON_BATCHES: usize = 51;
const MOST_CALLS: u32 = 20_000;
const LONGEST_CASE: Duration = Duration::from_secs(6);
const LONGEST_BATCH: Duration = Duration::from_millis(4);

/// Something that can be done again and again.
pub trait Load {
    fn run(&mut self, calls: u32);
}

impl<F: FnMut()> Load for F {
    fn run(&mut self, calls: u32) {
        for _ in 0..calls {
            self();
        }
    }
}

/// Calls of a service, one after another. A future that is not ready is polled again at once: parking a thread would
/// cost more than all that is measured here.
pub struct Served<S> {
    runtime: Runtime,
    service: S,
}

impl<S> Served<S> {
    /// Makes the service within a runtime of its own, which is there for timers.
    pub fn new(make: impl FnOnce() -> S) -> Self {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime without I/O");
        let service = {
            let _entered = runtime.enter();
            make()
        };
        Self { runtime, service }
    }
}

impl<S: Service<()>> Load for Served<S> {
    fn run(&mut self, calls: u32) {
        let Self { runtime, service } = self;
        let _entered = runtime.enter();
        let context = &mut Context::from_waker(Waker::noop());
        for _ in 0..calls {
            if finish(runtime, || service.poll_ready(context)).is_err() {
                continue;
            }
            let mut answer = pin!(service.call(()));
            let _ = black_box(finish(runtime, || answer.as_mut().poll(context)));
        }
    }
}

fn finish<T>(runtime: &Runtime, mut poll: impl FnMut() -> Poll<T>) -> T {
    const QUICK: u32 = 256;
    let mut polls = 0;
    loop {
        match poll() {
            Poll::Ready(answer) => return answer,
            Poll::Pending if polls < QUICK => {
                polls += 1;
                spin_loop();
            }
            // It has set a timer for itself, or the other thread holds a lock and does not run.
            Poll::Pending => {
                runtime.block_on(tokio::task::yield_now());
                thread::yield_now();
            }
        }
    }
}

/// Notes what a call costs on one thread, and its allocations.
pub fn alone(figures: &mut Figures, case: &str, engine: &str, mut load: impl Load) {
    on_one_thread(figures, case, engine, &mut load);
}

/// As [`alone`], and what it costs each of two threads that do it at once.
pub fn shared<L: Load>(
    figures: &mut Figures,
    case: &str,
    engine: &str,
    make: impl Fn() -> L + Sync,
) {
    let calls = on_one_thread(figures, case, engine, &mut make());
    // Short ones, so that many fit between two interruptions.
    match on_two_threads((calls / 8).max(100), make) {
        Some((least, median)) => {
            figures.note(case, engine, TOGETHER, least);
            figures.note(case, engine, USUALLY, median);
        }
        None => eprintln!("{case}, {engine}: the two threads were never at it together"),
    }
}

/// Notes what each of `calls` costs that are made once on a value of its own.
pub fn afresh<L: Load>(
    figures: &mut Figures,
    case: &str,
    engine: &str,
    calls: u32,
    make: impl Fn() -> L,
) {
    let least = (0..15).map(|_| batch(&mut make(), calls));
    note_alone(
        figures,
        case,
        engine,
        least.min().unwrap_or_default(),
        calls,
    );
}

fn on_one_thread(figures: &mut Figures, case: &str, engine: &str, load: &mut impl Load) -> u32 {
    eprintln!("{case}: {engine}");
    batch(load, 100);
    let one = batch(load, 100) / 100;
    let fitting = LONGEST_BATCH.as_nanos() / one.as_nanos().max(1);
    let calls = u32::try_from(fitting)
        .unwrap_or(MOST_CALLS)
        .clamp(20, MOST_CALLS);
    let least = (0..BATCHES).map(|_| batch(load, calls)).min();
    note_alone(figures, case, engine, least.unwrap_or_default(), calls);
    let few = allocations(load, 100);
    let more = allocations(load, 300);
    figures.note(case, engine, "allocations", (more - few) / 200.0);
    calls
}

fn note_alone(figures: &mut Figures, case: &str, engine: &str, batch: Duration, calls: u32) {
    figures.note(case, engine, ALONE, nanos(batch) / f64::from(calls));
}

fn batch(load: &mut impl Load, calls: u32) -> Duration {
    let started = Instant::now();
    load.run(calls);
    started.elapsed()
}

#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn allocations(load: &mut impl Load, calls: u32) -> f64 {
    allocation_counter::measure(|| load.run(calls)).count_total as f64
}

/// The least and the median of what a call costs each thread.
fn on_two_threads<L: Load>(calls: u32, make: impl Fn() -> L + Sync) -> Option<(f64, f64)> {
    let gate = Gate::default();
    let is_over = AtomicBool::new(false);
    let spans = [const { Mutex::new(None) }; 2];
    let last = || spans.each_ref().map(|span| *span.lock().expect("no panic"));
    let batches = |own: usize| {
        let mut load = make();
        load.run(calls);
        let started = Instant::now();
        let mut costs = Vec::new();
        loop {
            if started.elapsed() > LONGEST_CASE {
                is_over.store(true, Ordering::Release);
            }
            gate.pass();
            if let [Some(mine), Some(other)] = last()
                && were_together(mine, other)
            {
                let [(a, b), (c, d)] = [mine, other];
                costs.push(nanos((b - a) + (d - c)) / f64::from(2 * calls));
            }
            let ends = is_over.load(Ordering::Acquire) || costs.len() == COMMON_BATCHES;
            // Both have looked before one of them goes on.
            gate.meet();
            if ends {
                return costs;
            }
            let start = Instant::now();
            load.run(calls);
            *spans[own].lock().expect("no panic") = Some((start, Instant::now()));
        }
    };
    let mut costs = thread::scope(|scope| {
        scope.spawn(|| batches(1));
        batches(0)
    });
    costs.sort_by(f64::total_cmp);
    Some((*costs.first()?, *costs.get(costs.len() / 2)?))
}

/// Whether neither was without the other for more than a tenth of the time.
fn were_together((a, b): (Instant, Instant), (c, d): (Instant, Instant)) -> bool {
    let both = b.min(d).saturating_duration_since(a.max(c));
    let either = b.max(d) - a.min(c);
    both * 10 >= either * 9
}

pub fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

/// Lets two threads through together, when both are running.
#[derive(Default)]
struct Gate(AtomicU32);

/// How often each has to see the other before it goes on; with one of them waiting for a processor that takes
/// milliseconds.
const GREETINGS: u32 = 4;

impl Gate {
    fn pass(&self) {
        for _ in 0..GREETINGS {
            self.meet();
        }
    }

    fn meet(&self) {
        let both = (self.0.fetch_add(1, Ordering::AcqRel) | 1) + 1;
        let mut turns = 0_u32;
        while self.0.load(Ordering::Acquire) < both {
            turns += 1;
            if turns.is_multiple_of(131_072) {
                thread::yield_now();
            }
            spin_loop();
        }
    }
}
