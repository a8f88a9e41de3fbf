//! [`Measurement`]: a value of one kind, and its steps on the kind's grid.

use super::Kind;
use super::kind::Axis;

/// A measured or commanded value; which limits it has, [`Kind::limits`] says.
///
/// ```
/// use gofarm_hal::payload::cayenne_lpp::{Kind, Measurement};
///
/// let soil = Measurement::AnalogInput(0.31_f32.into());
/// assert_eq!(soil.kind(), Kind::AnalogInput);
/// assert_eq!(Measurement::Accelerometer([0.0, 0.0, 1.0]).values(), [0.0, 0.0, 1.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Measurement {
    /// A state or small number.
    DigitalInput(u8),
    /// A commanded state or small number.
    DigitalOutput(u8),
    /// Any number, -327.68 to 327.67.
    AnalogInput(f64),
    /// Any commanded number, -327.68 to 327.67.
    AnalogOutput(f64),
    /// Extension: any whole number.
    Generic(u32),
    /// Illuminance, lx.
    Illuminance(u16),
    /// Whether somebody is there.
    Presence(bool),
    /// Temperature, °C.
    Temperature(f64),
    /// Relative humidity, %.
    Humidity(f64),
    /// Acceleration on x, y and z, G.
    Accelerometer([f64; 3]),
    /// Air pressure, hPa.
    Barometer(f64),
    /// Extension: voltage, V.
    Voltage(f64),
    /// Extension: current, A.
    Current(f64),
    /// Extension: frequency, Hz.
    Frequency(u32),
    /// Extension: percentage, %.
    Percentage(u8),
    /// Extension: altitude, m.
    Altitude(i16),
    /// Extension: concentration, ppm.
    Concentration(u16),
    /// Extension: power, W.
    Power(u16),
    /// Extension: distance, m.
    Distance(f64),
    /// Extension: energy, kWh.
    Energy(f64),
    /// Extension: direction, degrees.
    Direction(u16),
    /// Extension: seconds since 1970-01-01T00:00:00Z.
    UnixTime(u32),
    /// Rotation about x, y and z, °/s.
    Gyrometer([f64; 3]),
    /// Extension: red, green and blue.
    Colour([u8; 3]),
    /// Where the device is.
    Gps {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Metres above sea level.
        altitude: f64,
    },
    /// Extension: a switch.
    Switch(bool),
}

impl Measurement {
    /// The kind of record that carries this.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.parts().0
    }

    /// The numbers, one for each axis, in the kind's unit; those of axes that the kind does not have are 0.
    #[must_use]
    pub fn values(&self) -> [f64; 3] {
        self.parts().1
    }

    #[inline]
    pub(super) fn parts(&self) -> (Kind, [f64; 3]) {
        let one = |value: f64| [value, 0.0, 0.0];
        match *self {
            Self::DigitalInput(v) => (Kind::DigitalInput, one(v.into())),
            Self::DigitalOutput(v) => (Kind::DigitalOutput, one(v.into())),
            Self::AnalogInput(v) => (Kind::AnalogInput, one(v)),
            Self::AnalogOutput(v) => (Kind::AnalogOutput, one(v)),
            Self::Generic(v) => (Kind::Generic, one(v.into())),
            Self::Illuminance(v) => (Kind::Illuminance, one(v.into())),
            Self::Presence(v) => (Kind::Presence, one(u8::from(v).into())),
            Self::Temperature(v) => (Kind::Temperature, one(v)),
            Self::Humidity(v) => (Kind::Humidity, one(v)),
            Self::Accelerometer(v) => (Kind::Accelerometer, v),
            Self::Barometer(v) => (Kind::Barometer, one(v)),
            Self::Voltage(v) => (Kind::Voltage, one(v)),
            Self::Current(v) => (Kind::Current, one(v)),
            Self::Frequency(v) => (Kind::Frequency, one(v.into())),
            Self::Percentage(v) => (Kind::Percentage, one(v.into())),
            Self::Altitude(v) => (Kind::Altitude, one(v.into())),
            Self::Concentration(v) => (Kind::Concentration, one(v.into())),
            Self::Power(v) => (Kind::Power, one(v.into())),
            Self::Distance(v) => (Kind::Distance, one(v)),
            Self::Energy(v) => (Kind::Energy, one(v)),
            Self::Direction(v) => (Kind::Direction, one(v.into())),
            Self::UnixTime(v) => (Kind::UnixTime, one(v.into())),
            Self::Gyrometer(v) => (Kind::Gyrometer, v),
            Self::Colour(v) => (Kind::Colour, v.map(f64::from)),
            Self::Gps {
                latitude,
                longitude,
                altitude,
            } => (Kind::Gps, [latitude, longitude, altitude]),
            Self::Switch(v) => (Kind::Switch, one(u8::from(v).into())),
        }
    }

    /// The measurement of `kind` with these steps, one for each axis.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "steps come from as many bytes as the kind has on the wire"
    )]
    pub(super) fn from_steps(kind: Kind, steps: [i64; 3]) -> Self {
        let value = |axis: usize| {
            let layout = kind.axes().get(axis);
            layout
                .zip(steps.get(axis))
                .map_or(0.0, |(layout, steps)| on_grid(*steps, layout))
        };
        let [first, second, third] = steps;
        match kind {
            Kind::DigitalInput => Self::DigitalInput(first as u8),
            Kind::DigitalOutput => Self::DigitalOutput(first as u8),
            Kind::AnalogInput => Self::AnalogInput(value(0)),
            Kind::AnalogOutput => Self::AnalogOutput(value(0)),
            Kind::Generic => Self::Generic(first as u32),
            Kind::Illuminance => Self::Illuminance(first as u16),
            Kind::Presence => Self::Presence(first != 0),
            Kind::Temperature => Self::Temperature(value(0)),
            Kind::Humidity => Self::Humidity(value(0)),
            Kind::Accelerometer => Self::Accelerometer([value(0), value(1), value(2)]),
            Kind::Barometer => Self::Barometer(value(0)),
            Kind::Voltage => Self::Voltage(value(0)),
            Kind::Current => Self::Current(value(0)),
            Kind::Frequency => Self::Frequency(first as u32),
            Kind::Percentage => Self::Percentage(first as u8),
            Kind::Altitude => Self::Altitude(first as i16),
            Kind::Concentration => Self::Concentration(first as u16),
            Kind::Power => Self::Power(first as u16),
            Kind::Distance => Self::Distance(value(0)),
            Kind::Energy => Self::Energy(value(0)),
            Kind::Direction => Self::Direction(first as u16),
            Kind::UnixTime => Self::UnixTime(first as u32),
            Kind::Gyrometer => Self::Gyrometer([value(0), value(1), value(2)]),
            Kind::Colour => Self::Colour([first as u8, second as u8, third as u8]),
            Kind::Gps => Self::Gps {
                latitude: value(0),
                longitude: value(1),
                altitude: value(2),
            },
            Kind::Switch => Self::Switch(first != 0),
        }
    }
}

/// The grid point nearest to `value`, in steps; ties go away from zero. `None` if it is NaN or beyond the axis.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is too large stays too large for any axis"
)]
#[inline]
pub(super) fn nearest(value: f64, axis: &Axis) -> Option<i64> {
    /// The greatest number below a half: what rounds up to a whole number with it has a half or more behind the point.
    const HALF: f64 = 0.499_999_999_999_999_94;
    // A decimal on the grid is off by half an ulp at most, and so is the product: its nearest integer is the decimal's
    // own.
    let scaled = value * f64::from(axis.per_unit);
    let steps = (scaled + HALF.copysign(scaled)) as i64;
    (!scaled.is_nan() && (axis.min..=axis.max).contains(&steps)).then_some(steps)
}

/// The decimal with these steps, correctly rounded.
#[expect(clippy::cast_precision_loss, reason = "at most 32 bits wide")]
pub(super) fn on_grid(steps: i64, axis: &Axis) -> f64 {
    steps as f64 / f64::from(axis.per_unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_away_from_zero_and_nothing_else_is_a_tie() {
        let axis = &Kind::DigitalInput.axes()[0];
        let rows = [
            (0.5, 1),
            (1.5, 2),
            (2.5, 3),
            (0.499_999_999_999_999_94, 0),
            (0.4, 0),
        ];
        for (value, steps) in rows {
            assert_eq!(nearest(value, axis), Some(steps), "{value}");
        }
        let signed = &Kind::Altitude.axes()[0];
        assert_eq!(nearest(-0.5, signed), Some(-1));
        assert_eq!(nearest(-1.4, signed), Some(-1));
    }

    #[test]
    fn a_half_goes_away_from_zero_and_its_neighbour_does_not() {
        let axis = &Kind::Generic.axes()[0];
        let signed = &Kind::Altitude.axes()[0];
        for power in 0..32 {
            for whole in [(1_i64 << power) - 1, 1 << power, (1 << power) + 1] {
                #[expect(clippy::cast_precision_loss, reason = "at most 32 bits wide")]
                let half = whole as f64 + 0.5;
                for (value, steps) in [
                    (half.next_down(), whole),
                    (half, whole + 1),
                    (half.next_up(), whole + 1),
                ] {
                    let on_axis = |axis: &Axis, steps| {
                        (axis.min..=axis.max).contains(&steps).then_some(steps)
                    };
                    assert_eq!(nearest(value, axis), on_axis(axis, steps), "{value}");
                    assert_eq!(nearest(-value, signed), on_axis(signed, -steps), "-{value}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_or_too_far_has_no_steps() {
        let axis = &Kind::Temperature.axes()[0];
        for value in [f64::NAN, f64::INFINITY, -1e300, 3_276.75, -3_276.85] {
            assert_eq!(nearest(value, axis), None, "{value}");
        }
        assert_eq!(nearest(3_276.74, axis), Some(32_767));
    }
}
