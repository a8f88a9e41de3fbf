//! [`JsonReader`]: records of a JSON pack (RFC 8428 section 5, RFC 8259), pulled one by one.

use super::base64;
use super::fields::{Fields, Raw};
use super::label::Label;
use super::record::Data;
use super::{DecodeError, Reason, Text};

/// The deepest nesting of a value whose field is not known.
const MAX_DEPTH: usize = 8;
/// The most fields of a record, unknown ones counted.
pub(super) const MAX_FIELDS: usize = 64;

/// Where a reader is in the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Start,
    Records,
    End,
}

#[derive(Clone, Debug)]
pub(super) struct JsonReader<'a> {
    pack: &'a [u8],
    at: usize,
    state: At,
}

type Step<T> = Result<T, DecodeError>;

impl<'a> JsonReader<'a> {
    pub(super) const fn new(pack: &'a [u8]) -> Self {
        Self {
            pack,
            at: 0,
            state: At::Start,
        }
    }

    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// The next record and where it begins; `None` behind the last one.
    pub(super) fn next_record(&mut self) -> Step<Option<(usize, Fields<'a>)>> {
        match self.state {
            At::Start => {
                self.expect(b'[')?;
                self.state = At::Records;
                if self.next_is(b']') {
                    return self.finish();
                }
            }
            At::Records => {
                if self.next_is(b']') {
                    return self.finish();
                }
                self.expect(b',')?;
            }
            At::End => return Ok(None),
        }
        self.skip_space();
        let position = self.at;
        Ok(Some((position, self.record()?)))
    }

    fn finish(&mut self) -> Step<Option<(usize, Fields<'a>)>> {
        self.state = At::End;
        self.skip_space();
        if self.at < self.pack.len() {
            return Err(self.error(Reason::Trailing));
        }
        Ok(None)
    }

    fn record(&mut self) -> Step<Fields<'a>> {
        self.expect(b'{')?;
        let mut fields = Fields::default();
        if self.next_is(b'}') {
            return Ok(fields);
        }
        for _ in 0..MAX_FIELDS {
            self.skip_space();
            let position = self.at;
            let name = self.text()?;
            self.expect(b':')?;
            self.skip_space();
            match Label::from_text(name) {
                Some(label) => {
                    let value = self.value(label)?;
                    let kept = fields.set(label, value);
                    kept.map_err(|reason| DecodeError::new(position, reason))?;
                }
                None if name.chars().last() == Some('_') => {
                    return Err(DecodeError::new(position, Reason::NotUnderstood));
                }
                None => self.skip_value()?,
            }
            if self.next_is(b'}') {
                return Ok(fields);
            }
            self.expect(b',')?;
        }
        Err(self.error(Reason::TooManyFields))
    }

    fn value(&mut self, label: Label) -> Step<Raw<'a>> {
        let position = self.at;
        match self.peek()? {
            b'"' if label == Label::DataValue => {
                let text = self.text()?;
                let raw = text.as_str().unwrap_or("=").as_bytes();
                if base64::is_sound(raw) {
                    Ok(Raw::Data(Data::base64(raw)))
                } else {
                    Err(DecodeError::new(position, Reason::Data))
                }
            }
            b'"' => Ok(Raw::Text(self.text()?)),
            b't' => self.word(b"true").map(|()| Raw::Boolean(true)),
            b'f' => self.word(b"false").map(|()| Raw::Boolean(false)),
            b'-' | b'0'..=b'9' => Ok(Raw::Number(self.number()?)),
            b'n' | b'{' | b'[' => Err(self.error(Reason::Type)),
            _ => Err(self.error(Reason::Syntax)),
        }
    }

    /// Skips a value of any type, without going into itself again.
    fn skip_value(&mut self) -> Step<()> {
        // One bit for each open bracket: 1 is an object.
        let (mut open, mut depth) = (0_u16, 0);
        loop {
            self.skip_space();
            match self.peek()? {
                b'"' => drop(self.text()?),
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                b'-' | b'0'..=b'9' => drop(self.number_text()?),
                bracket @ (b'{' | b'[') => {
                    if depth == MAX_DEPTH {
                        return Err(self.error(Reason::TooDeep));
                    }
                    self.at += 1;
                    let is_object = bracket == b'{';
                    if !self.next_is(if is_object { b'}' } else { b']' }) {
                        open = open << 1 | u16::from(is_object);
                        depth += 1;
                        if is_object {
                            self.member()?;
                        }
                        continue;
                    }
                }
                _ => return Err(self.error(Reason::Syntax)),
            }
            // Behind a value: close what ends here, or go on to the next value.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let is_object = open & 1 == 1;
                if self.next_is(if is_object { b'}' } else { b']' }) {
                    open >>= 1;
                    depth -= 1;
                    continue;
                }
                self.expect(b',')?;
                if is_object {
                    self.member()?;
                }
                break;
            }
        }
    }

    fn member(&mut self) -> Step<()> {
        self.skip_space();
        self.text()?;
        self.expect(b':')
    }

    fn word(&mut self, word: &[u8]) -> Step<()> {
        let found = self.pack.get(self.at..self.at + word.len());
        if found != Some(word) {
            return Err(self.error(Reason::Syntax));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Step<f64> {
        let position = self.at;
        let text = self.number_text()?;
        // Overflow gives infinity, which is refused with the field.
        text.parse()
            .map_err(|_| DecodeError::new(position, Reason::Number))
    }

    /// A number by the grammar of JSON, which is narrower than Rust's.
    fn number_text(&mut self) -> Step<&'a str> {
        let from = self.at;
        self.take(b"-");
        let whole = self.digits();
        let has_leading_zero = whole.len() > 1 && whole.first() == Some(&b'0');
        let mut is_sound = !whole.is_empty() && !has_leading_zero;
        if self.take(b".") {
            is_sound &= !self.digits().is_empty();
        }
        // Section 5.1 wants a lower-case e of writers; readers of JSON take both.
        if self.take(b"eE") {
            self.take(b"+-");
            is_sound &= !self.digits().is_empty();
        }
        let text = self.pack.get(from..self.at).unwrap_or_default();
        match core::str::from_utf8(text) {
            Ok(text) if is_sound => Ok(text),
            _ => Err(DecodeError::new(from, Reason::Number)),
        }
    }

    fn digits(&mut self) -> &'a [u8] {
        let rest = self.pack.get(self.at..).unwrap_or_default();
        let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += len;
        rest.get(..len).unwrap_or_default()
    }

    fn take(&mut self, any: &[u8]) -> bool {
        let is_there = self.pack.get(self.at).is_some_and(|b| any.contains(b));
        self.at += usize::from(is_there);
        is_there
    }

    /// Text in quotes; its escapes are checked here and resolved when it is read.
    fn text(&mut self) -> Step<Text<'a>> {
        self.expect(b'"')?;
        let from = self.at;
        let mut is_escaped = false;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    is_escaped = true;
                    self.at += 1;
                    self.escape()?;
                }
                0..0x20 => return Err(self.error(Reason::Text)),
                _ => self.at += 1,
            }
        }
        let raw = self.pack.get(from..self.at).unwrap_or_default();
        self.at += 1;
        let raw = core::str::from_utf8(raw)
            .map_err(|e| DecodeError::new(from + e.valid_up_to(), Reason::Text))?;
        Ok(if is_escaped {
            Text::escaped(raw)
        } else {
            Text::plain(raw)
        })
    }

    fn escape(&mut self) -> Step<()> {
        match self.peek()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                Ok(())
            }
            b'u' => match self.unit()? {
                0xd800..0xdc00 => {
                    if !(self.take(b"\\") && self.peek()? == b'u') {
                        return Err(self.error(Reason::Text));
                    }
                    match self.unit()? {
                        0xdc00..0xe000 => Ok(()),
                        _ => Err(self.error(Reason::Text)),
                    }
                }
                0xdc00..0xe000 => Err(self.error(Reason::Text)),
                _ => Ok(()),
            },
            _ => Err(self.error(Reason::Text)),
        }
    }

    /// The `u` and its four digits.
    fn unit(&mut self) -> Step<u16> {
        let digits = self.pack.get(self.at + 1..self.at + 5);
        let digits = digits.ok_or(DecodeError::new(self.pack.len(), Reason::Truncated))?;
        let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
        let text = core::str::from_utf8(digits).unwrap_or_default();
        match u16::from_str_radix(text, 16) {
            Ok(unit) if is_hex => {
                self.at += 5;
                Ok(unit)
            }
            _ => Err(self.error(Reason::Text)),
        }
    }

    fn skip_space(&mut self) {
        while self.take(b" \t\n\r") {}
    }

    fn peek(&self) -> Step<u8> {
        let byte = self.pack.get(self.at).copied();
        byte.ok_or(self.error(Reason::Truncated))
    }

    /// Whether `byte` comes next, after white space; takes it if so.
    fn next_is(&mut self, byte: u8) -> bool {
        self.skip_space();
        self.take(&[byte])
    }

    fn expect(&mut self, byte: u8) -> Step<()> {
        if self.next_is(byte) {
            return Ok(());
        }
        self.peek()?;
        Err(self.error(Reason::Syntax))
    }

    const fn error(&self, reason: Reason) -> DecodeError {
        DecodeError::new(self.at, reason)
    }
}
