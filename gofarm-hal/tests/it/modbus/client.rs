//! What a client takes for an answer and what not; who may use the line, and when.

use core::cell::RefCell;

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::modbus::{
    Client, ClientMachine, Error, ExceptionCode, Registers, ReplyMismatch, Request, RequestError,
    Response, Rtu, RtuConfig, RtuFraming, Tcp, TcpConfig, TcpFraming, Unit,
};

use super::framed;
use super::laws::waiting;
use super::line::{End, Faults, line};

const READ: Request<'static> = Request::ReadHoldingRegisters {
    address: 0,
    quantity: 2,
};
const START: Instant = Instant::from_secs(1);

fn config() -> RtuConfig {
    RtuConfig::new(9_600)
        .response_timeout(millis(300))
        .quarantine(millis(500))
}

fn rtu() -> ClientMachine<RtuFraming> {
    waiting(RtuFraming::new(config()), 5, &READ).0
}

/// An answer to [`READ`].
fn answer(unit: u8, first: u16) -> Vec<u8> {
    let [high, low] = first.to_be_bytes();
    framed(unit, &[3, 4, high, low, 0, 2])
}

/// The first register of the answer.
fn first(machine: &mut ClientMachine<RtuFraming>) -> Option<u16> {
    machine
        .poll_reply()
        .map(|result| result.unwrap().registers().get(0).unwrap())
}

#[test]
fn a_frame_is_found_by_its_length_and_crc() {
    let right = answer(5, 600);
    let mut wrong = right.clone();
    wrong[3] ^= 1;
    let foreign = answer(6, 1);
    // A long answer of another unit, in whose data lies a whole answer of ours.
    let mut inside = vec![3, 20];
    inside.extend(answer(5, 1));
    inside.resize(22, 0);
    let inside = framed(6, &inside);
    // The first three bytes of an answer with 200 more.
    let begun = vec![9, 3, 200];
    let rows: [(&str, Vec<&[u8]>, bool); 9] = [
        ("alone", vec![&right], false),
        ("byte by byte", right.chunks(1).collect(), false),
        ("behind garbage", vec![&[0xFF, 0x00, 0xC3], &right], false),
        ("behind a broken one", vec![&wrong, &right], false),
        ("behind another unit's", vec![&foreign, &right], false),
        (
            "behind another function's",
            vec![&[5, 6, 0, 1, 0, 2], &[88, 79], &right],
            false,
        ),
        ("not inside another's", vec![&inside, &right], false),
        (
            "before anything else",
            vec![&right, &wrong, &foreign],
            false,
        ),
        (
            "behind what looks like more to come",
            vec![&begun, &right],
            true,
        ),
    ];
    for (name, pieces, silence) in rows {
        for together in [false, true] {
            let mut machine = rtu();
            let mut now = START;
            if together {
                machine.handle_input(now, &pieces.concat());
            } else {
                pieces
                    .iter()
                    .for_each(|piece| machine.handle_input(now, piece));
            }
            assert_eq!(machine.is_done(), !silence, "{name}");
            if silence {
                now = machine.poll_timeout().unwrap();
                assert_eq!(now, START + config().silence_time(), "{name}");
            }
            machine.handle_timeout(now);
            assert_eq!(first(&mut machine), Some(600), "{name}");
        }
    }
}

#[test]
fn a_gap_inside_a_frame_does_not_cost_it() {
    let right = answer(5, 600);
    for split in 1..right.len() {
        let mut machine = rtu();
        machine.handle_input(START, &right[..split]);
        machine.handle_timeout(START + millis(100));
        assert_eq!(
            machine.poll_timeout(),
            machine.poll_timeout().max(Some(START + millis(200)))
        );
        machine.handle_input(START + millis(200), &right[split..]);
        assert_eq!(first(&mut machine), Some(600), "{split}");
    }
}

#[test]
fn what_a_unit_says_that_does_not_answer_is_reported_when_the_time_is_over() {
    let cases = [
        (
            framed(5, &[3, 2, 0, 1]),
            ReplyMismatch::ByteCount {
                expected: 4,
                received: 2,
            },
        ),
        (
            framed(5, &[3, 6, 0, 1, 0, 2, 0, 3]),
            ReplyMismatch::ByteCount {
                expected: 4,
                received: 6,
            },
        ),
        (
            framed(5, &[4, 4, 0, 1, 0, 2]),
            ReplyMismatch::Function {
                expected: gofarm_hal::modbus::FunctionCode::ReadHoldingRegisters,
                received: 4,
            },
        ),
    ];
    for (frame, mismatch) in cases {
        let mut machine = rtu();
        machine.handle_input(START, &frame);
        assert!(!machine.is_done(), "the answer may still come");
        let deadline = machine
            .poll_timeout()
            .into_iter()
            .chain([START + secs(1)])
            .max()
            .unwrap();
        machine.handle_timeout(deadline);
        let error = machine.poll_reply().unwrap().unwrap_err();
        assert_eq!(error, Error::ReplyMismatch(mismatch));
        assert_eq!(error.kind(), Kind::Transient);

        let mut machine = rtu();
        machine.handle_input(START, &frame);
        machine.handle_input(START, &answer(5, 9));
        assert_eq!(first(&mut machine), Some(9));
    }
}

#[test]
fn a_late_answer_is_never_taken_for_the_next() {
    let mut machine = rtu();
    let over = START + secs(1);
    machine.handle_timeout(over);
    assert_eq!(machine.poll_reply().unwrap().unwrap_err(), Error::TimedOut);

    // The unit that timed out is left alone; another is not.
    let free = over + millis(500);
    assert_eq!(
        machine.start(over, Unit(5), &READ),
        Progress::WouldBlock(free)
    );
    assert_eq!(machine.start(over, Unit(6), &READ), Progress::Ready(Ok(())));
    machine.handle_input(over, &answer(5, 1)); // late, before the request is sent: the line is not silent
    assert_eq!(machine.poll_transmit(over), None);
    let silent = over + config().silence_time();
    assert_eq!(machine.poll_transmit(silent).map(<[u8]>::len), Some(8));
    machine.handle_sent(silent, 8);
    machine.handle_input(silent, &answer(6, 2)); // while it is sent: nobody can have read it
    machine.handle_drained(silent);
    machine.handle_input(silent, &answer(5, 3)); // late, and another unit's
    assert!(!machine.is_done());
    machine.handle_input(silent, &answer(6, 4));
    assert_eq!(first(&mut machine), Some(4));

    assert_eq!(machine.start(free, Unit(5), &READ), Progress::Ready(Ok(())));
}

#[test]
fn a_request_that_was_given_up_leaves_its_unit_in_quarantine() {
    let mut machine = rtu();
    machine.abandon(START + millis(10));
    assert_eq!(machine.poll_reply(), None);
    let Progress::WouldBlock(free) = machine.start(START + millis(10), Unit(5), &READ) else {
        panic!("the answer may still come");
    };
    // The whole time-out of the request given up, and the quarantine.
    assert!(free >= START + millis(300 + 500), "{free:?}");
    machine.handle_input(START + millis(20), &answer(5, 1));
    assert_eq!(machine.poll_reply(), None);

    // What was not sent needs none.
    assert_eq!(
        machine.start(START + millis(20), Unit(6), &READ),
        Progress::Ready(Ok(()))
    );
    machine.abandon(START + millis(20));
    assert_eq!(
        machine.start(START + millis(20), Unit(6), &READ),
        Progress::Ready(Ok(()))
    );
}

#[test]
fn a_line_that_is_never_silent_is_an_error_and_nothing_is_sent() {
    let mut machine = ClientMachine::new(RtuFraming::new(config()));
    let mut now = START;
    machine.handle_input(now, &[0]);
    assert_eq!(machine.start(now, Unit(5), &READ), Progress::Ready(Ok(())));
    while !machine.is_done() {
        assert_eq!(machine.poll_transmit(now), None);
        now += millis(1);
        machine.handle_input(now, &[0]);
        machine.handle_timeout(now);
        assert!(now < START + secs(1));
    }
    let error = machine.poll_reply().unwrap().unwrap_err();
    assert_eq!((error, error.was_sent()), (Error::LineBusy, false));
}

#[test]
fn nobody_answers_a_broadcast_and_the_units_have_their_time() {
    let (near, far) = line(1, Faults::default());
    let mut all = Client::new(Rtu::new(near, RtuConfig::new(115_200)), Unit::BROADCAST);
    let write = Request::WriteMultipleRegisters {
        address: 3,
        values: Registers::new(&[8]),
    };
    let error = Error::Request(RequestError::BroadcastRead);
    assert_eq!(all.poll(&READ, START), Progress::Ready(Err(error)));
    assert!(far.sent().is_empty());
    let mut now = START;
    loop {
        match all.poll(&write, now) {
            Progress::Ready(result) => {
                assert_eq!(result, Ok(Response::Broadcast));
                break;
            }
            Progress::WouldBlock(until) => now = until,
        }
    }
    assert!(
        now >= START + millis(100) && now < START + millis(102),
        "{now:?}"
    );
    assert_eq!(
        all.line().port().sent(),
        framed(0, &[0x10, 0, 3, 0, 1, 2, 0, 8])
    );
}

/// Polls until the request ends.
fn ended(
    client: &mut Client<&RefCell<Rtu<End>>>,
    now: &mut Instant,
) -> Result<u16, Error<core::convert::Infallible>> {
    loop {
        match client.poll(&READ, *now) {
            Progress::Ready(result) => {
                return result.map(|response| response.registers().get(0).unwrap());
            }
            Progress::WouldBlock(until) => *now = until.max(*now),
        }
    }
}

#[test]
fn several_clients_share_a_bus_and_each_sees_its_own_answer() {
    let (near, far) = line(1, Faults::default());
    let bus = RefCell::new(Rtu::new(near, config()));
    let mut soil = Client::new(&bus, Unit(5));
    let mut meter = Client::new(&bus, Unit(6));
    let mut now = START;
    assert!(matches!(soil.poll(&READ, now), Progress::WouldBlock(_)));
    assert!(matches!(meter.poll(&READ, now), Progress::WouldBlock(_)));
    assert!(soil.is_busy() && !meter.is_busy());
    now += millis(20);
    assert!(matches!(soil.poll(&READ, now), Progress::WouldBlock(_)));
    far.inject(now, &answer(5, 55));
    assert!(matches!(meter.poll(&READ, now), Progress::WouldBlock(_))); // reads it, and it is not its own
    assert_eq!(ended(&mut soil, &mut now), Ok(55));
    assert!(matches!(meter.poll(&READ, now), Progress::WouldBlock(_)));
    assert!(meter.is_busy());

    // A dead unit's time-out frees the bus, and only that unit has to wait.
    assert_eq!(ended(&mut meter, &mut now), Err(Error::TimedOut));
    assert!(matches!(soil.poll(&READ, now), Progress::WouldBlock(_)));
    assert!(soil.is_busy());
    now += millis(20);
    assert!(matches!(soil.poll(&READ, now), Progress::WouldBlock(_)));
    far.inject(now, &answer(5, 56));
    assert_eq!(ended(&mut soil, &mut now), Ok(56));
}

#[test]
fn an_answer_that_nobody_fetches_frees_the_bus_after_a_while() {
    let (near, far) = line(1, Faults::default());
    let bus = RefCell::new(Rtu::new(near, config()));
    let mut meter = Client::new(&bus, Unit(6));
    let mut now = START;
    let mut soil = Client::new(&bus, Unit(5));
    assert!(matches!(soil.poll(&READ, now), Progress::WouldBlock(_)));
    now += millis(20);
    assert!(matches!(meter.poll(&READ, now), Progress::WouldBlock(_)));
    far.inject(now, &answer(5, 55));
    let began = now;
    while !meter.is_busy() {
        match meter.poll(&READ, now) {
            Progress::WouldBlock(until) => now = until.max(now),
            Progress::Ready(result) => panic!("{result:?}"),
        }
        assert!(now < began + secs(1));
    }
    // The one that was slow learns that its answer is gone; it does not see another's.
    assert_eq!(ended(&mut soil, &mut now), Err(Error::Forgotten));
}

#[test]
fn a_poll_with_another_request_gives_up_the_one_before() {
    let (near, far) = line(1, Faults::default());
    let mut client = Client::new(Rtu::new(near, config()), Unit(5));
    let write = |values| Request::WriteMultipleRegisters {
        address: 0,
        values: Registers::new(values),
    };
    let mut now = START;
    assert!(matches!(
        client.poll(&write(&[1]), now),
        Progress::WouldBlock(_)
    ));
    now += millis(20);
    assert!(matches!(
        client.poll(&write(&[1]), now),
        Progress::WouldBlock(_)
    ));
    assert!(matches!(
        client.poll(&write(&[2]), now),
        Progress::WouldBlock(_)
    ));
    far.inject(now, &framed(5, &[0x10, 0, 0, 0, 1])); // to the first
    for _ in 0..20 {
        let Progress::WouldBlock(until) = client.poll(&write(&[2]), now) else {
            panic!("the answer to the first was taken for the second");
        };
        now = until.max(now + millis(1));
        if client.line().port().sent().len() > 11 {
            break;
        }
    }
    assert!(
        client
            .line()
            .port()
            .sent()
            .ends_with(&framed(5, &[0x10, 0, 0, 0, 1, 2, 0, 2]))
    );
}

#[test]
fn an_answer_has_to_fit_before_it_is_asked_for() {
    let (near, _far) = line(1, Faults::default());
    let mut client: Client<_, 6> = Client::sized(Rtu::new(near, config()), Unit(5));
    let error = RequestError::Buffer {
        needed: 8,
        available: 6,
    };
    let request = Request::ReadHoldingRegisters {
        address: 0,
        quantity: 3,
    };
    assert_eq!(
        client.poll(&request, START),
        Progress::Ready(Err(Error::Request(error)))
    );
    assert!(client.line().port().sent().is_empty());
    assert!(matches!(client.poll(&READ, START), Progress::WouldBlock(_)));
}

#[test]
fn a_refusal_is_an_answer() {
    let mut machine = rtu();
    machine.handle_input(START, &framed(5, &[0x83, 6]));
    let error = machine.poll_reply().unwrap().unwrap_err();
    assert_eq!(error, Error::Exception(ExceptionCode::ServerDeviceBusy));
    assert_eq!(error.kind(), Kind::Overloaded);
    assert_eq!(
        machine.start(START, Unit(5), &READ),
        Progress::Ready(Ok(()))
    );
}

#[test]
fn a_late_answer_over_tcp_is_of_another_transaction() {
    let (mut machine, first) = waiting(TcpFraming::new(TcpConfig::new()), 9, &READ);
    let reply = |id: &[u8], value| [&id[..2], &[0, 0, 0, 7, 9, 3, 4, 0, value, 0, 0]].concat();
    // The first half of the answer is in time.
    machine.handle_input(START, &reply(&first, 1)[..9]);
    machine.handle_timeout(START + secs(1));
    assert_eq!(machine.poll_reply().unwrap().unwrap_err(), Error::TimedOut);
    let now = START + secs(1);
    assert_eq!(machine.start(now, Unit(9), &READ), Progress::Ready(Ok(())));
    let second = machine.poll_transmit(now).unwrap().to_vec();
    machine.handle_sent(now, second.len());
    machine.handle_drained(now);
    assert_ne!(first[..2], second[..2]);
    machine.handle_input(now, &reply(&first, 1)[9..]);
    machine.handle_input(now, &reply(&first, 2));
    assert!(!machine.is_done());
    machine.handle_input(now, &reply(&second, 3));
    assert_eq!(
        machine.poll_reply().unwrap().unwrap().registers().get(0),
        Some(3)
    );
}

#[test]
fn a_stream_that_is_out_of_step_stays_so_until_it_is_replaced() {
    let (near, far) = line(1, Faults::default());
    let mut client = Client::new(Tcp::new(near, TcpConfig::new()), Unit(9));
    assert!(matches!(client.poll(&READ, START), Progress::WouldBlock(_)));
    assert!(matches!(
        client.poll(&READ, START + millis(5)),
        Progress::WouldBlock(_)
    ));
    far.inject(START, b"HTTP/1.1 400 Bad Request\r\n");
    let now = START + millis(10);
    assert_eq!(
        client.poll(&READ, now),
        Progress::Ready(Err(Error::OutOfStep))
    );
    assert_eq!(
        client.poll(&READ, now),
        Progress::Ready(Err(Error::OutOfStep))
    );
    assert_eq!(
        Error::<core::convert::Infallible>::OutOfStep.kind(),
        Kind::Permanent
    );
    let (near, far) = line(2, Faults::default());
    client.line_mut().reconnect(now, near);
    assert!(!client.line().is_out_of_step());
    assert!(matches!(client.poll(&READ, now), Progress::WouldBlock(_)));
    let mut later = now + millis(5);
    assert!(matches!(client.poll(&READ, later), Progress::WouldBlock(_)));
    let sent = client.line().port().sent();
    far.inject(
        later,
        &[&sent[..2], &[0, 0, 0, 7, 9, 3, 4, 0, 1, 0, 2]].concat(),
    );
    later += millis(1);
    assert!(matches!(client.poll(&READ, later), Progress::Ready(Ok(_))));
}

#[test]
fn a_frame_cut_short_makes_a_stream_useless() {
    let mut machine = ClientMachine::new(TcpFraming::new(TcpConfig::new()));
    assert_eq!(
        machine.start(START, Unit(9), &READ),
        Progress::Ready(Ok(()))
    );
    assert!(machine.poll_transmit(START).is_some());
    machine.handle_sent(START, 5);
    // Given up in mid-frame: the rest is sent all the same, or the server never understands again.
    machine.abandon(START);
    assert!(matches!(
        machine.start(START, Unit(9), &READ),
        Progress::WouldBlock(_)
    ));
    assert_eq!(machine.poll_transmit(START).map(<[u8]>::len), Some(7));
    machine.handle_sent(START, 7);
    machine.handle_drained(START);
    assert_eq!(
        machine.start(START, Unit(9), &READ),
        Progress::Ready(Ok(()))
    );
    assert!(machine.poll_transmit(START).is_some());
    machine.handle_sent(START, 5);
    machine.handle_timeout(START + secs(2));
    assert_eq!(machine.poll_reply().unwrap().unwrap_err(), Error::TimedOut);
    assert!(machine.is_out_of_step());
}
