//! [`Std`], [`Skewness`] and [`Kurtosis`] of a window.

use super::power_sums::PowerSums;
use super::{Feature, number, output};

/// The standard deviation of the last `W` inputs, of a population (`ddof` 0) as tsfresh has it; in the input's unit.
///
/// Cost does not grow with `W`, on average; `W` of at least 2 is checked when the program is compiled.
///
/// ```
/// use gofarm_sched::feature::{Feature, Std};
///
/// let outputs: Vec<f32> = Std::<4>::new().outputs([1.0, 3.0, 1.0, 3.0, f32::NAN]).collect();
/// assert_eq!(outputs[..4], [0.0, 0.0, 0.0, 1.0]);
/// assert!((outputs[4] - 0.942_809).abs() < 1e-6); // of 3, 1, 3
/// ```
#[derive(Clone, Debug)]
pub struct Std<const W: usize>(PowerSums<W>);

/// The skewness of the last `W` inputs, bias-corrected (G1) as tsfresh and pandas have it; 0 for fewer than 3 values.
///
/// See Joanes and Gill, Comparing measures of sample skewness and kurtosis, 1998.
///
/// ```
/// use gofarm_sched::feature::{Feature, Skewness};
///
/// let last = Skewness::<4>::new().outputs([0.0, 0.0, 0.0, 4.0]).last();
/// assert_eq!(last, Some(2.0));
/// ```
#[derive(Clone, Debug)]
pub struct Skewness<const W: usize>(PowerSums<W>);

/// The excess kurtosis of the last `W` inputs, bias-corrected (G2) as tsfresh and pandas have it; 0 for fewer than 4
/// values.
///
/// See Joanes and Gill, Comparing measures of sample skewness and kurtosis, 1998.
///
/// ```
/// use gofarm_sched::feature::{Feature, Kurtosis};
///
/// let last = Kurtosis::<4>::new().outputs([0.0, 0.0, 0.0, 4.0]).last();
/// assert_eq!(last, Some(4.0));
/// ```
#[derive(Clone, Debug)]
pub struct Kurtosis<const W: usize>(PowerSums<W>);

macro_rules! of_moments {
    ($name:ident, $figure:expr) => {
        impl<const W: usize> $name<W> {
            /// An empty window.
            #[must_use]
            pub const fn new() -> Self {
                Self(PowerSums::new())
            }
        }

        impl<const W: usize> Default for $name<W> {
            fn default() -> Self {
                Self::new()
            }
        }

        impl<const W: usize> Feature for $name<W> {
            fn push(&mut self, input: f32) -> f32 {
                self.0.push(input);
                if !self.is_ready() {
                    return 0.0;
                }
                output($figure(&self.0))
            }

            fn is_ready(&self) -> bool {
                self.0.recent().is_full()
            }

            fn skipped(&self) -> u64 {
                self.0.recent().skipped()
            }
        }
    };
}

of_moments!(Std, standard_deviation);
of_moments!(Skewness, skewness);
of_moments!(Kurtosis, kurtosis);

fn standard_deviation<const W: usize>(sums: &PowerSums<W>) -> f64 {
    libm::sqrt(sums.moments().second)
}

fn skewness<const W: usize>(sums: &PowerSums<W>) -> f64 {
    let (n, moments) = (number(sums.recent().count()), sums.moments());
    if n < 3.0 || moments.second <= 0.0 {
        return 0.0;
    }
    let biased = moments.third / (moments.second * libm::sqrt(moments.second));
    biased * libm::sqrt(n * (n - 1.0)) / (n - 2.0)
}

fn kurtosis<const W: usize>(sums: &PowerSums<W>) -> f64 {
    let (n, moments) = (number(sums.recent().count()), sums.moments());
    if n < 4.0 || moments.second <= 0.0 {
        return 0.0;
    }
    let ratio = moments.fourth / (moments.second * moments.second);
    (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * ratio - 3.0 * (n - 1.0))
}
