//! Reading a reply against what its command asks for.

use super::error::place;
use super::{Announced, Answer, Expect, Identification, ReplyError, Values};
use crate::sdi12::address::Address;
use crate::sdi12::crc::{self, crc_characters, crc16};
use crate::sdi12::line_text::Text;
use crate::sdi12::value::Value;

/// The most bytes of a line: address, 75 characters, CRC, CR and LF.
pub(in crate::sdi12) const MAX_LINE: usize = 1 + Text::MAX_LEN + crc::LEN + 2;

/// ASCII "start of text": several lines follow (section 4.4.13.1).
const STX: u8 = 2;

pub(super) fn answer(expect: Expect, line: &[u8]) -> Result<Answer, ReplyError> {
    let text = without_end(line)?;
    let (address, body) = addressed(expect, text)?;
    match expect {
        Expect::AnyAddress | Expect::Address(_) | Expect::Changed { .. } => match body {
            [] => Ok(Answer::Acknowledged(address)),
            _ => Err(ReplyError::form(1)),
        },
        Expect::Identification(_) => identification(body).map(Answer::Identified),
        Expect::Announcement { digits, .. } => {
            announcement(body, usize::from(digits)).map(Answer::Announced)
        }
        Expect::Values { crc, .. } => {
            let body = if crc { without_crc(text)? } else { body };
            values(body).map(Answer::Data)
        }
        Expect::Parameter { crc, .. } => {
            let body = if crc { without_crc(text)? } else { body };
            match body {
                [] | [b',', .., b';'] => printable(body).map(Answer::Text),
                [b',', ..] => Err(ReplyError::form(1 + body.len())),
                _ => Err(ReplyError::form(1)),
            }
        }
        Expect::Text(_) if body.first() == Some(&STX) => Err(ReplyError::SeveralLines),
        Expect::Text(_) => printable(body).map(Answer::Text),
    }
}

/// The line without CR and LF, of which there is one each.
fn without_end(line: &[u8]) -> Result<&[u8], ReplyError> {
    if line.len() > MAX_LINE {
        return Err(ReplyError::TooLong {
            limit: place(MAX_LINE),
        });
    }
    match line {
        [text @ .., b'\r', b'\n'] => Ok(text),
        _ => Err(ReplyError::BrokenOff {
            len: place(line.len()),
        }),
    }
}

fn addressed(expect: Expect, text: &[u8]) -> Result<(Address, &[u8]), ReplyError> {
    let Some((&first, body)) = text.split_first() else {
        return Err(ReplyError::form(0));
    };
    let found = char::from(first);
    let Some(address) = Address::from_byte(first) else {
        return Err(ReplyError::NoAddress { found });
    };
    let (expected, fits) = match expect {
        Expect::Changed { from, to } => (to, address == to || address == from),
        _ => {
            let expected = expect.address().unwrap_or(address);
            (expected, address == expected)
        }
    };
    if fits {
        Ok((address, body))
    } else {
        Err(ReplyError::Address { expected, found })
    }
}

/// The text between address and CRC, if the CRC fits.
fn without_crc(text: &[u8]) -> Result<&[u8], ReplyError> {
    let (covered, crc) = text
        .split_last_chunk::<{ crc::LEN }>()
        .ok_or(ReplyError::Crc)?;
    if crc_characters(crc16(covered)) != *crc {
        return Err(ReplyError::Crc);
    }
    covered.get(1..).ok_or(ReplyError::Crc)
}

fn identification(body: &[u8]) -> Result<Identification, ReplyError> {
    if body.len() < Identification::MIN_LEN || body.len() > Identification::MAX_LEN {
        return Err(ReplyError::form(1 + body.len()));
    }
    if let Some(at) = body.iter().take(2).position(|byte| !byte.is_ascii_digit()) {
        return Err(ReplyError::form(1 + at));
    }
    printable(body).map(Identification)
}

fn announcement(body: &[u8], digits: usize) -> Result<Announced, ReplyError> {
    if let Some(at) = body.iter().position(|byte| !byte.is_ascii_digit()) {
        return Err(ReplyError::form(1 + at));
    }
    if body.len() != 3 + digits {
        return Err(ReplyError::form(1 + body.len().min(3 + digits)));
    }
    let (seconds, values) = body.split_at_checked(3).unwrap_or((body, &[]));
    Ok(Announced::new(number(seconds), number(values)))
}

/// At most three digits.
fn number(digits: &[u8]) -> u16 {
    digits.iter().fold(0, |number, digit| {
        number * 10 + u16::from(digit.wrapping_sub(b'0') % 10)
    })
}

fn values(body: &[u8]) -> Result<Values, ReplyError> {
    let mut at = 0;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        let (_, len) = Value::parse(rest).map_err(|cause| ReplyError::Value {
            at: place(1 + at),
            cause,
        })?;
        at += len;
    }
    printable(body).map(Values)
}

fn printable(body: &[u8]) -> Result<Text, ReplyError> {
    if let Some(at) = body.iter().position(|byte| !matches!(byte, b' '..=b'~')) {
        return Err(ReplyError::form(1 + at));
    }
    Text::new(body).ok_or(ReplyError::TooLong {
        limit: place(1 + Text::MAX_LEN + 2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdi12::{Measurement, Request};

    const ZERO: Address = Address::DEFAULT;

    #[test]
    fn what_does_not_fit_its_command_is_refused_with_its_place() {
        let m = Request::start(ZERO, Measurement::STANDARD);
        let c = Request::start(ZERO, Measurement::CONCURRENT);
        let d = Request::data(ZERO, 0, Measurement::STANDARD);
        let dc = Request::data(ZERO, 0, Measurement::STANDARD.with_crc());
        let id = Request::identify(ZERO);
        let meta = Request::parameter(ZERO, Measurement::STANDARD, 1);
        let text = Request::extended(ZERO, b"X").unwrap();
        let rows: [(Request, &[u8], ReplyError); 18] = [
            (m, b"00053", ReplyError::BrokenOff { len: 5 }),
            (m, b"00053\n", ReplyError::BrokenOff { len: 6 }),
            (m, b"\r\n", ReplyError::Form { at: 0 }),
            (
                m,
                b"10053\r\n",
                ReplyError::Address {
                    expected: ZERO,
                    found: '1',
                },
            ),
            (m, b"+0053\r\n", ReplyError::NoAddress { found: '+' }),
            (m, b"0005\r\n", ReplyError::Form { at: 4 }),
            (m, b"000531\r\n", ReplyError::Form { at: 5 }),
            (c, b"00053\r\n", ReplyError::Form { at: 5 }),
            (m, b"0 053\r\n", ReplyError::Form { at: 1 }),
            (
                d,
                b"03.14\r\n",
                ReplyError::Value {
                    at: 1,
                    cause: crate::sdi12::ValueError::Sign,
                },
            ),
            (
                d,
                b"0+3.14OqZ\r\n",
                ReplyError::Value {
                    at: 6,
                    cause: crate::sdi12::ValueError::Sign,
                },
            ),
            (dc, b"0+3.14Oq\r\n", ReplyError::Crc), // the last character lost
            (dc, b"0+3.14\r\n", ReplyError::Crc),
            (dc, b"0+3.24OqZ\r\n", ReplyError::Crc),
            (dc, b"0\r\n", ReplyError::Crc),
            (id, b"0I4METER   TER12 112\r\n", ReplyError::Form { at: 1 }),
            (meta, b"0,PR,mm\r\n", ReplyError::Form { at: 7 }),
            (text, b"0\x02two\r\n", ReplyError::SeveralLines),
        ];
        for (request, line, error) in rows {
            assert_eq!(request.answer(line), Err(error), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_reply_without_values_is_an_aborted_measurement_and_no_error() {
        let plain = Request::data(ZERO, 0, Measurement::STANDARD).answer(b"0\r\n");
        let crc = Request::data(ZERO, 0, Measurement::STANDARD.with_crc()).answer(b"0AP@\r\n");
        for answer in [plain, crc] {
            let Ok(Answer::Data(values)) = answer else {
                panic!("{answer:?}")
            };
            assert!(values.is_empty());
            assert_eq!(values.iter().count(), 0);
        }
    }
}
