//! Laws of the codec and of the machines.

use gofarm_core::device::Progress;
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::modbus::{
    BlockStore, ClientMachine, Coils, Error, Framing, Registers, Request, Response, RtuConfig,
    RtuFraming, RtuServerConfig, RtuServerFraming, ServerMachine, Store, TcpConfig, TcpFraming,
    TcpServerConfig, TcpServerFraming, Unit, rtu,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::framed;

/// A request that owns its values.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    function: u8,
    address: u16,
    quantity: u16,
    second: u16,
    registers: Vec<u16>,
    coils: Vec<bool>,
}

impl Asked {
    pub(super) fn request(&self) -> Request<'_> {
        let Self {
            address,
            quantity,
            second,
            ..
        } = *self;
        let registers =
            |most: usize| Registers::new(&self.registers[..self.registers.len().min(most)]);
        match self.function {
            1 => Request::ReadCoils { address, quantity },
            2 => Request::ReadDiscreteInputs { address, quantity },
            3 => Request::ReadHoldingRegisters {
                address,
                quantity: quantity % 125 + 1,
            },
            4 => Request::ReadInputRegisters {
                address,
                quantity: quantity % 125 + 1,
            },
            5 => Request::WriteSingleCoil {
                address,
                value: quantity % 2 == 0,
            },
            6 => Request::WriteSingleRegister {
                address,
                value: second,
            },
            15 => Request::WriteMultipleCoils {
                address,
                values: Coils::new(&self.coils),
            },
            16 => Request::WriteMultipleRegisters {
                address,
                values: registers(123),
            },
            22 => Request::MaskWriteRegister {
                address,
                and_mask: quantity,
                or_mask: second,
            },
            _ => Request::ReadWriteMultipleRegisters {
                read_address: address,
                read_quantity: quantity % 125 + 1,
                write_address: second % 60_000,
                values: registers(121),
            },
        }
    }
}

pub(super) fn asked() -> impl Strategy<Value = Asked> {
    let function = prop::sample::select(vec![1_u8, 2, 3, 4, 5, 6, 15, 16, 22, 23]);
    let values = (vec(any::<u16>(), 1..=123), vec(any::<bool>(), 1..=1_968));
    (function, 0..60_000_u16, 1..=2_000_u16, any::<u16>(), values).prop_map(
        |(function, address, quantity, second, (registers, coils))| Asked {
            function,
            address,
            quantity,
            second,
            registers,
            coils,
        },
    )
}

/// Every address, each with its own value.
struct Everything;

impl Store for Everything {
    fn read_coils(
        &mut self,
        address: u16,
        mut into: gofarm_hal::modbus::CoilsMut<'_>,
    ) -> Result<(), gofarm_hal::modbus::ExceptionCode> {
        into.fill((address..=u16::MAX).map(|address| address % 3 == 0));
        Ok(())
    }

    fn read_discrete_inputs(
        &mut self,
        address: u16,
        into: gofarm_hal::modbus::CoilsMut<'_>,
    ) -> Result<(), gofarm_hal::modbus::ExceptionCode> {
        self.read_coils(address, into)
    }

    fn read_holding_registers(
        &mut self,
        address: u16,
        mut into: gofarm_hal::modbus::RegistersMut<'_>,
    ) -> Result<(), gofarm_hal::modbus::ExceptionCode> {
        into.fill((address..=u16::MAX).map(|address| address.wrapping_mul(3)));
        Ok(())
    }

    fn read_input_registers(
        &mut self,
        address: u16,
        into: gofarm_hal::modbus::RegistersMut<'_>,
    ) -> Result<(), gofarm_hal::modbus::ExceptionCode> {
        self.read_holding_registers(address, into)
    }

    fn write_coils(
        &mut self,
        _: u16,
        _: Coils<'_>,
    ) -> Result<(), gofarm_hal::modbus::ExceptionCode> {
        Ok(())
    }

    fn write_registers(
        &mut self,
        _: u16,
        _: Registers<'_>,
    ) -> Result<(), gofarm_hal::modbus::ExceptionCode> {
        Ok(())
    }
}

/// The frame with which a server answers a frame.
pub(super) fn served(request: &[u8]) -> Vec<u8> {
    let config = RtuServerConfig::new(Unit(request[0]), 115_200);
    let mut machine = ServerMachine::new(RtuServerFraming::new(config));
    machine.handle_input(Instant::ZERO, request, &mut Everything);
    machine.handle_timeout(Instant::from_secs(1), &mut Everything);
    machine
        .poll_transmit(Instant::from_secs(1))
        .unwrap_or_default()
        .to_vec()
}

/// A client that has sent a request and waits.
pub(super) fn waiting<F: Framing>(
    framing: F,
    unit: u8,
    request: &Request<'_>,
) -> (ClientMachine<F>, Vec<u8>) {
    let mut machine = ClientMachine::new(framing);
    let now = Instant::from_secs(1);
    assert_eq!(
        machine.start(now, Unit(unit), request),
        Progress::Ready(Ok(()))
    );
    let sent = machine.poll_transmit(now).unwrap().to_vec();
    machine.handle_sent(now, sent.len());
    machine.handle_drained(now);
    (machine, sent)
}

fn rtu() -> RtuFraming {
    RtuFraming::new(RtuConfig::new(9_600))
}

/// The bytes in pieces of the given lengths, the rest as the last.
fn pieces<'a>(mut bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for len in lengths {
        let (piece, rest) = bytes.split_at((*len).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}

proptest! {
    #[test]
    fn decoding_gives_back_what_was_encoded(asked in asked()) {
        let request = asked.request();
        let mut pdu = [0; 253];
        let len = request.encode(&mut pdu).unwrap();
        prop_assert_eq!(Request::decode(&pdu[..len]), Ok(request));
        let mut frame = [0; 256];
        let len = rtu::encode_request(Unit(9), &request, &mut frame).unwrap();
        prop_assert_eq!(rtu::decode_request(&frame[..len]), Some((Unit(9), Ok(request))));
    }

    #[test]
    fn a_server_answers_what_the_client_asked(asked in asked(), unit in 1..=247_u8) {
        let request = asked.request();
        let (mut machine, sent) = waiting(rtu(), unit, &request);
        machine.handle_input(Instant::from_secs(1), &served(&sent));
        let response = machine.poll_reply().unwrap().unwrap();
        let values = response.registers();
        if !values.is_empty() {
            let first = asked.address.wrapping_mul(3);
            prop_assert_eq!(values.get(0), Some(first));
        }
        let encoded = &mut [0; 253];
        let len = response.encode(encoded).unwrap();
        prop_assert_eq!(Response::decode(&encoded[..len], &request), Ok(response));
    }

    #[test]
    fn any_split_of_the_bytes_gives_the_same_answer(
        asked in asked(),
        garbage in vec(any::<u8>(), 0..6),
        lengths in vec(0..40_usize, 0..12),
    ) {
        let request = asked.request();
        let (mut whole, sent) = waiting(rtu(), 5, &request);
        let (mut split, _) = waiting(rtu(), 5, &request);
        let bytes = [garbage, served(&sent)].concat();
        let now = Instant::from_secs(1);
        let later = now + millis(500);
        whole.handle_input(now, &bytes);
        whole.handle_timeout(later);
        for piece in pieces(&bytes, &lengths) {
            split.handle_input(now, piece);
        }
        split.handle_timeout(later);
        prop_assert_eq!(format!("{:?}", whole.poll_reply()), format!("{:?}", split.poll_reply()));
    }

    #[test]
    fn any_split_of_a_stream_gives_the_same_answers(
        asked in vec(asked(), 1..5),
        lengths in vec(0..60_usize, 0..20),
    ) {
        let mut bytes = Vec::new();
        for (transaction, asked) in asked.iter().enumerate() {
            let mut frame = [0; 260];
            let transaction = u16::try_from(transaction).unwrap();
            let len = gofarm_hal::modbus::tcp::encode_request(transaction, Unit(1), &asked.request(), &mut frame).unwrap();
            bytes.extend(&frame[..len]);
        }
        let answers = |pieces: Vec<&[u8]>| {
            let mut machine = ServerMachine::new(TcpServerFraming::new(TcpServerConfig::new()));
            let mut answers = Vec::new();
            let now = Instant::ZERO;
            for piece in pieces {
                let mut rest = piece;
                loop {
                    let taken = machine.handle_input(now, rest, &mut Everything);
                    rest = &rest[taken..];
                    machine.handle_timeout(now, &mut Everything);
                    let Some(answer) = machine.poll_transmit(now) else { break };
                    answers.push(answer.to_vec());
                    let len = answer.len();
                    machine.handle_sent(now, len);
                    machine.handle_drained(now);
                }
                assert!(rest.is_empty());
            }
            answers
        };
        let whole = answers(vec![&bytes]);
        prop_assert_eq!(whole.len(), asked.len());
        prop_assert_eq!(answers(pieces(&bytes, &lengths)), whole);
    }

    #[test]
    fn an_answer_to_another_request_is_never_accepted(first in asked(), second in asked(), unit in 5..7_u8) {
        let (first, second) = (first.request(), second.request());
        let (_, sent) = waiting(rtu(), 5, &first);
        let (mut machine, other) = waiting(rtu(), unit, &second);
        let (answer, right) = (served(&sent), served(&other));
        machine.handle_input(Instant::from_secs(1), &answer);
        machine.handle_timeout(Instant::from_secs(60));
        let result = machine.poll_reply().unwrap();
        // What a frame says must be what was asked; where it says no more, nobody can tell two answers apart.
        let indistinguishable = unit == 5 && first.function() == second.function() && answer.len() == right.len()
            && (matches!(answer[1], 1..=4 | 23) || answer[..6] == right[..6]);
        if !indistinguishable {
            let error = result.unwrap_err();
            prop_assert!(matches!(error, Error::TimedOut | Error::ReplyMismatch(_)), "{:?}", error);
        }
    }

    #[test]
    fn a_client_ends_by_its_deadline_whatever_comes(
        asked in asked(),
        noise in vec((vec(any::<u8>(), 0..300), 0..400_u64), 0..12),
        stream in any::<bool>(),
    ) {
        fn run<F: Framing>(framing: F, request: &Request<'_>, noise: &[(Vec<u8>, u64)], wire: bool) {
            let (mut machine, _) = waiting(framing, 5, request);
            let mut now = Instant::from_secs(1);
            let answer_time = if wire { millis(310) } else { secs(0) };
            let deadline = now + secs(1) + answer_time;
            for (bytes, wait) in noise {
                machine.handle_input(now, bytes);
                machine.handle_timeout(now);
                if now > deadline {
                    assert!(machine.is_done());
                }
                now += millis(*wait);
            }
            machine.handle_timeout(now.max(deadline));
            assert!(machine.is_done());
            assert!(machine.poll_reply().is_some() && machine.poll_reply().is_none());
        }
        if stream {
            run(TcpFraming::new(TcpConfig::new()), &asked.request(), &noise, false);
        } else {
            run(rtu(), &asked.request(), &noise, true);
        }
    }

    #[test]
    fn a_server_finds_its_request_behind_any_garbage_once_the_line_is_silent(
        asked in asked(),
        garbage in vec(any::<u8>(), 0..64),
        silence in any::<bool>(),
    ) {
        let (_, sent) = waiting(rtu(), 0x11, &asked.request());
        // Half a frame in front of another is one unit's word for what the other says: 256 bytes are all that is kept.
        prop_assume!(garbage.len() + sent.len() <= 256);
        let mut machine = ServerMachine::new(RtuServerFraming::new(RtuServerConfig::new(Unit(0x11), 9_600)));
        let mut now = Instant::ZERO;
        machine.handle_input(now, &garbage, &mut Everything);
        if silence {
            now += millis(100);
            machine.handle_timeout(now, &mut Everything);
        }
        machine.handle_input(now, &sent, &mut Everything);
        now += millis(100);
        machine.handle_timeout(now, &mut Everything);
        prop_assert_eq!(machine.poll_transmit(now).map(<[u8]>::to_vec), Some(served(&sent)));
    }

    #[test]
    fn a_refused_write_changes_nothing(asked in asked()) {
        let mut store: BlockStore<40, 40, 40, 40> = BlockStore::new();
        store.holding_registers.values_mut().fill(7);
        let before = store;
        let mut machine = ServerMachine::new(RtuServerFraming::new(RtuServerConfig::new(Unit(1), 9_600)));
        let mut pdu = [0; 253];
        let len = asked.request().encode(&mut pdu).unwrap();
        machine.handle_input(Instant::ZERO, &framed(1, &pdu[..len]), &mut store);
        machine.handle_timeout(Instant::from_secs(1), &mut store);
        let served = machine.poll_event().unwrap();
        if served.exception.is_some() {
            prop_assert_eq!(store, before);
        }
    }
}
