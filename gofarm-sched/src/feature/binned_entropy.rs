//! [`BinnedEntropy`]: how evenly values fill their range.

use super::recent::Recent;
use super::{Feature, number, output};

/// The entropy of the last `W` inputs over `B` equal bins from their smallest to their largest, in nats, 0..=ln `B`.
///
/// It is 0 when all lie in one bin. As tsfresh's `binned_entropy`, with the edges of `numpy.histogram`. The bins move
/// with the range, so there is nothing to carry over: each input costs one pass over the window.
///
/// ```
/// use gofarm_sched::feature::{BinnedEntropy, Feature};
///
/// let last = BinnedEntropy::<4, 4>::new().outputs([0.0, 1.0, 2.0, 3.0]).last();
/// assert!((last.unwrap_or_default() - 4.0_f32.ln()).abs() < 1e-6);
/// ```
#[derive(Clone, Debug)]
pub struct BinnedEntropy<const W: usize, const B: usize>(Recent<W>);

impl<const W: usize, const B: usize> BinnedEntropy<W, B> {
    /// An empty window.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(B >= 2, "entropy needs at least 2 bins") };
        Self(Recent::new())
    }

    fn entropy(&self) -> f64 {
        let (low, high) = self
            .0
            .present()
            .fold((f32::MAX, f32::MIN), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        if low >= high {
            return 0.0;
        }
        let (low, range) = (f64::from(low), f64::from(high) - f64::from(low));
        let step = range / number(B);
        let mut counts = [0_u32; B];
        for value in self.0.present() {
            let bin = bin::<B>(f64::from(value), low, range, step);
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        let n = number(self.0.count());
        let filled = counts.iter().filter(|count| **count > 0);
        -filled
            .map(|count| {
                let p = f64::from(*count) / n;
                p * libm::log(p)
            })
            .sum::<f64>()
    }
}

/// The bin of a value: by division, then set right by the edges, because division rounds.
fn bin<const B: usize>(value: f64, low: f64, range: f64, step: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to B"
    )]
    let bin = (((value - low) / range * number(B)) as usize).min(B - 1);
    if bin > 0 && value < low + number(bin) * step {
        return bin - 1;
    }
    if bin < B - 1 && value >= low + number(bin + 1) * step {
        return bin + 1;
    }
    bin
}

impl<const W: usize, const B: usize> Default for BinnedEntropy<W, B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const W: usize, const B: usize> Feature for BinnedEntropy<W, B> {
    fn push(&mut self, input: f32) -> f32 {
        self.0.push(input);
        if self.is_ready() {
            output(self.entropy())
        } else {
            0.0
        }
    }

    fn is_ready(&self) -> bool {
        self.0.is_full()
    }

    fn skipped(&self) -> u64 {
        self.0.skipped()
    }
}
