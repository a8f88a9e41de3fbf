//! Scores of nodes as a textbook has them: an array of structures, mean and deviation in one pass, z-scores in another.

use std::hint::black_box;

use oorandom::Rand64;

use super::node_table::{ANEW, LEAST, TEN, case};
use crate::figures::Figures;

pub(super) const ENGINE: &str = "textbook AoS f64 in two passes";

const WEIGHTS: [f64; 5] = [0.3, 0.25, 0.2, 0.15, 0.1];

/// A node with its five metrics and its score.
pub(super) struct Node {
    metrics: [f64; 5],
    score: f64,
}

pub(super) fn measure(figures: &mut Figures, size: usize) {
    let mut random = Rand64::new(7);
    let node = |_| Node {
        metrics: std::array::from_fn(|_| random.rand_float()),
        score: 0.0,
    };
    let mut nodes: Vec<Node> = (0..size).map(node).collect();
    figures.time(&case(ANEW, size), ENGINE, || score(black_box(&mut nodes)));
    figures.time(&case(LEAST, size), ENGINE, || {
        let at = random.rand_range(0..size as u64) as usize;
        nodes[at].metrics[0] = random.rand_float();
        score(&mut nodes);
        least(&nodes)
    });
    let mut order: Vec<usize> = (0..size).collect();
    figures.time(
        &case(TEN, size),
        "select_nth_unstable of the standard library",
        || {
            let by_score = |a: &usize, b: &usize| nodes[*a].score.total_cmp(&nodes[*b].score);
            order
                .iter_mut()
                .enumerate()
                .for_each(|(at, slot)| *slot = at);
            order.select_nth_unstable_by(10, by_score);
            order[..10].sort_unstable_by(by_score);
            order[0]
        },
    );
}

fn score(nodes: &mut [Node]) {
    let count = nodes.len() as f64;
    let (mut sum, mut squares) = ([0.0; 5], [0.0; 5]);
    for node in nodes.iter() {
        for (metric, value) in node.metrics.iter().enumerate() {
            sum[metric] += value;
            squares[metric] += value * value;
        }
    }
    let mean = sum.map(|sum| sum / count);
    let deviation: [f64; 5] = std::array::from_fn(|metric| {
        let variance = squares[metric] / count - mean[metric] * mean[metric];
        variance.max(0.0).sqrt().max(f64::MIN_POSITIVE)
    });
    for node in nodes {
        node.score = (0..5)
            .map(|metric| {
                WEIGHTS[metric] * (node.metrics[metric] - mean[metric]) / deviation[metric]
            })
            .sum();
    }
}

fn least(nodes: &[Node]) -> Option<usize> {
    let scores = nodes.iter().enumerate();
    let least = scores.min_by(|(_, a), (_, b)| a.score.total_cmp(&b.score));
    least.map(|(at, _)| at)
}
