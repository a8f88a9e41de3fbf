//! [`Response`]: what a unit answers.

use super::words::put;
use super::{Coils, FunctionCode, Registers, ReplyError, Request, RequestError};

/// What a unit answers, borrowed from the frame.
///
/// ```
/// use gofarm_hal::modbus::{Request, Response};
///
/// let request = Request::ReadHoldingRegisters { address: 0x6B, quantity: 3 };
/// let response = Response::decode(&[3, 6, 0x02, 0x2B, 0x00, 0x00, 0x00, 0x64], &request)?;
/// assert!(response.registers().iter().eq([555, 0, 100]));
/// # Ok::<(), gofarm_hal::modbus::ReplyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Response<'a> {
    /// To functions 1 and 2: as many as were asked for.
    Coils {
        /// 1 or 2.
        function: FunctionCode,
        /// The bits.
        values: Coils<'a>,
    },
    /// To functions 3, 4 and 23: as many as were asked for.
    Registers {
        /// 3, 4 or 23.
        function: FunctionCode,
        /// The registers.
        values: Registers<'a>,
    },
    /// To function 5.
    WriteSingleCoil {
        /// The coil.
        address: u16,
        /// What it is now.
        value: bool,
    },
    /// To function 6.
    WriteSingleRegister {
        /// The register.
        address: u16,
        /// What it is now.
        value: u16,
    },
    /// To functions 15 and 16.
    Written {
        /// 15 or 16.
        function: FunctionCode,
        /// The first address.
        address: u16,
        /// How many were written.
        quantity: u16,
    },
    /// To function 22.
    MaskWriteRegister {
        /// The register.
        address: u16,
        /// The bits that were kept.
        and_mask: u16,
        /// What the other bits became.
        or_mask: u16,
    },
    /// Nobody answers a broadcast: it has been sent, and the units had their time to do it.
    Broadcast,
}

impl<'a> Response<'a> {
    /// Reads the answer to `request` where it lies and checks it: function, byte count, and everything that an
    /// answer repeats.
    ///
    /// # Errors
    /// [`ReplyError::Exception`] if the unit refused, [`ReplyError::Mismatch`] if this does not answer the request.
    #[inline]
    pub fn decode(pdu: &'a [u8], request: &Request<'_>) -> Result<Self, ReplyError> {
        super::ExpectedReply::of(request).check(pdu)
    }

    /// The registers, none if it is no answer that has them.
    #[must_use]
    pub const fn registers(&self) -> Registers<'a> {
        match self {
            Self::Registers { values, .. } => *values,
            _ => Registers::new(&[]),
        }
    }

    /// The coils or discrete inputs, none if it is no answer that has them.
    #[must_use]
    pub const fn coils(&self) -> Coils<'a> {
        match self {
            Self::Coils { values, .. } => *values,
            _ => Coils::new(&[]),
        }
    }

    /// Writes the answer to the front of `into` and says how many bytes it took: 0 for a broadcast.
    ///
    /// # Errors
    /// [`RequestError::Buffer`], and [`RequestError::Quantity`] if there are more values than a frame holds.
    pub fn encode(&self, into: &mut [u8]) -> Result<usize, RequestError> {
        let (function, count, max) = match *self {
            Self::Coils { function, values } => (function, values.len().div_ceil(8), 250),
            Self::Registers { function, values } => (function, values.len() * 2, 250),
            Self::WriteSingleCoil { address, value } => {
                let value = if value { 0xFF00 } else { 0 };
                return put(into, FunctionCode::WriteSingleCoil.code(), [address, value]);
            }
            Self::WriteSingleRegister { address, value } => {
                let function = FunctionCode::WriteSingleRegister.code();
                return put(into, function, [address, value]);
            }
            Self::Written {
                function,
                address,
                quantity,
            } => return put(into, function.code(), [address, quantity]),
            Self::MaskWriteRegister {
                address,
                and_mask,
                or_mask,
            } => {
                let function = FunctionCode::MaskWriteRegister.code();
                return put(into, function, [address, and_mask, or_mask]);
            }
            Self::Broadcast => return Ok(0),
        };
        let announced = match u8::try_from(count) {
            Ok(announced) if count <= max => announced,
            _ => {
                return Err(RequestError::Quantity {
                    quantity: count,
                    max,
                });
            }
        };
        let (needed, available) = (2 + count, into.len());
        let Some([code, bytes, data @ ..]) = into.get_mut(..needed) else {
            return Err(RequestError::Buffer { needed, available });
        };
        (*code, *bytes) = (function.code(), announced);
        match self {
            Self::Coils { values, .. } => values.write(data),
            _ => self.registers().write(data),
        }
        Ok(needed)
    }
}
