//! [`Pipeline`]: gives each raw reading of one property its quality.

use core::time::Duration;

use super::{Fault, Quality, Suspicion};
use crate::contract::{Number, Numeric, Property, Rate, Repr};
use crate::reading::Reading;
use crate::time::Instant;

/// Gives each raw reading of one property its quality, by the rules of its contract.
///
/// The first rule that speaks against a reading names the reason:
///
/// 1. **Not finite**: NaN and infinities are bad. The value is kept in the reading for diagnosis.
/// 2. **Range**: outside the contract's limits.
/// 3. **Rate**: a contract of "at most 0.05 each minute" allows a change of 0.05 within each started minute since
///    the last good reading, and since the start of the present minute of good readings, plus one step of the
///    property's resolution. The second comparison finds a ramp of small steps. After
///    [`recover_after`](Self::recover_after) consecutive readings that keep the rate among themselves, the new
///    level is taken as good: a real step, such as a wetting front, must not lock the probe out for ever. While readings are too
///    fast and the last good one has become stale, that is the only way back.
/// 4. **Stuck**: exactly the same value since the contract's stuck time.
///
/// By time alone the last quality turns into stale, see [`quality`](Self::quality). If no finite reading came in for
/// the stale time, the rate and stuck rules start afresh with the next one. A reading with an instant before
/// the last one's is late: it is held against rules 1 and 2 and changes nothing. The very first reading has nothing to
/// be compared with.
///
/// The value is assessed in its own type (`f32` against `f32` limits), nothing is filtered or corrected, each call costs
/// O(1) and no heap. A signal that keeps its contract is never suspect.
///
/// The [module](super) shows one made of a contract. By hand, with the way back from a real step:
///
/// ```
/// use gofarm_core::contract::{Number, Rate};
/// use gofarm_core::quality::{Grade, Pipeline};
/// use gofarm_core::time::{Instant, minutes};
///
/// let mut water = Pipeline::new().max_rate(Rate::new(Number::F32(0.05), minutes(1)));
/// let values = [0.20_f32, 0.45, 0.45, 0.45]; // a wetting front, read every 10 s
/// let mut at = (0..).step_by(10).map(Instant::from_secs);
/// let grades = values.map(|v| water.assess(at.next().unwrap(), v).quality().grade());
/// assert_eq!(grades, [Grade::Good, Grade::Suspect, Grade::Suspect, Grade::Good]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pipeline {
    limits: Numeric,
    rate: Option<Rate>,
    stale: Option<Duration>,
    stuck: Option<Duration>,
    recover_after: u8,
    /// What the last assessment said; stale before the first.
    quality: Quality,
    /// The last finite reading, and since when it has had its value.
    last: Option<Point>,
    unchanged_since: Instant,
    /// The last good reading, and the first one of the present rate interval.
    good: Option<Point>,
    anchor: Option<Point>,
    /// The last reading too fast to be good, and how many of them in a row keep the rate among themselves.
    fast: Option<Point>,
    fast_run: u8,
    sequence: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    at: Instant,
    value: Number,
}

impl Pipeline {
    /// Without rules: only what is not finite is bad.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            limits: Numeric::new(Repr::F64),
            rate: None,
            stale: None,
            stuck: None,
            recover_after: 3,
            quality: Quality::Stale,
            last: None,
            unchanged_since: Instant::ZERO,
            good: None,
            anchor: None,
            fast: None,
            fast_run: 0,
            sequence: 0,
        }
    }

    /// With the rules of a property's contract; one that is not numeric has no limits.
    #[must_use]
    pub const fn of(property: &Property) -> Self {
        let mut pipeline = Self::new();
        if let Some(limits) = property.schema().numeric() {
            pipeline.limits = *limits;
        }
        pipeline.rate = property.rate_limit();
        pipeline.stale = property.stale();
        pipeline.stuck = property.stuck();
        pipeline
    }

    /// With limits, and a resolution that the rate rule allows on top.
    #[must_use]
    pub const fn limits(mut self, limits: Numeric) -> Self {
        self.limits = limits;
        self
    }

    /// With a maximum rate of change; one without a positive time is no rule.
    #[must_use]
    pub const fn max_rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// With an age from which a reading is stale.
    #[must_use]
    pub const fn stale_after(mut self, age: Duration) -> Self {
        self.stale = Some(age);
        self
    }

    /// With a time from which an unchanged value is suspect.
    #[must_use]
    pub const fn stuck_after(mut self, time: Duration) -> Self {
        self.stuck = Some(time);
        self
    }

    /// With another number of consecutive consistent readings than 3 after which a new level is good.
    ///
    /// Three tells a step from a single spike and from a pair of them; more delays control longer. At 0 and 1 every
    /// step is good at once and the rate rule finds nothing.
    #[must_use]
    pub const fn recover_after(mut self, readings: u8) -> Self {
        self.recover_after = readings;
        self
    }

    /// Gives a raw reading its quality and the next number.
    pub fn assess<T: Copy + Into<Number>>(&mut self, now: Instant, raw: T) -> Reading<T> {
        let point = Point {
            at: now,
            value: raw.into(),
        };
        let is_late = self.last.is_some_and(|last| now < last.at);
        let quality = if is_late {
            self.check_value(point.value).unwrap_or(Quality::Good)
        } else {
            self.quality = self.take(point);
            self.quality
        };
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Reading::new(raw, now).graded(quality).numbered(sequence)
    }

    /// Takes note that the sensor gave an error in place of a value; the quality is bad until the next reading.
    pub fn failed(&mut self) {
        self.quality = Quality::Bad(Fault::ReadFailed);
        self.fast_run = 0;
    }

    /// The quality of the last reading as of now: it turns stale by time alone.
    #[must_use]
    pub fn quality(&self, now: Instant) -> Quality {
        if self.is_gap(now) {
            self.quality.worst(Quality::Stale)
        } else {
            self.quality
        }
    }

    /// When the last reading turns stale; `None` without a stale time or before the first finite reading.
    #[must_use]
    pub fn stale_at(&self) -> Option<Instant> {
        Some(self.last?.at + self.stale?)
    }

    /// Whether the stale time has passed since the last finite reading.
    fn is_gap(&self, now: Instant) -> bool {
        self.stale_at().is_some_and(|at| now >= at)
    }

    fn check_value(&self, value: Number) -> Option<Quality> {
        if !value.is_finite() {
            Some(Quality::Bad(Fault::NotFinite))
        } else if !self.limits.encloses(value) {
            Some(Quality::Suspect(Suspicion::Range))
        } else {
            None
        }
    }

    fn take(&mut self, point: Point) -> Quality {
        let broken = self.check_value(point.value);
        if let Some(quality @ Quality::Bad(_)) = broken {
            self.fast_run = 0;
            return quality;
        }
        if self.is_gap(point.at) {
            self.good = None;
            self.anchor = None;
            self.fast_run = 0;
            self.unchanged_since = point.at;
        } else if self.last.is_none_or(|last| last.value != point.value) {
            self.unchanged_since = point.at;
        }
        self.last = Some(point);
        if let Some(quality) = broken {
            self.fast_run = 0;
            return quality;
        }
        if !self.keeps_rate(point) && !self.has_recovered(point) {
            return Quality::Suspect(Suspicion::Rate);
        }
        self.accept(point);
        let unchanged = point.at.saturating_since(self.unchanged_since);
        if self.stuck.is_some_and(|stuck| unchanged >= stuck) {
            return Quality::Suspect(Suspicion::Stuck);
        }
        Quality::Good
    }

    fn keeps_rate(&self, point: Point) -> bool {
        let from = |start: Option<Point>| start.is_none_or(|start| self.is_reachable(start, point));
        // While something speaks against the probe, a reference that has become stale allows too much.
        let is_outdated = self.fast_run > 0
            && self
                .good
                .zip(self.stale)
                .is_some_and(|(good, stale)| point.at.saturating_since(good.at) >= stale);
        from(self.good) && from(self.anchor) && !is_outdated
    }

    /// Counts a reading that is too fast and says whether the new level has lasted.
    fn has_recovered(&mut self, point: Point) -> bool {
        let is_consistent =
            self.fast_run > 0 && self.fast.is_none_or(|fast| self.is_reachable(fast, point));
        self.fast = Some(point);
        self.fast_run = if is_consistent {
            self.fast_run.saturating_add(1)
        } else {
            1
        };
        if self.fast_run < self.recover_after {
            return false;
        }
        self.anchor = None;
        true
    }

    fn accept(&mut self, point: Point) {
        self.fast_run = 0;
        self.good = Some(point);
        let is_over = |anchor: Point| {
            let rate = self.rate.map(|rate| rate.per());
            rate.is_none_or(|per| point.at.saturating_since(anchor.at) >= per)
        };
        if self.anchor.is_none_or(is_over) {
            self.anchor = Some(point);
        }
    }

    /// Whether the contract's rate allows the way from one reading to another.
    fn is_reachable(&self, from: Point, to: Point) -> bool {
        let Some(rate) = self.rate else {
            return true;
        };
        let per = u64::try_from(rate.per().as_micros()).unwrap_or(u64::MAX);
        if per == 0 {
            return true;
        }
        let elapsed = to.at.as_micros().saturating_sub(from.at.as_micros());
        #[expect(
            clippy::cast_precision_loss,
            reason = "beyond 2^53 intervals everything is reachable"
        )]
        let intervals = elapsed.div_ceil(per).max(1) as f64;
        let step = self.limits.resolution().map_or(0.0, Number::as_f64);
        let (from, to) = (from.value, to.value);
        let change = (to.as_f64() - from.as_f64()).abs();
        // A change of exactly the limit must not fail for how the two values were rounded.
        let rounding = rounding_of(from) + rounding_of(to);
        change <= rate.amount().as_f64() * intervals + step + rounding
    }
}

/// The most by which a number may be off the decimal that it stands for.
fn rounding_of(number: Number) -> f64 {
    match number {
        Number::U64(_) | Number::I64(_) => 0.0,
        Number::F32(v) => f64::from(v.abs()) * f64::from(f32::EPSILON),
        Number::F64(v) => v.abs() * f64::EPSILON,
    }
}

impl Default for Pipeline {
    fn default() -> Self {
        Self::new()
    }
}
