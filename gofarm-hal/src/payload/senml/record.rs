//! [`Record`]: a resolved record.

use gofarm_core::quantity::Unit;
use gofarm_core::time::UnixMillis;

use super::{DataBytes, Name, Text};

/// A record with the pack's base fields applied (section 4.6).
///
/// See [`Decoder`](super::Decoder) for an example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record<'a> {
    pub(super) name: Name<'a>,
    pub(super) unit: Option<Text<'a>>,
    pub(super) value: Option<Value<'a>>,
    pub(super) sum: Option<f64>,
    pub(super) time: f64,
    pub(super) update_time: Option<f64>,
}

impl<'a> Record<'a> {
    /// The name, with the base name.
    #[must_use]
    pub const fn name(&self) -> Name<'a> {
        self.name
    }

    /// The unit's name in SenML, as it stands in the pack; `None` if neither record nor base says one.
    #[must_use]
    pub const fn unit_name(&self) -> Option<Text<'a>> {
        self.unit
    }

    /// The unit; `None` if there is none or it is not in RFC 8428 or RFC 8798.
    #[must_use]
    pub fn unit(&self) -> Option<Unit> {
        Unit::from_senml(self.unit?.as_str()?)
    }

    /// The value; `None` for a record with a sum alone.
    #[must_use]
    pub const fn value(&self) -> Option<Value<'a>> {
        self.value
    }

    /// The number, if the value is one.
    #[must_use]
    pub const fn number(&self) -> Option<f64> {
        match self.value {
            Some(Value::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// The integral of the value over time, in the unit times seconds.
    #[must_use]
    pub const fn sum(&self) -> Option<f64> {
        self.sum
    }

    /// When it was measured.
    #[must_use]
    pub const fn time(&self) -> Time {
        Time(self.time)
    }

    /// The longest time until the next value, in seconds.
    #[must_use]
    pub const fn update_time(&self) -> Option<f64> {
        self.update_time
    }
}

/// The value of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "these are all the value fields of RFC 8428"
)]
pub enum Value<'a> {
    /// A finite number (`v`).
    Number(f64),
    /// Text (`vs`).
    Text(Text<'a>),
    /// `true` or `false` (`vb`).
    Boolean(bool),
    /// Bytes (`vd`).
    Data(Data<'a>),
}

/// Bytes of a pack, borrowed from it; base64 is resolved while they are read.
///
/// ```
/// use gofarm_hal::payload::senml::{Decoder, Value};
///
/// let record = Decoder::json(br#"[{"n":"key","vd":"Zm9v"}]"#).next().ok_or("a record")??;
/// let Some(Value::Data(data)) = record.value() else { return Err("data".into()) };
/// assert!(data.bytes().eq(*b"foo"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    raw: &'a [u8],
    is_text: bool,
}

impl<'a> Data<'a> {
    pub(super) const fn binary(raw: &'a [u8]) -> Self {
        Self {
            raw,
            is_text: false,
        }
    }

    /// Of base64 that was checked.
    pub(super) const fn base64(raw: &'a [u8]) -> Self {
        Self { raw, is_text: true }
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> DataBytes<'a> {
        if self.is_text {
            DataBytes::base64(self.raw)
        } else {
            DataBytes::binary(self.raw)
        }
    }
}

impl PartialEq for Data<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl Eq for Data<'_> {}

/// When something was measured: seconds since 1970, or before or after roughly *now* (section 4.5.3).
///
/// ```
/// use gofarm_core::time::UnixMillis;
/// use gofarm_hal::payload::senml::Decoder;
///
/// let pack = br#"[{"n":"a","v":1,"t":-90},{"n":"a","v":1,"t":1.7e9}]"#;
/// let records: Vec<_> = Decoder::json(pack).collect::<Result<_, _>>()?;
/// let now = UnixMillis::new(1_790_000_000_000);
/// assert_eq!(records[0].time().unix(Some(now)), Some(UnixMillis::new(1_789_999_910_000)));
/// assert_eq!(records[0].time().unix(None), None); // nobody knows what now is
/// assert_eq!(records[1].time().unix(None), Some(UnixMillis::new(1_700_000_000_000)));
/// # Ok::<(), gofarm_hal::payload::senml::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Time(f64);

impl Time {
    /// 2^28 s: from here on a time counts from 1970, below it from now.
    pub const ABSOLUTE: f64 = 268_435_456.0;

    /// The seconds, as the base time and the record's own add up.
    #[must_use]
    pub const fn seconds(self) -> f64 {
        self.0
    }

    /// Whether it counts from now.
    #[must_use]
    pub const fn is_relative(self) -> bool {
        self.0 < Self::ABSOLUTE
    }

    /// The wall time, to the nearest millisecond; `now` is when the pack was received, if that is known.
    ///
    /// `None` if the time is relative and `now` unknown, or it lies before 1970.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float is cut to the integer's range"
    )]
    pub fn unix(self, now: Option<UnixMillis>) -> Option<UnixMillis> {
        let millis = self.0 * 1e3;
        let half = if millis < 0.0 { -0.5 } else { 0.5 };
        let millis = (millis + half) as i64;
        let base = if self.is_relative() {
            now?.as_millis()
        } else {
            0
        };
        base.checked_add_signed(millis).map(UnixMillis::new)
    }
}
