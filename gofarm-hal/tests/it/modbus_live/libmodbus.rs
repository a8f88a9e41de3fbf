//! Our server driven by a client of libmodbus, over TCP and over a pseudo-terminal.

use alloc::sync::Arc;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Mutex;

use gofarm_core::time::secs;
use gofarm_hal::modbus::tokio::{listen, rtu_server};
use gofarm_hal::modbus::{BlockStore, RtuServerConfig, TcpServerConfig, Unit};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

use super::{data, missing};

type Blocks = BlockStore<2_000, 100, 200, 100>;

fn blocks() -> Blocks {
    let mut store = Blocks::new();
    for (at, input) in (0..).zip(store.discrete_inputs.values_mut()) {
        *input = at % 5 == 0;
    }
    for (at, register) in (0..).zip(store.input_registers.values_mut()) {
        *register = at * 3;
    }
    store
}

/// The client, compiled; nothing, said aloud, where libmodbus is not installed.
async fn client(name: &str) -> Option<PathBuf> {
    if !Path::new("/usr/include/modbus/modbus.h").exists() {
        missing("libmodbus");
        return None;
    }
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let compiled = Command::new("cc")
        .arg("-o")
        .arg(&program)
        .arg(data("client.c"))
        .args([
            "-Wall",
            "-Wextra",
            "-Werror",
            "-lmodbus",
            "-lpthread",
            "-lutil",
        ])
        .status()
        .await
        .unwrap();
    assert!(compiled.success());
    Some(program)
}

fn assert_content(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[tokio::test]
async fn a_libmodbus_client_is_content_over_tcp() {
    let Some(program) = client("libmodbus_tcp").await else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let store = Arc::new(Mutex::new(blocks()));
    let server = tokio::spawn(listen(
        listener,
        Arc::clone(&store),
        TcpServerConfig::new(),
        4,
    ));
    let running = Command::new(program)
        .args(["tcp", &port.to_string()])
        .kill_on_drop(true)
        .output();
    assert_content(&timeout(secs(60), running).await.unwrap().unwrap());
    assert_eq!(store.lock().unwrap().holding_registers.values()[1], 521);
    server.abort();
}

#[tokio::test]
async fn a_libmodbus_client_is_content_over_a_serial_line() {
    let Some(program) = client("libmodbus_rtu").await else {
        return;
    };
    let mut child = Command::new(program)
        .arg("rtu")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let line = tokio::io::join(child.stdout.take().unwrap(), child.stdin.take().unwrap());
    let mut server = rtu_server(line, RtuServerConfig::new(Unit(17), 115_200));
    let mut store = blocks();
    let serving = async {
        let mut served = 0;
        while server.serve(&mut store).await.is_ok() {
            served += 1;
        }
        served // the client has closed the line
    };
    let served = timeout(secs(60), serving).await.unwrap();
    assert_content(&child.wait_with_output().await.unwrap());
    assert!(served >= 20, "{served}");
}
