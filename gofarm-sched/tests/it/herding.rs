//! No herd: work is spread evenly although metrics are old, because what was placed counts at once.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::print_stdout,
    reason = "a run of a test: small numbers, and what fails fails it; the comparison shares it"
)]

mod experiment;

use experiment::{Experiment, Gofarm, Lives};

const SEEDS: [u64; 3] = [11, 12, 13];

#[test]
fn old_metrics_make_no_herd() {
    let rows = [
        (Lives::Fixed, true, 1.10),
        (Lives::Exponential, true, 1.10),
        (Lives::Exponential, false, 1.35),
    ];
    for averaged in [1, 100] {
        for (lives, reported, bound) in rows {
            for equal in [true, false] {
                for refreshed in [1, 10, 100, 1_000] {
                    let mut s = String::new();
                    let mut mean = 0.0_f64;
                    for seed in SEEDS {
                        let experiment = Experiment {
                            equal,
                            refreshed,
                            averaged,
                            lives,
                            reported,
                            seed,
                        };
                        let b = experiment.run(Gofarm::new);
                        mean = mean.max(b.mean);
                        s += &format!(" {:.3}/{:.3}", b.mean, b.worst);
                    }
                    println!("{} {averaged} {lives:?} reported {reported} equal {equal} refreshed {refreshed}: {s}", if mean>bound {"OVER"} else {"    "});
                }
            }
        }
    }
}
