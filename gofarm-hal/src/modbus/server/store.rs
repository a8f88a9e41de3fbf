//! [`Store`]: what a server reads and writes.

use core::cell::RefCell;

use crate::modbus::{Coils, CoilsMut, ExceptionCode, FunctionCode, Registers, RegistersMut};

/// The coils, inputs and registers of a device, as a server reads and writes them.
///
/// What a device does not have stays as it is given here: it refuses with
/// [`IllegalFunction`](ExceptionCode::IllegalFunction). The server has checked quantities and that no address is
/// beyond 65 535; a store checks its own addresses and refuses with
/// [`IllegalDataAddress`](ExceptionCode::IllegalDataAddress), values with
/// [`IllegalDataValue`](ExceptionCode::IllegalDataValue), and whatever fails while it is done with
/// [`ServerDeviceFailure`](ExceptionCode::ServerDeviceFailure).
///
/// **All or nothing.** A write that is refused must have changed nothing: check all, then write.
///
/// ```
/// use gofarm_hal::modbus::{ExceptionCode, FunctionCode, Registers, RegistersMut, Store};
///
/// /// A valve's opening in percent, in register 0.
/// struct Valve { percent: u16 }
///
/// impl Store for Valve {
///     fn supports(&self, function: FunctionCode) -> bool {
///         matches!(function, FunctionCode::ReadHoldingRegisters | FunctionCode::WriteSingleRegister)
///     }
///     fn read_holding_registers(&mut self, address: u16, mut into: RegistersMut<'_>) -> Result<(), ExceptionCode> {
///         if address != 0 || into.len() != 1 { return Err(ExceptionCode::IllegalDataAddress); }
///         into.set(0, self.percent);
///         Ok(())
///     }
///     fn write_registers(&mut self, address: u16, values: Registers<'_>) -> Result<(), ExceptionCode> {
///         match (address, values.get(0)) {
///             (0, Some(percent @ 0..=100)) => self.percent = percent,
///             (0, _) => return Err(ExceptionCode::IllegalDataValue),
///             _ => return Err(ExceptionCode::IllegalDataAddress),
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Store {
    /// Whether the device knows `function` at all: asked before anything in a request is looked at.
    fn supports(&self, function: FunctionCode) -> bool {
        let _ = function;
        true
    }

    /// Reads coils from `address` on, as many as `into` has: function 1.
    ///
    /// # Errors
    /// What the client is to be told.
    fn read_coils(&mut self, address: u16, into: CoilsMut<'_>) -> Result<(), ExceptionCode> {
        let _ = (address, into);
        Err(ExceptionCode::IllegalFunction)
    }

    /// Reads discrete inputs from `address` on, as many as `into` has: function 2.
    ///
    /// # Errors
    /// What the client is to be told.
    fn read_discrete_inputs(
        &mut self,
        address: u16,
        into: CoilsMut<'_>,
    ) -> Result<(), ExceptionCode> {
        let _ = (address, into);
        Err(ExceptionCode::IllegalFunction)
    }

    /// Reads holding registers from `address` on, as many as `into` has: function 3, and a part of 22 and 23.
    ///
    /// # Errors
    /// What the client is to be told.
    fn read_holding_registers(
        &mut self,
        address: u16,
        into: RegistersMut<'_>,
    ) -> Result<(), ExceptionCode> {
        let _ = (address, into);
        Err(ExceptionCode::IllegalFunction)
    }

    /// Reads input registers from `address` on, as many as `into` has: function 4.
    ///
    /// # Errors
    /// What the client is to be told.
    fn read_input_registers(
        &mut self,
        address: u16,
        into: RegistersMut<'_>,
    ) -> Result<(), ExceptionCode> {
        let _ = (address, into);
        Err(ExceptionCode::IllegalFunction)
    }

    /// Writes coils from `address` on, all or none: functions 5 and 15.
    ///
    /// # Errors
    /// What the client is to be told; nothing was written.
    fn write_coils(&mut self, address: u16, values: Coils<'_>) -> Result<(), ExceptionCode> {
        let _ = (address, values);
        Err(ExceptionCode::IllegalFunction)
    }

    /// Writes holding registers from `address` on, all or none: functions 6 and 16, and a part of 22 and 23.
    ///
    /// # Errors
    /// What the client is to be told; nothing was written.
    fn write_registers(
        &mut self,
        address: u16,
        values: Registers<'_>,
    ) -> Result<(), ExceptionCode> {
        let _ = (address, values);
        Err(ExceptionCode::IllegalFunction)
    }

    /// Makes the register at `address` `(register & and_mask) | (or_mask & !and_mask)`: function 22.
    ///
    /// As given here, it reads the register and writes it.
    ///
    /// # Errors
    /// What the client is to be told; nothing was written.
    fn mask_write_register(
        &mut self,
        address: u16,
        and_mask: u16,
        or_mask: u16,
    ) -> Result<(), ExceptionCode> {
        let mut bytes = [0; 2];
        self.read_holding_registers(address, RegistersMut::new(&mut bytes))?;
        let masked = (u16::from_be_bytes(bytes) & and_mask) | (or_mask & !and_mask);
        self.write_registers(address, Registers::new(&[masked]))
    }

    /// Writes holding registers, then reads others: function 23.
    ///
    /// As given here, it reads first as well, so that nothing is written if the read is refused; registers that change
    /// by being read need another implementation.
    ///
    /// # Errors
    /// What the client is to be told; nothing was written.
    fn read_write_registers(
        &mut self,
        read_address: u16,
        mut into: RegistersMut<'_>,
        write_address: u16,
        values: Registers<'_>,
    ) -> Result<(), ExceptionCode> {
        self.read_holding_registers(read_address, into.reborrow())?;
        self.write_registers(write_address, values)?;
        self.read_holding_registers(read_address, into)
    }
}

/// Hands each call on as a whole, so that functions 22 and 23 are done in one go whatever guards the store.
macro_rules! hand_on {
    ($self:ident => $store:expr) => {
        fn supports(&$self, function: FunctionCode) -> bool {
            $store.supports(function)
        }

        fn read_coils(&mut $self, address: u16, into: CoilsMut<'_>) -> Result<(), ExceptionCode> {
            $store.read_coils(address, into)
        }

        fn read_discrete_inputs(
            &mut $self,
            address: u16,
            into: CoilsMut<'_>,
        ) -> Result<(), ExceptionCode> {
            $store.read_discrete_inputs(address, into)
        }

        fn read_holding_registers(
            &mut $self,
            address: u16,
            into: RegistersMut<'_>,
        ) -> Result<(), ExceptionCode> {
            $store.read_holding_registers(address, into)
        }

        fn read_input_registers(
            &mut $self,
            address: u16,
            into: RegistersMut<'_>,
        ) -> Result<(), ExceptionCode> {
            $store.read_input_registers(address, into)
        }

        fn write_coils(&mut $self, address: u16, values: Coils<'_>) -> Result<(), ExceptionCode> {
            $store.write_coils(address, values)
        }

        fn write_registers(
            &mut $self,
            address: u16,
            values: Registers<'_>,
        ) -> Result<(), ExceptionCode> {
            $store.write_registers(address, values)
        }

        fn mask_write_register(
            &mut $self,
            address: u16,
            and_mask: u16,
            or_mask: u16,
        ) -> Result<(), ExceptionCode> {
            $store.mask_write_register(address, and_mask, or_mask)
        }

        fn read_write_registers(
            &mut $self,
            read_address: u16,
            into: RegistersMut<'_>,
            write_address: u16,
            values: Registers<'_>,
        ) -> Result<(), ExceptionCode> {
            $store.read_write_registers(read_address, into, write_address, values)
        }
    };
}

impl<S: Store + ?Sized> Store for &mut S {
    hand_on!(self => (**self));
}

/// Shared with the rest of a program that runs in turns; must not be borrowed while the server is polled.
impl<S: Store + ?Sized> Store for &RefCell<S> {
    hand_on!(self => self.borrow_mut());
}

/// Shared between connections and with the rest of a program.
#[cfg(feature = "std")]
impl<S: Store + ?Sized> Store for alloc::sync::Arc<std::sync::Mutex<S>> {
    hand_on!(self => self.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
}
