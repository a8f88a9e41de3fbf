//! [`Reference`]: a distribution as it was.

use crate::ConfigError;

/// A histogram of `B` bins that other values are compared with.
///
/// ```
/// use gofarm_sched::drift::Reference;
///
/// let mut learned: Vec<f32> = (0..100_u8).map(f32::from).collect();
/// let reference = Reference::<4>::of(&mut learned)?;
/// assert_eq!(reference.edges(), &[24.0, 49.0, 74.0, f32::INFINITY]);
/// assert_eq!(reference.counts(), &[25; 4]);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reference<const B: usize> {
    edges: [f32; B],
    counts: [u32; B],
}

impl<const B: usize> Reference<B> {
    /// Bins that hold equal shares of a sample, which is sorted; values that are not finite are left out.
    ///
    /// Equal shares put the bins where the values are. Where many values are equal a bin may be empty.
    ///
    /// # Errors
    /// Fewer than 10 finite values for each bin.
    pub fn of(sample: &mut [f32]) -> Result<Self, ConfigError> {
        // NaN and infinity go to the end, minus infinity to the start.
        sample.sort_unstable_by(f32::total_cmp);
        let start = sample.partition_point(|v| v.is_sign_negative() && !v.is_finite());
        let finite = sample.get(start..).unwrap_or_default();
        let end = finite.partition_point(|v| v.is_finite());
        let finite = finite.get(..end).unwrap_or_default();
        if finite.len() < 10 * B {
            return Err(ConfigError::new(
                "sample",
                "at least 10 finite values for each bin",
            ));
        }
        let edges = core::array::from_fn(|bin| {
            let last = (bin + 1) * finite.len() / B - 1;
            let edge = finite.get(last).copied().unwrap_or(f32::INFINITY);
            if bin + 1 == B { f32::INFINITY } else { edge }
        });
        let mut reference = Self {
            edges,
            counts: [0; B],
        };
        for value in finite {
            let bin = usize::from(reference.bin(*value));
            if let Some(count) = reference.counts.get_mut(bin) {
                *count = count.saturating_add(1);
            }
        }
        Ok(reference)
    }

    /// Bins with given upper edges, each included, and the number of values in each; the last edge counts as infinite.
    ///
    /// # Errors
    /// An edge is NaN or below the one before, or all counts are 0.
    pub fn new(mut edges: [f32; B], counts: [u32; B]) -> Result<Self, ConfigError> {
        if let Some(last) = edges.last_mut() {
            *last = f32::INFINITY;
        }
        if !edges.is_sorted() {
            return Err(ConfigError::new("edges", "numbers that do not fall"));
        }
        if counts.iter().all(|count| *count == 0) {
            return Err(ConfigError::new("counts", "not all 0"));
        }
        Ok(Self { edges, counts })
    }

    /// The upper edges of the bins, included, in the unit of the values; the last is infinite.
    #[must_use]
    pub const fn edges(&self) -> &[f32; B] {
        &self.edges
    }

    /// How many values lay in each bin.
    #[must_use]
    pub const fn counts(&self) -> &[u32; B] {
        &self.counts
    }

    /// The bin of a finite value.
    pub(super) fn bin(&self, value: f32) -> u8 {
        const { assert!(B >= 2 && B <= 256, "a histogram has 2 to 256 bins") };
        let bin = self.edges.partition_point(|edge| *edge < value);
        u8::try_from(bin.min(B - 1)).unwrap_or(u8::MAX)
    }
}
