//! The queue against a model that is too slow to be wrong.

use alloc::collections::BTreeMap;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis};
use gofarm_sched::reconcile::{Interrupt, Outcome, QueueConfig, Run, WorkQueue};
use proptest::prelude::*;

use super::{Failure, NOW};

#[derive(Clone, Copy, Debug)]
enum Op {
    Add(u8),
    AddAfter(u8, u64),
    AddRateLimited(u8),
    Forget(u8),
    Cancel(u8),
    Get,
    Finish(usize, End),
    Pass(u64),
}

#[derive(Clone, Copy, Debug)]
enum End {
    Done,
    Requeue,
    RequeueAfter(u64),
    Transient,
    Permanent,
    Plain,
}

const FIRST_MS: u64 = 1_000;
const LONGEST_MS: u64 = 8_000;
const TIMEOUT_MS: u64 = 20_000;
const MOST: usize = 5;

/// What is known of each key, in plain words.
#[derive(Default)]
struct Model {
    now_ms: u64,
    order: Vec<u8>,
    again: Vec<u8>,
    timers: BTreeMap<u8, (u64, u64)>,
    failures: BTreeMap<u8, u32>,
    running: Vec<Taken>,
    stamp: u64,
}

struct Taken {
    key: u8,
    run: Run<u8>,
    deadline_ms: u64,
    interrupt: Option<Interrupt>,
}

impl Model {
    fn runs(&self, key: u8) -> bool {
        self.running.iter().any(|taken| taken.key == key)
    }

    fn knows(&self, key: u8) -> bool {
        self.order.contains(&key) || self.timers.contains_key(&key) || self.runs(key)
    }

    fn has_room(&self, key: u8) -> bool {
        let known = (0..=u8::MAX).filter(|k| self.knows(*k)).count();
        self.knows(key) || known < MOST
    }

    fn add(&mut self, key: u8) {
        let list = if self.runs(key) {
            &mut self.again
        } else {
            &mut self.order
        };
        if !list.contains(&key) {
            list.push(key);
        }
    }

    fn add_after(&mut self, key: u8, wait_ms: u64) {
        if wait_ms == 0 {
            return self.add(key);
        }
        self.stamp += 1;
        let due = (self.now_ms + wait_ms, self.stamp);
        let timer = self.timers.entry(key).or_insert(due);
        if due.0 < timer.0 {
            *timer = due;
        }
    }

    /// Without jitter's random half.
    fn back_off(&mut self, key: u8) {
        let failures = self.failures.entry(key).or_default();
        let full = (FIRST_MS << (*failures).min(20)).min(LONGEST_MS);
        *failures += 1;
        self.add_after(key, full - full / 2);
    }

    fn pass(&mut self) {
        let now = self.now_ms;
        let mut due: Vec<(u64, u64, u8)> = self
            .timers
            .iter()
            .filter(|(_, at)| at.0 <= now)
            .map(|(k, at)| (at.0, at.1, *k))
            .collect();
        due.sort_unstable();
        for (_, _, key) in due {
            self.timers.remove(&key);
            self.add(key);
        }
        for taken in &mut self.running {
            if taken.deadline_ms <= now {
                taken.interrupt.get_or_insert(Interrupt::TimedOut);
            }
        }
    }

    fn cancel(&mut self, key: u8) {
        self.order.retain(|k| *k != key);
        self.again.retain(|k| *k != key);
        self.timers.remove(&key);
        match self.running.iter_mut().find(|taken| taken.key == key) {
            Some(taken) => {
                taken.interrupt.get_or_insert(Interrupt::Cancelled);
            }
            None => {
                self.failures.remove(&key);
            }
        }
    }

    fn finish(&mut self, taken: usize, end: End) -> Run<u8> {
        let Taken {
            key,
            run,
            interrupt,
            ..
        } = self.running.remove(taken);
        let cancelled = interrupt == Some(Interrupt::Cancelled) && !matches!(end, End::Plain);
        match end {
            _ if cancelled => {
                self.failures.remove(&key);
            }
            End::Transient => self.back_off(key),
            End::Plain => {}
            End::Done | End::Permanent => {
                self.failures.remove(&key);
            }
            End::Requeue => {
                self.failures.remove(&key);
                self.add_after(key, 30_000);
            }
            End::RequeueAfter(ms) => {
                self.failures.remove(&key);
                // While it runs, as the queue sees it.
                if ms == 0 && !self.again.contains(&key) {
                    self.again.push(key);
                } else if ms > 0 {
                    self.add_after(key, ms);
                }
            }
        }
        if let Some(place) = self.again.iter().position(|k| *k == key) {
            self.again.remove(place);
            self.order.push(key);
        } else if !self.timers.contains_key(&key) {
            self.failures.remove(&key);
        }
        run
    }
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..7_u8;
    let wait = prop_oneof![Just(0), 1..5_000_u64, 1..40_000_u64];
    let end = prop_oneof![
        1 => Just(End::Done),
        1 => Just(End::Requeue),
        1 => prop_oneof![Just(0), 1..9_000_u64].prop_map(End::RequeueAfter),
        3 => Just(End::Transient),
        1 => Just(End::Permanent),
        1 => Just(End::Plain),
    ];
    prop_oneof![
        4 => key.clone().prop_map(Op::Add),
        2 => (key.clone(), wait.clone()).prop_map(|(k, w)| Op::AddAfter(k, w)),
        1 => key.clone().prop_map(Op::AddRateLimited),
        1 => key.clone().prop_map(Op::Forget),
        1 => key.prop_map(Op::Cancel),
        5 => Just(Op::Get),
        4 => (0..4_usize, end).prop_map(|(n, end)| Op::Finish(n, end)),
        3 => wait.prop_map(Op::Pass),
    ]
}

fn step(queue: &mut WorkQueue<u8>, model: &mut Model, op: Op) -> Result<(), TestCaseError> {
    let now = NOW + millis(model.now_ms);
    match op {
        Op::Add(key) => {
            let room = model.has_room(key);
            prop_assert_eq!(queue.add(key).is_ok(), room);
            if room {
                model.add(key);
            }
        }
        Op::AddAfter(key, wait) => {
            let room = model.has_room(key);
            prop_assert_eq!(queue.add_after(now, key, millis(wait)).is_ok(), room);
            if room {
                model.add_after(key, wait);
            }
        }
        Op::AddRateLimited(key) => {
            let room = model.has_room(key);
            prop_assert_eq!(queue.add_rate_limited(now, key, &mut || 0).is_ok(), room);
            if room {
                model.back_off(key);
            }
        }
        Op::Forget(key) => {
            queue.forget(&key);
            model.failures.remove(&key);
        }
        Op::Cancel(key) => {
            prop_assert_eq!(queue.cancel(&key), model.knows(key));
            model.cancel(key);
        }
        Op::Get => {
            model.pass();
            let run = queue.get(now);
            let expected = (!model.order.is_empty()).then(|| model.order.remove(0));
            prop_assert_eq!(run.as_ref().map(|run| *run.key()), expected);
            if let Some(run) = run {
                prop_assert!(!model.runs(*run.key()), "one key runs twice at once");
                let failures = model.failures.get(run.key()).copied().unwrap_or(0);
                prop_assert_eq!(run.attempt(), failures + 1);
                model.running.push(Taken {
                    key: *run.key(),
                    run,
                    deadline_ms: model.now_ms + TIMEOUT_MS,
                    interrupt: None,
                });
            }
        }
        Op::Finish(taken, end) => {
            if taken >= model.running.len() {
                return Ok(());
            }
            let run = model.finish(taken, end);
            let (transient, permanent) = (
                Failure(Kind::Transient, None),
                Failure(Kind::Permanent, None),
            );
            let end: Result<Outcome, &dyn Classify> = match end {
                End::Done => Ok(Outcome::Done),
                End::Requeue => Ok(Outcome::Requeue),
                End::RequeueAfter(ms) => Ok(Outcome::RequeueAfter(millis(ms))),
                End::Transient => Err(&transient),
                End::Permanent => Err(&permanent),
                End::Plain => {
                    queue.done(run);
                    return Ok(());
                }
            };
            queue.finish(now, run, end, &mut || 0);
        }
        Op::Pass(ms) => {
            model.now_ms += ms;
            model.pass();
            queue.handle_timeout(NOW + millis(model.now_ms));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_queue_does_what_the_model_does(ops in prop::collection::vec(op(), 1..150)) {
        let config = QueueConfig::new()
            .most_keys(5)
            .run_timeout(millis(TIMEOUT_MS))
            .backoff(millis(FIRST_MS), millis(LONGEST_MS));
        let mut queue: WorkQueue<u8> = config.build().unwrap();
        let mut model = Model::default();
        let mut told = Vec::new();
        for op in ops {
            step(&mut queue, &mut model, op)?;
            prop_assert_eq!(queue.ready(), model.order.len());
            prop_assert_eq!(queue.waiting(), model.timers.len());
            prop_assert_eq!(queue.running(), model.running.len());
            for key in 0..7 {
                prop_assert_eq!(queue.failures(&key), model.failures.get(&key).copied().unwrap_or(0));
            }
            let timers = model.timers.values().map(|at| at.0);
            let runs = model.running.iter().filter(|t| t.interrupt.is_none()).map(|t| t.deadline_ms);
            let due: Option<Instant> = timers.chain(runs).min().map(|ms| NOW + millis(ms));
            prop_assert_eq!(queue.poll_timeout(), due);
            while let Some((id, interrupt)) = queue.poll_interrupt() {
                prop_assert!(!told.contains(&id), "told twice");
                told.push(id);
                let taken = model.running.iter().find(|t| t.run.id() == id).unwrap();
                prop_assert_eq!(taken.interrupt, Some(interrupt));
            }
            for taken in &model.running {
                prop_assert_eq!(taken.interrupt.is_some(), told.contains(&taken.run.id()));
            }
        }
    }
}
