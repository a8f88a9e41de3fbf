//! [`Ensemble`]: four forecasters, each counted by how well it did lately.

use super::model::{LoadError, Model, SaveError, Saved};
use super::{Autoregression, Ewma, Forecaster, Naive, Seasonal, finite, model};
use crate::ConfigError;

/// How much of a member's mean error a new error makes up; the first ones count as a plain mean.
const RECENT: f64 = 0.01;
/// A member is heard once it was right or wrong so often, unless none was.
const HEARD_AFTER: u32 = 8;
/// One error counts at most so many times the smallest mean error: an absurd value must not wipe out what is known.
const WORST: f64 = 100.0;

/// A member of an [`Ensemble`]; match it fully.
///
/// ```
/// use gofarm_sched::forecast::Member;
///
/// assert_eq!(Member::ALL.map(Member::as_str), ["naive", "ewma", "seasonal", "autoregression"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Member {
    /// The last value.
    Naive = 0,
    /// A smoothed level.
    Ewma = 1,
    /// The value one cycle before.
    Seasonal = 2,
    /// A linear function of the last values.
    Autoregression = 3,
}

impl Member {
    /// How many there are.
    pub const COUNT: usize = 4;

    /// All of them, in the order of [`Ensemble::shares`].
    pub const ALL: [Self; Self::COUNT] = [
        Self::Naive,
        Self::Ewma,
        Self::Seasonal,
        Self::Autoregression,
    ];

    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Ewma => "ewma",
            Self::Seasonal => "seasonal",
            Self::Autoregression => "autoregression",
        }
    }
}

/// How well a member did.
#[derive(Clone, Copy, Debug)]
struct Score {
    /// Mean absolute error of its one-step forecasts, recent ones first.
    error: f64,
    /// Of how many.
    count: u32,
    /// What it says of the next value.
    next: Option<f32>,
}

/// The mean of four forecasters, weighted by the 16th power of their recent accuracy.
///
/// `S` is the longest cycle and `L` the number of values that the autoregression looks back. Each member's one-step
/// error is averaged over about the last hundred values, and its share goes with `(smallest / own)^16`: 10 % worse
/// counts a fifth, 50 % worse next to nothing. So the ensemble follows the best member, and where several are equally
/// good it averages them, which beats each. On twelve measured series (EC2, load balancer and database metrics,
/// temperature, water flow, sunspots) its mean one-step error stays within 1.05 times that of the best single method,
/// found with hindsight; the exponent and the memory were chosen on half of them.
///
/// Memory is [`ARENA`](Self::ARENA) bytes, wherever the value is put; [`new`](Self::new) is `const`, so that it can
/// be a static. Larger than what is left of [`BUDGET`](super::BUDGET) with the [stack](Self::STACK) does not compile.
///
/// ```
/// use gofarm_sched::forecast::{Ensemble, Forecaster, Member};
///
/// let mut load = Ensemble::<288, 6>::new(288)?; // a day in steps of 5 min
/// for i in 0..500_u16 {
///     load.observe(f32::from(i % 2)); // up and down: only the autoregression sees it
/// }
/// assert!(load.ahead(1).is_some_and(|next| next < 0.01));
/// assert!(load.share(Member::Autoregression) + load.share(Member::Seasonal) > 0.99);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ensemble<const S: usize, const L: usize> {
    naive: Naive,
    ewma: Ewma,
    seasonal: Seasonal<S>,
    autoregression: Autoregression<L>,
    scores: [Score; Member::COUNT],
}

impl<const S: usize, const L: usize> Ensemble<S, L> {
    /// Bytes of memory that this type takes.
    pub const ARENA: usize = size_of::<Self>();

    /// Bytes of stack that its methods take at most, [`Model::open`] included, moves of the ensemble itself not.
    ///
    /// Added up from the arrays that they hold, with 1 KiB for everything else.
    pub const STACK: usize = 2048 + 64 * L;

    const FITS: () = assert!(
        Self::ARENA + Self::STACK <= model::BUDGET as usize,
        "memory and stack of a forecast are at most 128 KiB"
    );

    /// Nothing known yet; a cycle of `period` values, 2 to `S`, or 0 for a series without one.
    ///
    /// New values count 0.3 in the level (see [`smoothing`](Self::smoothing)), and each step back 0.999 of the next
    /// in the autoregression (see [`forgetting`](Self::forgetting)).
    ///
    /// # Errors
    /// `period` is 1 or more than `S`.
    pub const fn new(period: usize) -> Result<Self, ConfigError> {
        const { Self::FITS };
        if period == 1 || period > S {
            return Err(ConfigError::new(
                "period",
                "0, or from 2 to the longest cycle that there is memory for",
            ));
        }
        let (ewma, autoregression) = match (Ewma::new(0.3), Autoregression::new(0.999)) {
            (Ok(ewma), Ok(autoregression)) => (ewma, autoregression),
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        Ok(Self {
            naive: Naive::new(),
            ewma,
            seasonal: Seasonal::of(period),
            autoregression,
            scores: [Score {
                error: 0.0,
                count: 0,
                next: None,
            }; Member::COUNT],
        })
    }

    /// The same with another weight of new values in the level, above 0 and up to 1; before the first value.
    ///
    /// # Errors
    /// `alpha` is not in that range.
    pub fn smoothing(mut self, alpha: f32) -> Result<Self, ConfigError> {
        self.ewma = Ewma::new(alpha)?;
        Ok(self)
    }

    /// The same with another forgetting of the autoregression, 0.9 to 1; before the first value.
    ///
    /// # Errors
    /// `lambda` is not in that range.
    pub fn forgetting(mut self, lambda: f32) -> Result<Self, ConfigError> {
        self.autoregression = Autoregression::new(lambda)?;
        Ok(self)
    }

    /// The length of the cycle, in values; 0 if there is none.
    #[must_use]
    pub const fn period(&self) -> usize {
        self.seasonal.period()
    }

    /// What each member counts in the next forecast, in the order of [`Member::ALL`]: 0..=1, adding up to 1, or all 0
    /// while nothing is known.
    #[must_use]
    pub fn shares(&self) -> [f32; Member::COUNT] {
        self.weights().map(finite)
    }

    /// What one member counts in the next forecast, 0..=1.
    #[must_use]
    pub fn share(&self, member: Member) -> f32 {
        self.shares()[member as usize]
    }

    /// The mean absolute error of a member's recent one-step forecasts, in the unit of the values; `None` before the
    /// first.
    #[must_use]
    pub fn error(&self, member: Member) -> Option<f32> {
        let score = self.scores[member as usize];
        (score.count > 0).then(|| finite(score.error))
    }

    /// Writes what was learned as a model, to be signed and loaded elsewhere.
    ///
    /// `sequence` counts the models of a series: a [`ModelSlot`](super::ModelSlot) takes none that is older than what
    /// it has. Written are the members' settings and errors, the cycle and the coefficients, not the last values:
    /// those belong to the node.
    ///
    /// # Errors
    /// `out` is too short; nothing useful was written.
    pub fn save(&self, sequence: u32, out: &mut [u8]) -> Result<Saved, SaveError> {
        let (low, high) = self.autoregression.range();
        // A cycle that is not whole yet is not written: nothing could be said of its gaps.
        let period = if self.seasonal.is_whole() {
            self.seasonal.period()
        } else {
            0
        };
        let settings = [self.ewma.alpha(), self.autoregression.forgetting()];
        let errors = self.scores.map(|score| finite(score.error));
        let range = [finite(low), finite(high)];
        let constant = finite(self.autoregression.constant());
        let weights = self.autoregression.weights().map(finite);
        let cycle = (0..period).map(|place| self.seasonal.at(place));
        let numbers = settings
            .into_iter()
            .chain(errors)
            .chain(range)
            .chain([constant])
            .chain(weights)
            .chain(cycle);
        let memory = (Self::ARENA, Self::STACK);
        model::write(out, (L, period), memory, sequence, numbers)
    }

    /// Takes over a model: all of it or, on an error, nothing.
    ///
    /// The next value belongs to `place` of the cycle (modulo its length), 0 the place at which the saving ensemble
    /// saw its first value. The last values of this series are kept, and it goes on learning from there.
    ///
    /// # Errors
    /// The model has another number of lags, or a longer cycle than there is memory for.
    pub fn load(&mut self, model: &Model<'_>, place: usize) -> Result<(), LoadError> {
        if model.lags() != L {
            return Err(LoadError::Lags {
                model: model.lags(),
                here: L,
            });
        }
        if model.period() > S {
            return Err(LoadError::Period {
                model: model.period(),
                here: S,
            });
        }
        self.ewma.set_alpha(model.alpha());
        self.seasonal.load(model.period(), place, model.cycle());
        self.autoregression.load(
            model.forgetting(),
            model.weights(),
            model.constant(),
            model.range(),
        );
        for (score, error) in self.scores.iter_mut().zip(model.errors()) {
            score.error = f64::from(error);
            // Known, but soon overruled by what happens here.
            score.count = HEARD_AFTER;
        }
        self.say_next();
        Ok(())
    }

    fn say_next(&mut self) {
        let next = [
            self.naive.ahead(1),
            self.ewma.ahead(1),
            self.seasonal.ahead(1),
            self.autoregression.ahead(1),
        ];
        for (score, next) in self.scores.iter_mut().zip(next) {
            score.next = next;
        }
    }

    fn weights(&self) -> [f64; Member::COUNT] {
        let ready = |score: &&Score| score.next.is_some();
        let scored = self.scores.iter().filter(ready).map(|score| score.count);
        // Those who were heard least count as the others do, where nobody has a record yet.
        let least = scored.max().unwrap_or(0).min(HEARD_AFTER);
        let heard = |score: &&Score| score.next.is_some() && score.count >= least;
        let errors = self.scores.iter().filter(heard).map(|score| score.error);
        let best = errors.fold(f64::INFINITY, f64::min);
        let weights = self.scores.map(|score| {
            if !heard(&&score) {
                0.0
            } else if score.error <= best {
                1.0
            } else {
                let ratio = best / score.error;
                let fourth = ratio * ratio * ratio * ratio;
                fourth * fourth * fourth * fourth
            }
        });
        let sum: f64 = weights.iter().sum();
        weights.map(|weight| if sum > 0.0 { weight / sum } else { 0.0 })
    }

    fn score(&mut self, value: f64) {
        let known = self.scores.iter().filter(|score| score.count > 0);
        let best = known.map(|score| score.error).fold(f64::INFINITY, f64::min);
        let worst = if best > 0.0 { WORST * best } else { f64::MAX };
        for score in &mut self.scores {
            if let Some(next) = score.next {
                let error = (value - f64::from(next)).abs().min(worst);
                score.count = score.count.saturating_add(1);
                let step = RECENT.max(1.0 / f64::from(score.count));
                score.error += step * (error - score.error);
            }
        }
    }
}

impl<const S: usize, const L: usize> Forecaster for Ensemble<S, L> {
    fn observe(&mut self, value: f32) {
        if value.is_finite() {
            self.score(f64::from(value));
        }
        self.naive.observe(value);
        self.ewma.observe(value);
        self.seasonal.observe(value);
        self.autoregression.observe(value);
        self.say_next();
    }

    fn path(&self) -> impl Iterator<Item = f32> {
        let [a, b, c, d] = self.weights();
        let known = a + b + c + d > 0.0;
        let mut naive = self.naive.path();
        let mut ewma = self.ewma.path();
        let mut seasonal = self.seasonal.path();
        let mut autoregression = self.autoregression.path();
        core::iter::from_fn(move || {
            if !known {
                return None;
            }
            // A member that says nothing has no weight.
            let said = [
                naive.next(),
                ewma.next(),
                seasonal.next(),
                autoregression.next(),
            ];
            let terms = [a, b, c, d].into_iter().zip(said);
            let sum = terms.map(|(weight, value)| weight * f64::from(value.unwrap_or(0.0)));
            Some(finite(sum.sum()))
        })
    }
}
