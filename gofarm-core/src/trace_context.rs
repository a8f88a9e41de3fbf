//! Which trace a command, a frame or a call belongs to: [`TraceContext`], 25 bytes, W3C text form.
//!
//! A valve that opened at the wrong time is explained by the chain of decisions behind it, across a cloud
//! service, a gateway and a microcontroller. Each hop therefore carries the same 16 + 8 bytes and flags that
//! [W3C Trace Context](https://www.w3.org/TR/trace-context/) defines, whatever the transport.
//!
//! `tracestate` is not carried: it is vendor data of unbounded use and up to 512 bytes, more than a LoRa frame.
//!
//! ```
//! use gofarm_core::trace_context::{SpanId, TraceContext};
//!
//! let incoming: TraceContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
//! assert!(incoming.is_sampled());
//!
//! let here = incoming.child(SpanId::new([0, 0, 0, 0, 0, 0, 0, 9]).ok_or("zero")?);
//! assert_eq!(here.trace_id(), incoming.trace_id());
//! assert_eq!(
//!     here.to_string(),
//!     "00-0af7651916cd43dd8448eb211c80319c-0000000000000009-01"
//! );
//! assert_eq!(TraceContext::from_bytes(here.to_bytes()), Some(here));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use core::fmt;
use core::str::FromStr;

use crate::error::{Classify, Kind};
use crate::random::Random;

/// The id of a whole trace: 16 bytes, not all zero.
///
/// ```
/// use gofarm_core::trace_context::TraceId;
///
/// assert_eq!(TraceId::new([0xab; 16]).map(|id| id.to_string()), Some("ab".repeat(16)));
/// assert_eq!(TraceId::new([0; 16]), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// Creates an id, unless all bytes are zero (W3C Trace Context, section 3.2.2.3).
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Option<Self> {
        match u128::from_ne_bytes(bytes) {
            0 => None,
            _ => Some(Self(bytes)),
        }
    }

    /// The bytes, most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The id of one step in a trace: 8 bytes, not all zero.
///
/// ```
/// use gofarm_core::random::SplitMix64;
/// use gofarm_core::trace_context::SpanId;
///
/// let mut random = SplitMix64::new(1);
/// assert_ne!(SpanId::random(&mut random), SpanId::random(&mut random));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SpanId([u8; 8]);

impl SpanId {
    /// Creates an id, unless all bytes are zero (W3C Trace Context, section 3.2.2.4).
    #[must_use]
    pub const fn new(bytes: [u8; 8]) -> Option<Self> {
        match u64::from_ne_bytes(bytes) {
            0 => None,
            _ => Some(Self(bytes)),
        }
    }

    /// Draws an id from `random`.
    #[must_use]
    pub fn random(random: &mut impl Random) -> Self {
        // One value in 2^64 is not an id; the next draw of a working source is.
        let bits = random.next_u64().max(1);
        Self(bits.to_be_bytes())
    }

    /// The bytes, most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

/// The trace that something belongs to, and the step that caused it.
///
/// See the [module](self) for an example.
// Of odd length it would be copied in parts that overlap, and a processor that has just stored them otherwise waits for
// its cache before it can load them. Microcontrollers have no such trouble and need the bytes.
#[cfg_attr(target_pointer_width = "64", repr(align(8)))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TraceContext {
    trace_id: TraceId,
    span_id: SpanId,
    flags: u8,
}

impl TraceContext {
    /// The length of the binary form in bytes.
    pub const LEN: usize = 25;

    const SAMPLED: u8 = 0x01;

    /// Creates a context that is not sampled.
    #[must_use]
    pub const fn new(trace_id: TraceId, span_id: SpanId) -> Self {
        Self {
            trace_id,
            span_id,
            flags: 0,
        }
    }

    /// Starts a trace with ids drawn from `random`.
    #[must_use]
    pub fn root(random: &mut impl Random) -> Self {
        let (high, low) = (random.next_u64(), random.next_u64().max(1));
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&high.to_be_bytes());
        trace[8..].copy_from_slice(&low.to_be_bytes());
        Self::new(TraceId(trace), SpanId::random(random))
    }

    /// This context with the caller's decision to record the trace.
    #[must_use]
    pub const fn sampled(mut self) -> Self {
        self.flags |= Self::SAMPLED;
        self
    }

    /// This context with those trace flags (W3C Trace Context, section 3.2.2.5).
    #[must_use]
    pub const fn with_flags(mut self, flags: u8) -> Self {
        self.flags = flags;
        self
    }

    /// The context for what `span_id` causes: same trace, same flags.
    #[must_use]
    pub const fn child(mut self, span_id: SpanId) -> Self {
        self.span_id = span_id;
        self
    }

    /// The trace.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The step in the trace; *parent-id* in the W3C text.
    #[must_use]
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// The trace flags as received; unknown bits are kept and passed on.
    #[must_use]
    pub const fn flags(&self) -> u8 {
        self.flags
    }

    /// Whether the caller may have recorded the trace.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.flags & Self::SAMPLED != 0
    }

    /// The binary form: trace id, span id, flags.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        bytes[..16].copy_from_slice(&self.trace_id.0);
        bytes[16..24].copy_from_slice(&self.span_id.0);
        bytes[24] = self.flags;
        bytes
    }

    /// Reads the binary form; `None` if one of the ids is all zero.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Option<Self> {
        let (mut trace, mut span) = ([0; 16], [0; 8]);
        trace.copy_from_slice(&bytes[..16]);
        span.copy_from_slice(&bytes[16..24]);
        Some(Self {
            trace_id: TraceId::new(trace)?,
            span_id: SpanId::new(span)?,
            flags: bytes[24],
        })
    }

    /// Reads a `traceparent` header value (W3C Trace Context, section 3.2).
    ///
    /// Versions above 00 are read by their first four fields, as section 3.2.4 asks; version `ff` is refused.
    ///
    /// # Errors
    /// What is wrong with it.
    ///
    /// ```
    /// use gofarm_core::trace_context::TraceContext;
    ///
    /// let context = TraceContext::from_header(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")?;
    /// assert_eq!(context.flags(), 1);
    /// # Ok::<(), gofarm_core::trace_context::TraceContextError>(())
    /// ```
    #[inline]
    pub fn from_header(value: &[u8]) -> Result<Self, TraceContextError> {
        const LEN: usize = 55;
        let Some(header) = value.first_chunk::<LEN>() else {
            return Err(TraceContextError::Length { len: value.len() });
        };
        for at in [2, 35, 52] {
            if header[at] != b'-' {
                return Err(TraceContextError::Character { position: at });
            }
        }
        let &[v, e, .., r, n] = header;
        let (ends, wrong_ends) = octet([v, e, r, n, b'0', b'0', b'0', b'0']);
        let (trace_high, wrong_high) = eight(header, 3);
        let (trace_low, wrong_low) = eight(header, 19);
        let (span, wrong_span) = eight(header, 36);
        if wrong_ends | wrong_high | wrong_low | wrong_span != 0 {
            return Err(wrong_digit(header));
        }
        let [version, flags, ..] = ends.to_le_bytes();
        match (version, value.get(LEN)) {
            (0xff, _) => return Err(TraceContextError::Version),
            (0, Some(_)) => return Err(TraceContextError::Length { len: value.len() }),
            (_, Some(&next)) if next != b'-' => {
                return Err(TraceContextError::Character { position: LEN });
            }
            _ => {}
        }
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&trace_high.to_le_bytes());
        trace[8..].copy_from_slice(&trace_low.to_le_bytes());
        Ok(Self {
            trace_id: TraceId::new(trace).ok_or(TraceContextError::Zero)?,
            span_id: SpanId::new(span.to_le_bytes()).ok_or(TraceContextError::Zero)?,
            flags,
        })
    }
}

/// The `traceparent` header value, version 00.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "00-{}-{}-{:02x}",
            self.trace_id, self.span_id, self.flags
        )
    }
}

/// Reads a `traceparent` header value, as [`TraceContext::from_header`] does.
impl FromStr for TraceContext {
    type Err = TraceContextError;

    fn from_str(text: &str) -> Result<Self, TraceContextError> {
        Self::from_header(text.as_bytes())
    }
}

/// Serialised as the `traceparent` text.
#[cfg(feature = "serde")]
impl serde::Serialize for TraceContext {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for TraceContext {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = crate::text::Text::<55>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! hex_text {
    ($($id:ty),+) => {$(
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )+};
}

hex_text!(TraceId, SpanId);

/// Why a text is not a `traceparent`.
///
/// ```
/// use gofarm_core::trace_context::{TraceContext, TraceContextError};
///
/// assert_eq!("00-0af7".parse::<TraceContext>(), Err(TraceContextError::Length { len: 7 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TraceContextError {
    /// Not 55 bytes (or, from version 01, at least 55).
    Length {
        /// The length that was offered, in bytes.
        len: usize,
    },
    /// Not a lower-case hexadecimal digit, or not a dash where one belongs.
    Character {
        /// Its byte position, from 0.
        position: usize,
    },
    /// Version `ff`, which the standard forbids.
    Version,
    /// A trace id or span id of zeros.
    Zero,
}

impl fmt::Display for TraceContextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { len } => write!(f, "a traceparent has 55 bytes, not {len}"),
            Self::Character { position } => {
                write!(f, "a traceparent has a wrong character at byte {position}")
            }
            Self::Version => f.write_str("a traceparent of version ff is forbidden"),
            Self::Zero => f.write_str("a traceparent has an id of zeros"),
        }
    }
}

impl core::error::Error for TraceContextError {}

impl Classify for TraceContextError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// Eight bytes, the first one lowest, from the digits that start at `from`; see [`octet`].
fn eight(text: &[u8; 55], from: usize) -> (u64, u64) {
    let [first, second] = [from, from + 8].map(|at| {
        let mut digits = [0; 8];
        digits.copy_from_slice(&text[at..at + 8]);
        octet(digits)
    });
    let bytes = u64::from(first.0) | u64::from(second.0) << 32;
    (bytes, first.1 | second.1)
}

/// Four bytes, the first one lowest, from eight lower-case hexadecimal digits, and a bit for each that is none.
///
/// Ids are random, so a branch for each digit would be guessed wrongly every other time: all are read at once.
const fn octet(digits: [u8; 8]) -> (u32, u64) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x80 * ONES;
    let word = u64::from_le_bytes(digits);
    let ascii = word & !TOPS;
    // A byte gets its top bit if it is not below '0', ':', 'a', 'g'; nothing is carried into the next.
    let (decimal, above) = (ascii + 0x50 * ONES, ascii + 0x46 * ONES);
    let (letter, beyond) = (ascii + 0x1f * ONES, ascii + 0x19 * ONES);
    let letters = letter & !beyond & TOPS;
    let wrong = (word | !(decimal & !above | letters)) & TOPS;
    let values = (word & (0x0f * ONES)) + 9 * (letters >> 7);
    let bytes = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    let [a, b, _, _, c, d, _, _] = pairs.to_le_bytes();
    (u32::from_le_bytes([a, b, c, d]), wrong)
}

/// The first character that is no digit where one belongs.
#[cold]
fn wrong_digit(text: &[u8; 55]) -> TraceContextError {
    let good = text
        .iter()
        .enumerate()
        .take_while(|(at, c)| matches!(at, 2 | 35 | 52) || matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    TraceContextError::Character {
        position: good.count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn parse(text: &str) -> Result<TraceContext, TraceContextError> {
        text.parse()
    }

    #[test]
    fn refuses_what_the_standard_refuses() {
        use TraceContextError::{Character, Length, Version, Zero};
        let rows = [
            ("", Length { len: 0 }),
            (&GOOD[..54], Length { len: 54 }),
            (&format!("{GOOD}-x"), Length { len: 57 }),
            (&format!("ff{}", &GOOD[2..]), Version),
            (&format!("01{}x", &GOOD[2..]), Character { position: 55 }),
            (&GOOD.replace("0af7", "0AF7"), Character { position: 4 }),
            (&GOOD.replacen('-', "_", 1), Character { position: 2 }),
            (&GOOD.replace("b7ad6b7169203331", "0000000000000000"), Zero),
        ];
        for (text, error) in rows {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_digit_is_what_the_standard_library_takes_for_one_in_lower_case() {
        for c in 0..=u8::MAX {
            let digit = char::from(c)
                .to_digit(16)
                .filter(|_| !c.is_ascii_uppercase());
            for position in (3..35).chain(36..52).chain(53..55) {
                let mut text = *GOOD.as_bytes().first_chunk::<55>().unwrap();
                text[position] = c;
                let read = TraceContext::from_header(&text);
                let Some(digit) = digit else {
                    assert_eq!(read, Err(TraceContextError::Character { position }));
                    continue;
                };
                let bytes = read.unwrap().to_bytes();
                let nibble = position - 3 - position / 36 - position / 53;
                let half = match nibble % 2 {
                    0 => bytes[nibble / 2] >> 4,
                    _ => bytes[nibble / 2] & 15,
                };
                assert_eq!(u32::from(half), digit);
            }
        }
    }

    #[test]
    fn a_later_version_is_read_by_its_first_four_fields() {
        let later = format!("01{}-what-comes-later", &GOOD[2..]);
        assert_eq!(parse(&later), parse(GOOD));
    }

    #[test]
    fn unknown_flags_are_kept() {
        let odd = parse(&GOOD.replace("-01", "-fe")).unwrap();
        assert!(!odd.is_sampled());
        assert_eq!(odd.sampled().flags(), 0xff);
    }

    #[test]
    fn text_and_bytes_round_trip() {
        let mut random = SplitMix64::new(3);
        for _ in 0..100 {
            let context = TraceContext::root(&mut random).sampled();
            assert_eq!(parse(&context.to_string()), Ok(context));
            assert_eq!(TraceContext::from_bytes(context.to_bytes()), Some(context));
        }
        assert_eq!(TraceContext::from_bytes([0; 25]), None);
    }

    #[test]
    fn a_broken_source_of_randomness_still_gives_valid_ids() {
        let context = TraceContext::root(&mut || 0);
        assert_eq!(parse(&context.to_string()), Ok(context));
    }
}
