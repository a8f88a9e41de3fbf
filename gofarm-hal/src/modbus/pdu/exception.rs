//! [`ExceptionCode`]: why a unit refused.

use core::fmt;

use gofarm_core::error::{Classify, Kind};

/// Why a unit refused a request (Modbus Application Protocol 1.1b3, section 7); unknown codes are kept.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::modbus::ExceptionCode;
///
/// assert_eq!(ExceptionCode::new(2), ExceptionCode::IllegalDataAddress);
/// assert_eq!(ExceptionCode::new(0x42).code(), 0x42);
/// assert_eq!(ExceptionCode::ServerDeviceBusy.kind(), Kind::Overloaded);
/// assert_eq!(ExceptionCode::new(3).to_string(), "illegal data value (exception 3)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ExceptionCode {
    /// 1: the unit does not know the function, or not in its present state.
    IllegalFunction,
    /// 2: it has no such address, or not so many from there.
    IllegalDataAddress,
    /// 3: a value in the request is not allowed: a quantity, a length.
    IllegalDataValue,
    /// 4: it failed while doing what was asked, beyond repair.
    ServerDeviceFailure,
    /// 5: it has begun and will take long.
    Acknowledge,
    /// 6: it is busy with something long.
    ServerDeviceBusy,
    /// 8: its extended memory failed a parity check.
    MemoryParityError,
    /// 10: a gateway has no path to the unit: misconfigured or overloaded.
    GatewayPathUnavailable,
    /// 11: a gateway got no answer from the unit.
    GatewayTargetDeviceFailedToRespond,
    /// Any other code, as it came.
    Other(
        /// The code; made by [`new`](Self::new), never one of those above.
        u8,
    ),
}

impl ExceptionCode {
    /// The exception of a code.
    #[must_use]
    pub const fn new(code: u8) -> Self {
        match code {
            1 => Self::IllegalFunction,
            2 => Self::IllegalDataAddress,
            3 => Self::IllegalDataValue,
            4 => Self::ServerDeviceFailure,
            5 => Self::Acknowledge,
            6 => Self::ServerDeviceBusy,
            8 => Self::MemoryParityError,
            10 => Self::GatewayPathUnavailable,
            11 => Self::GatewayTargetDeviceFailedToRespond,
            other => Self::Other(other),
        }
    }

    /// Its code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::IllegalFunction => 1,
            Self::IllegalDataAddress => 2,
            Self::IllegalDataValue => 3,
            Self::ServerDeviceFailure => 4,
            Self::Acknowledge => 5,
            Self::ServerDeviceBusy => 6,
            Self::MemoryParityError => 8,
            Self::GatewayPathUnavailable => 10,
            Self::GatewayTargetDeviceFailedToRespond => 11,
            Self::Other(code) => code,
        }
    }
}

impl fmt::Display for ExceptionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::IllegalFunction => "illegal function",
            Self::IllegalDataAddress => "illegal data address",
            Self::IllegalDataValue => "illegal data value",
            Self::ServerDeviceFailure => "server device failure",
            Self::Acknowledge => "acknowledged and still going on",
            Self::ServerDeviceBusy => "server device busy",
            Self::MemoryParityError => "memory parity error",
            Self::GatewayPathUnavailable => "gateway path unavailable",
            Self::GatewayTargetDeviceFailedToRespond => "gateway target device failed to respond",
            Self::Other(_) => "refused",
        };
        write!(f, "{text} (exception {})", self.code())
    }
}

impl core::error::Error for ExceptionCode {}

impl Classify for ExceptionCode {
    fn kind(&self) -> Kind {
        match self {
            Self::IllegalDataValue => Kind::Invalid,
            Self::IllegalFunction
            | Self::IllegalDataAddress
            | Self::ServerDeviceFailure
            | Self::Other(_) => Kind::Permanent,
            // What it does goes on, and how it ends is unknown.
            Self::Acknowledge | Self::GatewayTargetDeviceFailedToRespond => Kind::TimedOut,
            Self::ServerDeviceBusy | Self::GatewayPathUnavailable => Kind::Overloaded,
            Self::MemoryParityError => Kind::Transient,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_comes_back() {
        for code in 0..=255 {
            assert_eq!(ExceptionCode::new(code).code(), code);
        }
    }
}
