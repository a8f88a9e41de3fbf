//! A client on a stream: transactions, and streams that are no longer of use.

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::modbus::{Client, ClientMachine, Error, Request, Tcp, TcpConfig, TcpFraming, Unit};

use super::laws::waiting;
use super::line::{Faults, line};

const READ: Request<'static> = Request::ReadHoldingRegisters {
    address: 0,
    quantity: 2,
};
const START: Instant = Instant::from_secs(1);

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
