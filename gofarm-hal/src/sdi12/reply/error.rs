//! [`ReplyError`]: what is wrong with a reply.

use gofarm_core::error::{Classify, Kind};

use crate::sdi12::Address;

/// Why a line is not a reply to the command that was sent.
///
/// Positions count from 0, the address. The recorder asks again after each of them (SDI-12 1.4, section 7.2).
///
/// ```
/// use gofarm_hal::sdi12::{Address, Measurement, ReplyError, Request, ValueError};
///
/// let request = Request::data(Address::DEFAULT, 0, Measurement::STANDARD);
/// let error = request.answer(b"0+3.14+2.7.1\r\n").unwrap_err();
/// assert_eq!(error, ReplyError::Value { at: 6, cause: ValueError::Point });
/// assert_eq!(error.to_string(), "the value at character 6 of the reply is wrong: a second decimal point");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ReplyError {
    /// The line went silent before CR and LF came.
    #[error("the reply broke off after {len} characters")]
    BrokenOff {
        /// How many characters came.
        len: u8,
    },
    /// More characters than a reply may have.
    #[error("the reply is longer than {limit} characters")]
    TooLong {
        /// The most that this reply may have, line end included.
        limit: u8,
    },
    /// Another sensor answered, or the first character fell over.
    #[error("the reply starts with {found:?} instead of the address {expected}")]
    Address {
        /// The address that was asked.
        expected: Address,
        /// What came.
        found: char,
    },
    /// The first character is no address at all.
    #[error("the reply starts with {found:?}, which is no address")]
    NoAddress {
        /// What came.
        found: char,
    },
    /// A character of wrong parity, a framing error or a collision.
    #[error("character {at} of the reply has wrong parity or framing")]
    Parity {
        /// Its place.
        at: u8,
    },
    /// A character that does not belong there.
    #[error("character {at} of the reply does not belong there")]
    Form {
        /// Its place, or where one is missing.
        at: u8,
    },
    /// The CRC is missing or is another one.
    #[error("the crc of the reply does not fit")]
    Crc,
    /// A value that is none.
    #[error("the value at character {at} of the reply is wrong: {cause}")]
    Value {
        /// Where it starts.
        at: u8,
        /// What is wrong with it.
        cause: ValueError,
    },
    /// The sensor announces several lines of text (section 4.4.13.1), which are not read here.
    #[error("the reply has several lines of text")]
    SeveralLines,
}

impl ReplyError {
    /// The error at a place of a line.
    pub(super) fn form(at: usize) -> Self {
        Self::Form { at: place(at) }
    }
}

/// A place in a line, which has at most 81 characters.
pub(in crate::sdi12) fn place(at: usize) -> u8 {
    u8::try_from(at).unwrap_or(u8::MAX)
}

impl Classify for ReplyError {
    fn kind(&self) -> Kind {
        match self {
            Self::SeveralLines => Kind::Permanent,
            _ => Kind::Transient,
        }
    }
}

/// What is wrong with a value.
///
/// See [`ReplyError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ValueError {
    /// It does not start with `+` or `-`.
    #[error("no sign")]
    Sign,
    /// No digit follows its sign.
    #[error("no digit")]
    NoDigit,
    /// It has two decimal points.
    #[error("a second decimal point")]
    Point,
    /// It has more than seven digits.
    #[error("more than seven digits")]
    TooLong,
}

impl Classify for ValueError {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}
