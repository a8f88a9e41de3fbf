//! Reference evapotranspiration: how much water a well-watered short grass would use on one day.
//!
//! Irrigation by the calendar waters in the rain; irrigation by a threshold on one probe waters when that probe
//! fails. The weather says what the crop used, independently of any probe, and FAO-56 is the method that the
//! field agrees on: R. G. Allen, L. S. Pereira, D. Raes and M. Smith, *Crop evapotranspiration*, FAO Irrigation
//! and Drainage Paper 56, Rome 1998. Equation numbers below are that paper's.
//!
//! The source of the humidity is a part of the contract: on the same station and day, relative humidity instead of
//! the dew point moves the result by up to 0.9 mm/d. So [`Day`] takes vapour pressure, and the caller says with
//! [`saturation_vapour_pressure`] how it came about.

use core::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// Solar constant in MJ/(m²·min), equation 21.
const SOLAR_CONSTANT: f64 = 0.0820;
/// Stefan-Boltzmann constant in MJ/(K⁴·m²·d), equation 39.
const STEFAN_BOLTZMANN: f64 = 4.903e-9;
/// Albedo of the reference grass, equation 38.
const ALBEDO: f64 = 0.23;

/// Where the weather was observed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Station {
    /// Latitude in degrees, north positive, -66 to 66 (beyond the polar circles the method's day length fails).
    pub latitude: f64,
    /// Height above sea level in metres.
    pub elevation: f64,
}

/// The crop whose water use is the reference: ASCE-EWRI (2005), *The ASCE Standardized Reference Evapotranspiration
/// Equation*, table 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Grass of 0.12 m: the reference of FAO-56.
    Short,
    /// Alfalfa of 0.50 m. Crop coefficients for it are lower than those that FAO-56 prints.
    Tall,
}

impl Reference {
    /// The constants Cn in K·mm·s³/(Mg·d) and Cd in s/m of a daily step.
    const fn constants(self) -> (f64, f64) {
        match self {
            Self::Short => (900.0, 0.34),
            Self::Tall => (1600.0, 0.38),
        }
    }
}

/// One day's weather as FAO-56 needs it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    /// Day of the year, 1 to 366.
    pub day_of_year: i16,
    /// Solar radiation in MJ/(m²·d).
    pub radiation: f64,
    /// Least air temperature in °C.
    pub temperature_min: f64,
    /// Greatest air temperature in °C.
    pub temperature_max: f64,
    /// Actual vapour pressure in kPa.
    pub vapour_pressure: f64,
    /// Mean wind speed at 2 m in m/s; see [`wind_at_2_m`].
    pub wind: f64,
}

/// Reference evapotranspiration ET₀ in mm/d by FAO Penman-Monteith (equation 6) with the soil heat flux of a
/// daily step, G = 0 (equation 42). A day whose formula is negative (a cold, damp night longer than the day) gives 0.
///
/// ```
/// use gofarm_examples::et0::{Day, Station, reference_evapotranspiration};
///
/// let uccle = Station { latitude: 50.80, elevation: 100.0 };
/// let sixth_of_july = Day {
///     day_of_year: 187,
///     radiation: 22.07,
///     temperature_min: 12.3,
///     temperature_max: 21.5,
///     vapour_pressure: 1.409,
///     wind: 2.078,
/// };
/// let et0 = reference_evapotranspiration(&uccle, &sixth_of_july);
/// assert!((et0 - 3.88).abs() < 0.005); // FAO-56, Example 18
/// ```
#[must_use]
pub fn reference_evapotranspiration(station: &Station, day: &Day) -> f64 {
    with_soil_heat_flux(station, day, 0.0)
}

/// As [`reference_evapotranspiration`] for either reference crop, by the equation that ASCE-EWRI (2005) made a
/// standard (its equation 1). For [`Reference::Short`] the two are the same.
#[must_use]
pub fn standardized_evapotranspiration(reference: Reference, station: &Station, day: &Day) -> f64 {
    penman_monteith(reference, station, day, 0.0)
}

/// As [`reference_evapotranspiration`], with the soil heat flux G in MJ/(m²·d): for monthly means, equation 43
/// or 44 gives it.
#[must_use]
pub fn with_soil_heat_flux(station: &Station, day: &Day, soil_heat_flux: f64) -> f64 {
    penman_monteith(Reference::Short, station, day, soil_heat_flux)
}

fn penman_monteith(reference: Reference, station: &Station, day: &Day, soil_heat_flux: f64) -> f64 {
    let (numerator, denominator) = reference.constants();
    let mean = f64::midpoint(day.temperature_min, day.temperature_max); // equation 9
    let slope = vapour_pressure_slope(mean);
    let gamma = psychrometric_constant(station.elevation);
    let saturation = f64::midpoint(
        saturation_vapour_pressure(day.temperature_max),
        saturation_vapour_pressure(day.temperature_min),
    ); // equation 12
    let energy = 0.408 * slope * (net_radiation(station, day) - soil_heat_flux);
    let wind = gamma * numerator / (mean + 273.0) * day.wind * (saturation - day.vapour_pressure);
    ((energy + wind) / (slope + gamma * (1.0 + denominator * day.wind))).max(0.0)
}

/// Saturation vapour pressure in kPa over water at `temperature` in °C (equation 11). At the dew point it is the
/// actual vapour pressure (equation 14).
#[must_use]
pub fn saturation_vapour_pressure(temperature: f64) -> f64 {
    0.6108 * (17.27 * temperature / (temperature + 237.3)).exp()
}

/// Slope of the saturation vapour pressure curve in kPa/°C (equation 13).
#[must_use]
pub fn vapour_pressure_slope(temperature: f64) -> f64 {
    4098.0 * saturation_vapour_pressure(temperature) / (temperature + 237.3).powi(2)
}

/// Psychrometric constant in kPa/°C at `elevation` in metres (equations 7 and 8).
#[must_use]
pub fn psychrometric_constant(elevation: f64) -> f64 {
    let pressure = 101.3 * ((293.0 - 0.0065 * elevation) / 293.0).powf(5.26);
    0.665e-3 * pressure
}

/// Wind speed at 2 m in m/s from a speed measured at `height` in metres over short grass (equation 47).
///
/// `height` must be over 0.1 m, where the logarithm of the profile is defined.
#[must_use]
pub fn wind_at_2_m(speed: f64, height: f64) -> f64 {
    speed * 4.87 / (67.8 * height - 5.42).ln()
}

/// Extraterrestrial radiation in MJ/(m²·d) (equations 21 to 25).
#[must_use]
pub fn extraterrestrial_radiation(latitude: f64, day_of_year: i16) -> f64 {
    let latitude = latitude.to_radians(); // equation 22
    let angle = 2.0 * PI * f64::from(day_of_year) / 365.0;
    let distance = 1.0 + 0.033 * angle.cos(); // equation 23
    let declination = 0.409 * (angle - 1.39).sin(); // equation 24
    let sunset = (-latitude.tan() * declination.tan())
        .clamp(-1.0, 1.0)
        .acos(); // equation 25
    24.0 * 60.0 / PI
        * SOLAR_CONSTANT
        * distance
        * (sunset * latitude.sin() * declination.sin()
            + latitude.cos() * declination.cos() * sunset.sin())
}

/// Net radiation at the grass in MJ/(m²·d) (equations 37 to 40).
///
/// The relative radiation Rs/Rso is kept within 0.3 to 1.0: FAO-56 gives the upper limit, the lower one is from
/// ASCE-EWRI (2005), *The ASCE Standardized Reference Evapotranspiration Equation*.
#[must_use]
pub fn net_radiation(station: &Station, day: &Day) -> f64 {
    let extraterrestrial = extraterrestrial_radiation(station.latitude, day.day_of_year);
    let clear_sky = (0.75 + 2e-5 * station.elevation) * extraterrestrial; // equation 37
    let relative = (day.radiation / clear_sky).clamp(0.3, 1.0);
    let shortwave = (1.0 - ALBEDO) * day.radiation; // equation 38
    let kelvin4 = f64::midpoint(
        (day.temperature_max + 273.16).powi(4),
        (day.temperature_min + 273.16).powi(4),
    );
    let longwave = STEFAN_BOLTZMANN
        * kelvin4
        * (0.34 - 0.14 * day.vapour_pressure.sqrt())
        * (1.35 * relative - 0.35); // equation 39
    shortwave - longwave // equation 40
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Solar radiation from sunshine hours (equations 34 and 35, a_s = 0.25, b_s = 0.50).
    fn radiation_from_sunshine(latitude: f64, day_of_year: i16, hours: f64) -> f64 {
        let declination = 0.409 * (2.0 * PI * f64::from(day_of_year) / 365.0 - 1.39).sin();
        let sunset = (-latitude.to_radians().tan() * declination.tan()).acos();
        let daylight = 24.0 / PI * sunset;
        (0.25 + 0.50 * hours / daylight) * extraterrestrial_radiation(latitude, day_of_year)
    }

    fn near(found: f64, expected: f64, within: f64) {
        assert!(
            (found - expected).abs() <= within,
            "{found} is not {expected} ± {within}"
        );
    }

    /// FAO-56, Example 18 (p. 72): Uccle, Brussels, 6 July, with its intermediate results.
    #[test]
    fn example_18_daily_data_at_uccle_gives_3_88_mm() {
        let station = Station {
            latitude: 50.80,
            elevation: 100.0,
        };
        let (low, high) = (12.3, 21.5);
        // Equation 17, RHmax 84 %, RHmin 63 %.
        let vapour_pressure = f64::midpoint(
            saturation_vapour_pressure(low) * 0.84,
            saturation_vapour_pressure(high) * 0.63,
        );
        let day = Day {
            day_of_year: 187,
            radiation: radiation_from_sunshine(station.latitude, 187, 9.25),
            temperature_min: low,
            temperature_max: high,
            vapour_pressure,
            wind: wind_at_2_m(10.0 / 3.6, 10.0), // 10 km/h at 10 m
        };
        near(day.wind, 2.078, 0.001);
        near(day.vapour_pressure, 1.409, 0.001);
        near(extraterrestrial_radiation(50.80, 187), 41.09, 0.02);
        near(day.radiation, 22.07, 0.02);
        near(vapour_pressure_slope(16.9), 0.122, 0.0005);
        near(psychrometric_constant(100.0), 0.0666, 0.0001);
        near(net_radiation(&station, &day), 13.28, 0.02);
        near(reference_evapotranspiration(&station, &day), 3.88, 0.01);
    }

    /// FAO-56, chapter 4, Example 17: Bangkok, mean of April, with the month's soil heat flux.
    #[test]
    fn example_17_monthly_data_at_bangkok_gives_5_72_mm() {
        let station = Station {
            latitude: 13.0 + 44.0 / 60.0,
            elevation: 2.0,
        };
        let day = Day {
            day_of_year: 105,
            radiation: radiation_from_sunshine(station.latitude, 105, 8.5),
            temperature_min: 25.6,
            temperature_max: 34.8,
            vapour_pressure: 2.85,
            wind: 2.0,
        };
        let soil_heat_flux = 0.14 * (30.2 - 29.2); // equation 44
        near(day.radiation, 22.65, 0.02);
        near(net_radiation(&station, &day), 14.33, 0.02);
        near(
            with_soil_heat_flux(&station, &day, soil_heat_flux),
            5.72,
            0.005,
        );
    }

    #[test]
    fn a_night_longer_than_the_day_gives_no_negative_water() {
        let station = Station {
            latitude: 52.07,
            elevation: 29.0,
        };
        let day = Day {
            day_of_year: 355,
            radiation: 0.3,
            temperature_min: -12.0,
            temperature_max: -8.0,
            vapour_pressure: 0.30,
            wind: 0.2,
        };
        near(reference_evapotranspiration(&station, &day), 0.0, 0.0);
    }
}
