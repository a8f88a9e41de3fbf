//! What a client takes for an answer and what not; who may use the line, and when.

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::modbus::{
    Client, ClientMachine, Error, ExceptionCode, Registers, ReplyMismatch, Request, RequestError,
    Response, Rtu, RtuConfig, RtuFraming, Unit,
};

use super::framed;
use super::laws::waiting;
use super::line::{Faults, line};

pub(super) const READ: Request<'static> = Request::ReadHoldingRegisters {
    address: 0,
    quantity: 2,
};
pub(super) const START: Instant = Instant::from_secs(1);

pub(super) fn config() -> RtuConfig {
    RtuConfig::new(9_600)
        .response_timeout(millis(300))
        .quarantine(millis(500))
}

fn rtu() -> ClientMachine<RtuFraming> {
    waiting(RtuFraming::new(config()), 5, &READ).0
}

/// An answer to [`READ`].
pub(super) fn answer(unit: u8, first: u16) -> Vec<u8> {
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
        ("behind a broken one", vec![&wrong, &right], true),
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
