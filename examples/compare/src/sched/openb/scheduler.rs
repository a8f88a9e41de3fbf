//! The same through [`Scheduler`], as its users have it: each pod is placed and committed, with reasons and time
//! limits.

use std::time::Instant;

use gofarm_core::time::{Instant as Time, millis};
use gofarm_sched::packing::{Mix, Stranding};
use gofarm_sched::placement::{Scheduler, Unplaced};

use super::cluster::Outcome;
use super::trace::Trace;

/// How the scheduler knows what is typical.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Typical {
    Given,
    /// Learned from the pods that came before, made anew each time their number is four times what it was.
    Learned,
}

/// Places pods 10 ms apart. The trace has no loads, so that these do not count; everything else is the default.
pub(super) fn place(trace: &Trace, pods: &[usize], typical: Typical) -> Outcome {
    let mut mix = Mix::new();
    if typical == Typical::Given {
        for &pod in trace.pods() {
            mix.count(trace.request(pod));
        }
    }
    let builder = Scheduler::builder().load_weight(0.0).no_limit();
    let builder = builder.score(1, Stranding::new(&mix)).build();
    let mut sched = builder.expect("one score has a weight");
    let nodes = trace.nodes().iter().cloned();
    let nodes: Vec<_> = nodes.map(|node| sched.add_node(node)).collect();

    let mut outcome = Outcome::default();
    let (mut now, mut learn) = (Time::ZERO, 128);
    let begun = Instant::now();
    for &pod in pods {
        now += millis(10);
        let request = trace.request(pod);
        match sched.place(request, now) {
            Ok(decision) => {
                sched.commit(decision, now).expect("it is held");
            }
            Err(Unplaced::Refused(_) | Unplaced::NeverFits { .. }) => outcome.unplaced += 1,
            Err(other) => panic!("openb: {other}"),
        }
        outcome.decisions += 1;
        if typical == Typical::Learned {
            mix.count(request);
            if outcome.decisions == learn {
                let score = Box::new(Stranding::new(&mix));
                let replaced = sched.replace_score("stranding", score);
                replaced.expect("it is there");
                learn *= 4;
            }
        }
    }
    outcome.time = begun.elapsed();

    let free = nodes.iter().filter_map(|&node| sched.free(node));
    let free: u32 = free.map(|free| free.devices().total_free()).sum();
    outcome.in_use_percent = 100.0 * (1.0 - f64::from(free) / f64::from(trace.capacity()));
    outcome
}
