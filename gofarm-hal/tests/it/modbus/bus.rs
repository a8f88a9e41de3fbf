//! Several clients on one bus.

use core::cell::RefCell;

use gofarm_core::device::Progress;
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::modbus::{Client, Error, Registers, Request, Rtu, Unit};

use super::client::{READ, START, answer, config};
use super::framed;
use super::line::{End, Faults, line};

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
