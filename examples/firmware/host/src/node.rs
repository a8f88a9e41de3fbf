//! [`Node`]: a node in QEMU, with its lines on sockets of this machine.

use core::time::Duration;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The RAM of the nodes, as `build.rs` of the firmware says.
const RAM_START: usize = 0x2000_0000;
const RAM_LEN: usize = 64 * 1024;

/// A running node. It ends when this is dropped.
pub struct Node {
    child: Child,
    console: Lines<BufReader<ChildStdout>>,
    monitor: TcpStream,
    lines: [TcpListener; 3],
}

impl Node {
    /// Starts the node `name`, which was built before.
    ///
    /// # Errors
    /// The emulator is not installed, or the node was not built.
    pub async fn start(name: &str) -> io::Result<Self> {
        Self::start_image(&built(name)?, &[]).await
    }

    /// Starts an image, with more options for the emulator.
    ///
    /// # Errors
    /// The emulator is not installed.
    pub async fn start_image(image: &Path, options: &[&str]) -> io::Result<Self> {
        let monitor = TcpListener::bind("127.0.0.1:0").await?;
        let lines = [
            TcpListener::bind("127.0.0.1:0").await?,
            TcpListener::bind("127.0.0.1:0").await?,
            TcpListener::bind("127.0.0.1:0").await?,
        ];
        let mut qemu = Command::new("qemu-system-arm");
        qemu.args(["-M", "mps2-an385", "-display", "none", "-monitor", "none"])
            .args(["-semihosting-config", "enable=on,target=native"])
            .args(["-serial", "stdio"]);
        for (number, line) in lines.iter().enumerate() {
            let port = line.local_addr()?.port();
            // A line that is cut is tried again each second.
            let socket = format!("socket,id=line{number},host=127.0.0.1,port={port},reconnect=1");
            qemu.args([
                "-chardev",
                &socket,
                "-serial",
                &format!("chardev:line{number}"),
            ]);
        }
        let port = monitor.local_addr()?.port();
        qemu.args(["-qmp", &format!("tcp:127.0.0.1:{port}")])
            .args(options)
            .arg("-kernel")
            .arg(image)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = qemu.spawn()?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let (monitor, _) = patiently(monitor.accept()).await?;
        let mut node = Self {
            child,
            console: BufReader::new(stdout).lines(),
            monitor,
            lines,
        };
        node.order("{\"execute\":\"qmp_capabilities\"}").await?;
        Ok(node)
    }

    /// Plugs into line 1, 2 or 3; dropping the stream cuts it, and this plugs in again.
    ///
    /// # Errors
    /// The node has gone.
    pub async fn line(&self, number: usize) -> io::Result<TcpStream> {
        let (stream, _) = patiently(self.lines[number - 1].accept()).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Presses the reset button.
    ///
    /// # Errors
    /// The node has gone.
    pub async fn reset(&mut self) -> io::Result<()> {
        self.order("{\"execute\":\"system_reset\"}").await
    }

    /// Takes the power off: everything stops where it is. It comes back with [`reset`](Self::reset) and then
    /// [`power_on`](Self::power_on).
    ///
    /// # Errors
    /// The node has gone.
    pub async fn power_off(&mut self) -> io::Result<()> {
        self.order("{\"execute\":\"stop\"}").await
    }

    /// Lets it run again.
    ///
    /// # Errors
    /// The node has gone.
    pub async fn power_on(&mut self) -> io::Result<()> {
        self.order("{\"execute\":\"cont\"}").await
    }

    /// Has the monitor do something, and waits until it is done.
    async fn order(&mut self, order: &str) -> io::Result<()> {
        let mut said = [0; 4096];
        // What the monitor said before is of no interest, but it must not fill up.
        while self.monitor.try_read(&mut said).is_ok_and(|len| len > 0) {}
        self.monitor.write_all(order.as_bytes()).await?;
        let mut answer = String::new();
        while !answer.contains("\"return\"") {
            let len = patiently(self.monitor.read(&mut said)).await?;
            if len == 0 || answer.contains("\"error\"") {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            answer.push_str(&String::from_utf8_lossy(&said[..len]));
        }
        Ok(())
    }

    /// The greatest depth of the stack so far, in bytes, as its memory shows: below it nothing was ever written.
    ///
    /// # Errors
    /// The node has gone, or its memory could not be read.
    pub async fn stack(&mut self) -> io::Result<usize> {
        let pid = self.child.id().unwrap_or_default();
        let file = std::env::temp_dir().join(format!("gofarm-node-{pid}.ram"));
        let order = format!(
            "{{\"execute\":\"pmemsave\",\"arguments\":{{\"val\":{RAM_START},\"size\":{RAM_LEN},\"filename\":{file:?}}}}}"
        );
        self.order(&order).await?;
        let ram = std::fs::read(&file)?;
        std::fs::remove_file(&file)?;
        // The longest stretch of zeros is what neither the statics nor the stack ever touched.
        let (mut longest, mut begin) = (0..0, 0);
        for (at, byte) in ram.iter().enumerate() {
            if *byte != 0 {
                begin = at + 1;
            } else if at + 1 - begin > longest.len() {
                longest = begin..at + 1;
            }
        }
        Ok(ram.len() - longest.end)
    }

    /// The next line on the console.
    ///
    /// # Errors
    /// The console was closed, or said nothing for a minute.
    pub async fn said(&mut self) -> io::Result<String> {
        let line = patiently(self.console.next_line()).await?;
        line.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Waits for a line on the console that begins so, and returns it.
    ///
    /// # Errors
    /// As [`said`](Self::said).
    pub async fn says(&mut self, beginning: &str) -> io::Result<String> {
        loop {
            let line = self.said().await?;
            if line.starts_with(beginning) {
                return Ok(line);
            }
        }
    }

    /// Waits until the node ends by itself.
    ///
    /// # Errors
    /// It does not.
    pub async fn ended(mut self) -> io::Result<(ExitStatus, String)> {
        let mut console = String::new();
        let mut rest = self.console.into_inner();
        patiently(rest.read_to_string(&mut console)).await?;
        let status = patiently(self.child.wait()).await?;
        Ok((status, console))
    }
}

async fn patiently<T>(what: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, what).await?
}

/// Where a node lies that was built with `cargo build --release --target thumbv7m-none-eabi`.
fn built(name: &str) -> io::Result<PathBuf> {
    let folder = std::env::var_os("FIRMWARE").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/thumbv7m-none-eabi/release"),
        PathBuf::from,
    );
    folder.join(name).canonicalize()
}
