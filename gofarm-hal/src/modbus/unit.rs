//! [`Unit`]: the address of a device on its line.

use core::fmt;

/// The address of a device: 1 to 247 on a serial line, 0 for all of them (Modbus over Serial Line 1.02, section 2.2).
///
/// Over TCP it names a unit behind a gateway; a device that is reached directly has 0 or 255 there, and 0 is no
/// broadcast. The addresses 248 to 255 are reserved on a serial line, and some devices have them all the same.
///
/// ```
/// use gofarm_hal::modbus::Unit;
///
/// assert!(Unit::BROADCAST.is_broadcast());
/// assert_eq!(Unit(17).to_string(), "unit 17");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Unit(
    /// The address.
    pub u8,
);

impl Unit {
    /// All units of a serial line: each does what it is told, none answers.
    pub const BROADCAST: Self = Self(0);

    /// Whether it is all units of a serial line.
    #[must_use]
    pub const fn is_broadcast(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unit {}", self.0)
    }
}
