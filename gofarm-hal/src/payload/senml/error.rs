//! [`DecodeError`]: why a pack was refused, and where.

use core::fmt;

use gofarm_core::error::{Classify, Kind};

/// What is wrong with a pack.
///
/// See [`DecodeError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Reason {
    /// More bytes than the limit; nothing was read.
    TooLong,
    /// More records than the limit.
    TooManyRecords,
    /// More fields in one record than the limit.
    TooManyFields,
    /// A value nests deeper than the limit.
    TooDeep,
    /// Not JSON, or not CBOR, or not an array of records.
    Syntax,
    /// The pack ends too early.
    Truncated,
    /// Bytes behind the pack's end.
    Trailing,
    /// Text that is not UTF-8, or a wrong escape.
    Text,
    /// A number that is not finite, or written in a way that is not allowed.
    Number,
    /// A field whose value has another type than section 4.3 says.
    Type,
    /// A field that stands twice in one record.
    Duplicate,
    /// A field that is not known and ends in `_`, so that it must be understood.
    NotUnderstood,
    /// A version that is not understood, or another one than the pack's first record has.
    Version,
    /// A name that is missing, too long, or has characters that section 4.5.1 does not allow.
    Name,
    /// A data value that is not base64 as section 5 wants it.
    Data,
    /// A record with neither value nor sum.
    NoValue,
    /// A record with more than one value.
    TwoValues,
    /// A CBOR form that this reader does not take: text or data of indefinite length, a bignum.
    Unsupported,
}

impl Reason {
    /// What is wrong, as a sentence's end.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "the pack is longer than the limit",
            Self::TooManyRecords => "more records than the limit",
            Self::TooManyFields => "more fields in a record than the limit",
            Self::TooDeep => "a value nests too deep",
            Self::Syntax => "not a pack",
            Self::Truncated => "the pack ends too early",
            Self::Trailing => "bytes behind the end of the pack",
            Self::Text => "text is not UTF-8 or has a wrong escape",
            Self::Number => "not a finite number",
            Self::Type => "the field has another type",
            Self::Duplicate => "the field stands twice",
            Self::NotUnderstood => "a field that must be understood is not known",
            Self::Version => "the version is not understood or changes",
            Self::Name => "the name is missing or not allowed",
            Self::Data => "data is not base64 for URLs without padding",
            Self::NoValue => "the record has neither value nor sum",
            Self::TwoValues => "the record has more than one value",
            Self::Unsupported => "a form of CBOR that is not taken here",
        }
    }
}

/// Why a pack was refused, and where.
///
/// ```
/// use gofarm_hal::payload::senml::{Decoder, Reason};
///
/// let pack = br#"[{"n":"a","v":1},{"n":"b","v":1,"secure_":true}]"#;
/// let error = Decoder::json(pack).check().unwrap_err();
/// assert_eq!((error.reason(), error.position()), (Reason::NotUnderstood, 32));
/// assert_eq!(error.to_string(), "senml, byte 32: a field that must be understood is not known");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DecodeError {
    position: usize,
    reason: Reason,
}

impl DecodeError {
    pub(super) const fn new(position: usize, reason: Reason) -> Self {
        Self { position, reason }
    }

    /// What is wrong.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Where, in bytes from 0: at the value or field, or at the record for what is wrong with the whole of it.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "senml, byte {}: {}", self.position, self.reason.as_str())
    }
}

impl core::error::Error for DecodeError {}

impl Classify for DecodeError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
