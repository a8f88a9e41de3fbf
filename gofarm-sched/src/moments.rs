//! Mean, variance, skewness and kurtosis of a stream, in five numbers: [`Moments`].
//!
//! The sums of powers lose all digits where values are large beside their spread. Welford's updates keep the mean and
//! the sums of powers of distances from it, and two sets of them can be merged, so that parts of a stream may be
//! counted apart.
//!
//! **Definitions.** Variance, skewness and kurtosis come in two kinds: of the values themselves (*population*: the
//! moments divided by n), and as estimates for where they come from (*sample*: variance divided by n − 1, skewness `G1`
//! and excess kurtosis `G2`, which pandas, tsfresh, Excel and SAS use). tsfresh itself mixes them: its standard
//! deviation is the population's. NaN and infinities are left out, and counted.
//!
//! Sources: B. P. Welford, Technometrics 4 (1962); P. Pébay, Sandia report SAND2008-6212 (2008), for the higher moments
//! and the merge; D. N. Joanes and C. A. Gill, The Statistician 47 (1998), for `g1`, `g2`, `G1`, `G2`.

/// Count, mean and the sums of the second to fourth powers of distances from it.
///
/// ```
/// use gofarm_sched::moments::Moments;
///
/// let mut moments = Moments::new();
/// for value in [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0, f32::NAN] {
///     moments.push(value);
/// }
/// assert_eq!((moments.count(), moments.skipped()), (8, 1));
/// assert_eq!((moments.mean(), moments.std_dev()), (Some(5.0), Some(2.0)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Moments {
    count: u64,
    skipped: u64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

impl Moments {
    /// Of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            count: 0,
            skipped: 0,
            mean: 0.0,
            m2: 0.0,
            m3: 0.0,
            m4: 0.0,
        }
    }

    /// Takes in a value; NaN and infinities are skipped and counted.
    pub fn push(&mut self, value: f32) {
        if !value.is_finite() {
            self.skipped += 1;
            return;
        }
        let before = self.count as f64;
        self.count += 1;
        let n = self.count as f64;
        let delta = f64::from(value) - self.mean;
        let step = delta / n;
        let term = delta * step * before;
        self.mean += step;
        self.m4 += term * step * step * (n * n - 3.0 * n + 3.0) + 6.0 * step * step * self.m2
            - 4.0 * step * self.m3;
        self.m3 += term * step * (n - 2.0) - 3.0 * step * self.m2;
        self.m2 += term;
    }

    /// Takes in what another has counted, as if its values had been pushed here.
    pub fn merge(&mut self, other: &Self) {
        self.skipped += other.skipped;
        if other.count == 0 {
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let delta = other.mean - self.mean;
        let (d2, d3, d4) = (
            delta * delta,
            delta * delta * delta,
            delta * delta * delta * delta,
        );
        self.m4 += other.m4
            + d4 * a * b * (a * a - a * b + b * b) / (n * n * n)
            + 6.0 * d2 * (a * a * other.m2 + b * b * self.m2) / (n * n)
            + 4.0 * delta * (a * other.m3 - b * self.m3) / n;
        self.m3 += other.m3
            + d3 * a * b * (a - b) / (n * n)
            + 3.0 * delta * (a * other.m2 - b * self.m2) / n;
        self.m2 += other.m2 + d2 * a * b / n;
        self.mean += delta * b / n;
        self.count += other.count;
    }

    /// How many values were taken in.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How many were not finite, and left out.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The mean; `None` of nothing.
    #[must_use]
    pub fn mean(&self) -> Option<f32> {
        self.of_at_least(1, self.mean)
    }

    /// Population variance, divided by n; `None` of nothing.
    ///
    /// At most `f32::MAX`.
    #[must_use]
    pub fn variance(&self) -> Option<f32> {
        self.of_at_least(1, self.spread() / self.count as f64)
    }

    /// Population standard deviation; `None` of nothing.
    #[must_use]
    pub fn std_dev(&self) -> Option<f32> {
        self.of_at_least(1, libm::sqrt(self.spread() / self.count as f64))
    }

    /// Sample variance, divided by n − 1; `None` below two values.
    #[must_use]
    pub fn sample_variance(&self) -> Option<f32> {
        self.of_at_least(2, self.spread() / (self.count as f64 - 1.0))
    }

    /// Population skewness `g1`; 0 where all values are equal, `None` of nothing.
    #[must_use]
    pub fn skewness(&self) -> Option<f32> {
        self.of_at_least(1, self.g1())
    }

    /// Sample skewness `G1`; 0 where all values are equal, `None` below three values.
    #[must_use]
    pub fn sample_skewness(&self) -> Option<f32> {
        let n = self.count as f64;
        self.of_at_least(3, self.g1() * libm::sqrt(n * (n - 1.0)) / (n - 2.0))
    }

    /// Population excess kurtosis `g2`, 0 for a normal distribution; 0 where all values are equal, `None` of nothing.
    #[must_use]
    pub fn kurtosis(&self) -> Option<f32> {
        self.of_at_least(1, self.g2())
    }

    /// Sample excess kurtosis `G2`; 0 where all values are equal, `None` below four values.
    #[must_use]
    pub fn sample_kurtosis(&self) -> Option<f32> {
        let n = self.count as f64;
        let factor = (n - 1.0) / ((n - 2.0) * (n - 3.0));
        let value = match self.is_constant() {
            true => 0.0,
            false => factor * ((n + 1.0) * self.g2() + 6.0),
        };
        self.of_at_least(4, value)
    }

    /// Whether rounding is all that the values differ by.
    fn is_constant(&self) -> bool {
        let scale = self.mean * self.mean;
        self.spread() <= scale * self.count as f64 * 1e-28 || self.spread() < f64::MIN_POSITIVE
    }

    /// The sum of squares; merging may round it below 0.
    const fn spread(&self) -> f64 {
        self.m2.max(0.0)
    }

    fn g1(&self) -> f64 {
        if self.is_constant() {
            return 0.0;
        }
        let variance = self.spread() / self.count as f64;
        self.m3 / self.count as f64 / (variance * libm::sqrt(variance))
    }

    fn g2(&self) -> f64 {
        if self.is_constant() {
            return 0.0;
        }
        let variance = self.spread() / self.count as f64;
        self.m4 / self.count as f64 / (variance * variance) - 3.0
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding to the nearest is what is asked for"
    )]
    fn of_at_least(&self, count: u64, value: f64) -> Option<f32> {
        let bound = f64::from(f32::MAX);
        (self.count >= count).then(|| value.clamp(-bound, bound) as f32)
    }
}
