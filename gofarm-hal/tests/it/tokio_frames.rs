//! Messages on streams of tokio, dropped in mid-send and mid-receive.

use alloc::collections::VecDeque;
use core::convert::Infallible;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Waker};

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;
use gofarm_hal::serial::tokio::{Frames, FramesError};
use gofarm_hal::serial::{Frames as Polled, Port, SendError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

type Line = Frames<DuplexStream, 64>;

fn pair(room: usize) -> (Line, Line) {
    let (a, b) = duplex(room);
    (Frames::new(a), Frames::new(b))
}

/// Polls once and drops the future; whether it was done.
fn poll_and_drop(future: impl Future) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    pin!(future).poll(&mut context).is_ready()
}

#[tokio::test]
async fn a_send_that_is_dropped_never_leaves_half_a_message_on_the_line() {
    for room in 1..40 {
        let (mut node, mut gateway) = pair(room);
        let first = [7; 30];
        let mut done = poll_and_drop(node.send(&first));
        done |= poll_and_drop(node.send(b"never begun while the first one waits")) && done;
        let sender = async {
            node.send(b"last").await.unwrap();
            node.flush().await.unwrap();
        };
        let receiver = async {
            let mut messages = Vec::new();
            while messages
                .last()
                .is_none_or(|message: &Vec<u8>| message != b"last")
            {
                messages.push(gateway.receive().await.unwrap().to_vec());
            }
            messages
        };
        let ((), messages) = tokio::join!(sender, receiver);
        assert_eq!(messages[0], first, "room for {room}");
        assert_eq!(messages.len(), if done { 3 } else { 2 }, "room for {room}");
        assert_eq!(gateway.lost(), 0);
    }
}

#[tokio::test]
async fn a_receive_that_is_dropped_loses_nothing() {
    let (mut node, mut gateway) = pair(1_000);
    let mut encoded = Vec::new();
    for message in [&b"one"[..], b"two", b"three"] {
        node.send(message).await.unwrap();
    }
    let mut raw = [0; 64];
    let len = gateway.stream().read(&mut raw).await.unwrap();
    encoded.extend(&raw[..len]);
    let mut messages = Vec::new();
    for byte in encoded {
        node.stream().write_all(&[byte]).await.unwrap();
        let mut context = Context::from_waker(Waker::noop());
        if let core::task::Poll::Ready(message) = pin!(gateway.receive()).poll(&mut context) {
            messages.push(message.unwrap().to_vec());
        }
    }
    assert_eq!(messages, [&b"one"[..], b"two", b"three"]);
}

#[tokio::test]
async fn the_end_of_the_stream_and_a_message_too_long_are_errors() {
    let (mut node, gateway) = pair(16);
    let error = node.send(&[1; 64]).await.unwrap_err();
    let limit = SendError::TooLong { len: 64, limit: 64 };
    assert!(matches!(error, FramesError::Send(why) if why == limit));
    assert!(!error.was_sent());
    drop(gateway);
    let error = node.receive().await.unwrap_err();
    assert!(matches!(error, FramesError::Closed));
    assert_eq!(error.kind(), Kind::Permanent);
    assert!(node.send(b"x").await.is_err());
}

/// A node's line: what it writes is kept, and what it reads is given.
#[derive(Default)]
struct Line8 {
    written: Vec<u8>,
    incoming: VecDeque<u8>,
}

impl Port for Line8 {
    type Error = Infallible;

    fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
        Ok(std::io::Read::read(&mut self.incoming, into).unwrap())
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
        self.written.extend(bytes);
        Ok(bytes.len())
    }

    fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> {
        Progress::Ready(Ok(()))
    }
}

#[tokio::test]
async fn firmware_and_gateway_read_each_other() {
    let mut node: Polled<Line8, 64> = Polled::new(Line8::default());
    let (mut wire, gateway) = duplex(256);
    let mut gateway: Line = Frames::new(gateway);
    for message in [&b""[..], b"\0\0", &[0xA5; 61]] {
        node.send(message).unwrap();
        assert_eq!(node.poll_send(Instant::ZERO), Ok(true));
        wire.write_all(&core::mem::take(&mut node.port().written))
            .await
            .unwrap();
        assert_eq!(gateway.receive().await.unwrap(), message);

        gateway.send(message).await.unwrap();
        let mut raw = [0; 128];
        let len = wire.read(&mut raw).await.unwrap();
        node.port().incoming.extend(&raw[..len]);
        assert_eq!(node.poll_receive(Instant::ZERO), Ok(Some(message)));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_serial_port_of_tokio_needs_no_wrapper() {
    let (mut node, mut gateway) = serial2_tokio::SerialPort::pair().unwrap();
    for port in [&mut node, &mut gateway] {
        let mut settings = port.get_configuration().unwrap();
        settings.set_raw();
        port.set_configuration(&settings).unwrap();
    }
    let mut node: Frames<_, 64> = Frames::new(node);
    let mut gateway: Frames<_, 64> = Frames::new(gateway);
    node.send(b"moisture 0.31").await.unwrap();
    assert_eq!(gateway.receive().await.unwrap(), b"moisture 0.31");
    gateway.send(b"open 20 min").await.unwrap();
    assert_eq!(node.receive().await.unwrap(), b"open 20 min");
}
