//! The openb trace of Alibaba: which share of the accelerators is in use when nothing more fits.
//!
//! As in Weng et al. (USENIX ATC 2023): nodes with accelerators only, pods drawn again until they ask for 130 % of the
//! accelerators, shuffled, none ever leaving; the mean over ten seeds. Also the trace as it is, on all nodes.
//!
//! The scores are the crate's, and so are the resources. To compare scores, what a scheduler does around them (keeping
//! the costs of a shape, scoring touched nodes again) is done here in plain arrays, the same for each policy. The rows
//! of [`Scheduler`](gofarm_sched::placement::Scheduler) are what its users get.

mod cluster;
mod scheduler;
mod trace;

use std::time::Duration;

use gofarm_sched::packing::{
    BalancedAllocation, BestFit, Fragmentation, LeastAllocated, Mix, Stranding,
};
use gofarm_sched::placement::Score;
use gofarm_sched::resource::Resources;
use oorandom::Rand64;

use crate::figures::Figures;
use cluster::{Cluster, Outcome};
use scheduler::Typical;
use trace::{Nodes, Trace};

/// What is reported; the weights of `Stranding` were chosen on seeds from 1000.
const SEEDS: std::ops::Range<u128> = 42..52;

/// File, and what is published for it: random, best fit, FGD.
const FILES: [(&str, [f64; 3]); 3] = [
    ("default", [87.47, 93.08, 95.39]),
    ("gpuspec33", [86.46, 93.09, 94.55]),
    ("multigpu20", [88.69, 93.93, 95.65]),
];

/// How a policy knows what is typical.
#[derive(Clone, Copy)]
enum Policy {
    Random,
    BestFit,
    Kubernetes,
    /// With the mix of the file, as published.
    Fragmentation,
    /// With the mix of the file.
    Stranding,
    /// With the mix of the pods that came before, made anew each time their number is four times what it was.
    StrandingLearning,
    /// The crate's scheduler with `Stranding`.
    Scheduler(Typical),
}

impl Policy {
    const ALL: [Self; 8] = [
        Self::Scheduler(Typical::Learned),
        Self::Scheduler(Typical::Given),
        Self::StrandingLearning,
        Self::Stranding,
        Self::Fragmentation,
        Self::BestFit,
        Self::Kubernetes,
        Self::Random,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::BestFit => "BestFit",
            Self::Kubernetes => "Kubernetes, least + balanced",
            Self::Fragmentation => "gofarm Fragmentation (FGD), mix given",
            Self::Stranding => "gofarm Stranding, mix given",
            Self::StrandingLearning => "gofarm Stranding, mix learned",
            Self::Scheduler(Typical::Given) => "gofarm Scheduler with Stranding, mix given",
            Self::Scheduler(Typical::Learned) => "gofarm Scheduler with Stranding, mix learned",
        }
    }

    fn scores(self, mix: &Mix) -> Vec<Box<dyn Score>> {
        let largest = Resources::new(128_000, 0).accelerators(8);
        match self {
            Self::Random => vec![],
            Self::BestFit => vec![Box::new(BestFit::new(largest))],
            Self::Kubernetes => vec![
                Box::new(LeastAllocated::new()),
                Box::new(BalancedAllocation::new()),
            ],
            Self::Fragmentation => vec![Box::new(Fragmentation::new(mix))],
            Self::Stranding | Self::StrandingLearning | Self::Scheduler(_) => {
                vec![Box::new(Stranding::new(mix))]
            }
        }
    }
}

pub fn measure(figures: &mut Figures) {
    for (file, [random, best_fit, fgd]) in FILES {
        let trace = Trace::read(file, Nodes::WithAccelerators);
        let case = format!("openb {file}, 130 %, accelerators in use at the end");
        for policy in Policy::ALL {
            let runs = SEEDS.map(|seed| {
                let mut random = Rand64::new(seed);
                let pods = trace.inflated(1.3, &mut random);
                run(&trace, &pods, policy, &mut random)
            });
            let runs: Vec<Outcome> = runs.collect();
            let mean = runs.iter().map(|run| run.in_use_percent).sum::<f64>() / runs.len() as f64;
            figures.note(&case, policy.name(), "%", mean);
            note_speed(figures, &format!("openb {file}, 130 %"), policy, &runs);
        }
        figures.note(&case, "published: FGD", "%", fgd);
        figures.note(&case, "published: BestFit", "%", best_fit);
        figures.note(&case, "published: random", "%", random);
    }
    let trace = Trace::read("default", Nodes::All);
    for policy in Policy::ALL {
        let outcome = run(&trace, trace.pods(), policy, &mut Rand64::new(42));
        let note = |figures: &mut Figures, what, unit, value| {
            figures.note(
                &format!("openb as it is, all nodes: {what}"),
                policy.name(),
                unit,
                value,
            );
        };
        note(figures, "left unplaced", "pods", outcome.unplaced as f64);
        note(figures, "accelerators in use", "%", outcome.in_use_percent);
    }
}

fn run(trace: &Trace, pods: &[usize], policy: Policy, random: &mut Rand64) -> Outcome {
    if let Policy::Scheduler(typical) = policy {
        return scheduler::place(trace, pods, typical);
    }
    let mut mix = Mix::new();
    if !matches!(policy, Policy::StrandingLearning) {
        for &pod in trace.pods() {
            mix.count(trace.request(pod));
        }
        let scores = policy.scores(&mix);
        let mut cluster = Cluster::new(trace, scores);
        cluster.place(pods, random);
        return cluster.outcome();
    }
    let mut cluster = Cluster::new(trace, policy.scores(&mix));
    let (mut done, mut next) = (0, 128);
    while done < pods.len() {
        let batch = &pods[done..next.min(pods.len())];
        cluster.place(batch, random);
        for &pod in batch {
            mix.count(trace.request(pod));
        }
        cluster.set_scores(policy.scores(&mix));
        done += batch.len();
        next *= 4;
    }
    cluster.outcome()
}

/// The fastest of the runs, for these machines are shared.
fn note_speed(figures: &mut Figures, what: &str, policy: Policy, runs: &[Outcome]) {
    let rate =
        |run: &Outcome| run.decisions as f64 / run.time.max(Duration::from_nanos(1)).as_secs_f64();
    let best = runs.iter().map(rate).fold(0.0, f64::max);
    figures.note(&format!("{what}, decisions"), policy.name(), "/s", best);
}
