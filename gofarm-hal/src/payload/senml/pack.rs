//! [`Pack`]: records into the caller's buffer, as JSON or CBOR.

mod format;
mod output;

use core::time::Duration;

use gofarm_core::contract::Number;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::UnixMillis;
use thiserror::Error;

use self::format::{CBOR, Format, JSON};
use self::output::Output;
use super::label::Label;
use super::text::{is_beginning, is_part};
use super::{Name, Time};

/// Why a record did not get into the pack, which is as it was before.
///
/// ```
/// use gofarm_hal::payload::senml::{Entry, Pack, PackError};
///
/// let mut buffer = [0; 32];
/// let mut pack = Pack::json(&mut buffer);
/// assert_eq!(pack.push(Entry::new("soil water").number(0.3_f32)), Err(PackError::Name));
/// assert_eq!(pack.push(Entry::new("water").number(f32::NAN)), Err(PackError::NotFinite));
/// pack.push(Entry::new("water").number(0.3_f32))?;
/// assert_eq!(pack.push(Entry::new("salt").number(1)), Err(PackError::NoRoom { left: 9 }));
/// assert_eq!(pack.finish(), br#"[{"n":"water","v":0.3}]"#);
/// # Ok::<(), PackError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PackError {
    /// The record does not fit into the rest of the buffer.
    #[error("the record does not fit into the {left} bytes left")]
    NoRoom {
        /// Bytes left.
        left: usize,
    },
    /// Base name and name together are empty, longer than 256 bytes, or have characters that section 4.5.1 forbids.
    #[error("the name is missing or has other characters than A-Z a-z 0-9 - : . / _")]
    Name,
    /// A number is NaN or infinite.
    #[error("not a finite number")]
    NotFinite,
    /// The entry has neither a value nor a sum.
    #[error("the entry has neither value nor sum")]
    NoValue,
    /// A wall time before July 1978, which a reader would take for one relative to now.
    #[error("a time before 2^28 s would be read as relative to now")]
    Time,
}

impl Classify for PackError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoRoom { .. } => Kind::Overloaded,
            _ => Kind::Invalid,
        }
    }

    fn was_sent(&self) -> bool {
        false
    }
}

/// What a field is written as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'e> {
    Number(Number),
    /// Thousandths, written as whole and fraction.
    Millis(i64),
    /// Text of a name, in which nothing is escaped.
    Name(&'e str),
    Text(&'e str),
    Boolean(bool),
    Data(&'e [u8]),
}

/// A record to write: a name, a value, and what else is known.
///
/// ```
/// use core::time::Duration;
/// use gofarm_hal::payload::senml::{Entry, Pack};
///
/// let mut buffer = [0; 128];
/// let mut pack = Pack::json(&mut buffer);
/// let flow = Entry::new("flow").unit("m3/s").number(0.002_f32).sum(18.5_f32);
/// pack.push(flow.ago(Duration::from_millis(1500)).update_every(Duration::from_secs(60)))?;
/// assert_eq!(
///     core::str::from_utf8(pack.finish())?,
///     r#"[{"n":"flow","u":"m3/s","t":-1.5,"v":0.002,"s":18.5,"ut":60}]"#,
/// );
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "an entry does nothing until it is pushed"]
pub struct Entry<'e> {
    name: &'e str,
    unit: Option<&'e str>,
    value: Option<(Label, Field<'e>)>,
    sum: Option<Number>,
    time: Option<When>,
    update_time: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
enum When {
    At(UnixMillis),
    Ago(Duration),
}

impl<'e> Entry<'e> {
    /// An entry called `name`, behind the pack's base name; empty if the base name says it all.
    pub const fn new(name: &'e str) -> Self {
        Self {
            name,
            unit: None,
            value: None,
            sum: None,
            time: None,
            update_time: None,
        }
    }

    /// With a unit, by its name in SenML ([`Unit::senml_scaled`](gofarm_core::quantity::Unit::senml_scaled)).
    pub const fn unit(mut self, name: &'e str) -> Self {
        self.unit = Some(name);
        self
    }

    /// With a number as value, written in its own width. An entry has one value: a later one replaces it.
    pub fn number(mut self, value: impl Into<Number>) -> Self {
        self.value = Some((Label::Value, Field::Number(value.into())));
        self
    }

    /// With text as value.
    pub const fn text(mut self, value: &'e str) -> Self {
        self.value = Some((Label::StringValue, Field::Text(value)));
        self
    }

    /// With `true` or `false` as value.
    pub const fn boolean(mut self, value: bool) -> Self {
        self.value = Some((Label::BooleanValue, Field::Boolean(value)));
        self
    }

    /// With bytes as value.
    pub const fn data(mut self, value: &'e [u8]) -> Self {
        self.value = Some((Label::DataValue, Field::Data(value)));
        self
    }

    /// With the integral of the value over time, in the unit times seconds.
    pub fn sum(mut self, sum: impl Into<Number>) -> Self {
        self.sum = Some(sum.into());
        self
    }

    /// Measured at this wall time.
    pub const fn at(mut self, time: UnixMillis) -> Self {
        self.time = Some(When::At(time));
        self
    }

    /// Measured so long before the pack's base time, or before now if it has none; cut to milliseconds.
    pub const fn ago(mut self, age: Duration) -> Self {
        self.time = Some(When::Ago(age));
        self
    }

    /// With the longest time until the next value, cut to milliseconds.
    pub const fn update_every(mut self, time: Duration) -> Self {
        self.update_time = Some(time);
        self
    }
}

/// Base fields that the next record will carry.
#[derive(Clone, Copy, Debug, Default)]
struct Bases<'e> {
    name: Option<&'e str>,
    time: Option<UnixMillis>,
    unit: Option<&'e str>,
}

/// Writes a pack into a buffer, record by record; a record that does not fit is not begun.
///
/// Numbers keep their width: an `f32` is written in the fewest digits that read back as that `f32`, in CBOR in the
/// shortest float that is exactly it. In CBOR a whole number is an integer.
///
/// Of the ways to print floats the smallest was taken: on thumbv6m at opt-level s, `f32` and `f64` cost 9.6 KB of code
/// with [zmij](https://docs.rs/zmij), 11.2 KB with ryu (feature `small`), 17.8 KB with `core::fmt`. A pack in CBOR prints
/// none and pays none of it.
///
/// See the [module](super) for an example.
#[derive(Debug)]
#[must_use = "the pack is in its buffer once `finish` was called"]
pub struct Pack<'a, 'e> {
    output: Output<'a>,
    format: &'static Format,
    records: u16,
    /// Given and not written yet.
    pending: Bases<'e>,
    /// What applies to the next record, written or not.
    current: Bases<'e>,
    /// Whether the base name is more than nothing and a name may begin so.
    has_sound_base: bool,
}

/// The times that a record will carry, in milliseconds.
struct Times {
    base: Option<i64>,
    own: Option<i64>,
}

impl<'a, 'e> Pack<'a, 'e> {
    /// Starts a pack of `application/senml+json`, of at most `buffer.len()` bytes.
    pub fn json(buffer: &'a mut [u8]) -> Self {
        Self::new(buffer, &JSON)
    }

    /// Starts a pack of `application/senml+cbor`, of at most `buffer.len()` bytes.
    pub fn cbor(buffer: &'a mut [u8]) -> Self {
        Self::new(buffer, &CBOR)
    }

    fn new(buffer: &'a mut [u8], format: &'static Format) -> Self {
        let mut output = Output::new(buffer);
        output.push(format.open);
        Self {
            output,
            format,
            records: 0,
            pending: Bases::default(),
            current: Bases::default(),
            has_sound_base: false,
        }
    }

    /// What stands before the names of the entries to come, such as the device's identifier and a `/`.
    pub fn base_name(&mut self, name: &'e str) {
        self.pending.name = Some(name);
        self.current.name = Some(name);
        self.has_sound_base = is_beginning(name);
    }

    /// When the entries to come were measured, unless they say otherwise; they count from here.
    pub fn base_time(&mut self, time: UnixMillis) {
        self.pending.time = Some(time);
        self.current.time = Some(time);
    }

    /// The unit of the entries to come that have none of their own, by its name in SenML.
    pub fn base_unit(&mut self, name: &'e str) {
        self.pending.unit = Some(name);
        self.current.unit = Some(name);
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`PackError`] if the entry is not sound or does not fit; the pack is as before, and base fields that were given
    /// are still to be written.
    pub fn push(&mut self, entry: Entry<'_>) -> Result<(), PackError> {
        let times = self.check(&entry)?;
        let before = self.output.len();
        let fields = [
            self.pending.name.is_some(),
            times.base.is_some(),
            self.pending.unit.is_some(),
            !entry.name.is_empty(),
            entry.unit.is_some(),
            times.own.is_some(),
            entry.value.is_some(),
            entry.sum.is_some(),
            entry.update_time.is_some(),
        ];
        let count = fields.into_iter().map(usize::from).sum();
        let format = self.format;
        (format.begin_record)(&mut self.output, self.records, count);
        let mut index = 0;
        let mut write = |label, field: Option<Field<'_>>| {
            if let Some(field) = field {
                (format.field)(&mut self.output, index, label, field);
                index += 1;
            }
        };
        let own_name = (!entry.name.is_empty()).then_some(entry.name);
        write(Label::BaseName, self.pending.name.map(Field::Name));
        write(Label::BaseTime, times.base.map(Field::Millis));
        write(Label::BaseUnit, self.pending.unit.map(Field::Text));
        write(Label::Name, own_name.map(Field::Name));
        write(Label::Unit, entry.unit.map(Field::Text));
        write(Label::Time, times.own.map(Field::Millis));
        if let Some((label, value)) = entry.value {
            write(label, Some(value));
        }
        write(Label::Sum, entry.sum.map(Field::Number));
        let update_time = entry.update_time.map(millis);
        write(Label::UpdateTime, update_time.map(Field::Millis));
        (format.end_record)(&mut self.output, self.records);
        if self.records == u16::MAX || !self.output.has_room(format.tail) {
            self.output.truncate(before);
            let left = self.output.left().saturating_sub(format.tail);
            return Err(PackError::NoRoom { left });
        }
        self.records += 1;
        self.pending = Bases::default();
        Ok(())
    }

    fn check(&self, entry: &Entry<'_>) -> Result<Times, PackError> {
        let base = self.current.name.unwrap_or_default();
        let is_sound = if base.is_empty() {
            is_beginning(entry.name)
        } else {
            self.has_sound_base && is_part(entry.name)
        };
        if !is_sound || base.len() + entry.name.len() > Name::MAX_LEN {
            return Err(PackError::Name);
        }
        if entry.value.is_none() && entry.sum.is_none() {
            return Err(PackError::NoValue);
        }
        let own = match (entry.time, self.current.time) {
            (Some(When::At(time)), base) => Some(absolute(time)? - base.map_or(Ok(0), absolute)?),
            (Some(When::Ago(age)), _) => Some(-millis(age)),
            (None, _) => None,
        };
        let is_finite = match entry.value {
            Some((_, Field::Number(value))) => value.is_finite(),
            _ => true,
        };
        if !is_finite || entry.sum.is_some_and(|sum| !sum.is_finite()) {
            return Err(PackError::NotFinite);
        }
        Ok(Times {
            base: self.pending.time.map(absolute).transpose()?,
            own: own.filter(|time| *time != 0),
        })
    }

    /// How many records are in.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records as usize
    }

    /// Whether there is no record yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Ends the pack; empty if the buffer is too short for a pack without records.
    #[must_use]
    pub fn finish(self) -> &'a [u8] {
        let Self {
            mut output,
            format,
            records,
            ..
        } = self;
        (format.close)(&mut output, records);
        output.finish()
    }
}

/// A wall time in milliseconds, if a reader takes it for one.
fn absolute(time: UnixMillis) -> Result<i64, PackError> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "2^28 s in milliseconds is a whole number"
    )]
    const LEAST: i64 = (Time::ABSOLUTE * 1e3) as i64;
    match i64::try_from(time.as_millis()) {
        Ok(millis @ LEAST..) => Ok(millis),
        _ => Err(PackError::Time),
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
