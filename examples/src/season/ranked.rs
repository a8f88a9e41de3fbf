//! [`Ranked`]: times by length, to say what most of them did not exceed.

/// Times in order of their length.
#[derive(Debug)]
pub(super) struct Ranked(Vec<u64>);

impl Ranked {
    pub(super) fn new(mut nanos: Vec<u64>) -> Self {
        nanos.sort_unstable();
        Self(nanos)
    }

    /// What so many of a hundred did not exceed, in µs, by the nearest rank; 0 of none.
    pub(super) fn percentile(&self, hundredths: usize) -> f64 {
        let rank = (self.0.len() * hundredths).div_ceil(100).max(1) - 1;
        self.0
            .get(rank)
            .map_or(0.0, |&nanos| nanos as f64 / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let ranked = Ranked::new((1..=200).rev().map(|n| n * 1_000).collect());
        assert_eq!([50, 99].map(|n| ranked.percentile(n)), [100.0, 198.0]);
        assert_eq!(Ranked::new(Vec::new()).percentile(99), 0.0);
        assert_eq!(Ranked::new(vec![7_000]).percentile(50), 7.0);
    }
}
