//! The edges of a histogram's buckets: [`Boundaries`].

use alloc::sync::Arc;

/// Seconds, as the semantic conventions give them for `http.server.request.duration`.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The OpenTelemetry SDK's default, made for milliseconds.
const PLAIN: [f64; 15] = [
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10000.0,
];

/// From a LoRa frame to a firmware image, each four times the one before.
const BYTES: [f64; 10] = [
    64.0, 256.0, 1024.0, 4096.0, 16384.0, 65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0,
];

/// Shares and relative errors.
const RATIO: [f64; 12] = [
    0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 0.9, 0.95, 1.0,
];

/// The upper edges of a histogram's buckets, each inclusive; one bucket more takes what is above the last.
///
/// ```
/// use gofarm_otel::instrument::Boundaries;
///
/// let ph = Boundaries::new(&[4.0, 5.5, 6.5, 7.5, 9.0])?;
/// assert_eq!(ph.as_slice().len(), 5);
/// assert!(Boundaries::new(&[2.0, 1.0]).is_err());
/// # Ok::<(), gofarm_otel::instrument::BoundariesError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Boundaries(Arc<[f64]>);

/// Why numbers cannot be the edges of buckets.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundariesError {
    /// An edge is not a finite number.
    #[error("bucket boundary {0} is not finite")]
    NotFinite(f64),
    /// An edge is not above the one before.
    #[error("bucket boundary {1} is not above {0}")]
    NotAscending(f64, f64),
    /// More edges than a histogram may have.
    #[error("{0} bucket boundaries are more than {max}", max = Boundaries::MAX)]
    TooMany(usize),
}

impl gofarm_core::error::Classify for BoundariesError {
    fn kind(&self) -> gofarm_core::error::Kind {
        gofarm_core::error::Kind::Invalid
    }
}

impl Boundaries {
    /// The most edges that a histogram may have; each costs 8 bytes for each series.
    pub const MAX: usize = 1024;

    /// Those edges; none at all makes one bucket, so that only count and sum are kept.
    ///
    /// # Errors
    /// If an edge is not finite or not above the one before, or if there are more than [`MAX`](Self::MAX).
    pub fn new(edges: &[f64]) -> Result<Self, BoundariesError> {
        if edges.len() > Self::MAX {
            return Err(BoundariesError::TooMany(edges.len()));
        }
        if let Some(&edge) = edges.iter().find(|edge| !edge.is_finite()) {
            return Err(BoundariesError::NotFinite(edge));
        }
        for pair in edges.windows(2) {
            if let &[low, high] = pair
                && low >= high
            {
                return Err(BoundariesError::NotAscending(low, high));
            }
        }
        Ok(Self(edges.into()))
    }

    /// What suits a unit: for `s` the semantic conventions' 5 ms to 10 s, for `By` 64 B to 16 MiB, for `1` shares
    /// from 1 % to 100 %, for anything else the OpenTelemetry SDK's 0 to 10 000.
    #[must_use]
    pub fn for_unit(unit: &str) -> Self {
        match unit {
            "s" => Self(SECONDS.into()),
            "By" => Self(BYTES.into()),
            "1" => Self(RATIO.into()),
            _ => Self(PLAIN.into()),
        }
    }

    /// The edges, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// The bucket that a value falls into: the first whose edge is not below it.
    pub(crate) fn bucket(&self, value: f64) -> usize {
        /// So many comparisons, none of which waits for another, take less time than a search.
        const FEW: usize = 16;
        match self.0.len() {
            ..=FEW => self.0.iter().filter(|&&edge| edge < value).count(),
            _ => self.0.partition_point(|&edge| edge < value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_an_edge_belongs_to_the_bucket_below() {
        let edges = Boundaries::new(&[1.0, 2.0]).unwrap();
        let buckets = [0.5, 1.0, 1.5, 2.0, 2.5, f64::INFINITY].map(|v| edges.bucket(v));
        assert_eq!(buckets, [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn edges_must_be_finite_ascending_and_few() {
        assert_eq!(
            Boundaries::new(&[1.0, 1.0]),
            Err(BoundariesError::NotAscending(1.0, 1.0))
        );
        assert!(Boundaries::new(&[f64::NAN]).is_err());
        assert!(Boundaries::new(&[0.0, f64::INFINITY]).is_err());
        let many: Vec<f64> = (0..=1024u32).map(f64::from).collect();
        let error = Boundaries::new(&many).unwrap_err();
        assert_eq!(
            error.to_string(),
            "1025 bucket boundaries are more than 1024"
        );
    }

    #[test]
    fn every_default_is_a_legal_set_of_edges() {
        for unit in ["s", "By", "1", "ms", ""] {
            let edges = Boundaries::for_unit(unit);
            assert_eq!(Boundaries::new(edges.as_slice()), Ok(edges.clone()));
        }
    }
}
