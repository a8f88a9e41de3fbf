//! [`CborReader`]: records of a CBOR pack (RFC 8428 section 6, RFC 8949), pulled one by one; and heads to write.
//!
//! SenML uses six of CBOR's eight major types in their definite form. That is two small functions, less than an adapter
//! to a general decoder, which would have to be told about decimal fractions and positions anyway.

use super::fields::{Fields, Raw};
use super::half;
use super::json::MAX_FIELDS;
use super::label::Label;
use super::record::Data;
use super::{DecodeError, Reason, Text};

/// The deepest nesting of a value whose field is not known.
const MAX_DEPTH: usize = 8;

/// The head of an item: its major type and argument; additional information 31 is an indefinite length or a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    major: u8,
    info: u8,
    argument: u64,
}

impl Head {
    const BREAK: Self = Self {
        major: 7,
        info: 31,
        argument: 0,
    };

    const fn is_indefinite(self) -> bool {
        self.info == 31
    }
}

#[derive(Clone, Debug)]
pub(super) struct CborReader<'a> {
    pack: &'a [u8],
    at: usize,
    /// Records that are still to come; `None` if a break ends them.
    left: Option<u64>,
    is_started: bool,
    is_done: bool,
}

type Step<T> = Result<T, DecodeError>;

impl<'a> CborReader<'a> {
    pub(super) const fn new(pack: &'a [u8]) -> Self {
        Self {
            pack,
            at: 0,
            left: None,
            is_started: false,
            is_done: false,
        }
    }

    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// The next record and where it begins; `None` behind the last one.
    pub(super) fn next_record(&mut self) -> Step<Option<(usize, Fields<'a>)>> {
        if self.is_done {
            return Ok(None);
        }
        if !self.is_started {
            let head = self.head_of(4)?;
            self.left = (!head.is_indefinite()).then_some(head.argument);
            self.is_started = true;
        }
        let is_last = match &mut self.left {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => self.takes_break()?,
        };
        if is_last {
            self.is_done = true;
            if self.at < self.pack.len() {
                return Err(self.error(Reason::Trailing));
            }
            return Ok(None);
        }
        let position = self.at;
        Ok(Some((position, self.record()?)))
    }

    fn record(&mut self) -> Step<Fields<'a>> {
        let head = self.head_of(5)?;
        let mut fields = Fields::default();
        for field in 0..=MAX_FIELDS as u64 {
            let is_over = if head.is_indefinite() {
                self.takes_break()?
            } else {
                field == head.argument
            };
            if is_over {
                return Ok(fields);
            }
            let position = self.at;
            let label = match self.head()? {
                Head {
                    major: 0, argument, ..
                } => i64::try_from(argument).ok().and_then(Label::from_key),
                Head {
                    major: 1, argument, ..
                } => i64::try_from(argument)
                    .ok()
                    .and_then(|below| Label::from_key(-1 - below)),
                head @ Head { major: 3, .. } => {
                    let name = self.text(head)?;
                    if name.chars().last() == Some('_') {
                        return Err(DecodeError::new(position, Reason::NotUnderstood));
                    }
                    Label::from_text(name)
                }
                _ => return Err(DecodeError::new(position, Reason::Syntax)),
            };
            match label {
                Some(label) => {
                    let value = self.value(label)?;
                    let kept = fields.set(label, value);
                    kept.map_err(|reason| DecodeError::new(position, reason))?;
                }
                None => self.skip_value()?,
            }
        }
        Err(self.error(Reason::TooManyFields))
    }

    fn value(&mut self, label: Label) -> Step<Raw<'a>> {
        let position = self.at;
        let head = self.head()?;
        match head.major {
            // Only an unsigned integer is a version.
            1 | 6 | 7 if label == Label::BaseVersion => {
                Err(DecodeError::new(position, Reason::Type))
            }
            0 | 1 => Ok(Raw::Number(integer(head))),
            2 => Ok(Raw::Data(Data::binary(self.slice(head)?))),
            3 => Ok(Raw::Text(self.text(head)?)),
            6 if head.argument == 4 => Ok(Raw::Number(self.decimal_fraction()?)),
            6 => Err(DecodeError::new(position, Reason::Unsupported)),
            7 => match simple(head) {
                Some(raw) => Ok(raw),
                None => Err(DecodeError::new(position, Reason::Type)),
            },
            _ => Err(DecodeError::new(position, Reason::Type)),
        }
    }

    /// Mantissa times a power of ten (RFC 8949, section 3.4.4), rounded once, by the parser of decimal numbers.
    fn decimal_fraction(&mut self) -> Step<f64> {
        let position = self.at;
        let wrong = DecodeError::new(position, Reason::Number);
        let pair = self.head_of(4)?;
        if pair.is_indefinite() || pair.argument != 2 {
            return Err(wrong);
        }
        let mut part = || -> Step<i128> {
            match self.head()? {
                Head {
                    major: 0, argument, ..
                } => Ok(i128::from(argument)),
                Head {
                    major: 1, argument, ..
                } => Ok(-1 - i128::from(argument)),
                _ => Err(wrong),
            }
        };
        let (exponent, mantissa) = (part()?, part()?);
        let mut text = Digits::new();
        let written = core::fmt::write(&mut text, format_args!("{mantissa}e{exponent}"));
        let value = text.as_str().parse();
        match (written, value) {
            (Ok(()), Ok(value)) => Ok(value),
            _ => Err(wrong),
        }
    }

    /// Skips an item of any type, without going into itself again.
    fn skip_value(&mut self) -> Step<()> {
        // Items that are left on each level; `None` if a break ends it.
        let mut levels = [Some(1_u64); MAX_DEPTH + 1];
        let mut depth = 0;
        loop {
            let Some(level) = levels.get_mut(depth) else {
                return Err(self.error(Reason::TooDeep));
            };
            let is_over = match level {
                Some(0) => true,
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => self.takes_break()?,
            };
            if is_over {
                let Some(outer) = depth.checked_sub(1) else {
                    return Ok(());
                };
                depth = outer;
                continue;
            }
            let head = self.head()?;
            let items = match head.major {
                0 | 1 => continue,
                2 | 3 => {
                    self.slice(head)?;
                    continue;
                }
                7 if head == Head::BREAK => return Err(self.error(Reason::Syntax)),
                7 => continue,
                4 => Some(head.argument),
                5 => head.argument.checked_mul(2),
                _ => Some(1),
            };
            depth += 1;
            if let Some(level) = levels.get_mut(depth) {
                *level = if head.is_indefinite() { None } else { items };
            }
        }
    }

    fn takes_break(&mut self) -> Step<bool> {
        let is_there = self.pack.get(self.at) == Some(&0xff);
        if !is_there && self.at >= self.pack.len() {
            return Err(self.error(Reason::Truncated));
        }
        self.at += usize::from(is_there);
        Ok(is_there)
    }

    fn text(&mut self, head: Head) -> Step<Text<'a>> {
        let raw = self.slice(head)?;
        let from = self.at - raw.len();
        let raw = core::str::from_utf8(raw)
            .map_err(|e| DecodeError::new(from + e.valid_up_to(), Reason::Text))?;
        Ok(Text::plain(raw))
    }

    fn slice(&mut self, head: Head) -> Step<&'a [u8]> {
        if head.is_indefinite() {
            return Err(self.error(Reason::Unsupported));
        }
        let rest = self.pack.get(self.at..).unwrap_or_default();
        let slice = usize::try_from(head.argument)
            .ok()
            .and_then(|len| rest.get(..len));
        let slice = slice.ok_or(DecodeError::new(self.pack.len(), Reason::Truncated))?;
        self.at += slice.len();
        Ok(slice)
    }

    fn head_of(&mut self, major: u8) -> Step<Head> {
        let position = self.at;
        let head = self.head()?;
        if head.major == major {
            Ok(head)
        } else {
            Err(DecodeError::new(position, Reason::Syntax))
        }
    }

    fn head(&mut self) -> Step<Head> {
        let position = self.at;
        let truncated = DecodeError::new(self.pack.len(), Reason::Truncated);
        let first = *self.pack.get(position).ok_or(truncated)?;
        let (major, info) = (first >> 5, first & 0x1f);
        let width = match info {
            0..=23 => 0,
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 if (2..=5).contains(&major) || major == 7 => 0,
            _ => return Err(DecodeError::new(position, Reason::Syntax)),
        };
        let bytes = self.pack.get(position + 1..position + 1 + width);
        let bytes = bytes.ok_or(truncated)?;
        self.at = position + 1 + width;
        let argument = match info {
            0..=23 => u64::from(info),
            _ => bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        Ok(Head {
            major,
            info,
            argument,
        })
    }

    const fn error(&self, reason: Reason) -> DecodeError {
        DecodeError::new(self.at, reason)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a reader works in f64 (section 5)"
)]
fn integer(head: Head) -> f64 {
    let value = head.argument as f64;
    if head.major == 0 { value } else { -1.0 - value }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "as many bytes were read as the type is wide"
)]
fn simple(head: Head) -> Option<Raw<'static>> {
    Some(match head.info {
        20 => Raw::Boolean(false),
        21 => Raw::Boolean(true),
        25 => Raw::Number(half::value(head.argument as u16)),
        26 => Raw::Number(f32::from_bits(head.argument as u32).into()),
        27 => Raw::Number(f64::from_bits(head.argument)),
        _ => return None,
    })
}

/// Room for the digits of a decimal fraction: two 65-bit integers and an `e`.
struct Digits {
    bytes: [u8; 48],
    len: usize,
}

impl Digits {
    const fn new() -> Self {
        Self {
            bytes: [0; 48],
            len: 0,
        }
    }

    fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }
}

impl core::fmt::Write for Digits {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let to = self.bytes.get_mut(self.len..self.len + text.len());
        to.ok_or(core::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}
