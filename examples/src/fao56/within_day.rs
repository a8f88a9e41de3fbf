//! A day in parts, for a controller that looks at the soil between two midnights.
//!
//! FAO-56 balances whole days, and a controller decides every quarter of an hour. Cutting the method's day into
//! parts of its own would make another method of it: stress, evaporation and the limits of equation 86 would be
//! taken 96 times instead of once. So the day stays whole. It is played ahead with the water that has come so far,
//! its use is spread by the share of the sun that has shone, and a reader sees where the soil stands on the way from
//! last night's balance to tonight's. Each night the day is played with all that it was given, by the same
//! [`Model::step`] as in [`Season::run`]: days in parts are the days of the whole.

use super::day_step::{Day, Inputs, Model};
use super::irrigation::Irrigation;
use super::season::Season;
use super::soil_profile::SoilProfile;
use crate::soil_water::{Moved, stress_coefficient};

/// What a part of a day brings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Part {
    /// The share of the day's sun that shines in it; those of all parts add up to 1.
    pub sun: f64,
    /// Rain in mm; that of all parts adds up to the day's.
    pub rain: f64,
    /// Water given in it.
    pub irrigation: Option<Irrigation>,
}

/// A field at any time of a day.
///
/// ```
/// # fn field(season: &gofarm_examples::fao56::Season) -> Result<(), Box<dyn core::error::Error>> {
/// use gofarm_examples::fao56::{Inputs, Part, WithinDay};
///
/// let mut field = WithinDay::new(season);
/// let (planting, _) = season.span().ok_or("no days")?;
/// let inputs = season.inputs(planting)?;
/// field.start_day(Inputs { irrigation: None, ..inputs });
/// for _ in 0..96 {
///     let is_thirsty = field.depletion() > field.readily_available();
///     let irrigation = inputs.irrigation.filter(|_| is_thirsty);
///     field.step(Part { sun: 1.0 / 96.0, rain: inputs.rain / 96.0, irrigation });
/// }
/// let day = field.end_day().ok_or("no day")?;
/// assert_eq!(day.root_zone.depletion, field.depletion());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct WithinDay {
    /// The field at the last midnight.
    model: Model,
    profile: SoilProfile,
    today: Option<Today>,
    zone: Zone,
    moved: Moved,
}

/// The day under way.
#[derive(Clone, Debug)]
struct Today {
    /// With the irrigation that was given so far.
    inputs: Inputs,
    /// The day as it ends if no more water is given.
    ahead: Day,
    sun: f64,
    rain: f64,
}

/// The root zone's measures today, or on the last day that was played.
#[derive(Clone, Copy, Debug)]
struct Zone {
    roots: f64,
    total: f64,
    fraction: f64,
}

impl WithinDay {
    /// The field of `season` at the midnight before its day of planting.
    #[must_use]
    pub fn new(season: &Season) -> Self {
        let (crop, profile) = (season.parameters(), season.profile().clone());
        let roots = crop.roots[0];
        Self {
            model: season.model(),
            zone: Zone {
                roots,
                total: profile.total_available(roots),
                fraction: crop.depletion_fraction,
            },
            profile,
            today: None,
            moved: Moved::default(),
        }
    }

    /// Starts a day; irrigation in `inputs` counts as given at once. A day that is under way is ended first.
    pub fn start_day(&mut self, inputs: Inputs) {
        self.end_day();
        self.look_ahead(Today {
            ahead: self.model.clone().step(inputs),
            inputs,
            sun: 0.0,
            rain: 0.0,
        });
    }

    /// Moves the water of a part of the day; without a day nothing moves.
    pub fn step(&mut self, part: Part) {
        let Some(mut today) = self.today.take() else {
            return;
        };
        today.sun += part.sun;
        today.rain += part.rain;
        if let Some(water) = part.irrigation {
            today.inputs.irrigation = Some(added(today.inputs.irrigation, water));
            today.ahead = self.model.clone().step(today.inputs);
        }
        self.look_ahead(today);
    }

    fn look_ahead(&mut self, today: Today) {
        let Day {
            canopy, root_zone, ..
        } = &today.ahead;
        self.zone = Zone {
            roots: canopy.roots,
            total: root_zone.total,
            fraction: root_zone.fraction,
        };
        self.today = Some(today);
    }

    /// Ends the day with the rain of its inputs and all the water it was given; `None` if there is none under way.
    pub fn end_day(&mut self) -> Option<Day> {
        let today = self.today.take()?;
        let day = self.model.step(today.inputs);
        let given = day.inputs.irrigation.map_or(0.0, |water| water.depth);
        let zone = &day.root_zone;
        self.moved.rain += day.inputs.rain;
        self.moved.irrigation += given;
        self.moved.used += zone.actual - zone.found_max;
        self.moved.drained += zone.percolation + (given - day.effective_irrigation);
        Some(day)
    }

    /// Depletion Dr of the root zone now in mm, 0 to its total available water.
    #[must_use]
    pub fn depletion(&self) -> f64 {
        let midnight = self.model.depletion();
        let Some(today) = &self.today else {
            return midnight;
        };
        let zone = &today.ahead.root_zone;
        let arrived = today.rain + today.ahead.effective_irrigation;
        let now = midnight + zone.met + zone.actual * today.sun - arrived;
        now.clamp(0.0, zone.total)
    }

    /// Depletion at the last midnight of all the soil that roots will reach, in mm; before the first day it is
    /// negative in a soil wetter than field capacity.
    #[must_use]
    pub fn depletion_max(&self) -> f64 {
        self.model.depletion_max()
    }

    /// Total available water TAW of the root zone in mm (equation 82).
    #[must_use]
    pub fn total_available(&self) -> f64 {
        self.zone.total
    }

    /// Readily available water RAW of the root zone in mm (equation 83).
    #[must_use]
    pub fn readily_available(&self) -> f64 {
        self.zone.fraction * self.zone.total
    }

    /// The stress coefficient Ks now, 0 to 1 (equation 84). The day's water use follows the one of its start.
    #[must_use]
    pub fn stress(&self) -> f64 {
        stress_coefficient(self.depletion(), self.zone.total, self.zone.fraction)
    }

    /// Rooting depth in metres.
    #[must_use]
    pub fn rooting_depth(&self) -> f64 {
        self.zone.roots
    }

    /// Mean water content at field capacity of the root zone in m³/m³; it changes as roots reach another layer.
    #[must_use]
    pub fn field_capacity(&self) -> f64 {
        self.profile.field_capacity(self.zone.roots)
    }

    /// Mean water content of the root zone now in m³/m³.
    #[must_use]
    pub fn water_content(&self) -> f64 {
        self.field_capacity() - self.depletion() / (1000.0 * self.zone.roots)
    }

    /// Water moved until the last midnight.
    ///
    /// `used` is evapotranspiration without what equation 86 takes as found, and `drained` is what left the depth of
    /// full-grown roots and what irrigation lost on its way. Rain + irrigation - used - drained is what
    /// [`Self::depletion_max`] went down by.
    #[must_use]
    pub fn moved(&self) -> Moved {
        self.moved
    }
}

/// Two irrigations of one day as one: depths and the water that reaches the soil add up, the wider wetting counts.
fn added(before: Option<Irrigation>, more: Irrigation) -> Irrigation {
    let Some(before) = before else {
        return more;
    };
    let depth = before.depth + more.depth;
    let effective = before.depth * before.efficiency + more.depth * more.efficiency;
    let is_one_way = before.efficiency == more.efficiency || depth <= 0.0;
    Irrigation {
        depth,
        wetted: before.wetted.max(more.wetted),
        efficiency: if is_one_way {
            more.efficiency
        } else {
            effective / depth
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_irrigations_of_a_day_bring_the_water_of_both() {
        let water = |depth, wetted, efficiency| Irrigation {
            depth,
            wetted,
            efficiency,
        };
        assert_eq!(added(None, water(5.0, 0.4, 0.9)), water(5.0, 0.4, 0.9));
        let one_way = added(Some(water(5.0, 0.4, 0.9)), water(2.0, 0.4, 0.9));
        assert_eq!(one_way, water(7.0, 0.4, 0.9));
        let two_ways = added(Some(water(6.0, 0.4, 1.0)), water(2.0, 1.0, 0.5));
        assert_eq!(two_ways, water(8.0, 1.0, 7.0 / 8.0));
        let none = added(Some(water(0.0, 0.4, 1.0)), water(0.0, 0.3, 0.5));
        assert_eq!(none, water(0.0, 0.4, 0.5));
    }
}
