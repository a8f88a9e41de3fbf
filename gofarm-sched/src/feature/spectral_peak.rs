//! [`SpectralPeak`]: the frequency that is strongest.

use super::recent::Recent;
use super::{Feature, number, output};

/// Bins are formed anew when the energy of the window is below this share of what it was.
const SHRUNK: f64 = 1e-12;
/// Powers closer than this are equal, as those of a single pulse are.
const CLEARLY: f64 = 1.0 + 1e-9;

/// The frequency with the largest amplitude in the last `W` inputs, in cycles per input, 0..=0.5; 0 if they are equal.
///
/// Looked at are the `B` lowest frequencies of the discrete Fourier transform above 0: 1/`W`, 2/`W` .. `B`/`W`, with
/// `B` at most `W`/2 (checked when the program is compiled). The mean has no part in them.
///
/// One input changes each bin by one turn (a sliding DFT: Jacobsen and Lyons, The sliding DFT, 2003), which costs `B`
/// complex products where a fresh transform costs `W` log `W`; its rounding error would grow without end, so one bin
/// is also formed anew with each input, in turn. A hole counts as the value before it. Memory is 4 bytes for each
/// input of the window and 32 for each bin.
///
/// ```
/// use gofarm_sched::feature::{Feature, SpectralPeak};
///
/// let wave = (0..64).map(|i| if i % 8 < 4 { 3.0 } else { 1.0 });
/// assert_eq!(SpectralPeak::<32, 16>::new().outputs(wave).last(), Some(0.125)); // every 8 inputs
/// ```
#[derive(Clone, Debug)]
pub struct SpectralPeak<const W: usize, const B: usize> {
    /// Holes are filled in here.
    recent: Recent<W>,
    last: f32,
    /// How many inputs in a row were equal, the last one included.
    run: usize,
    skipped: u64,
    bins: [Complex; B],
    /// One turn of each bin: e^(2 pi i k / W).
    turns: [Complex; B],
    /// The bin to be formed anew next.
    stalest: usize,
    energy: f64,
    peak_energy: f64,
}

#[derive(Clone, Copy, Debug)]
struct Complex {
    re: f64,
    im: f64,
}

impl Complex {
    const ZERO: Self = Self { re: 0.0, im: 0.0 };

    fn times(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }

    fn power(self) -> f64 {
        self.re * self.re + self.im * self.im
    }
}

impl<const W: usize, const B: usize> SpectralPeak<W, B> {
    /// An empty window.
    #[must_use]
    pub fn new() -> Self {
        const { assert!(B >= 1 && B <= W / 2, "bins are from 1 to half the window") };
        Self {
            recent: Recent::new(),
            last: 0.0,
            run: 0,
            skipped: 0,
            bins: [Complex::ZERO; B],
            turns: core::array::from_fn(|bin| {
                let angle = core::f64::consts::TAU * number(bin + 1) / number(W);
                Complex {
                    re: libm::cos(angle),
                    im: libm::sin(angle),
                }
            }),
            stalest: 0,
            energy: 0.0,
            peak_energy: 0.0,
        }
    }

    /// The amplitude of the strongest frequency, in the input's unit: a sine from -1 to 1 that fits the window has 1.
    #[must_use]
    pub fn amplitude(&self) -> f32 {
        if !self.is_ready() {
            return 0.0;
        }
        let Some((bin, power)) = self.strongest() else {
            return 0.0;
        };
        // Half a cycle per input has no mirror image.
        let images = if 2 * (bin + 1) == W { 1.0 } else { 2.0 };
        output(images * libm::sqrt(power) / number(W))
    }

    /// The bin with the most power, and the power; the lowest of equal ones, `None` if all values are equal.
    fn strongest(&self) -> Option<(usize, f64)> {
        if self.run >= W {
            return None;
        }
        let mut best = None;
        for (bin, value) in self.bins.iter().enumerate() {
            let power = value.power();
            if power > best.map_or(0.0, |(_, power)| power * CLEARLY) {
                best = Some((bin, power));
            }
        }
        best
    }

    /// Forms one bin anew, and all of them when what left was so large that its rounding error counts.
    fn renew(&mut self) {
        self.stalest = (self.stalest + 1) % B;
        if self.stalest == 0 || self.energy < self.peak_energy * SHRUNK {
            let before = self.peak_energy;
            self.energy = self
                .recent
                .present()
                .map(|x| f64::from(x) * f64::from(x))
                .sum();
            self.peak_energy = self.energy;
            if self.energy < before * SHRUNK {
                for bin in 0..B {
                    self.form(bin);
                }
            }
        }
        self.form(self.stalest);
    }

    /// Forms a bin from the whole window, by Horner's rule.
    fn form(&mut self, bin: usize) {
        let (Some(value), Some(turn)) = (self.bins.get_mut(bin), self.turns.get(bin)) else {
            return;
        };
        let back = Complex {
            re: turn.re,
            im: -turn.im,
        };
        let origin = f64::from(self.last);
        let mut sum = Complex::ZERO;
        for place in (0..W).rev() {
            let x = f64::from(self.recent.get(place).unwrap_or(self.last)) - origin;
            sum = sum.times(back);
            sum.re += x;
        }
        *value = sum;
    }
}

impl<const W: usize, const B: usize> Default for SpectralPeak<W, B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const W: usize, const B: usize> Feature for SpectralPeak<W, B> {
    fn push(&mut self, input: f32) -> f32 {
        let before = f64::from(self.last);
        if input.is_finite() {
            self.last = input;
        } else {
            self.skipped = self.skipped.saturating_add(1);
        }
        let old = f64::from(self.recent.push(self.last).unwrap_or(0.0));
        let new = f64::from(self.last);
        self.run = if new == before {
            self.run.saturating_add(1)
        } else {
            1
        };
        for (bin, turn) in self.bins.iter_mut().zip(&self.turns) {
            bin.re += new - old;
            *bin = bin.times(*turn);
        }
        self.energy += new * new - old * old;
        self.peak_energy = self.peak_energy.max(self.energy);
        if !self.is_ready() {
            return 0.0;
        }
        self.renew();
        match self.strongest() {
            Some((bin, _)) => output(number(bin + 1) / number(W)),
            None => 0.0,
        }
    }

    fn is_ready(&self) -> bool {
        self.recent.is_full()
    }

    fn skipped(&self) -> u64 {
        self.skipped
    }
}
