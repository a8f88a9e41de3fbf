//! Ports on `embedded-io` devices.

use alloc::collections::VecDeque;
use core::convert::Infallible;
use core::time::Duration;

use embedded_io::{ErrorType, Read, ReadReady, Write, WriteReady};
use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, secs};
use gofarm_hal::serial::{Polled, PolledError, Port};

/// A device with room for `room` bytes; at its end it is ready and has nothing.
#[derive(Default)]
struct Device {
    incoming: VecDeque<u8>,
    sent: Vec<u8>,
    room: usize,
    ended: bool,
}

impl ErrorType for Device {
    type Error = Infallible;
}

impl Read for Device {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Infallible> {
        assert!(self.ended || !self.incoming.is_empty(), "this would block");
        Ok(std::io::Read::read(&mut self.incoming, into).unwrap())
    }
}

impl ReadReady for Device {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.ended || !self.incoming.is_empty())
    }
}

impl Write for Device {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        assert!(self.room > 0, "this would block");
        let len = bytes.len().min(self.room);
        self.room -= len;
        self.sent.extend(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl WriteReady for Device {
    fn write_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.room > 0)
    }
}

#[test]
fn a_port_never_calls_what_would_block() {
    let device = Device {
        room: 3,
        ..Device::default()
    };
    let mut port = Polled::new(device, 1_200, 10);
    let now = Instant::ZERO;
    assert_eq!(port.read(now, &mut [0; 4]), Ok(0));
    assert_eq!(port.write(now, b"0M!0"), Ok(3));
    assert_eq!(port.write(now, b"0"), Ok(0));
    assert_eq!(port.into_inner().sent, b"0M!");
}

#[test]
fn the_end_of_a_stream_is_an_error_and_not_silence() {
    let device = Device {
        incoming: VecDeque::from(*b"0"),
        ended: true,
        ..Device::default()
    };
    let mut port = Polled::new(device, 1_200, 10);
    assert_eq!(port.read(Instant::ZERO, &mut [0; 4]), Ok(1));
    let error = port.read(Instant::ZERO, &mut [0; 4]).unwrap_err();
    assert_eq!(
        (error, error.kind()),
        (PolledError::Closed, Kind::Permanent)
    );
}

#[test]
fn a_line_is_drained_one_character_after_its_last_byte() {
    let device = Device {
        room: usize::MAX,
        ..Device::default()
    };
    let mut port = Polled::new(device, 9_600, 10);
    let character = port.character_time();
    assert_eq!(character, Duration::from_micros(1_042));
    let start = Instant::from_secs(5);
    assert_eq!(port.poll_drained(start), Progress::Ready(Ok(())));
    port.write(start, &[0; 8]).unwrap();
    port.write(start + character, &[0; 2]).unwrap();
    let end = start + character * 11;
    assert_eq!(
        port.poll_drained(start + character * 10),
        Progress::WouldBlock(end)
    );
    assert_eq!(port.poll_drained(end), Progress::Ready(Ok(())));
    port.write(end + secs(1), &[0]).unwrap();
    assert_eq!(
        port.poll_drained(end + secs(1)),
        Progress::WouldBlock(end + secs(1) + character * 2)
    );
}
