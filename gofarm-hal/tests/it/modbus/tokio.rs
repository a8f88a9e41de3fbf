//! The drivers that wait, under tokio with its time paused.

use alloc::sync::Arc;
use core::time::Duration;
use std::sync::Mutex;

use ::tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use ::tokio::net::{TcpListener, TcpStream};
use ::tokio::time::{Instant, sleep, timeout};
use gofarm_core::time::{millis, secs};
use gofarm_hal::modbus::tokio::{connect, listen, rtu_client, rtu_server, serve, tcp_client};
use gofarm_hal::modbus::{
    BlockStore, Error, Registers, Request, RtuConfig, RtuServerConfig, TcpConfig, TcpServerConfig,
    Unit,
};
use gofarm_hal::serial::PolledError;

use super::framed;

const READ: Request<'static> = Request::ReadHoldingRegisters {
    address: 0,
    quantity: 1,
};

type Blocks = BlockStore<8, 0, 8, 0>;

fn config() -> RtuConfig {
    RtuConfig::new(9_600)
        .response_timeout(millis(300))
        .quarantine(millis(400))
}

#[::tokio::test(start_paused = true)]
async fn a_client_and_a_server_over_a_stream_of_tokio() {
    let (near, far) = duplex(64);
    let mut client = rtu_client(near, config());
    let mut server = rtu_server(far, RtuServerConfig::new(Unit(4), 9_600));
    let task = ::tokio::spawn(async move {
        let mut store = Blocks::new();
        for _ in 0..2 {
            server.serve(&mut store).await.unwrap();
        }
        store
    });
    let values: Vec<u16> = (0..8).collect();
    let write = Request::WriteMultipleRegisters {
        address: 0,
        values: Registers::new(&values),
    };
    client.request(Unit(4), &write).await.unwrap();
    let read = Request::ReadHoldingRegisters {
        address: 2,
        quantity: 3,
    };
    let response = client.request(Unit(4), &read).await.unwrap();
    assert!(response.registers().iter().eq([2, 3, 4]));
    assert_eq!(task.await.unwrap().holding_registers.values()[7], 7);
}

#[::tokio::test(start_paused = true)]
async fn a_dropped_request_never_leaves_its_answer_to_the_next() {
    let (near, mut far) = duplex(64);
    let mut client = rtu_client(near, config());
    // Dropped while it waits for its answer.
    let dropped = timeout(millis(100), client.request(Unit(4), &READ)).await;
    assert!(dropped.is_err());
    let mut request = [0; 8];
    far.read_exact(&mut request).await.unwrap();
    assert_eq!(request[..], framed(4, &[3, 0, 0, 0, 1]));
    far.write_all(&framed(4, &[3, 2, 0, 1])).await.unwrap(); // its answer, late

    let other = Request::ReadHoldingRegisters {
        address: 5,
        quantity: 1,
    };
    let began = Instant::now();
    let next = ::tokio::spawn(async move {
        let response = client.request(Unit(4), &other).await;
        response.map(|response| response.registers().get(0))
    });
    far.read_exact(&mut request).await.unwrap();
    assert_eq!(request[..], framed(4, &[3, 0, 5, 0, 1]));
    assert!(began.elapsed() >= millis(400), "the unit was left alone");
    far.write_all(&framed(4, &[3, 2, 0, 2])).await.unwrap();
    assert_eq!(next.await.unwrap(), Ok(Some(2)));
}

#[::tokio::test(start_paused = true)]
async fn a_request_dropped_in_mid_frame_is_finished_on_a_stream() {
    let (near, mut far) = duplex(5); // room for five bytes of a frame
    let mut client = tcp_client(near, TcpConfig::new());
    assert!(
        timeout(millis(10), client.request(Unit(4), &READ))
            .await
            .is_err()
    );
    let next = ::tokio::spawn(async move {
        let response = client.request(Unit(4), &READ).await;
        response.map(|response| response.registers().get(0))
    });
    let mut frame = [0; 12];
    far.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame, [0, 1, 0, 0, 0, 6, 4, 3, 0, 0, 0, 1]);
    far.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame, [0, 2, 0, 0, 0, 6, 4, 3, 0, 0, 0, 1]);
    far.write_all(&[0, 1, 0, 0, 0, 5, 4, 3, 2, 0, 1])
        .await
        .unwrap();
    far.write_all(&[0, 2, 0, 0, 0, 5, 4, 3, 2, 0, 2])
        .await
        .unwrap();
    assert_eq!(next.await.unwrap(), Ok(Some(2)));
}

#[::tokio::test(start_paused = true)]
async fn a_silent_unit_is_an_error_by_the_time_out_and_a_closed_stream_at_once() {
    let (near, far) = duplex(64);
    let mut client = rtu_client(near, config());
    let began = Instant::now();
    assert_eq!(client.request(Unit(4), &READ).await, Err(Error::TimedOut));
    // Silence before, the time-out, and the answer's own time on the line.
    assert!(
        began.elapsed() >= millis(300) && began.elapsed() < millis(340),
        "{:?}",
        began.elapsed()
    );
    drop(far);
    let closed = client.request(Unit(5), &READ).await;
    assert!(matches!(closed, Err(Error::Line(_))), "{closed:?}");
}

#[::tokio::test]
async fn a_listener_serves_many_and_closes_the_idlest_for_another() {
    let store = Arc::new(Mutex::new(Blocks::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = ::tokio::spawn(listen(
        listener,
        Arc::clone(&store),
        TcpServerConfig::new(),
        2,
    ));
    let mut first = connect(address, TcpConfig::new()).await.unwrap();
    let mut second = connect(address, TcpConfig::new()).await.unwrap();
    let write = Request::WriteSingleRegister {
        address: 3,
        value: 9,
    };
    second.request(Unit(255), &write).await.unwrap();
    sleep(Duration::from_millis(5)).await;
    first.request(Unit(255), &READ).await.unwrap();
    let mut third = connect(address, TcpConfig::new()).await.unwrap();
    third.request(Unit(255), &write).await.unwrap();
    first.request(Unit(255), &READ).await.unwrap();
    let closed = second.request(Unit(255), &READ).await;
    assert!(matches!(closed, Err(Error::Line(_))), "{closed:?}");
    assert_eq!(store.lock().unwrap().holding_registers.values()[3], 9);

    // The same client on a new connection.
    second.reconnect(gofarm_hal::modbus::tokio::TokioStream::new(
        TcpStream::connect(address).await.unwrap(),
    ));
    second.request(Unit(255), &READ).await.unwrap();
    server.abort();
}

#[::tokio::test]
async fn what_is_not_modbus_ends_a_connection() {
    let (mut near, far) = duplex(64);
    let mut store = Blocks::new();
    let serving =
        ::tokio::spawn(async move { serve(far, &mut store, TcpServerConfig::new()).await });
    near.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let error = timeout(secs(5), serving)
        .await
        .unwrap()
        .unwrap()
        .unwrap_err();
    assert_eq!(error, gofarm_hal::modbus::ServerError::OutOfStep);
    assert_ne!(
        error,
        gofarm_hal::modbus::ServerError::Line(PolledError::Closed)
    );
}

/// Futures of the drivers can be moved to other threads, where their parts can.
#[test]
fn the_drivers_are_send() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let runtime = ::tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _guard = runtime.enter();
    let (near, _far) = duplex(64);
    let mut client = rtu_client(near, config());
    drop(is_send(client.request(Unit(1), &READ)));
}
