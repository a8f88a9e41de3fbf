//! Output pins that a host can watch: each change is a line on the console.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin};

use super::{Decimal, clock, log};

/// An output that logs its changes as `pin NAME LEVEL MICROSECONDS`.
pub struct Pin {
    name: &'static str,
    is_high: Option<bool>,
}

impl Pin {
    /// A pin whose level nobody has set yet.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            is_high: None,
        }
    }

    fn set(&mut self, is_high: bool) {
        if self.is_high != Some(is_high) {
            self.is_high = Some(is_high);
            let micros = Decimal::of(clock::now().as_micros());
            let level = if is_high { " 1 " } else { " 0 " };
            log(&["pin ", self.name, level, micros.as_str()]);
        }
    }
}

impl ErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(true);
        Ok(())
    }
}
