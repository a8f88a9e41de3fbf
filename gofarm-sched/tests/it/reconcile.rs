//! The work queue: its rules one by one, and a naive model over random operations.

mod model;

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, millis, secs};
use gofarm_sched::reconcile::{AddError, Interrupt, Outcome, QueueConfig, Run, WorkQueue};

const NOW: Instant = Instant::from_secs(100);

struct Failure(Kind, Option<Duration>);

impl Classify for Failure {
    fn kind(&self) -> Kind {
        self.0
    }

    fn retry_after(&self) -> Option<Duration> {
        self.1
    }
}

fn queue() -> WorkQueue<u8> {
    QueueConfig::new().build().unwrap()
}

/// Half of each back-off: the shortest that jitter allows.
fn shortest() -> impl FnMut() -> u64 {
    || 0
}

fn take(queue: &mut WorkQueue<u8>, now: Instant) -> Run<u8> {
    queue.get(now).expect("a key is ready")
}

#[test]
fn a_key_is_coalesced_while_queued_and_runs_once_more_if_added_while_running() {
    let mut queue = queue();
    for key in [1, 2, 1, 1] {
        queue.add(key).unwrap();
    }
    assert_eq!(queue.ready(), 2);
    let first = take(&mut queue, NOW);
    assert_eq!(*first.key(), 1);
    queue.add(1).unwrap();
    queue.add(1).unwrap();
    let second = take(&mut queue, NOW);
    assert_eq!((*second.key(), queue.get(NOW)), (2, None));
    queue.done(first);
    queue.done(second);
    let again = take(&mut queue, NOW);
    assert_eq!((*again.key(), queue.get(NOW)), (1, None));
    queue.done(again);
    assert_eq!(
        (queue.ready(), queue.running(), queue.counts().coalesced),
        (0, 0, 3)
    );
}

#[test]
fn what_a_run_ends_with_decides_when_it_runs_again() {
    let failed = |kind| Failure(kind, None);
    let asks = |seconds| Failure(Kind::Overloaded, Some(secs(seconds)));
    let [transient, timed_out, permanent, invalid, cancelled] = [
        Kind::Transient,
        Kind::TimedOut,
        Kind::Permanent,
        Kind::Invalid,
        Kind::Cancelled,
    ]
    .map(failed);
    let [soon, late] = [asks(0), asks(20)];
    type Row<'a> = (Result<Outcome, &'a dyn Classify>, Option<Duration>);
    let rows: [Row<'_>; 11] = [
        (Ok(Outcome::Done), None),
        (Ok(Outcome::Requeue), Some(secs(30))),
        (Ok(Outcome::RequeueAfter(secs(7))), Some(secs(7))),
        (Ok(Outcome::RequeueAfter(secs(0))), Some(secs(0))),
        (Err(&transient), Some(millis(500))),
        (Err(&timed_out), Some(millis(500))),
        (Err(&soon), Some(millis(500))),
        (Err(&late), Some(secs(20))),
        (Err(&permanent), None),
        (Err(&invalid), None),
        (Err(&cancelled), None),
    ];
    for (row, (end, again)) in rows.into_iter().enumerate() {
        let mut queue = queue();
        queue.add(1).unwrap();
        let run = take(&mut queue, NOW);
        queue.finish(NOW, run, end, &mut shortest());
        let due = match queue.ready() {
            0 => queue.poll_timeout(),
            _ => Some(NOW),
        };
        assert_eq!(due, again.map(|wait| NOW + wait), "row {row}");
    }
}

#[test]
fn back_off_grows_with_each_failure_and_ends_with_the_first_success() {
    let mut queue: WorkQueue<u8> = QueueConfig::new()
        .backoff(secs(2), secs(10))
        .build()
        .unwrap();
    let mut now = NOW;
    queue.add(1).unwrap();
    for (attempt, wait) in [(1, 1), (2, 2), (3, 4), (4, 5), (5, 5)] {
        let run = take(&mut queue, now);
        assert_eq!((run.attempt(), queue.failures(&1)), (attempt, attempt - 1));
        queue.finish(
            now,
            run,
            Err(&Failure(Kind::Transient, None)),
            &mut shortest(),
        );
        assert_eq!(queue.poll_timeout(), Some(now + secs(wait)));
        now += secs(wait);
    }
    let run = take(&mut queue, now);
    queue.finish(now, run, Ok(Outcome::Done), &mut shortest());
    queue.add(1).unwrap();
    assert_eq!(take(&mut queue, now).attempt(), 1);
}

#[test]
fn of_several_times_the_earliest_counts() {
    let mut queue = queue();
    for wait in [50, 20, 40] {
        queue.add_after(NOW, 1, secs(wait)).unwrap();
    }
    assert_eq!(
        (queue.waiting(), queue.poll_timeout()),
        (1, Some(NOW + secs(20)))
    );
    // A run in between does not use the time up.
    queue.add(1).unwrap();
    let run = take(&mut queue, NOW + secs(5));
    queue.finish(NOW + secs(5), run, Ok(Outcome::Done), &mut shortest());
    assert_eq!(queue.get(NOW + secs(19)), None);
    assert_eq!(*take(&mut queue, NOW + secs(20)).key(), 1);
}

#[test]
fn a_run_that_takes_too_long_is_told_once_and_keeps_its_key() {
    let mut queue = queue();
    queue.add(1).unwrap();
    let run = take(&mut queue, NOW);
    assert_eq!(queue.poll_timeout(), Some(NOW + secs(60)));
    queue.handle_timeout(NOW + secs(59));
    assert_eq!(queue.poll_interrupt(), None);
    queue.handle_timeout(NOW + secs(60));
    assert_eq!(
        queue.poll_interrupt(),
        Some((run.id(), Interrupt::TimedOut))
    );
    assert_eq!((queue.poll_interrupt(), queue.poll_timeout()), (None, None));
    queue.add(1).unwrap();
    assert_eq!(queue.get(NOW + secs(600)), None);
    queue.finish(
        NOW + secs(600),
        run,
        Err(&Interrupt::TimedOut),
        &mut shortest(),
    );
    assert_eq!(take(&mut queue, NOW + secs(600)).attempt(), 2);
}

#[test]
fn a_cancelled_key_leaves_the_queue_and_its_run_is_ended() {
    let mut queue = queue();
    let mut random = SplitMix64::new(1);
    queue.add(1).unwrap();
    queue.add_after(NOW, 2, secs(5)).unwrap();
    queue.add(3).unwrap();
    assert!(queue.cancel(&1) && queue.cancel(&2) && !queue.cancel(&9));
    let run = take(&mut queue, NOW);
    assert_eq!(
        (*run.key(), queue.poll_timeout()),
        (3, Some(run.deadline()))
    );

    assert!(queue.cancel(&3));
    assert_eq!(
        queue.poll_interrupt(),
        Some((run.id(), Interrupt::Cancelled))
    );
    // It ended by itself before it could be ended: it is not wanted again all the same.
    queue.finish(NOW, run, Ok(Outcome::Requeue), &mut random);
    assert_eq!((queue.poll_timeout(), queue.get(NOW)), (None, None));

    queue.add(3).unwrap();
    let run = take(&mut queue, NOW);
    queue.cancel(&3);
    queue.add(3).unwrap();
    queue.finish(NOW, run, Err(&Interrupt::Cancelled), &mut random);
    assert_eq!(*take(&mut queue, NOW).key(), 3);
}

#[test]
fn a_full_queue_refuses_only_what_it_does_not_know() {
    let mut queue: WorkQueue<u8> = QueueConfig::new().most_keys(2).build().unwrap();
    queue.add(1).unwrap();
    queue.add_after(NOW, 2, secs(1)).unwrap();
    assert_eq!(queue.add(3), Err(AddError::Full(2)));
    assert_eq!(
        queue.add_rate_limited(NOW, 3, &mut shortest()),
        Err(AddError::Full(2))
    );
    queue.add(2).unwrap();
    let run = take(&mut queue, NOW);
    assert_eq!(queue.add(3).unwrap_err().kind(), Kind::Overloaded);
    queue.done(run);
    queue.add(3).unwrap();
}

#[test]
fn after_it_was_shut_down_only_what_runs_may_end() {
    let mut queue = queue();
    for key in [1, 2] {
        queue.add(key).unwrap();
    }
    queue.add_after(NOW, 3, secs(1)).unwrap();
    let run = take(&mut queue, NOW);
    queue.shut_down();
    assert_eq!(queue.add(4), Err(AddError::ShutDown));
    assert_eq!(
        (queue.get(NOW + secs(9)), queue.poll_timeout()),
        (None, Some(run.deadline()))
    );
    queue.finish(
        NOW,
        run,
        Err(&Failure(Kind::Transient, None)),
        &mut shortest(),
    );
    assert_eq!((queue.running(), queue.ready(), queue.waiting()), (0, 0, 0));
}

#[test]
fn figures_out_of_range_are_refused_by_name() {
    let config = QueueConfig::new;
    let rows = [
        (config().most_keys(0), "most_keys"),
        (config().requeue_after(secs(0)), "requeue_after"),
        (config().run_timeout(secs(0)), "run_timeout"),
        (config().backoff(secs(0), secs(1)), "first backoff"),
        (config().backoff(secs(2), secs(1)), "longest backoff"),
    ];
    for (config, field) in rows {
        assert_eq!(config.build::<u8>().unwrap_err().field(), field);
    }
}
