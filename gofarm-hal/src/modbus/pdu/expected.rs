//! [`ExpectedReply`]: what is kept of a request to check its answer.

use super::words::words;
use super::{
    Coils, ExceptionCode, FunctionCode, Registers, ReplyError, ReplyMismatch, Request, Response,
};

/// What the answer to a request must be: all that has to be kept of the request while it is on its way.
///
/// ```
/// use gofarm_hal::modbus::Request;
///
/// let expected = Request::WriteSingleRegister { address: 7, value: 300 }.expected_reply()?;
/// assert!(expected.check(&[6, 0, 7, 0x01, 0x2C]).is_ok());
/// assert!(expected.check(&[6, 0, 7, 0x01, 0x2D]).is_err()); // another value
/// assert_eq!(expected.len(), 5);
/// # Ok::<(), gofarm_hal::modbus::RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ExpectedReply {
    function: FunctionCode,
    /// The quantity of a read; the words to be repeated by anything else, of which function 22 alone has three.
    words: [u16; 3],
}

impl ExpectedReply {
    #[inline]
    pub(crate) fn of(request: &Request<'_>) -> Self {
        let count = |len| u16::try_from(len).unwrap_or(u16::MAX);
        let words = match *request {
            Request::ReadCoils { quantity, .. }
            | Request::ReadDiscreteInputs { quantity, .. }
            | Request::ReadHoldingRegisters { quantity, .. }
            | Request::ReadInputRegisters { quantity, .. } => [quantity, 0, 0],
            Request::ReadWriteMultipleRegisters { read_quantity, .. } => [read_quantity, 0, 0],
            Request::WriteSingleCoil { address, value } => {
                [address, if value { 0xFF00 } else { 0 }, 0]
            }
            Request::WriteSingleRegister { address, value } => [address, value, 0],
            Request::WriteMultipleCoils { address, values } => [address, count(values.len()), 0],
            Request::WriteMultipleRegisters { address, values } => {
                [address, count(values.len()), 0]
            }
            Request::MaskWriteRegister {
                address,
                and_mask,
                or_mask,
            } => [address, and_mask, or_mask],
        };
        Self {
            function: request.function(),
            words,
        }
    }

    /// The function that was asked for.
    #[must_use]
    pub const fn function(&self) -> FunctionCode {
        self.function
    }

    /// The bytes of an answer that is no exception.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an answer is never empty")]
    pub const fn len(&self) -> usize {
        match self.function {
            FunctionCode::ReadCoils | FunctionCode::ReadDiscreteInputs => {
                2 + (self.words[0] as usize).div_ceil(8)
            }
            FunctionCode::ReadHoldingRegisters
            | FunctionCode::ReadInputRegisters
            | FunctionCode::ReadWriteMultipleRegisters => 2 + self.words[0] as usize * 2,
            FunctionCode::MaskWriteRegister => 7,
            _ => 5,
        }
    }

    /// Reads an answer where it lies, if it is the one.
    ///
    /// # Errors
    /// [`ReplyError::Exception`] if the unit refused, [`ReplyError::Mismatch`] if this does not answer the request.
    #[inline]
    pub fn check<'p>(&self, pdu: &'p [u8]) -> Result<Response<'p>, ReplyError> {
        let (&received, rest) = pdu.split_first().unwrap_or((&0, &[]));
        let function = self.function;
        if received != function.code() {
            return Err(self.refusal(received, rest));
        }
        let wrong_length = ReplyMismatch::Length {
            expected: self.len(),
            received: pdu.len(),
        };
        let response = match function {
            FunctionCode::ReadCoils
            | FunctionCode::ReadDiscreteInputs
            | FunctionCode::ReadHoldingRegisters
            | FunctionCode::ReadInputRegisters
            | FunctionCode::ReadWriteMultipleRegisters => {
                let (&count, data) = rest.split_first().ok_or(wrong_length)?;
                let expected = self.len() - 2;
                if usize::from(count) != expected {
                    return Err(ReplyError::Mismatch(ReplyMismatch::ByteCount {
                        expected: u8::try_from(expected).unwrap_or(u8::MAX),
                        received: count,
                    }));
                }
                if data.len() != expected {
                    return Err(ReplyError::Mismatch(wrong_length));
                }
                if matches!(
                    function,
                    FunctionCode::ReadCoils | FunctionCode::ReadDiscreteInputs
                ) {
                    let values = Coils::from_packed(data, usize::from(self.words[0]));
                    Response::Coils { function, values }
                } else {
                    let values = Registers::from_be_bytes(data);
                    Response::Registers { function, values }
                }
            }
            FunctionCode::MaskWriteRegister => {
                let [address, and_mask, or_mask] = self.echo::<3>(rest, wrong_length)?;
                Response::MaskWriteRegister {
                    address,
                    and_mask,
                    or_mask,
                }
            }
            _ => {
                let [address, value] = self.echo::<2>(rest, wrong_length)?;
                match function {
                    FunctionCode::WriteSingleCoil => Response::WriteSingleCoil {
                        address,
                        value: value != 0,
                    },
                    FunctionCode::WriteSingleRegister => {
                        Response::WriteSingleRegister { address, value }
                    }
                    _ => Response::Written {
                        function,
                        address,
                        quantity: value,
                    },
                }
            }
        };
        Ok(response)
    }

    /// What another function than the one asked for means.
    #[cold]
    fn refusal(&self, received: u8, rest: &[u8]) -> ReplyError {
        match rest {
            [code] if received == self.function.code() | 0x80 => {
                ReplyError::Exception(ExceptionCode::new(*code))
            }
            _ => ReplyError::Mismatch(ReplyMismatch::Function {
                expected: self.function,
                received,
            }),
        }
    }

    /// The words that the answer repeats, if they are those of the request.
    fn echo<const N: usize>(
        &self,
        rest: &[u8],
        wrong_length: ReplyMismatch,
    ) -> Result<[u16; N], ReplyMismatch> {
        let Some((received, [])) = words::<N>(rest) else {
            return Err(wrong_length);
        };
        for (expected, received) in self.words.into_iter().zip(received) {
            if expected != received {
                return Err(ReplyMismatch::Echo { expected, received });
            }
        }
        Ok(received)
    }
}
