//! The console, UART 0: lines for people and for the tests of the host.

use core::fmt;

use super::uart;

/// Writes a line of these parts, waiting for each character; formatting would cost a small node a third of its flash.
pub fn log(parts: &[&str]) {
    for part in parts {
        uart::print(part);
    }
    uart::print("\n");
}

/// A number as decimal text.
pub struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    /// The digits of `number`.
    pub fn of(mut number: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return Self { digits, start };
            }
        }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.digits[self.start..]).unwrap_or_default()
    }
}

/// The console for what formats itself, such as a contract.
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        uart::print(text);
        Ok(())
    }
}
