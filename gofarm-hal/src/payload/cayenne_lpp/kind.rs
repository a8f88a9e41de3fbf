//! [`Kind`]: the types of the payload, with their codes, grids and limits.

use gofarm_core::quantity::Unit;

/// One number of a record: how wide it is, what its steps are and where it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    /// The least and greatest number of steps.
    pub(super) min: i64,
    pub(super) max: i64,
    /// Steps for one unit: 10 for a grid of 0.1.
    pub(super) per_unit: u16,
    /// Bytes on the wire, 1 to 4.
    pub(super) width: u8,
}

impl Axis {
    const fn unsigned(width: u8, per_unit: u16) -> Self {
        let max = (1_i64 << (8 * width as u32)) - 1;
        Self {
            width,
            min: 0,
            max,
            per_unit,
        }
    }

    const fn signed(width: u8, per_unit: u16) -> Self {
        let half = 1_i64 << (8 * width as u32 - 1);
        Self {
            width,
            min: -half,
            max: half - 1,
            per_unit,
        }
    }

    const fn within(mut self, min: i64, max: i64) -> Self {
        self.min = min;
        self.max = max;
        self
    }

    /// The least value, in the unit.
    #[expect(clippy::cast_precision_loss, reason = "at most 32 bits wide")]
    pub(super) fn least(self) -> f64 {
        self.min as f64 / f64::from(self.per_unit)
    }

    /// The greatest value, in the unit.
    #[expect(clippy::cast_precision_loss, reason = "at most 32 bits wide")]
    pub(super) fn greatest(self) -> f64 {
        self.max as f64 / f64::from(self.per_unit)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal, $name:literal;)+) => {
        /// The type of a record.
        ///
        /// ```
        /// use gofarm_hal::payload::cayenne_lpp::Kind;
        ///
        /// assert_eq!(Kind::Temperature.code(), 103);
        /// assert_eq!(Kind::from_code(136), Some(Kind::Gps));
        /// assert_eq!(Kind::Gps.size(), 9);
        /// assert_eq!(Kind::AnalogInput.limits(0), Some((-327.68, 327.67)));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* $kind,)+
        }

        impl Kind {
            /// All kinds, by code.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The number on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$kind => $code,)+
                }
            }

            /// The kind with this number; `None` if this crate knows none.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$kind),)+
                    _ => None,
                }
            }

            /// The kind's name, in lower case: `analog input`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }
        }
    };
}

kinds! {
    /// A state or small number, 1 byte.
    DigitalInput = 0, "digital input";
    /// A commanded state or small number, 1 byte.
    DigitalOutput = 1, "digital output";
    /// Any number, 2 bytes signed, 0.01.
    AnalogInput = 2, "analog input";
    /// Any commanded number, 2 bytes signed, 0.01.
    AnalogOutput = 3, "analog output";
    /// Extension: any whole number, 4 bytes unsigned.
    Generic = 100, "generic sensor";
    /// Illuminance, 2 bytes unsigned, 1 lx.
    Illuminance = 101, "illuminance";
    /// Whether somebody is there, 1 byte.
    Presence = 102, "presence";
    /// Temperature, 2 bytes signed, 0.1 °C.
    Temperature = 103, "temperature";
    /// Relative humidity, 1 byte unsigned, 0.5 %.
    Humidity = 104, "humidity";
    /// Acceleration on three axes, 2 bytes signed each, 0.001 G.
    Accelerometer = 113, "accelerometer";
    /// Air pressure, 2 bytes unsigned, 0.1 hPa.
    Barometer = 115, "barometer";
    /// Extension: voltage, 2 bytes unsigned, 0.01 V.
    Voltage = 116, "voltage";
    /// Extension: current, 2 bytes unsigned, 0.001 A.
    Current = 117, "current";
    /// Extension: frequency, 4 bytes unsigned, 1 Hz.
    Frequency = 118, "frequency";
    /// Extension: percentage, 1 byte, 0 to 100 %.
    Percentage = 120, "percentage";
    /// Extension: altitude, 2 bytes signed, 1 m.
    Altitude = 121, "altitude";
    /// Extension: concentration, 2 bytes unsigned, 1 ppm.
    Concentration = 125, "concentration";
    /// Extension: power, 2 bytes unsigned, 1 W.
    Power = 128, "power";
    /// Extension: distance, 4 bytes unsigned, 0.001 m.
    Distance = 130, "distance";
    /// Extension: energy, 4 bytes unsigned, 0.001 kWh.
    Energy = 131, "energy";
    /// Extension: direction, 2 bytes, 0 to 360°.
    Direction = 132, "direction";
    /// Extension: seconds since 1970-01-01T00:00:00Z, 4 bytes unsigned.
    UnixTime = 133, "unix time";
    /// Rotation on three axes, 2 bytes signed each, 0.01 °/s.
    Gyrometer = 134, "gyrometer";
    /// Extension: red, green and blue, 1 byte each.
    Colour = 135, "colour";
    /// Latitude and longitude, 3 bytes signed each, 0.0001°, and altitude, 3 bytes signed, 0.01 m.
    Gps = 136, "gps";
    /// Extension: a switch, 1 byte, 0 or 1.
    Switch = 142, "switch";
}

impl Kind {
    /// The layouts of its numbers, in order.
    #[inline]
    pub(super) const fn axes(self) -> &'static [Axis] {
        match self {
            Self::DigitalInput | Self::DigitalOutput => const { &[Axis::unsigned(1, 1)] },
            Self::Presence | Self::Switch => const { &[Axis::unsigned(1, 1).within(0, 1)] },
            Self::AnalogInput | Self::AnalogOutput => const { &[Axis::signed(2, 100)] },
            Self::Generic | Self::Frequency | Self::UnixTime => const { &[Axis::unsigned(4, 1)] },
            Self::Illuminance | Self::Concentration | Self::Power => {
                const { &[Axis::unsigned(2, 1)] }
            }
            Self::Temperature => const { &[Axis::signed(2, 10)] },
            Self::Humidity => const { &[Axis::unsigned(1, 2)] },
            Self::Barometer => const { &[Axis::unsigned(2, 10)] },
            Self::Voltage => const { &[Axis::unsigned(2, 100)] },
            Self::Current => const { &[Axis::unsigned(2, 1_000)] },
            Self::Percentage => const { &[Axis::unsigned(1, 1).within(0, 100)] },
            Self::Altitude => const { &[Axis::signed(2, 1)] },
            Self::Distance | Self::Energy => const { &[Axis::unsigned(4, 1_000)] },
            Self::Direction => const { &[Axis::unsigned(2, 1).within(0, 360)] },
            Self::Accelerometer => const { &[Axis::signed(2, 1_000); 3] },
            Self::Gyrometer => const { &[Axis::signed(2, 100); 3] },
            Self::Colour => const { &[Axis::unsigned(1, 1); 3] },
            Self::Gps => {
                const {
                    &[
                        Axis::signed(3, 10_000).within(-900_000, 900_000),
                        Axis::signed(3, 10_000).within(-1_800_000, 1_800_000),
                        Axis::signed(3, 100),
                    ]
                }
            }
        }
    }

    /// Bytes of the value, without channel and type: 1 to 9.
    #[must_use]
    pub const fn size(self) -> usize {
        let mut size = 0;
        let mut axes = self.axes();
        while let [axis, rest @ ..] = axes {
            size += axis.width as usize;
            axes = rest;
        }
        size
    }

    /// The least and the greatest value of axis `axis` (from 0), both inclusive, in [`Kind::unit`]; `None` if there is no
    /// such axis.
    #[must_use]
    pub fn limits(self, axis: usize) -> Option<(f64, f64)> {
        let axis = self.axes().get(axis)?;
        Some((axis.least(), axis.greatest()))
    }

    /// The distance of two neighbouring values of axis `axis`, in [`Kind::unit`]; `None` if there is no such axis.
    #[must_use]
    pub fn resolution(self, axis: usize) -> Option<f64> {
        let axis = self.axes().get(axis)?;
        Some(1.0 / f64::from(axis.per_unit))
    }

    /// The unit of axis `axis` (from 0); `None` if the kind fixes none or there is no such axis.
    #[must_use]
    pub const fn unit(self, axis: usize) -> Option<Unit> {
        Some(match (self, axis) {
            (Self::Illuminance, 0) => const { Unit::new("lx") },
            (Self::Temperature, 0) => const { Unit::new("Cel") },
            (Self::Humidity | Self::Percentage, 0) => const { Unit::new("%") },
            (Self::Accelerometer, 0..=2) => const { Unit::new("[g]") },
            (Self::Barometer, 0) => const { Unit::new("hPa") },
            (Self::Voltage, 0) => const { Unit::new("V") },
            (Self::Current, 0) => const { Unit::new("A") },
            (Self::Frequency, 0) => const { Unit::new("Hz") },
            (Self::Altitude | Self::Distance, 0) | (Self::Gps, 2) => const { Unit::new("m") },
            (Self::Concentration, 0) => const { Unit::new("[ppm]") },
            (Self::Power, 0) => const { Unit::new("W") },
            (Self::Energy, 0) => const { Unit::new("kW.h") },
            (Self::Direction, 0) | (Self::Gps, 0 | 1) => const { Unit::new("deg") },
            (Self::UnixTime, 0) => const { Unit::new("s") },
            (Self::Gyrometer, 0..=2) => const { Unit::new("deg/s") },
            _ => return None,
        })
    }

    /// Whether the kind is not in myDevices' list.
    #[must_use]
    pub const fn is_extension(self) -> bool {
        !matches!(
            self,
            Self::DigitalInput
                | Self::DigitalOutput
                | Self::AnalogInput
                | Self::AnalogOutput
                | Self::Illuminance
                | Self::Presence
                | Self::Temperature
                | Self::Humidity
                | Self::Accelerometer
                | Self::Barometer
                | Self::Gyrometer
                | Self::Gps
        )
    }
}

impl core::fmt::Display for Kind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back_and_every_kind_has_a_size() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), Some(*kind));
            assert!((1..=9).contains(&kind.size()), "{kind}");
            assert!(kind.axes().len() <= 3);
        }
    }
}
