//! [`Bridge`]: two sides that must never be on together.

use embedded_hal::digital::OutputPin;

use super::pins::{PinError, Pins};

/// What an H-bridge does.
///
/// There is no value for both sides at once, so no program can ask for it:
///
/// ```compile_fail,E0599
/// # use gofarm_hal::valve::Bridge;
/// let short = Bridge::Both;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "pins have to be set for each")]
pub enum Bridge {
    /// Both sides low.
    #[default]
    Off,
    /// Both sides low, while the boost converter charges its capacitor.
    Charge,
    /// Side A high: the current opens the valve.
    Open,
    /// Side B high: the current closes the valve.
    Close,
}

/// The two pins of an H-bridge, and a third one for a boost converter if there is one.
///
/// The side that goes low is written first, and nothing goes high if that failed. High is on: swap the pins if the
/// valve opens when it should close.
///
/// ```
/// # use core::convert::Infallible;
/// # use embedded_hal::digital::{ErrorType, OutputPin};
/// # #[derive(Default)]
/// # struct Pin(bool);
/// # impl ErrorType for Pin { type Error = Infallible; }
/// # impl OutputPin for Pin {
/// #     fn set_low(&mut self) -> Result<(), Infallible> { self.0 = false; Ok(()) }
/// #     fn set_high(&mut self) -> Result<(), Infallible> { self.0 = true; Ok(()) }
/// # }
/// use gofarm_hal::valve::{Bridge, BridgePins, Pins};
///
/// # let (a, b, boost) = (Pin::default(), Pin::default(), Pin::default());
/// let mut pins = BridgePins::with_boost(a, b, boost);
/// pins.set(Bridge::Charge)?;
/// pins.set(Bridge::Close)?;
/// # let (a, b, boost) = pins.into_parts();
/// # assert!(!a.0 && b.0 && !boost.0);
/// # Ok::<(), gofarm_hal::valve::PinError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BridgePins<A, B, C = NoPin> {
    a: A,
    b: B,
    boost: C,
}

/// In place of a pin that the hardware does not have.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing in it")]
pub struct NoPin;

impl embedded_hal::digital::ErrorType for NoPin {
    type Error = core::convert::Infallible;
}

impl OutputPin for NoPin {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl<A, B> BridgePins<A, B> {
    /// A bridge: `a` high opens, `b` high closes.
    pub const fn new(a: A, b: B) -> Self {
        Self::with_boost(a, b, NoPin)
    }
}

impl<A, B, C> BridgePins<A, B, C> {
    /// A bridge with a boost converter that charges while `boost` is high.
    pub const fn with_boost(a: A, b: B, boost: C) -> Self {
        Self { a, b, boost }
    }

    /// The pins, given back as they are.
    pub fn into_parts(self) -> (A, B, C) {
        (self.a, self.b, self.boost)
    }
}

impl<A: OutputPin, B: OutputPin, C: OutputPin> Pins<Bridge> for BridgePins<A, B, C> {
    fn set(&mut self, output: Bridge) -> Result<(), PinError> {
        // Every pin that has to be low is tried, whatever became of the others.
        let lows = [
            (output != Bridge::Open).then(|| PinError::of(self.a.set_low())),
            (output != Bridge::Close).then(|| PinError::of(self.b.set_low())),
            (output != Bridge::Charge).then(|| PinError::of(self.boost.set_low())),
        ];
        let low = lows.into_iter().flatten().find(Result::is_err);
        let high = match (low, output) {
            (Some(error), _) => error,
            (None, Bridge::Off) => return Ok(()),
            (None, Bridge::Charge) => PinError::of(self.boost.set_high()),
            (None, Bridge::Open) => PinError::of(self.a.set_high()),
            (None, Bridge::Close) => PinError::of(self.b.set_high()),
        };
        if high.is_err() {
            // A pin that failed may be high; the first error is the one that is told.
            let _ = (self.a.set_low(), self.b.set_low(), self.boost.set_low());
        }
        high
    }
}
