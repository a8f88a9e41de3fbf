//! [`Coil`]: one coil, on in full, held, or off.

use embedded_hal::digital::OutputPin;
use embedded_hal::pwm::SetDutyCycle;

use super::pins::{PinError, Pins};

/// What a coil does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "pins have to be set for each")]
pub enum Coil {
    /// No current.
    #[default]
    Off,
    /// Full current, to pull the plunger in.
    Full,
    /// Enough to hold it: this duty cycle in percent, 1 to 100.
    Hold(u8),
}

/// A coil behind a PWM output.
///
/// ```
/// # use core::convert::Infallible;
/// # use embedded_hal::pwm::{ErrorType, SetDutyCycle};
/// # struct Pwm(u16);
/// # impl ErrorType for Pwm { type Error = Infallible; }
/// # impl SetDutyCycle for Pwm {
/// #     fn max_duty_cycle(&self) -> u16 { 1_000 }
/// #     fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Infallible> { self.0 = duty; Ok(()) }
/// # }
/// # let channel = Pwm(0);
/// use gofarm_hal::valve::{Coil, PwmCoil, Pins};
///
/// let mut coil = PwmCoil::new(channel);
/// coil.set(Coil::Full)?;
/// coil.set(Coil::Hold(30))?;
/// # assert_eq!(coil.into_inner().0, 300);
/// # Ok::<(), gofarm_hal::valve::PinError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PwmCoil<P>(P);

impl<P> PwmCoil<P> {
    /// A coil that is on while the output is high.
    pub const fn new(channel: P) -> Self {
        Self(channel)
    }

    /// The channel, given back as it is.
    pub fn into_inner(self) -> P {
        self.0
    }
}

impl<P: SetDutyCycle> Pins<Coil> for PwmCoil<P> {
    fn set(&mut self, output: Coil) -> Result<(), PinError> {
        PinError::of_pwm(match output {
            Coil::Off => self.0.set_duty_cycle_fully_off(),
            Coil::Full => self.0.set_duty_cycle_fully_on(),
            Coil::Hold(percent) => self.0.set_duty_cycle_percent(percent.min(100)),
        })
    }
}

/// A coil behind a switch or relay, which holds at full current.
///
/// ```
/// # use core::convert::Infallible;
/// # use embedded_hal::digital::{ErrorType, OutputPin};
/// # struct Pin(bool);
/// # impl ErrorType for Pin { type Error = Infallible; }
/// # impl OutputPin for Pin {
/// #     fn set_low(&mut self) -> Result<(), Infallible> { self.0 = false; Ok(()) }
/// #     fn set_high(&mut self) -> Result<(), Infallible> { self.0 = true; Ok(()) }
/// # }
/// # let relay = Pin(false);
/// use gofarm_hal::valve::{Coil, Pins, SwitchedCoil};
///
/// let mut coil = SwitchedCoil::new(relay);
/// coil.set(Coil::Hold(100))?;
/// # assert!(coil.into_inner().0);
/// # Ok::<(), gofarm_hal::valve::PinError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SwitchedCoil<P>(P);

impl<P> SwitchedCoil<P> {
    /// A coil that is on while the pin is high.
    pub const fn new(pin: P) -> Self {
        Self(pin)
    }

    /// The pin, given back as it is.
    pub fn into_inner(self) -> P {
        self.0
    }
}

impl<P: OutputPin> Pins<Coil> for SwitchedCoil<P> {
    fn set(&mut self, output: Coil) -> Result<(), PinError> {
        PinError::of(match output {
            Coil::Off => self.0.set_low(),
            Coil::Full | Coil::Hold(_) => self.0.set_high(),
        })
    }
}
