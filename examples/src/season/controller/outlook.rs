//! What the day is likely to bring, as far as a gateway can know: [`Outlook`].

use gofarm_sched::forecast::{Ensemble, Forecaster as _};
use serde::{Deserialize, Serialize};

use crate::season::plan::Plan;
use crate::season::roots::Roots;
use crate::season::state::Forecast;

/// What a gateway knows at the start of a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::season) struct Morning {
    /// Days after planting.
    pub(in crate::season) day: u16,
    /// Yesterday's reference evapotranspiration in mm, as its own weather station gives it; none on the first day.
    pub(in crate::season) et0: Option<f64>,
    /// The root zone today.
    pub(in crate::season) roots: Roots,
}

/// An autoregression over four days, and what else the ensemble brings.
type Demand = Ensemble<2, 4>;

/// Without a forecast from elsewhere the next day is foretold from those before it.
#[derive(Debug)]
pub(super) struct Outlook {
    et0: Demand,
    today: Morning,
    rained: f64,
}

/// A guess for the first day: a mild one in spring, in mm.
const FIRST_DAY: f32 = 2.5;

impl Outlook {
    #[expect(clippy::expect_used, reason = "the figures are constants")]
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            et0: Demand::new(0).expect("a series without a cycle"),
            today: Morning {
                day: 0,
                et0: None,
                roots: Roots::of(plan, 0),
            },
            rained: 0.0,
        }
    }

    pub(super) fn start_day(&mut self, morning: Morning) {
        #[expect(clippy::cast_possible_truncation, reason = "some mm")]
        if let Some(et0) = morning.et0 {
            self.et0.observe(et0 as f32);
        }
        self.today = morning;
        self.rained = 0.0;
    }

    /// Rain since the last call, in mm.
    pub(super) fn rained(&mut self, rain: f64) {
        self.rained += rain;
    }

    /// The root zone today.
    pub(super) fn roots(&self) -> &Roots {
        &self.today.roots
    }

    /// Water that the crop can take today without stress, in mm: the more it needs, the less of what is there.
    pub(super) fn readily_available(&self, plan: &Plan, forecast: Option<&Forecast>) -> f64 {
        let et0 = forecast.map_or_else(
            || f64::from(self.et0.ahead(1).unwrap_or(FIRST_DAY).clamp(0.0, 15.0)),
            |forecast| f64::from(forecast.et0) / 10.0,
        );
        let demand = plan.crop.coefficient(self.today.day) * et0;
        plan.crop.depletion_fraction_at(demand) * self.today.roots.total_available
    }

    /// Rain that was forecast for today and has not fallen yet, in mm.
    pub(super) fn rain_to_come(&self, forecast: Option<&Forecast>) -> f64 {
        let forecast = forecast.map_or(0.0, |forecast| f64::from(forecast.rain) / 10.0);
        (forecast - self.rained).max(0.0)
    }
}
