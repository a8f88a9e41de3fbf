//! [`Pack::device`]: a device's record as records of a pack, by its contract.

use core::fmt::{self, Write as _};

use gofarm_core::Describe;
use gofarm_core::contract::{Access, Number, Place, Schema, Segment, Value};
use gofarm_core::error::{Classify, Kind};
use thiserror::Error;

use super::{Entry, Pack, PackError};

/// Why a device's record did not get into the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("value {number} of the contract: {source}")]
pub struct DeviceError {
    number: u32,
    source: PackError,
}

impl DeviceError {
    /// The value's number in the contract, from 0.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn reason(&self) -> PackError {
        self.source
    }
}

impl Classify for DeviceError {
    fn kind(&self) -> Kind {
        self.source.kind()
    }

    fn was_sent(&self) -> bool {
        false
    }
}

impl Pack<'_, '_> {
    /// Adds the values of `device` from number `from` on, until all are in or the pack is full.
    ///
    /// A value's name is its path in the contract, `layers/1/water`, behind the base name. A number has its property's
    /// unit, converted to SenML's primary one where it is another (`kPa` to `Pa`, `%` to a ratio) and rounded to the width
    /// that the number has; a unit that SenML does not know is left out, and the contract says what it is. An
    /// enumeration is text, the variant's name. What is absent is left out, and so are write-only properties.
    ///
    /// Returns the number to go on from in the next pack, or `None` if all are in. The first call gives 0.
    ///
    /// # Errors
    /// [`DeviceError`] if a value is not finite, a name is longer than 128 bytes or has characters that SenML forbids, or
    /// the value alone does not fit into an empty pack. The values before it are in the pack.
    ///
    /// ```
    /// use gofarm_core::Device;
    /// use gofarm_hal::payload::senml::Pack;
    ///
    /// #[derive(Device)]
    /// #[device(model = "acme-soil", version = 1)]
    /// struct Soil {
    ///     #[prop(range = 0.0..=100.0, unit = "%")]
    ///     water: [f32; 2],
    ///     #[prop(range = -40.0..=80.0, unit = "Cel")]
    ///     temperature: Option<f32>,
    /// }
    ///
    /// let mut buffer = [0; 128];
    /// let mut pack = Pack::json(&mut buffer);
    /// pack.base_name("soil-7/");
    /// let soil = Soil { water: [29.1, 31.0], temperature: None };
    /// assert_eq!(pack.device(&soil, 0)?, None); // all of it is in
    /// assert_eq!(
    ///     core::str::from_utf8(pack.finish())?,
    ///     r#"[{"bn":"soil-7/","n":"water/0","u":"/","v":0.291},{"n":"water/1","u":"/","v":0.31}]"#,
    /// );
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub fn device<D: Describe>(
        &mut self,
        device: &D,
        from: u32,
    ) -> Result<Option<u32>, DeviceError> {
        let mut end = Ok(None);
        device.each_value(&mut |place, value| {
            if place.number() >= from && matches!(end, Ok(None)) {
                end = self.leaf(place, value);
            }
        });
        end
    }

    fn leaf(&mut self, place: &Place, value: Value<'_>) -> Result<Option<u32>, DeviceError> {
        if place.access() == Access::Write {
            return Ok(None);
        }
        let number = place.number();
        let refused = |source| DeviceError { number, source };
        let mut name = PathName::new();
        for segment in place.path() {
            name.add(segment).map_err(|_| refused(PackError::Name))?;
        }
        let entry = Entry::new(name.as_str());
        let entry = match (value, place.schema()) {
            (Value::Number(number), schema) => measured(entry, number, schema),
            (Value::Boolean(on), _) => entry.boolean(on),
            (Value::Text(text), _) => entry.text(text),
            (Value::Variant(variant), Schema::Enumeration(variants)) => {
                let variant = variants.get(usize::from(variant));
                entry.text(variant.map(|v| v.name()).unwrap_or_default())
            }
            (Value::Variant(variant), _) => entry.number(variant),
        };
        match self.push(entry) {
            Ok(()) => Ok(None),
            Err(PackError::NoRoom { .. }) if !self.is_empty() => Ok(Some(number)),
            Err(error) => Err(refused(error)),
        }
    }
}

fn measured<'e>(entry: Entry<'e>, number: Number, schema: &Schema) -> Entry<'e> {
    let unit = schema.numeric().and_then(|limits| limits.unit_code());
    match unit.and_then(|unit| unit.senml_scaled()) {
        Some((name, factor)) => entry.unit(name).number(scaled(number, factor)),
        None => entry.number(number),
    }
}

/// The number times `factor`, in its own width if it is a float.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounded to the width of the number"
)]
fn scaled(number: Number, factor: f64) -> Number {
    if factor.total_cmp(&1.0).is_eq() {
        return number;
    }
    let value = number.as_f64() * factor;
    match number {
        Number::F32(_) => Number::F32(value as f32),
        _ => Number::F64(value),
    }
}

/// A path as a name, its segments separated by `/`.
struct PathName {
    bytes: [u8; 128],
    len: usize,
}

impl PathName {
    const fn new() -> Self {
        Self {
            bytes: [0; 128],
            len: 0,
        }
    }

    fn add(&mut self, segment: Segment) -> fmt::Result {
        if self.len > 0 {
            self.write_str("/")?;
        }
        match segment {
            Segment::Field(name) => self.write_str(name),
            Segment::Index(index) => write!(self, "{index}"),
        }
    }

    fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl fmt::Write for PathName {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let to = self.bytes.get_mut(self.len..self.len + text.len());
        to.ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
