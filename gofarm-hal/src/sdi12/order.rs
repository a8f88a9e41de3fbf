//! [`Order`]: a command as the sensor that it goes to reads it.

use super::address::Address;
use super::measurement::Measurement;

/// What a recorder wants of a sensor.
///
/// ```
/// use gofarm_hal::sdi12::{Address, Measurement, Order};
///
/// let own = Address::DEFAULT;
/// assert_eq!(Order::read(b"0MC2!", own), Order::Start(Measurement::STANDARD.additional(2).with_crc()));
/// assert_eq!(Order::read(b"?!", own), Order::Acknowledge); // whoever is there
/// assert_eq!(Order::read(b"1M!", own), Order::NotOurs);
/// assert_eq!(Order::read(b"0Q!", own), Order::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Order<'a> {
    /// It goes to another sensor, or is no command.
    NotOurs,
    /// It goes to us, and there is no such command; a sensor keeps silent then.
    Unknown,
    /// `a!` or `?!`.
    Acknowledge,
    /// `aI!`.
    Identify,
    /// `aAb!`.
    ChangeAddress(Address),
    /// `aM!` and its likes, `aR0!` included.
    Start(Measurement),
    /// `aD0!` to `aD999!`.
    Data(u16),
    /// `aIM!` and its likes.
    Describe(Measurement),
    /// `aIM_001!` and its likes, with the number of the value, 1..=999.
    Parameter(Measurement, u16),
    /// `aX…!`: what stands between address and `!`, the `X` included.
    Extended(&'a [u8]),
}

impl<'a> Order<'a> {
    /// Reads `command`, which ends with `!`, for the sensor at `own`.
    #[must_use]
    pub fn read(command: &'a [u8], own: Address) -> Self {
        let Some((&first, rest)) = command.split_first() else {
            return Self::NotOurs;
        };
        let Some((b'!', body)) = rest.split_last() else {
            return Self::NotOurs;
        };
        if first == b'?' && body.is_empty() {
            return Self::Acknowledge;
        }
        if first != own.as_byte() {
            return Self::NotOurs;
        }
        Self::of(body).unwrap_or(Self::Unknown)
    }

    fn of(body: &'a [u8]) -> Option<Self> {
        Some(match body {
            [] => Self::Acknowledge,
            b"I" => Self::Identify,
            [b'A', new] => Self::ChangeAddress(Address::from_byte(*new)?),
            [b'D', digits @ ..] => Self::Data(page(digits)?),
            [b'I', letters @ .., b'_', a, b, c] => {
                let number = number(&[*a, *b, *c])?;
                let of = Measurement::from_letters(letters)?;
                (number > 0).then_some(Self::Parameter(of, number))?
            }
            [b'I', letters @ ..] => {
                let of = Measurement::from_letters(letters)?;
                of.method().count_digits()?;
                Self::Describe(of)
            }
            [b'X', ..]
                if body
                    .iter()
                    .all(|byte| matches!(byte, b' '..=b'~') && *byte != b'!') =>
            {
                Self::Extended(body)
            }
            letters => Self::Start(Measurement::from_letters(letters)?),
        })
    }
}

/// The page of a send data command: 0 to 999 without zeros in front (section 5.1).
fn page(digits: &[u8]) -> Option<u16> {
    match digits {
        [b'0', _, ..] => None,
        _ => number(digits),
    }
}

fn number(digits: &[u8]) -> Option<u16> {
    if digits.is_empty() || digits.len() > 3 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(
        digits
            .iter()
            .fold(0, |number, digit| number * 10 + u16::from(*digit - b'0')),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdi12::Request;

    #[test]
    fn a_sensor_reads_what_a_recorder_writes() {
        let own = Address::new('5').unwrap();
        let new = Address::new('z').unwrap();
        let r = Measurement::CONTINUOUS.additional(3).with_crc();
        let high = Measurement::HIGH_VOLUME;
        let rows = [
            (Request::query_address(), Order::Acknowledge),
            (Request::acknowledge(own), Order::Acknowledge),
            (Request::identify(own), Order::Identify),
            (Request::change_address(own, new), Order::ChangeAddress(new)),
            (Request::start(own, r), Order::Start(r)),
            (Request::start(own, high), Order::Start(high)),
            (Request::data(own, 203, high), Order::Data(203)),
            (Request::data(own, 0, high), Order::Data(0)),
            (Request::describe(own, high).unwrap(), Order::Describe(high)),
            (Request::parameter(own, r, 12), Order::Parameter(r, 12)),
            (
                Request::extended(own, b"XHELP").unwrap(),
                Order::Extended(b"XHELP"),
            ),
            (Request::identify(new), Order::NotOurs),
        ];
        for (request, order) in rows {
            assert_eq!(Order::read(request.as_bytes(), own), order);
        }
        let unknown = [
            "5m!", "5D!", "5D00!", "5D1000!", "5Da!", "5A!", "5A?!", "5IR0!", "5IM_000!",
            "5IM_01!", "5R!", "5M0!",
        ];
        for text in unknown {
            assert_eq!(Order::read(text.as_bytes(), own), Order::Unknown, "{text}");
        }
        for text in ["", "!", "5", "5M", "?M!", "M!"] {
            assert_eq!(Order::read(text.as_bytes(), own), Order::NotOurs, "{text}");
        }
    }
}
