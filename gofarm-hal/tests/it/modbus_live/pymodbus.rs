//! Our client against a server of pymodbus, over TCP and as RTU through a tunnel.

use core::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{Read, Write};
use gofarm_core::time::{Clock, millis, secs};
use gofarm_hal::modbus::tokio::{connect, rtu_client};
use gofarm_hal::modbus::{
    AsyncClient, Coils, Error, ExceptionCode, Framing, Registers, Request, Response, RtuConfig,
    TcpConfig, Unit,
};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use super::{data, missing};

/// A Python that has pymodbus: that of `ci.sh`, or the one in the path.
async fn python() -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/bin/python");
    for python in [tools, "python3".into()] {
        let tried = Command::new(&python)
            .args(["-c", "from pymodbus.simulator import SimDevice"])
            .stderr(Stdio::null())
            .status()
            .await;
        if tried.is_ok_and(|status| status.success()) {
            return Some(python);
        }
    }
    missing("pymodbus");
    None
}

struct Server {
    port: u16,
    _child: Child,
    _stdin: ChildStdin,
}

impl Server {
    async fn start(framer: &str) -> Option<Self> {
        let python = python().await?;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut child = Command::new(python)
            .arg(data("server.py"))
            .args([&port.to_string(), framer])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let reading = stdout.read_line(&mut line);
        timeout(secs(60), reading).await.unwrap().unwrap();
        assert_eq!(line.trim(), "listening");
        let stdin = child.stdin.take().unwrap();
        Some(Self {
            port,
            _child: child,
            _stdin: stdin,
        })
    }
}

/// Asks everything, and holds every answer against what the server has.
async fn ask<F: Framing, S: Read + Write, D: DelayNs, C: Clock>(
    client: &mut AsyncClient<F, S, D, C>,
) {
    let unit = Unit(7);
    let registers: Vec<u16> = (0..123).map(|at: u16| at.wrapping_mul(521)).collect();
    let coils: Vec<bool> = (0..1_968).map(|at| at % 3 == 0).collect();

    let write = Request::WriteMultipleRegisters {
        address: 0,
        values: Registers::new(&registers),
    };
    client.request(unit, &write).await.unwrap();
    let read = Request::ReadHoldingRegisters {
        address: 0,
        quantity: 125,
    };
    let response = client.request(unit, &read).await.unwrap();
    assert!(
        response
            .registers()
            .iter()
            .take(123)
            .eq(registers.iter().copied())
    );

    let write = Request::WriteMultipleCoils {
        address: 5,
        values: Coils::new(&coils),
    };
    client.request(unit, &write).await.unwrap();
    let write = Request::WriteSingleCoil {
        address: 6,
        value: true,
    };
    client.request(unit, &write).await.unwrap();
    let read = Request::ReadCoils {
        address: 0,
        quantity: 2_000,
    };
    let response = client.request(unit, &read).await.unwrap();
    let on = |at: usize| at == 6 || ((5..1_973).contains(&at) && coils[at - 5]);
    assert!(response.coils().iter().eq((0..2_000).map(on)));

    let read = Request::ReadDiscreteInputs {
        address: 3,
        quantity: 21,
    };
    let response = client.request(unit, &read).await.unwrap();
    assert!(response.coils().iter().eq((3..24).map(|at| at % 5 == 0)));

    let read = Request::ReadInputRegisters {
        address: 10,
        quantity: 7,
    };
    let response = client.request(unit, &read).await.unwrap();
    assert!(response.registers().iter().eq((10..17).map(|at| at * 3)));

    let write = Request::WriteSingleRegister {
        address: 4,
        value: 0x12,
    };
    client.request(unit, &write).await.unwrap();
    let mask = Request::MaskWriteRegister {
        address: 4,
        and_mask: 0xF2,
        or_mask: 0x25,
    };
    client.request(unit, &mask).await.unwrap();
    let both = Request::ReadWriteMultipleRegisters {
        read_address: 3,
        read_quantity: 6,
        write_address: 5,
        values: Registers::new(&[1, 2, 3]),
    };
    let response = client.request(unit, &both).await.unwrap();
    assert_eq!(
        response.registers(),
        Registers::new(&[3 * 521, 0x17, 1, 2, 3, registers[8]])
    );

    // The other unit has its own.
    let read = Request::ReadHoldingRegisters {
        address: 4,
        quantity: 1,
    };
    let response = client.request(Unit(8), &read).await.unwrap();
    assert_eq!(response.registers().get(0), Some(0));

    for code in [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 99] {
        let read = Request::ReadHoldingRegisters {
            address: 50_000 + code,
            quantity: 1,
        };
        let code = ExceptionCode::new(code.try_into().unwrap());
        assert_refused(client.request(unit, &read).await, code);
    }
    let beyond = Request::ReadInputRegisters {
        address: 199,
        quantity: 2,
    };
    assert_refused(
        client.request(unit, &beyond).await,
        ExceptionCode::IllegalDataAddress,
    );
}

#[track_caller]
fn assert_refused<E: fmt::Debug + PartialEq>(
    result: Result<Response<'_>, Error<E>>,
    code: ExceptionCode,
) {
    assert_eq!(result, Err(Error::Exception(code)));
}

#[tokio::test]
async fn a_pymodbus_server_answers_everything_over_tcp() {
    let Some(server) = Server::start("socket").await else {
        return;
    };
    let config = TcpConfig::new().response_timeout(secs(10));
    let mut client = connect(("127.0.0.1", server.port), config).await.unwrap();
    ask(&mut client).await;
}

#[tokio::test]
async fn a_pymodbus_server_answers_everything_in_rtu() {
    let Some(server) = Server::start("rtu").await else {
        return;
    };
    let stream = TcpStream::connect(("127.0.0.1", server.port))
        .await
        .unwrap();
    stream.set_nodelay(true).unwrap();
    let config = RtuConfig::new(115_200).response_timeout(secs(10));
    let mut client = rtu_client(stream, config);
    ask(&mut client).await;

    // A unit that is not there, while another is.
    drop(client);
    let stream = TcpStream::connect(("127.0.0.1", server.port))
        .await
        .unwrap();
    let config = RtuConfig::new(115_200).response_timeout(millis(200));
    let mut client = rtu_client(stream, config);
    let read = Request::ReadInputRegisters {
        address: 1,
        quantity: 1,
    };
    let nobody = client.request(Unit(9), &read).await;
    assert!(
        matches!(nobody, Err(Error::TimedOut | Error::Exception(_))),
        "{nobody:?}"
    );
    let config = RtuConfig::new(115_200).response_timeout(secs(10));
    let stream = TcpStream::connect(("127.0.0.1", server.port))
        .await
        .unwrap();
    let mut client = rtu_client(stream, config);
    assert!(client.request(Unit(7), &read).await.is_ok());
}
