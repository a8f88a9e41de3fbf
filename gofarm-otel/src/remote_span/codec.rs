//! The wire form of a [`RemoteSpan`], version 1.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | bit 0: a parent follows; bits 1..=3: kind; bits 4..=5: status; others 0 |
//! | 25 | context |
//! | 8 | parent, if there is one |
//! | 2 or 1 + n | name: `0x8000 + code`, or the length of a text and the text |
//! | 1 to 10 each | duration and time since the end, microseconds, as varints (LEB128) |
//! | 1 + n | the sentence of an error, if it is one |
//! | 1 | number of attributes |
//! | each | key as a name; one byte for the type of the value; the value |
//!
//! Values: 0 false, 1 true, 2 zigzag varint, 3 single and 4 double precision (big endian), 5 length and text.

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::trace_context::{SpanId, TraceContext};

use super::{Name, RemoteSpan};
use crate::attribute::Value;
use crate::span::{SpanKind, Status};

const VERSION: u8 = 1;
const MAX_TEXT: usize = 64;
const HAS_PARENT: u8 = 1;

impl<'a> RemoteSpan<'a> {
    /// Writes the wire form and returns its length.
    ///
    /// Durations are cut to microseconds.
    ///
    /// # Errors
    /// [`RemoteSpanError`] if a text or the whole is too long, or `out` too small; what is in `out` then is of no use.
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, RemoteSpanError> {
        let room = out.len().min(Self::MAX_LEN);
        let mut to = Writer { out, at: 0, room };
        to.byte(VERSION)?;
        let parent = if self.parent.is_some() { HAS_PARENT } else { 0 };
        to.byte(parent | kind_bits(self.kind) << 1 | status_bits(&self.status) << 4)?;
        to.bytes(&self.context.to_bytes())?;
        if let Some(parent) = &self.parent {
            to.bytes(parent.as_bytes())?;
        }
        to.name(self.name)?;
        to.micros(self.duration)?;
        to.micros(self.ended_ago)?;
        if let Status::Error(sentence) = self.status {
            to.text(sentence)?;
        }
        let attributes = self.attributes();
        to.byte(u8::try_from(attributes.len()).unwrap_or(u8::MAX))?;
        for (key, value) in attributes {
            to.name(*key)?;
            to.value(*value)?;
        }
        Ok(to.at)
    }

    /// Reads the wire form.
    ///
    /// # Errors
    /// [`RemoteSpanError`] if the bytes are not exactly one span of version 1.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, RemoteSpanError> {
        if bytes.len() > Self::MAX_LEN {
            return Err(RemoteSpanError::TooLong);
        }
        let mut from = Reader { bytes, at: 0 };
        match from.byte()? {
            VERSION => {}
            version => return Err(RemoteSpanError::Version { version }),
        }
        let bits = from.byte()?;
        let kind = kind(bits >> 1 & 7).ok_or(from.malformed())?;
        if bits >> 6 != 0 {
            return Err(from.malformed());
        }
        let context = TraceContext::from_bytes(from.array()?).ok_or(from.malformed())?;
        let parent = if bits & HAS_PARENT == 0 {
            None
        } else {
            Some(SpanId::new(from.array()?).ok_or(from.malformed())?)
        };
        let name = from.name()?;
        let duration = from.micros()?;
        let ended_ago = from.micros()?;
        let status = match bits >> 4 & 3 {
            0 => Status::Unset,
            1 => Status::Ok,
            2 => Status::Error(from.text()?),
            _ => return Err(from.malformed()),
        };
        let mut span = Self::new(context, name, duration)
            .kind(kind)
            .status(status)
            .ended_ago(ended_ago);
        span.parent = parent;
        for _ in 0..from.byte()? {
            span = span.with(from.name()?, from.value()?)?;
        }
        if from.at != bytes.len() {
            return Err(from.malformed());
        }
        Ok(span)
    }
}

const fn kind_bits(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Internal => 0,
        SpanKind::Server => 1,
        SpanKind::Client => 2,
        SpanKind::Producer => 3,
        SpanKind::Consumer => 4,
    }
}

const fn kind(bits: u8) -> Option<SpanKind> {
    Some(match bits {
        0 => SpanKind::Internal,
        1 => SpanKind::Server,
        2 => SpanKind::Client,
        3 => SpanKind::Producer,
        4 => SpanKind::Consumer,
        _ => return None,
    })
}

const fn status_bits(status: &Status<'_>) -> u8 {
    match status {
        Status::Unset => 0,
        Status::Ok => 1,
        Status::Error(_) => 2,
    }
}

struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
    room: usize,
}

impl Writer<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), RemoteSpanError> {
        let end = self.at + bytes.len();
        let place = if end <= self.room {
            self.out.get_mut(self.at..end)
        } else {
            None
        };
        place
            .ok_or(RemoteSpanError::TooLong)?
            .copy_from_slice(bytes);
        self.at = end;
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<(), RemoteSpanError> {
        self.bytes(&[byte])
    }

    fn text(&mut self, text: &str) -> Result<(), RemoteSpanError> {
        match u8::try_from(text.len()) {
            Ok(len) if text.len() <= MAX_TEXT => self.byte(len)?,
            _ => return Err(RemoteSpanError::Text { len: text.len() }),
        }
        self.bytes(text.as_bytes())
    }

    fn name(&mut self, name: Name<'_>) -> Result<(), RemoteSpanError> {
        match name {
            Name::Code(code) if code < 0x8000 => self.bytes(&(code | 0x8000).to_be_bytes()),
            Name::Code(code) => Err(RemoteSpanError::Code { code }),
            Name::Text(text) => self.text(text),
        }
    }

    fn micros(&mut self, duration: Duration) -> Result<(), RemoteSpanError> {
        self.varint(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }

    fn varint(&mut self, mut value: u64) -> Result<(), RemoteSpanError> {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                return self.byte(low & 0x7f);
            }
            self.byte(low | 0x80)?;
        }
    }

    fn value(&mut self, value: Value<'_>) -> Result<(), RemoteSpanError> {
        match value {
            Value::Bool(value) => self.byte(u8::from(value)),
            Value::Int(value) => {
                self.byte(2)?;
                self.varint((value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned())
            }
            Value::Double(value) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "held against the value below"
                )]
                let single = value as f32;
                if f64::from(single).to_bits() == value.to_bits() {
                    self.byte(3)?;
                    return self.bytes(&single.to_be_bytes());
                }
                self.byte(4)?;
                self.bytes(&value.to_be_bytes())
            }
            Value::Text(text) => {
                self.byte(5)?;
                self.text(text)
            }
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    const fn malformed(&self) -> RemoteSpanError {
        RemoteSpanError::Malformed { position: self.at }
    }

    fn bytes(&mut self, len: usize) -> Result<&'a [u8], RemoteSpanError> {
        let end = self.at + len;
        let bytes = self.bytes.get(self.at..end);
        let bytes = bytes.ok_or(RemoteSpanError::Truncated)?;
        self.at = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RemoteSpanError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    fn byte(&mut self) -> Result<u8, RemoteSpanError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    fn text(&mut self) -> Result<&'a str, RemoteSpanError> {
        let len = usize::from(self.byte()?);
        if len > MAX_TEXT {
            return Err(self.malformed());
        }
        let text = core::str::from_utf8(self.bytes(len)?);
        text.map_err(|_| self.malformed())
    }

    fn name(&mut self) -> Result<Name<'a>, RemoteSpanError> {
        match self.bytes.get(self.at) {
            Some(first) if first & 0x80 != 0 => {
                Ok(Name::Code(u16::from_be_bytes(self.array()?) & 0x7fff))
            }
            _ => Ok(Name::Text(self.text()?)),
        }
    }

    fn micros(&mut self) -> Result<Duration, RemoteSpanError> {
        Ok(Duration::from_micros(self.varint()?))
    }

    fn varint(&mut self) -> Result<u64, RemoteSpanError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            // The tenth byte has one bit.
            if shift == 63 && byte > 1 {
                return Err(self.malformed());
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.malformed())
    }

    fn value(&mut self) -> Result<Value<'a>, RemoteSpanError> {
        Ok(match self.byte()? {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            2 => {
                let bits = self.varint()?;
                Value::Int((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
            }
            3 => Value::Double(f64::from(f32::from_be_bytes(self.array()?))),
            4 => Value::Double(f64::from_be_bytes(self.array()?)),
            5 => Value::Text(self.text()?),
            _ => return Err(self.malformed()),
        })
    }
}

/// Why a span cannot be sent, or a frame is not a span.
///
/// ```
/// use gofarm_otel::remote_span::{RemoteSpan, RemoteSpanError};
///
/// let error = RemoteSpan::decode(&[9]).unwrap_err();
/// assert_eq!(error, RemoteSpanError::Version { version: 9 });
/// assert_eq!(error.to_string(), "a remote span of version 9 is not known here");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RemoteSpanError {
    /// Longer than 222 bytes, or than the room for it.
    #[error("a remote span is longer than 222 bytes or the room for it")]
    TooLong,
    /// A ninth attribute.
    #[error("a remote span has more than 8 attributes")]
    TooManyAttributes,
    /// A text that is too long.
    #[error("a text of {len} bytes in a remote span is longer than 64")]
    Text {
        /// Its length in bytes.
        len: usize,
    },
    /// A name's code that is too great.
    #[error("the name code {code} of a remote span is above 32767")]
    Code {
        /// The code.
        code: u16,
    },
    /// A form that is not known here.
    #[error("a remote span of version {version} is not known here")]
    Version {
        /// The version that was read.
        version: u8,
    },
    /// The frame ends within the span.
    #[error("a remote span is cut short")]
    Truncated,
    /// A byte that does not belong there, or one behind the end.
    #[error("a remote span is malformed before byte {position}")]
    Malformed {
        /// How far it was read.
        position: usize,
    },
}

impl Classify for RemoteSpanError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
