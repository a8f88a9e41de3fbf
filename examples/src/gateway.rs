//! What the `gateway` example has beside its service: its command line, and how it is told to end.

use core::net::SocketAddr;
use std::io;
use std::path::PathBuf;

use clap::Parser;
use tokio::sync::watch;

/// Keeps the wishes of zones for water through any cut of its links.
#[derive(Clone, Debug, Parser)]
#[command(name = "gateway", version)]
pub struct Arguments {
    /// The MQTT 5 broker, HOST:PORT; it may be away
    #[arg(long, default_value = "127.0.0.1:1883", value_parser = host_and_port)]
    pub broker: (String, u16),
    /// The number of a field node's replica; once for each
    #[arg(long = "node", value_name = "NUMBER", required = true)]
    pub nodes: Vec<u64>,
    /// The number of this replica
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub replica: u64,
    /// The folder of the state, of the settings, and of telemetry that waits
    #[arg(long, value_name = "DIR", default_value = "gateway")]
    pub store: PathBuf,
    /// Where to answer HTTP
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Send metrics and traces by OTLP over HTTP, such as http://127.0.0.1:4318
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
}

fn host_and_port(text: &str) -> Result<(String, u16), &'static str> {
    let parts = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    let (host, port) = parts.ok_or("not of the form HOST:PORT")?;
    match port.parse() {
        Ok(port) if port != 0 => Ok((host.to_owned(), port)),
        _ => Err("not a port of 1..=65535"),
    }
}

/// Told to many tasks once: end.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Nobody is told yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Tells all.
    pub fn tell(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it is told.
    pub fn told(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stopped = self.0.subscribe();
        async move {
            let _ = stopped.wait_for(|is_told| *is_told).await; // or there is nobody left to tell it
        }
    }
}

/// Takes the signals that ask the program to end, Ctrl-C and the SIGTERM of service managers; the future waits for one.
///
/// # Errors
/// If the system does not hand out signals.
#[cfg(unix)]
pub fn end_asked() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// Takes the signal that asks the program to end, Ctrl-C; the future waits for it.
///
/// # Errors
/// If the system does not hand out signals.
#[cfg(windows)]
pub fn end_asked() -> io::Result<impl Future<Output = ()> + Send> {
    let mut interrupted = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        let _ = interrupted.recv().await;
    })
}
