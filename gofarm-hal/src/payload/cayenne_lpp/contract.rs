//! [`Mapping`]: a device's record as records of the payload, by its contract.

use gofarm_core::Describe;
use gofarm_core::contract::{Access, Number, Numeric, Place, Schema, Value};
use gofarm_core::error::{Classify, Kind as ErrorKind};
use thiserror::Error;

use super::{EncodeError, Encoder, Kind};

/// Why a device's record did not get into the payload.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MappingError {
    /// A value does not fit its type, or alone is too long for the whole payload.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// There are more values than channels.
    #[error("value {number} of the contract would be on channel {channel}, and 255 is the last")]
    NoChannel {
        /// The value's number in the contract, from 0.
        number: u32,
        /// The channel that it would need.
        channel: u32,
    },
}

impl Classify for MappingError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Encode(error) => error.kind(),
            Self::NoChannel { .. } => ErrorKind::Invalid,
        }
    }

    fn was_sent(&self) -> bool {
        false
    }
}

/// How a device's contract becomes a payload: which channel, which type.
///
/// Each number, switch and enumeration of the contract has a channel: the first one and its place in the order of
/// declaration, absent values and text counted, so that a channel means the same in every payload of one contract. Text
/// has no type and is left out, as is what is not there (`None`), and configuration unless asked for; write-only
/// properties are never sent.
///
/// The type follows from the unit, if the property's range fits it: `Cel` is a temperature, `%` humidity, `lx`
/// illuminance, `hPa` and `mbar` a barometer. A `bool` and an enumeration (its variant's number) are digital; everything
/// else is analog, in steps of 0.01. With [`Mapping::with_extensions`] also `V`, `A`, `Hz`, `m`, `W`, `kW.h`, `[ppm]` and
/// `deg` have types of their own. What a program has configured is an output type, what the device reports an input.
///
/// ```
/// use gofarm_core::Device;
/// use gofarm_hal::payload::cayenne_lpp::{Encoder, Mapping};
///
/// #[derive(Device)]
/// #[device(model = "acme-soil", version = 1)]
/// struct Soil {
///     #[prop(range = 0.0..=0.6, unit = "m3/m3")]
///     water: f32,
///     #[prop(range = -40.0..=80.0, unit = "Cel")]
///     temperature: Option<f32>,
///     wet: bool,
/// }
///
/// let mut buffer = [0; 51];
/// let mut encoder = Encoder::new(&mut buffer);
/// let soil = Soil { water: 0.29, temperature: Some(18.5), wet: true };
/// assert_eq!(Mapping::new().encode(&soil, 0, &mut encoder)?, None); // all of it is in
/// assert_eq!(encoder.payload(), [1, 2, 0, 29, 2, 103, 0, 185, 3, 0, 1]);
/// # Ok::<(), gofarm_hal::payload::cayenne_lpp::MappingError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a mapping does nothing until it encodes"]
pub struct Mapping {
    first_channel: u8,
    config: bool,
    extensions: bool,
}

impl Mapping {
    /// Reported values from channel 1 on, in myDevices' own types.
    pub const fn new() -> Self {
        Self {
            first_channel: 1,
            config: false,
            extensions: false,
        }
    }

    /// With another first channel than 1.
    pub const fn first_channel(mut self, channel: u8) -> Self {
        self.first_channel = channel;
        self
    }

    /// With the configuration as well, as output types.
    pub const fn with_config(mut self) -> Self {
        self.config = true;
        self
    }

    /// With types that are not in myDevices' list ([`Kind::is_extension`]).
    pub const fn with_extensions(mut self) -> Self {
        self.extensions = true;
        self
    }

    /// Adds the values of `device` from number `from` on, until all are in or the payload is full.
    ///
    /// Returns the number to go on from in the next payload, or `None` if all are in. The first call gives 0.
    ///
    /// # Errors
    /// [`MappingError`] if a value does not fit its type, there is no channel for it, or it alone does not fit into an
    /// empty payload. The values before it are in the payload.
    pub fn encode<D: Describe>(
        &self,
        device: &D,
        from: u32,
        encoder: &mut Encoder<'_>,
    ) -> Result<Option<u32>, MappingError> {
        let mut end = Ok(None);
        device.each_value(&mut |place, value| {
            if place.number() >= from && matches!(end, Ok(None)) {
                end = self.add(place, value, encoder);
            }
        });
        end
    }

    fn add(
        &self,
        place: &Place,
        value: Value<'_>,
        encoder: &mut Encoder<'_>,
    ) -> Result<Option<u32>, MappingError> {
        let is_output = match place.access() {
            Access::Read => false,
            Access::Config if self.config => true,
            Access::Config | Access::Write => return Ok(None),
        };
        let digital = if is_output {
            Kind::DigitalOutput
        } else {
            Kind::DigitalInput
        };
        let (kind, value) = match value {
            Value::Boolean(on) => (digital, f64::from(u8::from(on))),
            Value::Variant(variant) => (digital, f64::from(variant)),
            Value::Number(number) => (self.numeric(place.schema(), is_output), number.as_f64()),
            Value::Text(_) => return Ok(None),
        };
        let number = place.number();
        let channel = u32::from(self.first_channel).saturating_add(number);
        let Ok(channel) = u8::try_from(channel) else {
            return Err(MappingError::NoChannel { number, channel });
        };
        match encoder.push_values(channel, kind, [value, 0.0, 0.0]) {
            Ok(()) => Ok(None),
            Err(EncodeError::NoRoom { .. }) if !encoder.is_empty() => Ok(Some(number)),
            Err(error) => Err(error.into()),
        }
    }

    fn numeric(&self, schema: &Schema, is_output: bool) -> Kind {
        let analog = Kind::AnalogInput;
        if is_output {
            return Kind::AnalogOutput;
        }
        let Schema::Numeric(numeric) = schema else {
            return analog;
        };
        let kind = match numeric.unit_code().map(|unit| unit.code()) {
            Some("Cel") => Kind::Temperature,
            Some("%") => Kind::Humidity,
            Some("lx") => Kind::Illuminance,
            Some("hPa" | "mbar") => Kind::Barometer,
            Some("V") => Kind::Voltage,
            Some("A") => Kind::Current,
            Some("Hz") => Kind::Frequency,
            Some("m") => Kind::Distance,
            Some("W") => Kind::Power,
            Some("kW.h") => Kind::Energy,
            Some("[ppm]") => Kind::Concentration,
            Some("deg") => Kind::Direction,
            _ => analog,
        };
        if (kind.is_extension() && !self.extensions) || !fits(numeric, kind) {
            return analog;
        }
        kind
    }
}

impl Default for Mapping {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether every value that the contract allows is within the limits of `kind`; a float without a range is taken to be.
fn fits(numeric: &Numeric, kind: Kind) -> bool {
    let Some((min, max)) = kind.limits(0) else {
        return false;
    };
    let above = |limit: Number| limit.as_f64() >= min;
    let below = |limit: Number| limit.as_f64() <= max;
    numeric.min().is_none_or(above) && numeric.max().is_none_or(below)
}
