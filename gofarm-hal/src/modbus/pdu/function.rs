//! [`FunctionCode`]: what a request asks for.

/// The functions that this module speaks (Modbus Application Protocol 1.1b3, section 6), with their codes.
///
/// ```
/// use gofarm_hal::modbus::FunctionCode;
///
/// assert_eq!(FunctionCode::new(0x10), Some(FunctionCode::WriteMultipleRegisters));
/// assert_eq!(FunctionCode::new(0x2B), None); // not spoken here
/// assert!(FunctionCode::MaskWriteRegister.is_write());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[repr(u8)]
pub enum FunctionCode {
    /// 1: reads outputs of one bit.
    ReadCoils = 1,
    /// 2: reads inputs of one bit.
    ReadDiscreteInputs = 2,
    /// 3: reads registers that can be written.
    ReadHoldingRegisters = 3,
    /// 4: reads registers that can only be read.
    ReadInputRegisters = 4,
    /// 5: sets one coil.
    WriteSingleCoil = 5,
    /// 6: sets one holding register.
    WriteSingleRegister = 6,
    /// 15: sets coils in a row.
    WriteMultipleCoils = 15,
    /// 16: sets holding registers in a row.
    WriteMultipleRegisters = 16,
    /// 22: sets and clears bits of one holding register.
    MaskWriteRegister = 22,
    /// 23: sets holding registers in a row, then reads others.
    ReadWriteMultipleRegisters = 23,
}

impl FunctionCode {
    /// All of them, by code.
    pub const ALL: [Self; 10] = [
        Self::ReadCoils,
        Self::ReadDiscreteInputs,
        Self::ReadHoldingRegisters,
        Self::ReadInputRegisters,
        Self::WriteSingleCoil,
        Self::WriteSingleRegister,
        Self::WriteMultipleCoils,
        Self::WriteMultipleRegisters,
        Self::MaskWriteRegister,
        Self::ReadWriteMultipleRegisters,
    ];

    /// The function of a code, if it is spoken here.
    #[must_use]
    pub const fn new(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::ReadCoils,
            2 => Self::ReadDiscreteInputs,
            3 => Self::ReadHoldingRegisters,
            4 => Self::ReadInputRegisters,
            5 => Self::WriteSingleCoil,
            6 => Self::WriteSingleRegister,
            15 => Self::WriteMultipleCoils,
            16 => Self::WriteMultipleRegisters,
            22 => Self::MaskWriteRegister,
            23 => Self::ReadWriteMultipleRegisters,
            _ => return None,
        })
    }

    /// Its code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Whether it only writes, and so may be broadcast.
    #[must_use]
    pub const fn is_write(self) -> bool {
        !matches!(
            self,
            Self::ReadCoils
                | Self::ReadDiscreteInputs
                | Self::ReadHoldingRegisters
                | Self::ReadInputRegisters
                | Self::ReadWriteMultipleRegisters
        )
    }
}
