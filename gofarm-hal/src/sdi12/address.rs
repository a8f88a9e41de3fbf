//! [`Address`]: the one character that names a sensor on the bus.

use core::fmt;

use gofarm_core::error::{Classify, Kind};

/// The address of a sensor: `0`-`9`, `A`-`Z` or `a`-`z` (SDI-12 1.4, section 4.3, table 4).
///
/// Every sensor leaves its factory as `0`. The query character `?` is no address: see
/// [`Request::query_address`](super::Request::query_address).
///
/// ```
/// use gofarm_hal::sdi12::Address;
///
/// let soil = Address::new('3')?;
/// assert_eq!(soil.as_char(), '3');
/// assert!(Address::new('?').is_err());
/// # Ok::<(), gofarm_hal::sdi12::AddressError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "char", into = "char"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Address(u8);

impl Address {
    /// The address of a new sensor, `0`.
    pub const DEFAULT: Self = Self(b'0');

    /// Creates an address from its character.
    ///
    /// # Errors
    /// [`AddressError`] if it is not an ASCII letter or digit.
    pub const fn new(character: char) -> Result<Self, AddressError> {
        if character.is_ascii_alphanumeric() {
            Ok(Self(character as u8))
        } else {
            Err(AddressError { character })
        }
    }

    /// The address as a byte of the line, if it is one.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        if byte.is_ascii_alphanumeric() {
            Some(Self(byte))
        } else {
            None
        }
    }

    /// The character as it stands on the line.
    #[must_use]
    pub const fn as_byte(self) -> u8 {
        self.0
    }

    /// The character.
    #[must_use]
    pub const fn as_char(self) -> char {
        self.0 as char
    }

    /// All 62 addresses in the order of the standard: digits, capitals, small letters.
    pub fn all() -> impl Iterator<Item = Self> {
        (b'0'..=b'9')
            .chain(b'A'..=b'Z')
            .chain(b'a'..=b'z')
            .map(Self)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_char(), f)
    }
}

impl TryFrom<char> for Address {
    type Error = AddressError;

    fn try_from(character: char) -> Result<Self, AddressError> {
        Self::new(character)
    }
}

impl From<Address> for char {
    fn from(address: Address) -> Self {
        address.as_char()
    }
}

/// A character is not an address.
///
/// ```
/// use gofarm_hal::sdi12::Address;
///
/// let error = Address::new('!').unwrap_err();
/// assert_eq!(error.to_string(), "'!' is not an SDI-12 address: 0-9, A-Z or a-z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("{character:?} is not an SDI-12 address: 0-9, A-Z or a-z")]
pub struct AddressError {
    /// What was offered.
    pub character: char,
}

impl Classify for AddressError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
