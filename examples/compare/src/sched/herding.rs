//! How evenly 20 000 tasks lie on 100 nodes whose metrics are old; the set-up is that of the crate's own test.

#[path = "../../../../gofarm-sched/tests/it/herding/experiment.rs"]
mod experiment;

use gofarm_core::time::Instant;
use oorandom::Rand64;

use crate::figures::Figures;
use experiment::{Balance, Experiment, Gofarm, Lives, NODES, Placer};

const SEEDS: std::ops::Range<u64> = 11..16;

const LIVES: [(&str, Lives, bool); 3] = [
    ("fixed lives", Lives::Fixed, true),
    ("exponential lives, ends reported", Lives::Exponential, true),
    (
        "exponential lives, ends not reported",
        Lives::Exponential,
        false,
    ),
];

pub(super) fn measure(figures: &mut Figures) {
    for (lives, drawn, reported) in LIVES {
        for equal in [true, false] {
            for refreshed in [1, 10, 100, 1_000] {
                let nodes = if equal { "equal" } else { "unequal" };
                let case = format!(
                    "herding, {nodes} nodes, {lives}, metrics every {refreshed} arrivals: \
                     greatest use beside the mean one"
                );
                let experiment = |averaged, seed| Experiment {
                    equal,
                    refreshed,
                    averaged,
                    lives: drawn,
                    reported,
                    seed,
                };
                let mut note = |engine, run: &dyn Fn(u64) -> Balance| {
                    let runs: Vec<Balance> = SEEDS.map(run).collect();
                    let mean = runs.iter().map(|run| run.mean).sum::<f64>() / runs.len() as f64;
                    let worst = runs.iter().map(|run| run.worst).fold(0.0, f64::max);
                    figures.note(&case, engine, "%", 100.0 * mean);
                    figures.note(&case, engine, "% at worst", 100.0 * worst);
                };
                note("gofarm", &|seed| experiment(1, seed).run(Gofarm::new));
                note("gofarm, metrics are means of 100 arrivals", &|seed| {
                    experiment(100, seed).run(Gofarm::new)
                });
                for rule in [Rule::Least, Rule::LessOfTwo, Rule::Random] {
                    note(rule.name(), &|seed| {
                        experiment(1, seed).run(|_, _| Stale::new(rule, seed))
                    });
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Rule {
    Least,
    LessOfTwo,
    Random,
}

impl Rule {
    const fn name(self) -> &'static str {
        match self {
            Self::Least => "least loaded by the last metrics",
            Self::LessOfTwo => "less loaded of two by the last metrics",
            Self::Random => "random",
        }
    }
}

/// Who believes the last metrics.
struct Stale {
    rule: Rule,
    uses: Vec<f32>,
    random: Rand64,
}

impl Stale {
    fn new(rule: Rule, seed: u64) -> Self {
        Self {
            rule,
            uses: vec![0.0; NODES],
            random: Rand64::new(u128::from(seed)),
        }
    }

    fn draw(&mut self) -> usize {
        self.random.rand_range(0..NODES as u64) as usize
    }
}

impl Placer for Stale {
    type Task = ();

    fn report(&mut self, uses: &[f32], _: Instant) {
        self.uses.copy_from_slice(uses);
    }

    fn place(&mut self, _: Instant) -> (usize, ()) {
        let at = match self.rule {
            Rule::Least => {
                let nodes = 0..NODES;
                let by_use = |a: &usize, b: &usize| self.uses[*a].total_cmp(&self.uses[*b]);
                nodes.min_by(by_use).expect("there are nodes")
            }
            Rule::LessOfTwo => {
                let (a, b) = (self.draw(), self.draw());
                if self.uses[b] < self.uses[a] { b } else { a }
            }
            Rule::Random => self.draw(),
        };
        (at, ())
    }

    fn ended(&mut self, (): (), _: Instant) {}
}
