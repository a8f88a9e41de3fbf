//! [`Request`]: a command as it goes over the line, and what its reply must look like.

use super::address::Address;
use super::measurement::Measurement;
use super::reply::Expect;

/// A command of the recorder, together with the form of the reply that belongs to it.
///
/// ```
/// use gofarm_hal::sdi12::{Address, Answer, Measurement, Request};
///
/// let request = Request::start(Address::DEFAULT, Measurement::CONCURRENT.with_crc());
/// assert_eq!(request.as_bytes(), b"0CC!");
/// let Answer::Announced(announced) = request.answer(b"004512\r\n")? else { unreachable!() };
/// assert_eq!((announced.seconds(), announced.values()), (45, 12));
/// # Ok::<(), gofarm_hal::sdi12::ReplyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Request {
    text: [u8; Request::MAX_LEN],
    len: u8,
    expect: Expect,
}

impl Request {
    /// The most characters of a command, its `!` included; the commands of the standard have up to nine.
    pub const MAX_LEN: usize = 32;

    /// `?!`: whoever is there, say your address (section 4.4.3). With two sensors on the bus both answer at once.
    #[must_use]
    pub const fn query_address() -> Self {
        Self::of(b'?', Expect::AnyAddress).end()
    }

    /// `a!`: are you there (section 4.4.1)?
    #[must_use]
    pub const fn acknowledge(address: Address) -> Self {
        Self::to(address, Expect::Address(address)).end()
    }

    /// `aI!`: what are you (section 4.4.2)?
    #[must_use]
    pub const fn identify(address: Address) -> Self {
        Self::to(address, Expect::Identification(address))
            .put(b'I')
            .end()
    }

    /// `aAb!`: be `new` from now on (section 4.4.4).
    ///
    /// A sensor that cannot change answers with its old address. If the reply is lost the sensor has changed all the
    /// same, and repeating the command to its old address gives no answer: ask both addresses then.
    #[must_use]
    pub const fn change_address(address: Address, new: Address) -> Self {
        let expect = Expect::Changed {
            from: address,
            to: new,
        };
        Self::to(address, expect).put(b'A').put(new.as_byte()).end()
    }

    /// `aM!`, `aC!`, `aV!`, `aHA!` and their likes: start a measurement. For the continuous ones, `aR0!`, the reply
    /// has the values already.
    #[must_use]
    pub const fn start(address: Address, measurement: Measurement) -> Self {
        let expect = match measurement.method().count_digits() {
            Some(digits) => Expect::Announcement { address, digits },
            None => Expect::Values {
                address,
                crc: measurement.has_crc(),
            },
        };
        Self::to(address, expect).put_letters(measurement).end()
    }

    /// `aD0!` to `aD999!`: the values of the measurement that was started last, page by page (section 4.4.8).
    ///
    /// What is above 999 becomes 999. Only [`Measurement::HIGH_VOLUME`] has pages above 9.
    #[must_use]
    pub const fn data(address: Address, page: u16, measurement: Measurement) -> Self {
        let page = if page > 999 { 999 } else { page };
        let expect = Expect::Values {
            address,
            crc: measurement.has_crc(),
        };
        let mut request = Self::to(address, expect).put(b'D');
        if page > 99 {
            request = request.put_digit(page / 100);
        }
        if page > 9 {
            request = request.put_digit(page / 10 % 10);
        }
        request.put_digit(page % 10).end()
    }

    /// `aIM!` and its likes: what would this measurement announce? Nothing is measured (section 6.1).
    ///
    /// `None` for continuous measurements, which announce nothing.
    #[must_use]
    pub const fn describe(address: Address, measurement: Measurement) -> Option<Self> {
        let Some(digits) = measurement.method().count_digits() else {
            return None;
        };
        let expect = Expect::Announcement { address, digits };
        Some(
            Self::to(address, expect)
                .put(b'I')
                .put_letters(measurement)
                .end(),
        )
    }

    /// `aIM_001!` and its likes: name and unit of the value at `number`, from 1 to 999 (section 6.2).
    ///
    /// What is above 999 becomes 999.
    #[must_use]
    pub const fn parameter(address: Address, measurement: Measurement, number: u16) -> Self {
        let number = if number > 999 { 999 } else { number };
        let expect = Expect::Parameter {
            address,
            crc: measurement.has_crc(),
        };
        Self::to(address, expect)
            .put(b'I')
            .put_letters(measurement)
            .put(b'_')
            .put_digit(number / 100)
            .put_digit(number / 10 % 10)
            .put_digit(number % 10)
            .end()
    }

    /// `aX…!`: a command of the maker of the sensor, by convention starting with `X` (section 4.4.13).
    ///
    /// `text` is what stands between address and `!`: 1 to 30 printable characters other than `!`. Otherwise `None`.
    /// The reply is one line of text; one that announces several lines is refused.
    #[must_use]
    pub const fn extended(address: Address, text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > Self::MAX_LEN - 2 {
            return None;
        }
        let mut request = Self::to(address, Expect::Text(address));
        let mut i = 0;
        while i < text.len() {
            if !matches!(text[i], b' '..=b'~') || text[i] == b'!' {
                return None;
            }
            request = request.put(text[i]);
            i += 1;
        }
        Some(request.end())
    }

    /// The command as it goes over the line.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The address that it goes to; `None` for [`query_address`](Self::query_address).
    #[must_use]
    pub const fn address(&self) -> Option<Address> {
        self.expect.address()
    }

    /// The address that the sensor is to have after this command.
    pub(super) const fn new_address(&self) -> Option<Address> {
        match self.expect {
            Expect::Changed { to, .. } => Some(to),
            _ => None,
        }
    }

    pub(super) const fn expect(&self) -> Expect {
        self.expect
    }

    const fn to(address: Address, expect: Expect) -> Self {
        Self::of(address.as_byte(), expect)
    }

    const fn of(first: u8, expect: Expect) -> Self {
        Self {
            text: [0; Self::MAX_LEN],
            len: 0,
            expect,
        }
        .put(first)
    }

    const fn put(mut self, byte: u8) -> Self {
        self.push(byte);
        self
    }

    #[cfg_attr(target_os = "none", inline(never))]
    const fn push(&mut self, byte: u8) {
        let at = self.len as usize;
        if at < Self::MAX_LEN {
            self.text[at] = byte;
            self.len += 1;
        }
    }

    const fn put_digit(self, digit: u16) -> Self {
        self.put(b'0' + (digit % 10) as u8)
    }

    const fn put_letters(mut self, measurement: Measurement) -> Self {
        let (letters, len) = measurement.letters();
        let mut i = 0;
        while i < len {
            self = self.put(letters[i]);
            i += 1;
        }
        self
    }

    const fn end(self) -> Self {
        self.put(b'!')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_written_as_in_the_tables_of_the_standard() {
        let a = Address::new('5').unwrap();
        let b = Address::new('z').unwrap();
        let (m, c, r) = (
            Measurement::STANDARD,
            Measurement::CONCURRENT,
            Measurement::CONTINUOUS,
        );
        let rows: [(Request, &str); 22] = [
            (Request::query_address(), "?!"),
            (Request::acknowledge(a), "5!"),
            (Request::identify(a), "5I!"),
            (Request::change_address(a, b), "5Az!"),
            (Request::start(a, m), "5M!"),
            (Request::start(a, m.with_crc()), "5MC!"),
            (Request::start(a, m.additional(9)), "5M9!"),
            (Request::start(a, m.with_crc().additional(9)), "5MC9!"),
            (Request::start(a, c.with_crc().additional(1)), "5CC1!"),
            (Request::start(a, Measurement::VERIFICATION), "5V!"),
            (Request::start(a, Measurement::HIGH_VOLUME), "5HA!"),
            (Request::start(a, r), "5R0!"),
            (Request::start(a, r.additional(4).with_crc()), "5RC4!"),
            (Request::data(a, 0, m), "5D0!"),
            (Request::data(a, 10, m), "5D10!"),
            (Request::data(a, 203, m), "5D203!"),
            (Request::data(a, 1_000, m), "5D999!"),
            (
                Request::describe(a, m.with_crc().additional(2)).unwrap(),
                "5IMC2!",
            ),
            (
                Request::describe(a, Measurement::HIGH_VOLUME).unwrap(),
                "5IHA!",
            ),
            (Request::parameter(a, m, 1), "5IM_001!"),
            (Request::parameter(a, r.with_crc(), 12), "5IRC0_012!"),
            (Request::extended(a, b"XHELP").unwrap(), "5XHELP!"),
        ];
        for (request, text) in rows {
            assert_eq!(request.as_bytes(), text.as_bytes());
        }
        assert_eq!(Request::describe(a, r), None);
        for wrong in [&b""[..], b"X!", b"X\r", &[b'X'; 31]] {
            assert_eq!(Request::extended(a, wrong), None);
        }
    }
}
