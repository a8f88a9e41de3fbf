//! [`BlockStore`]: a store of arrays.

use super::Store;
use crate::modbus::{Coils, CoilsMut, ExceptionCode, FunctionCode, Registers, RegistersMut};

/// One kind of a device's data: `N` values from a first address on.
///
/// See [`BlockStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table<T, const N: usize> {
    first: u16,
    values: [T; N],
}

impl<T: Copy, const N: usize> Table<T, N> {
    /// A table of `values` from address `first` on; what would lie beyond address 65 535 cannot be reached.
    #[must_use]
    pub const fn new(first: u16, values: [T; N]) -> Self {
        Self { first, values }
    }

    /// The values.
    #[must_use]
    pub const fn values(&self) -> &[T; N] {
        &self.values
    }

    /// The values, to be changed by the device itself.
    pub const fn values_mut(&mut self) -> &mut [T; N] {
        &mut self.values
    }

    /// `count` values from `address` on.
    fn slice(&mut self, address: u16, count: usize) -> Result<&mut [T], ExceptionCode> {
        let first = usize::from(address).checked_sub(usize::from(self.first));
        first
            .and_then(|first| self.values.get_mut(first..first.checked_add(count)?))
            .ok_or(ExceptionCode::IllegalDataAddress)
    }
}

/// A [`Store`] of arrays: `C` coils, `D` discrete inputs, `H` holding and `I` input registers.
///
/// Of what it has none, it refuses the functions.
///
/// ```
/// use gofarm_hal::modbus::{BlockStore, Registers, Store, Table};
///
/// let mut store: BlockStore<0, 0, 4, 2> = BlockStore::new();
/// store.holding_registers = Table::new(100, [0; 4]); // addresses 100 to 103
/// store.input_registers.values_mut()[1] = 231; // what the device measured
///
/// assert!(store.write_registers(102, Registers::new(&[7, 8])).is_ok());
/// assert!(store.write_registers(103, Registers::new(&[1, 2])).is_err()); // 104 is not there
/// assert_eq!(store.holding_registers.values(), &[0, 0, 7, 8]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "Modbus has these four and no more"
)]
pub struct BlockStore<const C: usize, const D: usize, const H: usize, const I: usize> {
    /// What functions 1, 5 and 15 reach.
    pub coils: Table<bool, C>,
    /// What function 2 reaches.
    pub discrete_inputs: Table<bool, D>,
    /// What functions 3, 6, 16, 22 and 23 reach.
    pub holding_registers: Table<u16, H>,
    /// What function 4 reaches.
    pub input_registers: Table<u16, I>,
}

impl<const C: usize, const D: usize, const H: usize, const I: usize> BlockStore<C, D, H, I> {
    /// A store from address 0 on, all off and zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            coils: Table::new(0, [false; C]),
            discrete_inputs: Table::new(0, [false; D]),
            holding_registers: Table::new(0, [0; H]),
            input_registers: Table::new(0, [0; I]),
        }
    }
}

impl<const C: usize, const D: usize, const H: usize, const I: usize> Default
    for BlockStore<C, D, H, I>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<const C: usize, const D: usize, const H: usize, const I: usize> Store
    for BlockStore<C, D, H, I>
{
    fn supports(&self, function: FunctionCode) -> bool {
        let count = match function {
            FunctionCode::ReadCoils
            | FunctionCode::WriteSingleCoil
            | FunctionCode::WriteMultipleCoils => C,
            FunctionCode::ReadDiscreteInputs => D,
            FunctionCode::ReadInputRegisters => I,
            _ => H,
        };
        count > 0
    }

    fn read_coils(&mut self, address: u16, mut into: CoilsMut<'_>) -> Result<(), ExceptionCode> {
        into.fill(self.coils.slice(address, into.len())?.iter().copied());
        Ok(())
    }

    fn read_discrete_inputs(
        &mut self,
        address: u16,
        mut into: CoilsMut<'_>,
    ) -> Result<(), ExceptionCode> {
        let inputs = self.discrete_inputs.slice(address, into.len())?;
        into.fill(inputs.iter().copied());
        Ok(())
    }

    fn read_holding_registers(
        &mut self,
        address: u16,
        mut into: RegistersMut<'_>,
    ) -> Result<(), ExceptionCode> {
        let registers = self.holding_registers.slice(address, into.len())?;
        into.fill(registers.iter().copied());
        Ok(())
    }

    fn read_input_registers(
        &mut self,
        address: u16,
        mut into: RegistersMut<'_>,
    ) -> Result<(), ExceptionCode> {
        let registers = self.input_registers.slice(address, into.len())?;
        into.fill(registers.iter().copied());
        Ok(())
    }

    fn write_coils(&mut self, address: u16, values: Coils<'_>) -> Result<(), ExceptionCode> {
        values.copy_to(self.coils.slice(address, values.len())?);
        Ok(())
    }

    fn write_registers(
        &mut self,
        address: u16,
        values: Registers<'_>,
    ) -> Result<(), ExceptionCode> {
        values.copy_to(self.holding_registers.slice(address, values.len())?);
        Ok(())
    }
}
