//! One request done on a store: the state diagrams of Modbus Application Protocol 1.1b3, section 6.

use super::Store;
use crate::modbus::{
    Coils, CoilsMut, ExceptionCode, FunctionCode, MAX_PDU, Registers, RegistersMut, Request, Unit,
};

/// What a server did for a client.
///
/// See [`ServerMachine`](super::ServerMachine) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Served {
    /// The unit that was asked: all of them by a broadcast.
    pub unit: Unit,
    /// The code of the function, as it came.
    pub function: u8,
    /// The first address, of what function 23 writes; 0 if the request could not be read.
    pub address: u16,
    /// How many, of what function 23 writes; 0 if the request could not be read.
    pub quantity: u16,
    /// What it was refused with, if it was.
    pub exception: Option<ExceptionCode>,
}

impl Served {
    /// Whether something may have been written.
    #[must_use]
    pub const fn wrote(&self) -> bool {
        let writes = match FunctionCode::new(self.function) {
            Some(FunctionCode::ReadWriteMultipleRegisters) => true,
            Some(function) => function.is_write(),
            None => false,
        };
        writes && self.exception.is_none()
    }
}

/// Does what `pdu` asks and writes the answer to `into`, which has room for any; says how long that is.
pub(super) fn serve<S: Store + ?Sized>(
    unit: Unit,
    broadcast: bool,
    pdu: &[u8],
    store: &mut S,
    into: &mut [u8],
) -> (usize, Served) {
    let code = pdu.first().copied().unwrap_or(0);
    let mut served = Served {
        unit,
        function: code,
        address: 0,
        quantity: 0,
        exception: None,
    };
    let known = FunctionCode::new(code).is_some_and(|function| store.supports(function));
    let result = match Request::decode(pdu) {
        _ if !known => Err(ExceptionCode::IllegalFunction),
        Err(error) => Err(error.exception()),
        Ok(request) if broadcast && !request.function().is_write() => {
            Err(ExceptionCode::IllegalFunction)
        }
        Ok(request) => {
            (served.address, served.quantity) = affected(&request);
            answer(&request, pdu, store, into)
        }
    };
    let len = result.unwrap_or_else(|exception| {
        served.exception = Some(exception);
        if let Some([first, second, ..]) = into.get_mut(..2) {
            (*first, *second) = (code | 0x80, exception.code());
        }
        2
    });
    (len, served)
}

fn affected(request: &Request<'_>) -> (u16, u16) {
    let count = |len| u16::try_from(len).unwrap_or(u16::MAX);
    match *request {
        Request::ReadCoils { address, quantity }
        | Request::ReadDiscreteInputs { address, quantity }
        | Request::ReadHoldingRegisters { address, quantity }
        | Request::ReadInputRegisters { address, quantity } => (address, quantity),
        Request::WriteSingleCoil { address, .. }
        | Request::WriteSingleRegister { address, .. }
        | Request::MaskWriteRegister { address, .. } => (address, 1),
        Request::WriteMultipleCoils { address, values } => (address, count(values.len())),
        Request::WriteMultipleRegisters { address, values } => (address, count(values.len())),
        Request::ReadWriteMultipleRegisters {
            write_address,
            values,
            ..
        } => (write_address, count(values.len())),
    }
}

/// Does it, and writes the answer that is no exception.
fn answer<S: Store + ?Sized>(
    request: &Request<'_>,
    pdu: &[u8],
    store: &mut S,
    into: &mut [u8],
) -> Result<usize, ExceptionCode> {
    match *request {
        Request::ReadCoils { address, quantity } => {
            let (coils, len) = coils(pdu, quantity, into)?;
            store.read_coils(address, coils).map(|()| len)
        }
        Request::ReadDiscreteInputs { address, quantity } => {
            let (coils, len) = coils(pdu, quantity, into)?;
            store.read_discrete_inputs(address, coils).map(|()| len)
        }
        Request::ReadHoldingRegisters { address, quantity } => {
            let (registers, len) = registers(pdu, quantity, into)?;
            store
                .read_holding_registers(address, registers)
                .map(|()| len)
        }
        Request::ReadInputRegisters { address, quantity } => {
            let (registers, len) = registers(pdu, quantity, into)?;
            store.read_input_registers(address, registers).map(|()| len)
        }
        Request::WriteSingleCoil { address, value } => {
            store.write_coils(address, Coils::new(&[value]))?;
            echo(pdu, 5, into)
        }
        Request::WriteSingleRegister { address, value } => {
            store.write_registers(address, Registers::new(&[value]))?;
            echo(pdu, 5, into)
        }
        Request::WriteMultipleCoils { address, values } => {
            store.write_coils(address, values)?;
            echo(pdu, 5, into)
        }
        Request::WriteMultipleRegisters { address, values } => {
            store.write_registers(address, values)?;
            echo(pdu, 5, into)
        }
        Request::MaskWriteRegister {
            address,
            and_mask,
            or_mask,
        } => {
            store.mask_write_register(address, and_mask, or_mask)?;
            echo(pdu, 7, into)
        }
        Request::ReadWriteMultipleRegisters {
            read_address,
            read_quantity,
            write_address,
            values,
        } => {
            let (registers, len) = registers(pdu, read_quantity, into)?;
            store
                .read_write_registers(read_address, registers, write_address, values)
                .map(|()| len)
        }
    }
}

/// Function and byte count, and the place of the data, all zeros.
fn data<'a>(
    pdu: &[u8],
    count: usize,
    into: &'a mut [u8],
) -> Result<(&'a mut [u8], usize), ExceptionCode> {
    let len = 2 + count;
    let (Some([code, announced, data @ ..]), Ok(count), Some(function)) = (
        into.get_mut(..len.min(MAX_PDU)),
        u8::try_from(count),
        pdu.first(),
    ) else {
        return Err(ExceptionCode::ServerDeviceFailure);
    };
    (*code, *announced) = (*function, count);
    data.fill(0);
    Ok((data, len))
}

fn coils<'a>(
    pdu: &[u8],
    quantity: u16,
    into: &'a mut [u8],
) -> Result<(CoilsMut<'a>, usize), ExceptionCode> {
    let quantity = usize::from(quantity);
    let (data, len) = data(pdu, quantity.div_ceil(8), into)?;
    Ok((CoilsMut::new(data, quantity), len))
}

fn registers<'a>(
    pdu: &[u8],
    quantity: u16,
    into: &'a mut [u8],
) -> Result<(RegistersMut<'a>, usize), ExceptionCode> {
    let (data, len) = data(pdu, usize::from(quantity) * 2, into)?;
    Ok((RegistersMut::new(data), len))
}

/// The first `len` bytes of the request are the answer.
fn echo(pdu: &[u8], len: usize, into: &mut [u8]) -> Result<usize, ExceptionCode> {
    match (into.get_mut(..len), pdu.get(..len)) {
        (Some(into), Some(head)) => into.copy_from_slice(head),
        _ => return Err(ExceptionCode::ServerDeviceFailure),
    }
    Ok(len)
}
