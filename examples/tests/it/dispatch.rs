//! The dispatcher: played without a runtime, and as a service in tokio's paused time.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use core::future::pending;
use std::collections::HashMap;

use gofarm_core::time::{Instant, secs};
use gofarm_examples::dispatch::{Answer, Dispatcher, MOST_WAITING, Message, elsewhere, run};
use gofarm_sched::driver::TokioClock;
use gofarm_sched::load::Load;
use gofarm_sched::node::Node;
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};
use tokio::sync::mpsc;

const GIB: u64 = 1 << 30;

/// The office cannot be measured, so that only what reports gets work.
fn dispatcher(proc: &str) -> Dispatcher {
    let office = Node::new("office", Resources::new(2_000, 4 * GIB)).zone("yard");
    let mut dispatcher = Dispatcher::new(office, proc).unwrap();
    for machine in elsewhere::machines() {
        dispatcher.add(machine);
    }
    dispatcher
}

fn report(machine: &str, cpu: f32) -> Message {
    let load = Load::new().cpu(cpu).memory(0.3).io_wait(0.02);
    Message::Report {
        machine: machine.to_owned(),
        load,
    }
}

fn job(job: u64, cpu_milli: u32) -> Message {
    let request = Request::new(Ask::new(cpu_milli, GIB));
    Message::Job { job, request }
}

fn started_on(dispatcher: &mut Dispatcher) -> Vec<String> {
    let answers = core::iter::from_fn(|| dispatcher.poll_answer());
    answers
        .filter_map(|answer| match answer {
            Answer::Start { machine, .. } => Some(machine),
            _ => None,
        })
        .collect()
}

#[test]
fn a_silent_machine_gets_no_work_and_jobs_wait_for_one_that_reports() {
    let mut dispatcher = dispatcher("/nowhere");
    dispatcher.handle(Instant::from_secs(1), job(1, 1_000));
    assert_eq!(
        (started_on(&mut dispatcher).len(), dispatcher.waiting()),
        (0, 1)
    );
    dispatcher.handle(Instant::from_secs(2), report("barn", 0.9));
    assert_eq!(started_on(&mut dispatcher), ["barn"]);
    // The barn is silent for more than 5 s; the greenhouse, though busy, is not.
    dispatcher.handle(Instant::from_secs(8), report("greenhouse", 0.8));
    dispatcher.handle(Instant::from_secs(8), job(2, 1_000));
    assert_eq!(started_on(&mut dispatcher), ["greenhouse"]);
}

#[test]
fn jobs_between_two_reports_are_shared_out() {
    let mut dispatcher = dispatcher("/nowhere");
    let now = Instant::from_secs(1);
    dispatcher.handle(now, report("barn", 0.1));
    dispatcher.handle(now, report("greenhouse", 0.2));
    for number in 0..6 {
        dispatcher.handle(now, job(number, 1_000));
    }
    let started = started_on(&mut dispatcher);
    let barn = started.iter().filter(|name| *name == "barn").count();
    assert_eq!((started.len(), barn), (6, 4)); // twice as many processors
}

#[test]
fn what_can_never_be_done_is_refused_and_what_waits_is_bounded() {
    let mut dispatcher = dispatcher("/nowhere");
    let now = Instant::from_secs(1);
    dispatcher.handle(now, job(0, 64_000));
    let Some(Answer::Refused { job: 0, why }) = dispatcher.poll_answer() else {
        panic!("no machine is that large");
    };
    assert_eq!(why, "none of the 3 nodes could hold it, were it empty");
    for number in 1..=MOST_WAITING as u64 + 1 {
        dispatcher.handle(now, job(number, 1_000));
    }
    assert_eq!(dispatcher.waiting(), MOST_WAITING);
    assert_eq!(dispatcher.counts().refused, 2);
}

#[test]
fn a_load_that_cannot_be_sampled_is_tried_again_after_its_period() {
    let mut dispatcher = dispatcher("/nowhere");
    for second in 1..=10 {
        let now = Instant::from_secs(second);
        dispatcher.handle_timeout(now);
        assert_eq!(dispatcher.poll_timeout(), now + secs(1));
    }
    let counts = dispatcher.counts();
    assert_eq!((counts.samples, counts.failed_samples), (0, 10));
}

#[tokio::test(start_paused = true)]
async fn the_service_does_a_stream_of_jobs_and_ends() {
    const JOBS: u64 = 60;
    let dispatcher = dispatcher("/proc");
    let (messages, inbox) = mpsc::channel(64);
    let (answers, outbox) = mpsc::unbounded_channel();
    let mut machines: HashMap<String, u64> = HashMap::new();
    let mut refused = Vec::new();
    let farm = elsewhere::play(JOBS, messages, outbox, |answer| match answer {
        Answer::Start { machine, why, .. } => {
            assert!(why.starts_with(&format!("{machine}  ")), "{why}");
            *machines.entry(machine.clone()).or_default() += 1;
        }
        Answer::Refused { job, .. } => refused.push(*job),
        _ => {}
    });
    let service = run(dispatcher, TokioClock::new(), inbox, answers, pending());
    let (dispatcher, ()) = tokio::join!(service, farm);

    let counts = dispatcher.counts();
    assert_eq!((counts.started, counts.ended), (JOBS - 1, JOBS - 1));
    assert_eq!((refused, counts.unknown), (vec![JOBS], 0));
    assert_eq!(dispatcher.waiting(), 0);
    // 15 s of arrivals, a sample of this machine each second.
    assert!(counts.samples >= 15, "{counts:?}");
    assert_eq!(counts.failed_samples, 0);
    for machine in ["barn", "greenhouse"] {
        assert!(machines[machine] >= JOBS / 6, "{machines:?}");
    }
}
