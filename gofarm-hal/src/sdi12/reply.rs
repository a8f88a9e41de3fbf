//! What a sensor answers: [`Answer`], and what may be wrong with it.

mod error;
mod parse;

pub(super) use error::place;
pub use error::{ReplyError, ValueError};
pub(super) use parse::MAX_LINE;

use super::address::Address;
use super::line_text::Text;
use super::request::Request;
use super::value::Value;

/// The form of the reply that a command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) enum Expect {
    AnyAddress,
    Address(Address),
    Changed { from: Address, to: Address },
    Identification(Address),
    Announcement { address: Address, digits: u8 },
    Values { address: Address, crc: bool },
    Parameter { address: Address, crc: bool },
    Text(Address),
}

impl Expect {
    pub(super) const fn address(self) -> Option<Address> {
        match self {
            Self::AnyAddress => None,
            Self::Changed { from: address, .. }
            | Self::Address(address)
            | Self::Identification(address)
            | Self::Announcement { address, .. }
            | Self::Values { address, .. }
            | Self::Parameter { address, .. }
            | Self::Text(address) => Some(address),
        }
    }
}

/// A reply that fits its command.
///
/// ```
/// use gofarm_hal::sdi12::{Address, Answer, Measurement, Request};
///
/// let request = Request::data(Address::DEFAULT, 0, Measurement::STANDARD.with_crc());
/// let Answer::Data(values) = request.answer(b"0+3.14+2.718+1.414Ipz\r\n")? else { unreachable!() };
/// assert!(values.iter().map(|value| value.to_f32()).eq([3.14, 2.718, 1.414]));
/// # Ok::<(), gofarm_hal::sdi12::ReplyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Answer {
    /// A sensor is there, at this address: after a change, the address that it has now.
    Acknowledged(Address),
    /// What the sensor is.
    Identified(Identification),
    /// How long a measurement takes and how many values it gives.
    Announced(Announced),
    /// Values; none if the measurement was aborted.
    Data(Values),
    /// Text of an extended command or a parameter, without address, CRC and line end.
    Text(Text),
}

/// How long a measurement takes, and how many values it will give: the `tttn` of a reply.
///
/// ```
/// use core::time::Duration;
/// use gofarm_hal::sdi12::{Address, Announced, Answer, Measurement, Request};
///
/// let answer = Request::start(Address::DEFAULT, Measurement::STANDARD).answer(b"00053\r\n")?;
/// assert_eq!(answer, Answer::Announced(Announced::new(5, 3)));
/// # Ok::<(), gofarm_hal::sdi12::ReplyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Announced {
    seconds: u16,
    values: u16,
}

impl Announced {
    /// An announcement of `values` in `seconds`; what is above 999 becomes 999, the most that the line can say.
    #[must_use]
    pub const fn new(seconds: u16, values: u16) -> Self {
        Self {
            seconds: if seconds > 999 { 999 } else { seconds },
            values: if values > 999 { 999 } else { values },
        }
    }

    /// The time until the values are ready, in seconds, 0..=999.
    #[must_use]
    pub const fn seconds(self) -> u16 {
        self.seconds
    }

    /// How many values there will be, 0..=999.
    #[must_use]
    pub const fn values(self) -> u16 {
        self.values
    }
}

/// What a sensor is: the reply to `aI!` (section 4.4.2, table 7).
///
/// ```
/// use gofarm_hal::sdi12::{Address, Answer, Request};
///
/// let Answer::Identified(what) = Request::identify(Address::DEFAULT).answer(b"014METER   TER12 112T12-00012345\r\n")?
/// else { unreachable!() };
/// assert_eq!((what.version(), what.vendor(), what.model()), ("14", "METER   ", "TER12 "));
/// assert_eq!((what.sensor_version(), what.serial()), ("112", "T12-00012345"));
/// # Ok::<(), gofarm_hal::sdi12::ReplyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Identification(Text);

impl Identification {
    /// The characters that are always there: version, vendor, model, sensor version.
    pub(super) const MIN_LEN: usize = 19;
    /// With the optional part.
    pub(super) const MAX_LEN: usize = 32;

    /// The version of SDI-12, two digits: `14` is 1.4.
    #[must_use]
    pub fn version(&self) -> &str {
        self.part(0, 2)
    }

    /// Who made it, eight characters.
    #[must_use]
    pub fn vendor(&self) -> &str {
        self.part(2, 10)
    }

    /// The model, six characters.
    #[must_use]
    pub fn model(&self) -> &str {
        self.part(10, 16)
    }

    /// The version of the sensor, three characters.
    #[must_use]
    pub fn sensor_version(&self) -> &str {
        self.part(16, 19)
    }

    /// A serial number or what else the maker says, up to 13 characters.
    #[must_use]
    pub fn serial(&self) -> &str {
        self.part(19, Self::MAX_LEN)
    }

    fn part(&self, from: usize, to: usize) -> &str {
        let text = self.0.as_str();
        text.get(from..to.min(text.len())).unwrap_or_default()
    }
}

/// The values of one reply, as they were written.
///
/// See [`Answer`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Values(Text);

impl Values {
    /// The values in their order.
    pub fn iter(&self) -> impl Iterator<Item = Value> {
        let mut rest = self.0.as_bytes();
        core::iter::from_fn(move || {
            let (value, len) = Value::parse(rest).ok()?;
            rest = rest.get(len..)?;
            Some(value)
        })
    }

    /// How many they are, 0..=37.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether the sensor sent none, as it does when a measurement was aborted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.as_bytes().is_empty()
    }

    /// The text of the values, up to 75 characters: `+3.14-2.7`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Request {
    /// Reads a reply to this command; `line` ends with CR and LF.
    ///
    /// # Errors
    /// [`ReplyError`] if the reply is not one to this command. Nothing of it may be used then.
    pub fn answer(&self, line: &[u8]) -> Result<Answer, ReplyError> {
        parse::answer(self.expect(), line)
    }
}
