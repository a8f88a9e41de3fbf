//! Scores of nodes as a textbook has them: an array of structures, mean and deviation in one pass, z-scores in another.

use std::hint::black_box;

use oorandom::Rand64;

use crate::figures::Figures;

pub(super) const ENGINE: &str = "textbook AoS f64 in two passes";

/// The case of so many nodes.
pub(super) fn case(nodes: usize) -> String {
    format!("score of all of {nodes} nodes, five metrics")
}

/// The sizes that are measured.
pub(super) const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

const WEIGHTS: [f64; 5] = [0.3, 0.25, 0.2, 0.15, 0.1];

struct Node {
    metrics: [f64; 5],
    score: f64,
}

pub fn measure(figures: &mut Figures) {
    for size in SIZES {
        let mut random = Rand64::new(7);
        let node = |_| Node {
            metrics: std::array::from_fn(|_| random.rand_float()),
            score: 0.0,
        };
        let mut nodes: Vec<Node> = (0..size).map(node).collect();
        figures.time(&case(size), ENGINE, || score(black_box(&mut nodes)));
    }
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
