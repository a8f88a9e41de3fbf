//! No herd: work is spread evenly although metrics are old, because what was placed counts at once.
//!
//! Bounded is the greatest use of a node beside the mean use, on average over the second half of a run and over the
//! seeds, as the published tables have it; with fixed lives also at worst. The worst of the others is printed.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a run of a test: small numbers, and what fails fails it; the comparison shares the experiment"
)]

mod experiment;

use experiment::{Balance, Experiment, Gofarm, Lives};

/// How long tasks live, whether their ends are told, and the bound.
type Row = (Lives, bool, f64);

fn spread_evenly(averaged: u32, rows: [Row; 3]) {
    let mut over = Vec::new();
    for (lives, reported, bound) in rows {
        for equal in [true, false] {
            for refreshed in [1, 10, 100, 1_000] {
                // Nothing is drawn for fixed lives; a hundred reports for each task take long.
                let seeds = match lives {
                    Lives::Exponential if refreshed > 1 => 11..14,
                    _ => 11..12,
                };
                let runs: Vec<Balance> = seeds
                    .map(|seed| {
                        let experiment = Experiment {
                            equal,
                            refreshed,
                            averaged,
                            lives,
                            reported,
                            seed,
                        };
                        experiment.run(Gofarm::new)
                    })
                    .collect();
                let mean = runs.iter().map(|run| run.mean).sum::<f64>() / runs.len() as f64;
                let worst = runs.iter().map(|run| run.worst).fold(0.0, f64::max);
                let row = format!(
                    "{lives:?}, ends told {reported}, equal {equal}, refreshed every {refreshed}: \
                     mean {mean:.3}, worst {worst:.3}, bound {bound}"
                );
                println!("{row}");
                if mean > bound || lives == Lives::Fixed && worst > bound {
                    over.push(row);
                }
            }
        }
    }
    assert!(over.is_empty(), "{over:#?}");
}

#[test]
fn old_metrics_make_no_herd() {
    spread_evenly(
        1,
        [
            (Lives::Fixed, true, 1.10),
            (Lives::Exponential, true, 1.10),
            (Lives::Exponential, false, 1.35),
        ],
    );
}

/// Reports are means of the last second, so that a task shows in part before it shows in full, and counts more than
/// once in between.
#[test]
fn metrics_that_settle_slowly_make_no_herd() {
    spread_evenly(
        100,
        [
            (Lives::Fixed, true, 1.10),
            (Lives::Exponential, true, 1.10),
            (Lives::Exponential, false, 1.35),
        ],
    );
}
