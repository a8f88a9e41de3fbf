//! [`Covariance`]: how sure recursive least squares are of each coefficient, and a guard against winding up.

/// Variance that each coefficient starts with, for values of about 1.
const START: f64 = 100.0;
/// No variance grows beyond this, for values of about 1.
const CEILING: f64 = 1e6;

/// The symmetric matrix of recursive least squares for `L` lags and a constant.
#[derive(Clone, Debug)]
pub(super) struct Covariance<const L: usize> {
    lags: [[f64; L]; L],
    /// Of each lag with the constant.
    cross: [f64; L],
    constant: f64,
}

/// How far each coefficient moves for an error of 1.
#[derive(Clone, Debug)]
pub(super) struct Gain<const L: usize> {
    pub(super) lags: [f64; L],
    pub(super) constant: f64,
}

impl<const L: usize> Covariance<L> {
    /// Unsure of everything, for values of about `size`, which is above 0.
    pub(super) fn unsure(size: f64) -> Self {
        let mut lags = [[0.0; L]; L];
        for (i, row) in lags.iter_mut().enumerate() {
            if let Some(own) = row.get_mut(i) {
                *own = START / (size * size);
            }
        }
        Self {
            lags,
            cross: [0.0; L],
            constant: START,
        }
    }

    /// Takes in one set of lags; `None` if rounding has made the matrix useless, so that it has to be started anew.
    ///
    /// Where the series does not move, nothing new is learned, and forgetting alone would let the variances grow
    /// without end until one small step throws the coefficients away ("covariance wind-up"; Åström and Wittenmark,
    /// Adaptive Control, 1995, section 11.5). So nothing is forgotten while a variance is at its ceiling.
    pub(super) fn update(&mut self, z: &[f64; L], forgetting: f64, size: f64) -> Option<Gain<L>> {
        let mut gain = self.times(z);
        let uncertainty = dot(z, &gain.lags) + gain.constant;
        if !(uncertainty >= 0.0 && uncertainty.is_finite()) {
            return None;
        }
        let total = forgetting + uncertainty;
        let forget = if self.wound_up(size) { 1.0 } else { forgetting };
        for ((row, cross), a) in self.lags.iter_mut().zip(&mut self.cross).zip(&gain.lags) {
            for (entry, b) in row.iter_mut().zip(&gain.lags) {
                *entry = (*entry - a * b / total) / forget;
            }
            *cross = (*cross - a * gain.constant / total) / forget;
        }
        self.constant = (self.constant - gain.constant * gain.constant / total) / forget;
        if !self.is_sound() {
            return None;
        }
        for g in &mut gain.lags {
            *g /= total;
        }
        gain.constant /= total;
        Some(gain)
    }

    fn times(&self, z: &[f64; L]) -> Gain<L> {
        let mut lags = [0.0; L];
        for ((out, row), cross) in lags.iter_mut().zip(&self.lags).zip(&self.cross) {
            *out = dot(row, z) + cross;
        }
        Gain {
            lags,
            constant: dot(&self.cross, z) + self.constant,
        }
    }

    fn variances(&self) -> impl Iterator<Item = f64> + '_ {
        let own = |(i, row): (usize, &[f64; L])| row.get(i).copied().unwrap_or(f64::NAN);
        self.lags.iter().enumerate().map(own)
    }

    fn wound_up(&self, size: f64) -> bool {
        let ceiling = CEILING / (size * size);
        self.constant > CEILING || self.variances().any(|v| v > ceiling)
    }

    fn is_sound(&self) -> bool {
        let positive = |v: f64| v > 0.0 && v.is_finite();
        positive(self.constant) && self.variances().all(positive)
    }
}

pub(super) fn dot<const L: usize>(a: &[f64; L], b: &[f64; L]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
