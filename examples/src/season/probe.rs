//! Soil probes that follow the field and fail the way probes fail.

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours};

use serde::{Deserialize, Serialize};

use super::chaos::Failure;
use super::contract::SoilProbe;
use super::field::Field;
use super::plan::Background;

/// What a poll of the field bus gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Sample {
    /// The probe was not asked: it has been silent for a while.
    Spared,
    /// No answer.
    Silent,
    /// A raw record.
    Record(SoilProbe),
}

/// What is wrong with a probe besides what always is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trouble {
    /// It says what it said when this began.
    pub(super) is_stuck: bool,
    /// It drifts away from the truth.
    pub(super) lie: Option<Failure>,
}

/// One probe on the field bus.
#[derive(Debug)]
pub(super) struct Probe {
    random: SplitMix64,
    background: Background,
    trouble: Trouble,
    /// Calibration error in m³/m³, fixed for a probe.
    offset: f64,
    last: Option<SoilProbe>,
    stuck: Option<(SoilProbe, Instant)>,
    /// A plug that lost contact.
    silent_until: Option<Instant>,
}

impl Probe {
    pub(super) fn new(seed: u64, background: Background) -> Self {
        let mut random = SplitMix64::new(seed);
        let offset = (random.below(7) as f64 - 3.0) / 1_000.0;
        Self {
            random,
            background,
            trouble: Trouble::default(),
            last: None,
            offset,
            stuck: None,
            silent_until: None,
        }
    }

    /// Makes it worse than it is by itself, or better again.
    pub(super) fn trouble(&mut self) -> &mut Trouble {
        &mut self.trouble
    }

    /// One sample of the field at `now`; about 1 in 70 is wrong in one of the ways below.
    pub(super) fn sample(&mut self, now: Instant, field: &dyn Field, slot: usize) -> Sample {
        if self.trouble.is_stuck
            && let Some(frozen) = self.last
        {
            return Sample::Record(frozen);
        }
        let drift = self.trouble.lie.map_or(0.0, |lie| lie.drift(now));
        let water = field.water().content + self.offset + drift;
        let honest = SoilProbe {
            water: self.noisy(water, 0.001),
            temperature: self.noisy(field.course().temperature(slot), 0.1),
            sample_every: 900,
        };
        self.last = Some(honest);
        if self.background == Background::Calm {
            return Sample::Record(honest);
        }
        if self.silent_until.is_some_and(|until| now < until) {
            return Sample::Silent;
        }
        if let Some((frozen, until)) = self.stuck {
            if now < until {
                return Sample::Record(frozen);
            }
            self.stuck = None;
        }
        match self.random.below(10_000) {
            0..28 => Sample::Silent, // no answer on the bus
            28..30 => {
                self.silent_until = Some(now + hours(2 + self.random.below(22)));
                Sample::Silent
            }
            30..60 => Sample::Record(SoilProbe {
                water: f32::NAN, // failed conversion
                ..honest
            }),
            60..80 => Sample::Record(SoilProbe {
                water: 33_783.0, // wrong scale
                ..honest
            }),
            80..100 => Sample::Record(SoilProbe {
                water: 0.0, // pulled out of the ground
                ..honest
            }),
            100..120 => Sample::Record(SoilProbe {
                water: honest.water + 0.15, // a spike within the range
                ..honest
            }),
            120..135 => Sample::Record(SoilProbe {
                temperature: 85.0, // power-on value of a well-known sensor
                ..honest
            }),
            135..138 => {
                let time = hours(8 + self.random.below(24));
                self.stuck = Some((honest, now + time));
                Sample::Record(honest)
            }
            _ => Sample::Record(honest),
        }
    }

    /// `value` with noise of up to 2 steps, rounded to the probe's resolution `step`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a probe reports in single precision"
    )]
    fn noisy(&mut self, value: f64, step: f64) -> f32 {
        let noise = self.random.below(5) as f64 - 2.0;
        (((value / step).round() + noise) * step) as f32
    }
}
