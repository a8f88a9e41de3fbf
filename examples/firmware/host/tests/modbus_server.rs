//! The Modbus server in the emulator, asked by our client and by libmodbus.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use gofarm_core::time::secs;
use gofarm_firmware_host::node::Node;
use gofarm_hal::modbus::tokio::{Client, rtu_client};
use gofarm_hal::modbus::{
    Coils, Error, ExceptionCode, Registers, Request, RtuConfig, RtuFraming, Unit,
};
use tokio::io::copy;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

const UNIT: Unit = Unit(17);

type Bus = Client<RtuFraming, TcpStream>;

async fn start() -> (Node, TcpStream) {
    let mut node = Node::start("modbus_server").await.unwrap();
    let line = node.line(1).await.unwrap();
    node.says("serving").await.unwrap();
    (node, line)
}

async fn read(bus: &mut Bus, request: Request<'_>) -> Vec<u16> {
    let response = bus.request(UNIT, &request).await.unwrap();
    let coils = response.coils().iter().map(u16::from);
    response.registers().iter().chain(coils).collect()
}

async fn write(bus: &mut Bus, request: Request<'_>) {
    bus.request(UNIT, &request).await.unwrap();
}

async fn refused(bus: &mut Bus, request: Request<'_>) -> Error<gofarm_hal::serial::PolledError> {
    bus.request(UNIT, &request).await.unwrap_err()
}

#[tokio::test]
async fn our_client_asks_every_function() {
    let (_node, line) = start().await;
    // The emulator has to share its machine with others.
    let config = RtuConfig::new(19_200).response_timeout(secs(20));
    let bus = &mut rtu_client(line, config);

    write(
        bus,
        Request::WriteSingleCoil {
            address: 3,
            value: true,
        },
    )
    .await;
    let bits = [true, false, true];
    let values = Coils::new(&bits);
    write(
        bus,
        Request::WriteMultipleCoils {
            address: 10,
            values,
        },
    )
    .await;
    let coils = read(
        bus,
        Request::ReadCoils {
            address: 3,
            quantity: 18,
        },
    )
    .await;
    let mut expected = [0; 18];
    for coil in [3, 10, 12] {
        expected[coil - 3] = 1;
    }
    assert_eq!(coils, expected);
    let inputs = read(
        bus,
        Request::ReadDiscreteInputs {
            address: 4,
            quantity: 7,
        },
    )
    .await;
    assert_eq!(inputs, [0, 1, 0, 0, 0, 0, 1]);
    let inputs = read(
        bus,
        Request::ReadInputRegisters {
            address: 7,
            quantity: 3,
        },
    )
    .await;
    assert_eq!(inputs, [21, 24, 27]);

    write(
        bus,
        Request::WriteSingleRegister {
            address: 4,
            value: 0x12,
        },
    )
    .await;
    let mask = Request::MaskWriteRegister {
        address: 4,
        and_mask: 0xF2,
        or_mask: 0x25,
    };
    write(bus, mask).await;
    let values = Registers::new(&[7, 8]);
    write(bus, Request::WriteMultipleRegisters { address: 5, values }).await;
    let both = Request::ReadWriteMultipleRegisters {
        read_address: 4,
        read_quantity: 4,
        write_address: 6,
        values: Registers::new(&[9, 10]),
    };
    assert_eq!(read(bus, both).await, [0x17, 7, 9, 10]);

    let beyond = Request::ReadHoldingRegisters {
        address: 199,
        quantity: 2,
    };
    let illegal = Error::Exception(ExceptionCode::IllegalDataAddress);
    assert_eq!(refused(bus, beyond).await, illegal);
    let beyond = Request::WriteSingleCoil {
        address: 2_000,
        value: true,
    };
    assert_eq!(refused(bus, beyond).await, illegal);
    let holding = read(
        bus,
        Request::ReadHoldingRegisters {
            address: 4,
            quantity: 4,
        },
    )
    .await;
    assert_eq!(holding, [0x17, 7, 9, 10]);
}

#[tokio::test]
async fn the_other_task_goes_on_meanwhile() {
    let (_node, line) = start().await;
    let bus = &mut rtu_client(line, RtuConfig::new(19_200).response_timeout(secs(20)));
    let counting = async {
        while read(
            bus,
            Request::ReadInputRegisters {
                address: 99,
                quantity: 1,
            },
        )
        .await
            != [297 + 2]
        {}
    };
    timeout(secs(60), counting).await.unwrap();
}

#[tokio::test]
async fn a_libmodbus_client_is_content() {
    if !Path::new("/usr/include/modbus/modbus.h").exists() {
        let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!is_ci, "libmodbus is not installed");
        eprintln!("skipped: libmodbus is not installed");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let client = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libmodbus_client");
    let compiled = Command::new("cc")
        .arg("-o")
        .arg(&client)
        .arg(root.join("gofarm-hal/tests/data/modbus/client.c"))
        .args(["-lmodbus", "-lpthread", "-lutil"])
        .status()
        .await
        .unwrap();
    assert!(compiled.success());
    let (_node, line) = start().await;
    // It opens a pseudo terminal for libmodbus and brings the other end here.
    let mut child = Command::new(client)
        .arg("rtu")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut requests = child.stdout.take().unwrap();
    let mut answers = child.stdin.take().unwrap();
    let (mut from_node, mut to_node) = line.into_split();
    let relay = async {
        tokio::select! {
            _ = copy(&mut requests, &mut to_node) => {}
            _ = copy(&mut from_node, &mut answers) => {}
        }
    };
    timeout(Duration::from_secs(60), relay).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
