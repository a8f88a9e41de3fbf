//! A million hostile frames each, for client and server on both kinds of line; on RTU two thirds have a right CRC.

use gofarm_core::device::Progress;
use gofarm_core::random::Random;
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::modbus::{
    BlockStore, ClientMachine, Coils, Error, Registers, Request, Response, RtuConfig, RtuFraming,
    RtuServerConfig, RtuServerFraming, ServerMachine, TcpConfig, TcpFraming, TcpServerConfig,
    TcpServerFraming, Unit,
};

use super::crc;

const FRAMES: u32 = 1_000_000;

/// Marsaglia's xorshift64.
struct Xorshift(u64);

impl Random for Xorshift {
    fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

impl Xorshift {
    fn byte(&mut self) -> u8 {
        self.next_u64().to_be_bytes()[0]
    }

    fn usize(&mut self, bound: u64) -> usize {
        usize::try_from(self.below(bound)).unwrap()
    }

    /// Something that looks like a frame of unit 17: most have a known function, and a right CRC.
    fn frame(&mut self, into: &mut Vec<u8>, functions: &[u8]) {
        into.clear();
        let len = if self.below(8) == 0 {
            self.usize(262)
        } else {
            self.usize(24)
        };
        for _ in 0..len {
            into.push(self.byte());
        }
        if let Some(unit) = into.get_mut(0).filter(|_| self.below(8) > 0) {
            *unit = if self.below(16) == 0 { 0 } else { 17 };
        }
        let function = functions[self.usize(functions.len().try_into().unwrap())];
        if let Some(code) = into.get_mut(1).filter(|_| self.below(8) > 0) {
            *code = function | if self.below(12) == 0 { 0x80 } else { 0 };
        }
        for at in [2, 4, 6, 10] {
            if self.below(2) == 0
                && let Some(byte) = into.get_mut(at)
            {
                *byte = u8::try_from(len.saturating_sub(at + 1)).unwrap_or(0);
            }
        }
        if self.below(3) > 0 {
            into.extend(crc(into));
        }
    }
}

const READ: Request<'static> = Request::ReadHoldingRegisters {
    address: 40,
    quantity: 3,
};

/// One of each function.
const REQUESTS: [Request<'static>; 10] = [
    READ,
    Request::WriteSingleRegister {
        address: 0x0102,
        value: 0x0304,
    },
    Request::WriteMultipleRegisters {
        address: 0x0102,
        values: Registers::new(&[1, 2]),
    },
    Request::ReadCoils {
        address: 7,
        quantity: 16,
    },
    Request::ReadDiscreteInputs {
        address: 7,
        quantity: 8,
    },
    Request::ReadInputRegisters {
        address: 7,
        quantity: 1,
    },
    Request::WriteSingleCoil {
        address: 0x0102,
        value: true,
    },
    Request::WriteMultipleCoils {
        address: 0x0102,
        values: Coils::new(&[true, false, true]),
    },
    Request::MaskWriteRegister {
        address: 0x0102,
        and_mask: 0x0304,
        or_mask: 0x0506,
    },
    Request::ReadWriteMultipleRegisters {
        read_address: 7,
        read_quantity: 2,
        write_address: 9,
        values: Registers::new(&[1]),
    },
];

/// The answers that unit 17 may give, by the letter of the specification: how they begin, and how long they are.
fn answer(request: &Request<'_>) -> (&'static [u8], usize) {
    match request.function().code() {
        1 => (&[17, 1, 2], 5),
        2 => (&[17, 2, 1], 4),
        3 => (&[17, 3, 6], 9),
        4 => (&[17, 4, 2], 5),
        5 => (&[17, 5, 1, 2, 0xFF, 0], 6),
        6 => (&[17, 6, 1, 2, 3, 4], 6),
        15 => (&[17, 15, 1, 2, 0, 3], 6),
        16 => (&[17, 16, 1, 2, 0, 2], 6),
        22 => (&[17, 22, 1, 2, 3, 4, 5, 6], 8),
        _ => (&[17, 23, 4], 7),
    }
}

/// Whether some run of the bytes is the answer that was accepted, or the refusal.
fn is_in(bytes: &[u8], request: &Request<'_>, accepted: &Result<Vec<u8>, u8>) -> bool {
    let wanted = match accepted {
        Err(code) => vec![17, request.function().code() | 0x80, *code],
        Ok(pdu) => [&[17], &pdu[..]].concat(),
    };
    let (head, len) = answer(request);
    if accepted.is_ok() && !(wanted.starts_with(head) && wanted.len() == len) {
        return false;
    }
    let wanted = [&wanted[..], &crc(&wanted)].concat();
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn a_million_hostile_frames_do_not_move_the_client() {
    let mut random = Xorshift(0x9E37_79B9_7F4A_7C15);
    let mut frame = Vec::new();
    let (mut answered, mut refused, mut failed) = ([0; REQUESTS.len()], 0, 0);
    let config = RtuConfig::new(115_200)
        .response_timeout(millis(20))
        .quarantine(millis(0));
    let mut machine = ClientMachine::new(RtuFraming::new(config));
    let mut now = Instant::ZERO;
    for round in 0..FRAMES {
        let request = REQUESTS[round as usize % REQUESTS.len()];
        now += secs(1);
        assert_eq!(
            machine.start(now, Unit(17), &request),
            Progress::Ready(Ok(()))
        );
        let len = machine.poll_transmit(now).unwrap().len();
        machine.handle_sent(now, len);
        machine.handle_drained(now);
        random.frame(&mut frame, &[1, 2, 3, 4, 5, 6, 15, 16, 22, 23]);
        let (head, len) = answer(&request);
        if random.below(8) == 0 && frame.len() > len + 2 {
            // The right head, so that the data and the CRC decide.
            frame[..head.len()].copy_from_slice(head);
            if random.below(2) == 0 {
                let end = crc(&frame[..len]);
                frame[len..len + 2].copy_from_slice(&end);
            }
        }
        machine.handle_input(now, &frame);
        now += millis(100);
        machine.handle_timeout(now);
        let accepted = match machine.poll_reply().unwrap() {
            Ok(response) => {
                answered[round as usize % REQUESTS.len()] += 1;
                let mut pdu = [0; 253];
                let len = response.encode(&mut pdu).unwrap();
                Ok(pdu[..len].to_vec())
            }
            Err(Error::Exception(code)) => {
                refused += 1;
                Err(code.code())
            }
            Err(Error::TimedOut | Error::ReplyMismatch(_)) => {
                failed += 1;
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        assert!(
            is_in(&frame, &request, &accepted),
            "{frame:02x?} {request:?} {accepted:?}"
        );
    }
    // The frames are hostile enough: each of the ways out was taken.
    assert!(
        answered.iter().all(|count| *count > 300) && refused > 100 && failed > 100_000,
        "{answered:?} {refused} {failed}"
    );
}

#[test]
fn a_million_hostile_frames_do_not_move_the_server() {
    let mut random = Xorshift(0xD1B5_4A32_D192_ED03);
    let mut frame = Vec::new();
    let mut store: BlockStore<2_000, 16, 64, 8> = BlockStore::new();
    let mut machine = ServerMachine::new(RtuServerFraming::new(RtuServerConfig::new(
        Unit(17),
        115_200,
    )));
    let mut now = Instant::ZERO;
    let (mut answered, mut refused, mut silent) = (0, 0, 0);
    for _ in 0..FRAMES {
        random.frame(&mut frame, &[1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 7]);
        now += secs(1);
        let before = store;
        machine.handle_input(now, &frame, &mut store);
        now += millis(10);
        machine.handle_timeout(now, &mut store);
        let served = machine.poll_event();
        if let Some(served) = served {
            // It was asked: some run of the bytes is a frame to it, with its CRC.
            let asked = (0..frame.len()).any(|at| {
                matches!(frame[at], 0 | 17)
                    && frame.get(at + 1) == Some(&served.function)
                    && (at + 4..=frame.len())
                        .any(|end| crc(&frame[at..end - 2]) == frame[end - 2..end])
            });
            assert!(asked, "{frame:02x?} {served:?}");
        }
        if !served.is_some_and(|served| served.wrote()) {
            assert_eq!(store, before, "{frame:02x?} {served:?}");
        }
        match machine.poll_transmit(now) {
            None => silent += 1,
            Some(answer) => {
                let served = served.unwrap();
                let (data, end) = answer.split_at(answer.len() - 2);
                assert_eq!(crc(data), end, "{frame:02x?}");
                assert!(answer.len() <= 256 && data[0] == 17);
                match served.exception {
                    None => answered += 1,
                    Some(_) => refused += 1,
                }
                let bit = if served.exception.is_some() { 0x80 } else { 0 };
                assert_eq!(data[1], served.function | bit);
                let len = answer.len();
                machine.handle_sent(now, len);
                machine.handle_drained(now);
            }
        }
    }
    assert!(
        answered > 300 && refused > 100_000 && silent > 100_000,
        "{answered} {refused} {silent}"
    );
}

#[test]
fn a_million_hostile_frames_do_not_move_the_client_of_a_stream() {
    let mut random = Xorshift(0x2545_F491_4F6C_DD1D);
    let mut machine = ClientMachine::new(TcpFraming::new(TcpConfig::new()));
    let mut now = Instant::ZERO;
    let (mut answered, mut lost) = (0, 0);
    for round in 0..FRAMES {
        if machine.is_out_of_step() {
            machine = ClientMachine::new(TcpFraming::new(TcpConfig::new()));
            lost += 1;
        }
        assert_eq!(machine.start(now, Unit(17), &READ), Progress::Ready(Ok(())));
        let sent = machine.poll_transmit(now).unwrap().to_vec();
        machine.handle_sent(now, sent.len());
        machine.handle_drained(now);
        let len = random.usize(12);
        let mut frame = vec![
            sent[0],
            sent[1],
            0,
            0,
            0,
            u8::try_from(len + 1).unwrap(),
            17,
        ];
        frame.extend((0..len).map(|_| random.byte()));
        for (at, byte) in [(7, 3), (8, u8::try_from(len.saturating_sub(2)).unwrap())] {
            if let Some(place) = frame.get_mut(at).filter(|_| random.below(4) > 0) {
                *place = byte;
            }
        }
        if round % 3 == 0 {
            let at = random.usize(frame.len().try_into().unwrap());
            frame[at] ^= 1 << random.below(8);
        }
        machine.handle_input(now, &frame);
        now += secs(2);
        machine.handle_timeout(now);
        if let Ok(response) = machine.poll_reply().unwrap() {
            answered += 1;
            let data = response.registers().iter().flat_map(u16::to_be_bytes);
            let wanted: Vec<u8> = [sent[0], sent[1], 0, 0, 0, 9, 17, 3, 6]
                .into_iter()
                .chain(data)
                .collect();
            assert_eq!(frame, wanted);
            assert!(matches!(response, Response::Registers { .. }));
        }
    }
    assert!(answered > 10_000 && lost > 10_000, "{answered} {lost}");
}

#[test]
fn a_million_hostile_frames_do_not_move_the_server_of_a_stream() {
    let mut random = Xorshift(0x9E6C_63D0_876A_9A47);
    let mut frame = Vec::new();
    let mut store: BlockStore<64, 16, 64, 8> = BlockStore::new();
    let mut machine = ServerMachine::new(TcpServerFraming::new(TcpServerConfig::new()));
    let now = Instant::ZERO;
    let (mut answered, mut refused, mut lost) = (0, 0, 0);
    for round in 0..FRAMES {
        if machine.is_out_of_step() {
            machine = ServerMachine::new(TcpServerFraming::new(TcpServerConfig::new()));
            lost += 1;
        }
        // Two bytes of transaction, the protocol, the length; then what a serial line carries.
        random.frame(&mut frame, &[1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 7]);
        if random.below(2) == 0 {
            // Of the length of most requests, without a CRC; the first registers, and few of them.
            frame.resize(6, 0);
            (frame[2], frame[4]) = (0, 0);
        }
        let transaction = [random.byte(), random.byte()];
        let mut stream = [transaction, [0; 2], [0; 2]].concat();
        stream[4..].copy_from_slice(&u16::try_from(frame.len()).unwrap().to_be_bytes());
        stream.append(&mut frame);
        if random.below(3) == 0 {
            let at = random.usize(stream.len().min(12).try_into().unwrap());
            stream[at] ^= 1 << random.below(8);
        }
        let before = store;
        let mut rest = &stream[..];
        let mut wrote = false;
        while !rest.is_empty() && !machine.is_out_of_step() {
            let taken = machine.handle_input(now, rest, &mut store);
            rest = &rest[taken..];
            let served = machine.poll_event();
            wrote |= served.is_some_and(|served| served.wrote());
            let Some(answer) = machine.poll_transmit(now) else {
                assert!(taken > 0 || rest.is_empty(), "it is stuck");
                continue;
            };
            let served = served.unwrap();
            let (head, pdu) = answer.split_at(7);
            assert_eq!(head[2..6], [0, 0, 0, u8::try_from(pdu.len() + 1).unwrap()]);
            let bit = if served.exception.is_some() { 0x80 } else { 0 };
            assert_eq!(pdu[0], served.function | bit, "{round}");
            match served.exception {
                None => answered += 1,
                Some(_) => refused += 1,
            }
            let len = answer.len();
            machine.handle_sent(now, len);
            machine.handle_drained(now);
            machine.handle_timeout(now, &mut store);
        }
        assert!(wrote || store == before, "{stream:02x?}");
    }
    assert!(
        answered > 1_000 && refused > 100_000 && lost > 10_000,
        "{answered} {refused} {lost}"
    );
}
