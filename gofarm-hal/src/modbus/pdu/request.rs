//! [`Request`]: what a client asks.

use crate::modbus::Crc;

use super::words::{announce, counted, put, words};
use super::{Coils, ExpectedReply, FunctionCode, MAX_PDU, Registers, RequestError};

const COIL_ON: u16 = 0xFF00;

/// What a client asks of a unit: the functions of Modbus Application Protocol 1.1b3, section 6.
///
/// Addresses are those of the protocol, from 0 on: what a manual calls register 40001 is address 0.
///
/// ```
/// use gofarm_hal::modbus::{Registers, Request};
///
/// let request = Request::WriteMultipleRegisters { address: 1, values: Registers::new(&[10, 258]) };
/// let mut pdu = [0; 16];
/// let len = request.encode(&mut pdu)?;
/// assert_eq!(&pdu[..len], [0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0A, 0x01, 0x02]);
/// assert_eq!(Request::decode(&pdu[..len])?, request);
/// # Ok::<(), gofarm_hal::modbus::RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Request<'a> {
    /// Function 1.
    ReadCoils {
        /// The first coil.
        address: u16,
        /// How many: 1 to 2 000.
        quantity: u16,
    },
    /// Function 2.
    ReadDiscreteInputs {
        /// The first input.
        address: u16,
        /// How many: 1 to 2 000.
        quantity: u16,
    },
    /// Function 3.
    ReadHoldingRegisters {
        /// The first register.
        address: u16,
        /// How many: 1 to 125.
        quantity: u16,
    },
    /// Function 4.
    ReadInputRegisters {
        /// The first register.
        address: u16,
        /// How many: 1 to 125.
        quantity: u16,
    },
    /// Function 5.
    WriteSingleCoil {
        /// The coil.
        address: u16,
        /// What it becomes.
        value: bool,
    },
    /// Function 6.
    WriteSingleRegister {
        /// The register.
        address: u16,
        /// What it becomes.
        value: u16,
    },
    /// Function 15.
    WriteMultipleCoils {
        /// The first coil.
        address: u16,
        /// What they become: 1 to 1 968.
        values: Coils<'a>,
    },
    /// Function 16.
    WriteMultipleRegisters {
        /// The first register.
        address: u16,
        /// What they become: 1 to 123.
        values: Registers<'a>,
    },
    /// Function 22: the register becomes `(register & and_mask) | (or_mask & !and_mask)`.
    MaskWriteRegister {
        /// The register.
        address: u16,
        /// The bits that are kept.
        and_mask: u16,
        /// What the other bits become.
        or_mask: u16,
    },
    /// Function 23: writes, then reads.
    ReadWriteMultipleRegisters {
        /// The first register to read.
        read_address: u16,
        /// How many to read: 1 to 125.
        read_quantity: u16,
        /// The first register to write.
        write_address: u16,
        /// What they become: 1 to 121.
        values: Registers<'a>,
    },
}

impl<'a> Request<'a> {
    /// The function asked for.
    #[must_use]
    pub const fn function(&self) -> FunctionCode {
        match self {
            Self::ReadCoils { .. } => FunctionCode::ReadCoils,
            Self::ReadDiscreteInputs { .. } => FunctionCode::ReadDiscreteInputs,
            Self::ReadHoldingRegisters { .. } => FunctionCode::ReadHoldingRegisters,
            Self::ReadInputRegisters { .. } => FunctionCode::ReadInputRegisters,
            Self::WriteSingleCoil { .. } => FunctionCode::WriteSingleCoil,
            Self::WriteSingleRegister { .. } => FunctionCode::WriteSingleRegister,
            Self::WriteMultipleCoils { .. } => FunctionCode::WriteMultipleCoils,
            Self::WriteMultipleRegisters { .. } => FunctionCode::WriteMultipleRegisters,
            Self::MaskWriteRegister { .. } => FunctionCode::MaskWriteRegister,
            Self::ReadWriteMultipleRegisters { .. } => FunctionCode::ReadWriteMultipleRegisters,
        }
    }

    /// Whether it keeps the limits of the protocol; [`encode`](Self::encode) asks this first.
    ///
    /// # Errors
    /// [`RequestError::Quantity`] and [`RequestError::Range`].
    pub fn validate(&self) -> Result<(), RequestError> {
        match *self {
            Self::ReadCoils { address, quantity }
            | Self::ReadDiscreteInputs { address, quantity } => {
                within(address, usize::from(quantity), 2_000)
            }
            Self::ReadHoldingRegisters { address, quantity }
            | Self::ReadInputRegisters { address, quantity } => {
                within(address, usize::from(quantity), 125)
            }
            Self::WriteSingleCoil { .. }
            | Self::WriteSingleRegister { .. }
            | Self::MaskWriteRegister { .. } => Ok(()),
            Self::WriteMultipleCoils { address, values } => within(address, values.len(), 1_968),
            Self::WriteMultipleRegisters { address, values } => within(address, values.len(), 123),
            Self::ReadWriteMultipleRegisters {
                read_address,
                read_quantity,
                write_address,
                values,
            } => {
                within(read_address, usize::from(read_quantity), 125)?;
                within(write_address, values.len(), 121)
            }
        }
    }

    /// Writes the request to the front of `into` and says how many bytes it took.
    ///
    /// # Errors
    /// Those of [`validate`](Self::validate), and [`RequestError::Buffer`].
    #[inline]
    pub fn encode(&self, into: &mut [u8]) -> Result<usize, RequestError> {
        self.validate()?;
        let function = self.function().code();
        let available = into.len();
        let needed = match *self {
            Self::ReadCoils { address, quantity }
            | Self::ReadDiscreteInputs { address, quantity }
            | Self::ReadHoldingRegisters { address, quantity }
            | Self::ReadInputRegisters { address, quantity } => {
                return put(into, function, [address, quantity]);
            }
            Self::WriteSingleCoil { address, value } => {
                let value = if value { COIL_ON } else { 0 };
                return put(into, function, [address, value]);
            }
            Self::WriteSingleRegister { address, value } => {
                return put(into, function, [address, value]);
            }
            Self::MaskWriteRegister {
                address,
                and_mask,
                or_mask,
            } => return put(into, function, [address, and_mask, or_mask]),
            Self::WriteMultipleCoils { address, values } => {
                let count = values.len().div_ceil(8);
                if let Some(data) =
                    announce(into, function, [address, quantity(values.len())], count)
                {
                    values.write(data);
                    return Ok(6 + count);
                }
                6 + count
            }
            Self::WriteMultipleRegisters { address, values } => {
                let count = values.len() * 2;
                if let Some(data) =
                    announce(into, function, [address, quantity(values.len())], count)
                {
                    values.write(data);
                    return Ok(6 + count);
                }
                6 + count
            }
            Self::ReadWriteMultipleRegisters {
                read_address,
                read_quantity,
                write_address,
                values,
            } => {
                let count = values.len() * 2;
                let head = [
                    read_address,
                    read_quantity,
                    write_address,
                    quantity(values.len()),
                ];
                if let Some(data) = announce(into, function, head, count) {
                    values.write(data);
                    return Ok(10 + count);
                }
                10 + count
            }
        };
        Err(RequestError::Buffer { needed, available })
    }

    /// Reads a request where it lies.
    ///
    /// # Errors
    /// [`RequestError`]; its [`exception`](RequestError::exception) is what a server answers.
    pub fn decode(pdu: &'a [u8]) -> Result<Self, RequestError> {
        let wrong_length = RequestError::Length { len: pdu.len() };
        let Some((&code, rest)) = pdu.split_first() else {
            return Err(wrong_length);
        };
        let function = FunctionCode::new(code).ok_or(RequestError::Function { function: code })?;
        if pdu.len() > MAX_PDU {
            return Err(wrong_length);
        }
        let (address, quantity, rest) = match words::<2>(rest) {
            Some(([address, quantity], rest)) => (address, quantity, rest),
            None => return Err(wrong_length),
        };
        let request = match function {
            FunctionCode::MaskWriteRegister => {
                let Some(([or_mask], [])) = words::<1>(rest) else {
                    return Err(wrong_length);
                };
                Self::MaskWriteRegister {
                    address,
                    and_mask: quantity,
                    or_mask,
                }
            }
            FunctionCode::WriteMultipleCoils => {
                let data = counted(rest, usize::from(quantity).div_ceil(8));
                Self::WriteMultipleCoils {
                    address,
                    values: Coils::from_packed(data.ok_or(wrong_length)?, usize::from(quantity)),
                }
            }
            FunctionCode::WriteMultipleRegisters => {
                let data = counted(rest, usize::from(quantity) * 2);
                Self::WriteMultipleRegisters {
                    address,
                    values: Registers::from_be_bytes(data.ok_or(wrong_length)?),
                }
            }
            FunctionCode::ReadWriteMultipleRegisters => {
                let ([write_address, count], rest) = words::<2>(rest).ok_or(wrong_length)?;
                let data = counted(rest, usize::from(count) * 2);
                Self::ReadWriteMultipleRegisters {
                    read_address: address,
                    read_quantity: quantity,
                    write_address,
                    values: Registers::from_be_bytes(data.ok_or(wrong_length)?),
                }
            }
            _ if !rest.is_empty() => return Err(wrong_length),
            FunctionCode::ReadCoils => Self::ReadCoils { address, quantity },
            FunctionCode::ReadDiscreteInputs => Self::ReadDiscreteInputs { address, quantity },
            FunctionCode::ReadHoldingRegisters => Self::ReadHoldingRegisters { address, quantity },
            FunctionCode::ReadInputRegisters => Self::ReadInputRegisters { address, quantity },
            FunctionCode::WriteSingleRegister => Self::WriteSingleRegister {
                address,
                value: quantity,
            },
            FunctionCode::WriteSingleCoil => match quantity {
                COIL_ON | 0 => Self::WriteSingleCoil {
                    address,
                    value: quantity == COIL_ON,
                },
                value => return Err(RequestError::Coil { value }),
            },
        };
        request.validate()?;
        Ok(request)
    }

    /// What [`ExpectedReply`] does not say of a request: where it reads, and a CRC of what it writes.
    pub(crate) fn digest(&self) -> u32 {
        let mut crc = Crc::new();
        let address = match *self {
            Self::ReadCoils { address, .. }
            | Self::ReadDiscreteInputs { address, .. }
            | Self::ReadHoldingRegisters { address, .. }
            | Self::ReadInputRegisters { address, .. } => address,
            Self::WriteMultipleCoils { values, .. } => {
                values.iter().for_each(|on| crc.update(&[u8::from(on)]));
                0
            }
            Self::WriteMultipleRegisters { values, .. } => {
                crc.update_words(values);
                0
            }
            Self::ReadWriteMultipleRegisters {
                read_address,
                write_address,
                values,
                ..
            } => {
                crc.update_words([write_address]);
                crc.update_words(values);
                read_address
            }
            _ => 0,
        };
        u32::from(address) << 16 | u32::from(crc.value())
    }

    /// What its answer must be.
    ///
    /// # Errors
    /// Those of [`validate`](Self::validate).
    pub fn expected_reply(&self) -> Result<ExpectedReply, RequestError> {
        self.validate()?;
        Ok(ExpectedReply::of(self))
    }
}

/// The quantity of something that [`within`] has let pass.
fn quantity(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

fn within(address: u16, quantity: usize, max: usize) -> Result<(), RequestError> {
    if quantity == 0 || quantity > max {
        return Err(RequestError::Quantity { quantity, max });
    }
    if usize::from(address) + quantity > 0x1_0000 {
        let quantity = self::quantity(quantity);
        return Err(RequestError::Range { address, quantity });
    }
    Ok(())
}
