//! What a server does and says, and what it leaves alone.

use core::cell::RefCell;

use gofarm_core::device::Progress;
use gofarm_core::time::{Instant, millis};
use gofarm_hal::modbus::{
    BlockStore, ExceptionCode, FunctionCode, Registers, RegistersMut, RtuServer, RtuServerConfig,
    RtuServerFraming, Served, ServerError, ServerMachine, Store, Table, TcpServer, TcpServerConfig,
    Unit,
};

use super::framed;
use super::line::{Faults, line};

type Blocks = BlockStore<16, 16, 20, 4>;

const UNIT: u8 = 17;

fn config() -> RtuServerConfig {
    RtuServerConfig::new(Unit(UNIT), 9_600)
}

fn machine() -> ServerMachine<RtuServerFraming> {
    ServerMachine::new(RtuServerFraming::new(config()))
}

fn blocks() -> Blocks {
    let mut store = Blocks::new();
    for (value, register) in (100..).zip(store.holding_registers.values_mut()) {
        *register = value;
    }
    store.input_registers = Table::new(1_000, [7, 8, 9, 10]);
    store.discrete_inputs.values_mut()[3] = true;
    store
}

/// What is answered to these bytes, once the line has been silent.
fn answer(store: &mut impl Store, bytes: &[u8]) -> (Vec<u8>, Option<Served>) {
    let mut machine = machine();
    machine.handle_timeout(Instant::ZERO, store);
    machine.handle_input(Instant::ZERO, bytes, store);
    let later = Instant::from_secs(1);
    machine.handle_timeout(later, store);
    let answer = machine.poll_transmit(later).unwrap_or_default().to_vec();
    (answer, machine.poll_event())
}

#[test]
fn a_server_answers_as_the_state_diagrams_say() {
    #[rustfmt::skip]
    let rows: [(&[u8], &[u8]); 20] = [
        (&[1, 0, 0, 0, 9], &[1, 2, 0, 0]),
        (&[2, 0, 2, 0, 3], &[2, 1, 0b010]),
        (&[3, 0, 1, 0, 2], &[3, 4, 0, 101, 0, 102]),
        (&[4, 0x03, 0xE9, 0, 1], &[4, 2, 0, 8]),
        (&[5, 0, 1, 0xFF, 0], &[5, 0, 1, 0xFF, 0]),
        (&[6, 0, 1, 0, 3], &[6, 0, 1, 0, 3]),
        (&[15, 0, 0, 0, 9, 2, 0xFF, 1], &[15, 0, 0, 0, 9]),
        (&[16, 0, 0, 0, 2, 4, 0, 1, 0, 2], &[16, 0, 0, 0, 2]),
        (&[22, 0, 4, 0, 0xF2, 0, 0x25], &[22, 0, 4, 0, 0xF2, 0, 0x25]),
        (&[23, 0, 0, 0, 2, 0, 1, 0, 1, 2, 0, 9], &[23, 4, 0, 100, 0, 9]), // writes, then reads
        (&[3, 0, 19, 0, 2], &[0x83, 2]),
        (&[4, 0, 0, 0, 1], &[0x84, 2]),
        (&[3, 0, 0, 0, 126], &[0x83, 3]),
        (&[3, 0, 0, 0, 0], &[0x83, 3]),
        (&[5, 0, 1, 0x12, 0], &[0x85, 3]),
        (&[16, 0, 19, 0, 2, 4, 0, 1, 0, 2], &[0x90, 2]),
        (&[23, 0, 19, 0, 2, 0, 0, 0, 1, 2, 0, 9], &[0x97, 2]),
        (&[7], &[0x87, 1]), // not spoken here, and of unknown length
        (&[0x2B, 0x0E, 1, 0], &[0xAB, 1]),
        (&[3, 0, 0, 0, 1, 0], &[0x83, 3]), // longer than its function
    ];
    for (request, expected) in rows {
        let (answered, served) = answer(&mut blocks(), &framed(UNIT, request));
        assert_eq!(answered, framed(UNIT, expected), "{request:02x?}");
        let served = served.unwrap();
        let refused = (expected[0] > 0x80).then(|| ExceptionCode::new(expected[1]));
        assert_eq!((served.function, served.exception), (request[0], refused));
        assert_eq!(
            served.wrote(),
            refused.is_none() && matches!(request[0], 5 | 6 | 15 | 16 | 22 | 23)
        );
    }
}

#[test]
fn what_is_written_is_there_and_a_refused_write_changes_nothing() {
    let mut store = blocks();
    answer(&mut store, &framed(UNIT, &[22, 0, 4, 0, 0xF2, 0, 0x25]));
    assert_eq!(
        store.holding_registers.values()[4],
        (104 & 0xF2) | (0x25 & !0xF2)
    );
    answer(
        &mut store,
        &framed(UNIT, &[15, 0, 1, 0, 9, 2, 0b1000_0001, 1]),
    );
    let on: Vec<usize> = (0..16).filter(|at| store.coils.values()[*at]).collect();
    assert_eq!(on, [1, 8, 9]);

    let before = store;
    for pdu in [
        &[16, 0, 19, 0, 2, 4, 0, 1, 0, 2][..],
        &[15, 0, 12, 0, 9, 2, 0xFF, 1],
        &[23, 0, 19, 0, 2, 0, 0, 0, 1, 2, 0, 9], // the read is refused: nothing is written
        &[23, 0, 0, 0, 2, 0, 19, 0, 2, 4, 0, 9, 0, 9],
    ] {
        let (_, served) = answer(&mut store, &framed(UNIT, pdu));
        assert_eq!(
            served.unwrap().exception,
            Some(ExceptionCode::IllegalDataAddress)
        );
        assert_eq!(store, before);
    }
}

#[test]
fn a_device_refuses_functions_that_it_does_not_have_before_it_looks_at_them() {
    let mut store: BlockStore<0, 0, 0, 2> = BlockStore::new();
    for pdu in [
        &[3, 0, 0, 0, 1][..],
        &[1, 0, 0, 0, 0],
        &[16, 0, 0, 0, 9, 1, 0],
    ] {
        let (answered, _) = answer(&mut store, &framed(UNIT, pdu));
        assert_eq!(answered, framed(UNIT, &[pdu[0] | 0x80, 1]));
    }

    /// Fails on purpose.
    struct Broken;
    impl Store for Broken {
        fn read_input_registers(
            &mut self,
            _: u16,
            _: RegistersMut<'_>,
        ) -> Result<(), ExceptionCode> {
            Err(ExceptionCode::ServerDeviceFailure)
        }
    }
    assert!(Broken.supports(FunctionCode::ReadCoils));
    let (answered, _) = answer(&mut Broken, &framed(UNIT, &[4, 0, 0, 0, 1]));
    assert_eq!(answered, framed(UNIT, &[0x84, 4]));
    let (answered, _) = answer(&mut Broken, &framed(UNIT, &[6, 0, 0, 0, 1]));
    assert_eq!(answered, framed(UNIT, &[0x86, 1]));
}

#[test]
fn a_broadcast_is_done_and_not_answered() {
    let mut store = blocks();
    let (answered, served) = answer(&mut store, &framed(0, &[6, 0, 2, 0, 9]));
    assert_eq!(
        (answered.len(), store.holding_registers.values()[2]),
        (0, 9)
    );
    let served = served.unwrap();
    assert!(served.unit.is_broadcast() && served.wrote());
    // A read that is broadcast makes no sense, and is answered by nobody either.
    let (answered, served) = answer(&mut store, &framed(0, &[3, 0, 2, 0, 1]));
    assert!(answered.is_empty() && served.unwrap().exception.is_some());
}

#[test]
fn what_is_for_others_or_broken_is_left_alone() {
    let write = [6, 0, 2, 0, 9];
    let mut broken = framed(UNIT, &write);
    broken[4] ^= 1;
    // Another unit's answer to a read of registers, in which lies a whole request to us.
    let mut inside = vec![3, 20];
    inside.extend(framed(UNIT, &write));
    inside.resize(22, 0);
    let rows = [
        framed(18, &write),
        broken,
        framed(UNIT, &write)[..7].to_vec(),
        framed(18, &inside),
        // The same cut short, with more behind: it neither begins in step nor ends where the silence begins.
        [&framed(18, &inside)[1..], &[1, 2, 3]].concat(),
        vec![0; 256],
        vec![UNIT; 300],
    ];
    for bytes in rows {
        let mut store = blocks();
        let (answered, served) = answer(&mut store, &bytes);
        assert_eq!((answered, served), (vec![], None), "{bytes:02x?}");
        assert_eq!(store, blocks());
    }
}

#[test]
fn traffic_of_others_is_followed_in_one_read_or_many() {
    let ours = framed(UNIT, &[3, 0, 0, 0, 1]);
    let mut bytes = Vec::new();
    for pdu in [
        &[3, 0, 0, 0, 2][..], // a request to 18, and its answer
        &[3, 4, 0, 17, 3, 0],
        &[16, 0, 0, 0, 1, 2, 17, 6],
        &[16, 0, 0, 0, 1],
        &[0x83, 2],
    ] {
        bytes.extend(framed(18, pdu));
    }
    bytes.extend(&ours);
    for chunk in [1, 2, 5, 9, 100] {
        let (mut machine, mut store) = (machine(), blocks());
        // Silence before: the first byte begins a frame.
        let mut now = Instant::from_secs(1);
        machine.handle_timeout(now, &mut store);
        for piece in bytes.chunks(chunk) {
            assert_eq!(machine.handle_input(now, piece, &mut store), piece.len());
            now += millis(1);
        }
        assert!(
            machine.is_answering(),
            "{chunk}: found without waiting for silence"
        );
        assert_eq!(
            machine.poll_transmit(now),
            None,
            "not before the line is silent"
        );
        let at = machine.poll_timeout().unwrap();
        assert_eq!(
            machine.poll_transmit(at).map(<[u8]>::to_vec),
            Some(framed(UNIT, &[3, 2, 0, 100]))
        );
    }
}

#[test]
fn a_client_that_asks_again_gets_one_answer_to_what_it_asked_last() {
    let (mut machine, mut store) = (machine(), blocks());
    let now = Instant::from_secs(1);
    machine.handle_timeout(now, &mut store);
    let both = [
        framed(UNIT, &[3, 0, 0, 0, 1]),
        framed(UNIT, &[3, 0, 5, 0, 1]),
    ]
    .concat();
    machine.handle_input(now, &both, &mut store);
    let later = now + millis(20);
    assert_eq!(
        machine.poll_transmit(later).map(<[u8]>::to_vec),
        Some(framed(UNIT, &[3, 2, 0, 105]))
    );
    // While it answers it hears nothing: its own echo, or somebody who talks across it.
    machine.handle_sent(later, 3);
    machine.handle_input(later, &both, &mut store);
    assert_eq!(machine.poll_transmit(later).map(<[u8]>::len), Some(4));
    machine.handle_sent(later, 4);
    assert!(machine.is_draining());
    machine.handle_drained(later);
    machine.handle_timeout(later + millis(20), &mut store);
    assert!(!machine.is_answering());
}

#[test]
fn the_delay_of_the_answer_is_what_was_configured() {
    let config = config().response_delay(millis(50));
    let mut machine = ServerMachine::new(RtuServerFraming::new(config));
    let mut store = blocks();
    machine.handle_timeout(Instant::from_secs(1), &mut store);
    machine.handle_input(
        Instant::from_secs(1),
        &framed(UNIT, &[3, 0, 0, 0, 1]),
        &mut store,
    );
    assert_eq!(
        machine.poll_timeout(),
        Some(Instant::from_secs(1) + millis(50))
    );
}

#[test]
fn polled_servers_say_what_they_did_and_when_to_come_back() {
    let (near, far) = line(1, Faults::default());
    let mut server = RtuServer::new(far, RtuServerConfig::new(Unit(UNIT), 115_200));
    let store = RefCell::new(blocks());
    let mut now = Instant::from_secs(1);
    let Progress::WouldBlock(until) = server.poll(now, &mut &store) else {
        panic!()
    };
    assert!(until > now);
    near.inject(now, &framed(UNIT, &[6, 0, 2, 0, 9]));
    let served = loop {
        now += millis(1);
        if let Progress::Ready(served) = server.poll(now, &mut &store) {
            break served.unwrap();
        }
    };
    assert_eq!(
        (served.address, served.quantity, served.wrote()),
        (2, 1, true)
    );
    assert_eq!(store.borrow().holding_registers.values()[2], 9);
    now += millis(3);
    assert!(matches!(
        server.poll(now, &mut &store),
        Progress::WouldBlock(_)
    ));
    assert_eq!(server.port().sent(), framed(UNIT, &[6, 0, 2, 0, 9]));
}

#[test]
fn a_stream_is_served_in_order_and_given_up_when_it_is_not_modbus() {
    let (near, far) = line(1, Faults::default());
    let mut server = TcpServer::new(far, TcpServerConfig::new().unit(Unit(3)));
    let mut store = blocks();
    let now = Instant::from_secs(1);
    near.inject(now, &[0, 1, 0, 0, 0, 6, 3, 3, 0, 0, 0, 1]);
    near.inject(now, &[0, 2, 0, 0, 0, 6, 4, 3, 0, 0, 0, 1]); // another unit's
    near.inject(now, &[0, 3, 0, 0, 0, 6, 3, 3, 0, 1, 0, 1]);
    near.inject(now, b"GET / HTTP/1.1\r\n\r\n");
    let mut served = 0;
    let error = loop {
        match server.poll(now + millis(1 + 10 * served), &mut store) {
            Progress::Ready(Ok(_)) => served += 1,
            Progress::Ready(Err(error)) => break error,
            Progress::WouldBlock(_) => panic!("it has all it needs"),
        }
    };
    assert_eq!((served, error), (2, ServerError::OutOfStep));
    let answers = [
        [0, 1, 0, 0, 0, 5, 3, 3, 2, 0, 100],
        [0, 3, 0, 0, 0, 5, 3, 3, 2, 0, 101],
    ]
    .concat();
    assert_eq!(server.port().sent(), answers);
}

#[test]
fn a_store_can_be_shared() {
    let mut store = blocks();
    let shared = RefCell::new(&mut store);
    let mut handle = &shared;
    assert!(handle.supports(FunctionCode::ReadCoils));
    assert!(handle.write_registers(0, Registers::new(&[1, 2])).is_ok());
    assert!(handle.mask_write_register(0, 0, 0xFFFF).is_ok());
    assert_eq!(store.holding_registers.values()[..2], [0xFFFF, 2]);
}
