//! A half-duplex bus, with a record of when bits left and when the driver was on.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use core::cell::RefCell;
use core::convert::Infallible;
use core::fmt;
use core::time::Duration;

use embedded_hal::digital;
use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis};
use gofarm_hal::serial::{Echo, Port, Rs485, Rs485Config, Rs485Error};
use proptest::prelude::*;

const CHARACTER: Duration = Duration::from_micros(1_042);

/// What happened on the bus.
#[derive(Debug, Default)]
struct Wire {
    now: Instant,
    /// When the driver was on, the last time perhaps still.
    driven: Vec<(Instant, Option<Instant>)>,
    /// When each of our characters was on the wire.
    sent: Vec<(u8, Instant, Instant)>,
    incoming: VecDeque<(Instant, u8)>,
    echoes: bool,
    pin_fails: bool,
    /// Room in the transmitter.
    room: usize,
}

impl Wire {
    fn free_at(&self) -> Instant {
        self.sent.last().map_or(Instant::ZERO, |sent| sent.2)
    }

    fn hear(&mut self, bytes: &[u8]) {
        let now = self.now;
        self.incoming.extend(bytes.iter().map(|&byte| (now, byte)));
    }
}

#[derive(Clone, Debug, Default)]
struct Shared(Rc<RefCell<Wire>>);

impl Port for Shared {
    type Error = Infallible;

    fn read(&mut self, now: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
        let mut wire = self.0.borrow_mut();
        let mut len = 0;
        while len < into.len() && wire.incoming.front().is_some_and(|(at, _)| *at <= now) {
            into[len] = wire.incoming.pop_front().unwrap().1;
            len += 1;
        }
        Ok(len)
    }

    fn write(&mut self, now: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
        let mut wire = self.0.borrow_mut();
        let waiting = wire.sent.iter().filter(|sent| sent.1 > now).count();
        let len = bytes.len().min(wire.room.saturating_sub(waiting));
        for &byte in &bytes[..len] {
            let begins = wire.free_at().max(now);
            let ends = begins + CHARACTER;
            wire.sent.push((byte, begins, ends));
            if wire.echoes {
                wire.incoming.push_back((ends, byte));
            }
        }
        Ok(len)
    }

    fn poll_drained(&mut self, now: Instant) -> Progress<Result<(), Infallible>> {
        let free = self.0.borrow().free_at();
        if now < free {
            Progress::WouldBlock(free)
        } else {
            Progress::Ready(Ok(()))
        }
    }
}

#[derive(Debug)]
struct PinFailed;

impl digital::Error for PinFailed {
    fn kind(&self) -> digital::ErrorKind {
        digital::ErrorKind::Other
    }
}

impl fmt::Display for PinFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pin failed")
    }
}

impl digital::ErrorType for Shared {
    type Error = PinFailed;
}

impl digital::OutputPin for Shared {
    fn set_low(&mut self) -> Result<(), PinFailed> {
        let mut wire = self.0.borrow_mut();
        if wire.pin_fails {
            return Err(PinFailed);
        }
        let now = wire.now;
        if let Some((_, off @ None)) = wire.driven.last_mut() {
            *off = Some(now);
        }
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), PinFailed> {
        let mut wire = self.0.borrow_mut();
        if wire.pin_fails {
            return Err(PinFailed);
        }
        let now = wire.now;
        wire.driven.push((now, None));
        Ok(())
    }
}

type Bus = Rs485<Shared, Shared>;

fn bus(config: Rs485Config) -> (Bus, Shared) {
    let wire = Shared::default();
    wire.0.borrow_mut().room = 16;
    let bus = Rs485::new(wire.clone(), wire.clone(), config).unwrap();
    (bus, wire)
}

/// Writes a frame as a driver does, polling each `step`; when the bus was free again.
fn send(bus: &mut Bus, wire: &Shared, mut now: Instant, step: Duration, frame: &[u8]) -> Instant {
    let mut rest = frame;
    loop {
        wire.0.borrow_mut().now = now;
        let len = bus.write(now, rest).unwrap();
        rest = &rest[len..];
        let drained = bus.poll_drained(now);
        if rest.is_empty() && drained == Progress::Ready(Ok(())) {
            return now;
        }
        now += step;
    }
}

proptest! {
    #[test]
    fn the_driver_is_on_around_every_bit_and_off_after(
        frame in prop::collection::vec(any::<u8>(), 1..60),
        step in 1_u64..30_000,
        setup in 0_u64..3_000,
        hold in 0_u64..3_000,
        echoes in any::<bool>(),
    ) {
        let [setup, hold] = [setup, hold].map(Duration::from_micros);
        let echo = if echoes { Echo::Heard } else { Echo::None };
        let (mut bus, wire) = bus(Rs485Config::new().setup(setup).hold(hold).echo(echo));
        wire.0.borrow_mut().echoes = echoes;
        let step = Duration::from_micros(step);
        let end = send(&mut bus, &wire, Instant::from_secs(1), step, &frame);
        let wire = wire.0.borrow();
        let bytes: Vec<u8> = wire.sent.iter().map(|sent| sent.0).collect();
        prop_assert_eq!(bytes, frame);
        let &(_, _, last) = wire.sent.last().unwrap();
        for &(_, begins, ends) in &wire.sent {
            let is_within = |&(on, off): &(Instant, Option<Instant>)| {
                on + setup <= begins && off.is_none_or(|off| ends + hold <= off)
            };
            prop_assert!(wire.driven.iter().any(is_within), "{begins:?} {ends:?} {:?}", wire.driven);
        }
        prop_assert!(wire.driven.iter().all(|(_, off)| off.is_some()));
        prop_assert!(end.saturating_since(last) <= hold + step * 2);
        prop_assert!(!bus.is_driving());
        drop(wire);
        // Nothing of our own is read.
        prop_assert_eq!(bus.read(end, &mut [0; 64]).unwrap(), 0);
    }

    #[test]
    fn with_an_echo_only_the_answer_is_read(
        request in prop::collection::vec(any::<u8>(), 1..16),
        answer in prop::collection::vec(any::<u8>(), 1..60),
    ) {
        let (mut bus, wire) = bus(Rs485Config::new().echo(Echo::Heard));
        wire.0.borrow_mut().echoes = true;
        let end = send(&mut bus, &wire, Instant::ZERO, millis(1), &request);
        wire.0.borrow_mut().now = end;
        wire.0.borrow_mut().hear(&answer);
        let mut into = [0; 64];
        let len = bus.read(end, &mut into).unwrap();
        prop_assert_eq!(&into[..len], &answer[..]);
    }
}

#[test]
fn another_byte_in_the_echo_is_a_collision_and_the_next_frame_goes() {
    let (mut bus, wire) = bus(Rs485Config::new().echo(Echo::Heard));
    let now = Instant::from_secs(1);
    wire.0.borrow_mut().now = now;
    assert_eq!(bus.write(now, &[1, 3, 7]), Ok(3));
    wire.0.borrow_mut().hear(&[1, 2, 7]);
    let error = bus.read(now, &mut [0; 8]).unwrap_err();
    assert_eq!(
        (error, error.kind()),
        (Rs485Error::Collision, Kind::Transient)
    );
    wire.0.borrow_mut().echoes = true;
    send(&mut bus, &wire, now, millis(1), &[4, 5]);
    assert_eq!(bus.read(now + millis(100), &mut [0; 8]), Ok(0));
}

#[test]
fn an_echo_that_does_not_come_is_said_before_the_next_frame() {
    let (mut bus, wire) = bus(Rs485Config::new().echo(Echo::Heard));
    let free = send(&mut bus, &wire, Instant::ZERO, millis(1), &[1, 2, 3]);
    let missing = Rs485Error::EchoMissing { missing: 3 };
    assert_eq!(bus.write(free, &[9]), Err(missing));
    assert_eq!(bus.write(free, &[9]), Ok(1));
}

#[test]
fn what_was_heard_before_a_frame_is_not_taken_for_its_echo() {
    let (mut bus, wire) = bus(Rs485Config::new().echo(Echo::Heard));
    wire.0.borrow_mut().hear(&[0; 100]);
    wire.0.borrow_mut().echoes = true;
    let free = send(&mut bus, &wire, Instant::ZERO, millis(1), &[1, 2, 3]);
    assert_eq!(bus.read(free, &mut [0; 8]), Ok(0));
}

#[test]
fn the_other_side_gets_its_time_to_turn_round() {
    let (mut bus, wire) = bus(Rs485Config::new().turnaround(millis(5)));
    let now = Instant::from_secs(1);
    wire.0.borrow_mut().now = now;
    wire.0.borrow_mut().hear(&[6]);
    assert_eq!(bus.read(now, &mut [0; 8]), Ok(1));
    assert_eq!(bus.write(now + millis(4), &[1]), Ok(0));
    assert!(!bus.is_driving());
    let when = now + millis(5);
    assert_eq!(
        bus.poll_drained(now + millis(4)),
        Progress::WouldBlock(when)
    );
    assert_eq!(bus.write(when, &[1]), Ok(1));
}

#[test]
fn a_write_that_is_given_up_lets_the_bus_go() {
    let (mut bus, wire) = bus(Rs485Config::new().setup(millis(2)));
    assert_eq!(bus.write(Instant::ZERO, &[1]), Ok(0));
    let ready = Instant::from_millis(2);
    assert_eq!(bus.poll_drained(Instant::ZERO), Progress::WouldBlock(ready));
    assert!(bus.is_driving());
    let Progress::WouldBlock(until) = bus.poll_drained(ready) else {
        panic!("it waits for the write");
    };
    wire.0.borrow_mut().now = until;
    assert_eq!(bus.poll_drained(until), Progress::Ready(Ok(())));
    assert!(!bus.is_driving());
}

#[test]
fn a_pin_that_fails_is_an_error_and_tried_again() {
    let (mut bus, wire) = bus(Rs485Config::new());
    let pin = Rs485Error::Pin {
        kind: digital::ErrorKind::Other,
    };
    wire.0.borrow_mut().pin_fails = true;
    assert_eq!(bus.write(Instant::ZERO, &[1]), Err(pin));
    assert_eq!(
        wire.0.borrow().sent.len(),
        0,
        "no bit goes without the driver"
    );
    wire.0.borrow_mut().pin_fails = false;
    assert_eq!(bus.write(Instant::ZERO, &[1]), Ok(1));
    wire.0.borrow_mut().pin_fails = true;
    let end = Instant::ZERO + CHARACTER;
    assert_eq!(bus.poll_drained(end), Progress::Ready(Err(pin)));
    assert!(bus.is_driving());
    wire.0.borrow_mut().pin_fails = false;
    assert_eq!(bus.poll_drained(end), Progress::Ready(Ok(())));
    assert!(!bus.is_driving());
}
