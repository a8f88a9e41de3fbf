//! The TEROS 12 soil probe on SDI-12: water content, temperature, conductivity (METER, "TEROS 11/12" manual).
//!
//! The probe gives counts, not water. Which equation makes water of them depends on the soil, so the record has the
//! counts, and the equations are functions of it. Equation numbers are those of the manual.
//!
//! ```
//! use gofarm_core::device::{Progress, Sensor};
//! use gofarm_core::time::Instant;
//! use gofarm_hal::sdi12::{Address, Line};
//! use gofarm_hal::sensor::teros12::Teros12;
//!
//! fn root_zone<L: Line>(bus: L) -> Teros12<L> {
//!     Teros12::new(bus, Address::DEFAULT)
//! }
//!
//! fn log<L: Line>(probe: &mut Teros12<L>, now: Instant) {
//!     if let Progress::Ready(Ok(soil)) = probe.poll(now) {
//!         println!("{} m3/m3 at {} Cel", soil.water_content_mineral(), soil.temperature);
//!     }
//! }
//! ```

use gofarm_core::Device;
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use crate::sdi12::{Address, Error, Line, Measurement, Probe, Value};

/// What a TEROS 12 gives, in the ranges of its manual (section 3.1).
///
/// ```
/// use gofarm_core::Validate;
/// use gofarm_hal::sensor::teros12::Teros12Reading;
///
/// let soil = Teros12Reading { counts: 2_450.0, temperature: 18.3, conductivity: 320.0 };
/// assert!(soil.validate().is_ok());
/// assert!((soil.water_content_mineral() - 0.254_76).abs() < 1e-5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "meter-teros-12", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the part measures nothing else, and tests write readings"
)]
pub struct Teros12Reading {
    /// What the probe counts: RAW in the manual, about 1800 in air and 3400 to 3600 in water by its own equations.
    #[prop(range = 0.0..=5000.0)]
    pub counts: f32,
    /// Temperature of the soil.
    #[prop(range = -40.0..=60.0, unit = "Cel")]
    pub temperature: f32,
    /// Electrical conductivity of the soil as a whole, brought to 25 Cel by the probe.
    #[prop(range = 0.0..=20000.0, unit = "uS/cm")]
    pub conductivity: f32,
}

impl Teros12Reading {
    /// Offset of the pore water equation: the permittivity of soil that does not conduct (Hilhorst 2000).
    ///
    /// The manual of the GS3, a sister of this probe, found 6 to fit soils and growth media better.
    pub const HILHORST_OFFSET: f32 = 4.1;

    /// Volumetric water content of mineral soil, in m3/m3: `3.879e-4 RAW - 0.6956` (section 4.1.1, equation 5).
    ///
    /// Good to 0.03 in most mineral soils; at most 0.70, in water. In air it is below 0.
    #[must_use]
    pub fn water_content_mineral(&self) -> f32 {
        3.879e-4 * self.counts - 0.695_6
    }

    /// Apparent permittivity of the soil, relative to vacuum: `(2.887e-9 RAW^3 - 2.080e-5 RAW^2 + 5.276e-2 RAW - 43.39)^2`
    /// (section 4.1.3, equation 7).
    #[must_use]
    pub fn permittivity(&self) -> f32 {
        let raw = self.counts;
        let root = ((2.887e-9 * raw - 2.080e-5) * raw + 5.276e-2) * raw - 43.39;
        root * root
    }

    /// Electrical conductivity of the water in the pores, in uS/cm: what roots feel.
    ///
    /// `e_p s_b / (e_b - offset)` with `e_p = 80.3 - 0.37 (T - 20)` (M. A. Hilhorst, 2000, Soil Science Society of America
    /// Journal 64, 1922-1925; manual, section 3.3.4). Good to a fifth in moist soil. In soil with less than 0.10 m3/m3 the
    /// divisor comes near to 0; the manuals say not to use it there, and it is refused.
    ///
    /// ```
    /// use gofarm_hal::sensor::teros12::Teros12Reading;
    ///
    /// let moist = Teros12Reading { counts: 2_700.0, temperature: 20.0, conductivity: 300.0 };
    /// let pores = moist.pore_water_conductivity(Teros12Reading::HILHORST_OFFSET)?;
    /// assert!((1_000.0..2_000.0).contains(&pores));
    /// let dry = Teros12Reading { counts: 2_000.0, ..moist };
    /// assert!(dry.pore_water_conductivity(Teros12Reading::HILHORST_OFFSET).is_err());
    /// # Ok::<(), gofarm_hal::sensor::teros12::TooDry>(())
    /// ```
    ///
    /// # Errors
    /// [`TooDry`] in soil with less than 0.10 m3/m3, or if the permittivity is not above the offset.
    pub fn pore_water_conductivity(&self, offset: f32) -> Result<f32, TooDry> {
        let water = self.water_content_mineral();
        let divisor = self.permittivity() - offset;
        // Written so that what is not a number is refused as well.
        if !(water >= 0.10 && divisor > 0.0) {
            return Err(TooDry(water));
        }
        let pore_permittivity = 80.3 - 0.37 * (self.temperature - 20.0);
        Ok(pore_permittivity * self.conductivity / divisor)
    }

    fn from_values([counts, temperature, conductivity]: [Value; 3]) -> Self {
        Self {
            counts: counts.to_f32(),
            temperature: temperature.to_f32(),
            conductivity: conductivity.to_f32(),
        }
    }
}

/// Soil that is too dry for the conductivity of its pore water; its water content in m3/m3.
///
/// See [`Teros12Reading::pore_water_conductivity`].
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("at {0} m3/m3 the conductivity of pore water cannot be told, only from 0.10 m3/m3 on")]
pub struct TooDry(f32);

impl Classify for TooDry {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// A TEROS 12 on an SDI-12 bus.
///
/// See the [module](self).
#[derive(Debug)]
pub struct Teros12<L> {
    probe: Probe<L, fn([Value; 3]) -> Teros12Reading, 3>,
}

impl<L: Line> Teros12<L> {
    /// The probe at `address`, which measures while others do (`C`).
    pub const fn new(line: L, address: Address) -> Self {
        Self::with(line, address, Measurement::CONCURRENT)
    }

    /// The probe at `address`, by another measurement with the same values, such as one with CRC.
    pub const fn with(line: L, address: Address, measurement: Measurement) -> Self {
        Self {
            probe: Probe::new(line, address, measurement, Teros12Reading::from_values),
        }
    }

    /// Gives up a measurement that is under way, and the bus.
    pub fn abort(&mut self, now: Instant) {
        self.probe.abort(now);
    }
}

impl<L: Line> Sensor for Teros12<L> {
    type Output = Teros12Reading;
    type Error = Error<L::Error>;

    fn poll(&mut self, now: Instant) -> Progress<Result<Teros12Reading, Error<L::Error>>> {
        self.probe.poll(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(counts: f32) -> Teros12Reading {
        Teros12Reading {
            counts,
            temperature: 20.0,
            conductivity: 0.0,
        }
    }

    #[test]
    fn the_equations_give_what_they_give_by_hand() {
        // RAW and equation 5; equation 7 is done term by term in 64 bits.
        let rows = [
            (1_800.0_f32, 0.002_62),
            (2_500.0, 0.274_15),
            (3_600.0, 0.700_84),
        ];
        for (counts, water) in rows {
            let reading = at(counts);
            assert!((reading.water_content_mineral() - water).abs() < 1e-5);
            let raw = f64::from(counts);
            let root = 2.887e-9 * raw.powi(3) - 2.080e-5 * raw.powi(2) + 5.276e-2 * raw - 43.39;
            let permittivity = f64::from(reading.permittivity());
            assert!((permittivity - root * root).abs() < 1e-2, "{counts}");
        }
    }

    #[test]
    fn air_and_water_have_their_permittivity() {
        assert!((at(1_800.0).permittivity() - 1.0).abs() < 0.5);
        assert!((at(3_420.0).permittivity() - 80.0).abs() < 15.0);
    }

    #[test]
    fn dry_soil_and_no_numbers_have_no_pore_water() {
        for counts in [1_800.0, 2_050.0, f32::NAN, f32::NEG_INFINITY] {
            let refused = at(counts).pore_water_conductivity(4.1);
            assert!(matches!(refused, Err(TooDry(_))), "{counts}");
        }
        assert!(at(2_100.0).pore_water_conductivity(f32::NAN).is_err());
    }
}
