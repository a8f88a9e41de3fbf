//! Modbus under tokio: TCP, and either framing over anything that tokio reads and writes.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use gofarm_hal::modbus::{BlockStore, Request, TcpConfig, TcpServerConfig, Unit, tokio as modbus};
//! use tokio::net::TcpListener;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let store = Arc::new(Mutex::new(BlockStore::<0, 0, 10, 0>::new()));
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let server = tokio::spawn(modbus::listen(listener, store.clone(), TcpServerConfig::new(), 4));
//!
//! let mut client = modbus::connect(address, TcpConfig::new()).await?;
//! client.request(Unit(255), &Request::WriteSingleRegister { address: 2, value: 30 }).await?;
//! assert_eq!(store.lock().unwrap().holding_registers.values()[2], 30);
//! # server.abort();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod listen;
mod runtime;

pub use listen::{listen, serve};
pub use runtime::{TokioClock, TokioDelay, TokioStream};

use std::io;

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::net::{TcpStream, ToSocketAddrs};

use super::{
    AsyncClient, AsyncServer, RtuConfig, RtuFraming, RtuServerConfig, RtuServerFraming, TcpConfig,
    TcpFraming, TcpServerConfig, TcpServerFraming,
};

/// A client under tokio.
pub type Client<F, S> = AsyncClient<F, TokioStream<S>, TokioDelay, TokioClock>;

/// A server under tokio, on one line or connection.
pub type Server<F, S> = AsyncServer<F, TokioStream<S>, TokioDelay, TokioClock>;

/// Connects to a Modbus TCP server; its usual port is 502.
///
/// # Errors
/// Those of the connection.
pub async fn connect(
    address: impl ToSocketAddrs,
    config: TcpConfig,
) -> io::Result<Client<TcpFraming, TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(tcp_client(stream, config))
}

/// A client of Modbus TCP over a stream, as one through TLS.
pub fn tcp_client<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: TcpConfig,
) -> Client<TcpFraming, S> {
    AsyncClient::tcp(
        TokioStream::new(stream),
        TokioDelay,
        TokioClock::new(),
        config,
    )
}

/// A client of Modbus RTU over a serial port, or over a stream that a converter tunnels.
pub fn rtu_client<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: RtuConfig,
) -> Client<RtuFraming, S> {
    AsyncClient::rtu(
        TokioStream::new(stream),
        TokioDelay,
        TokioClock::new(),
        config,
    )
}

/// A server of Modbus TCP on one connection.
pub fn tcp_server<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: TcpServerConfig,
) -> Server<TcpServerFraming, S> {
    AsyncServer::tcp(
        TokioStream::new(stream),
        TokioDelay,
        TokioClock::new(),
        config,
    )
}

/// A server of Modbus RTU on a serial port, or on a stream that a converter tunnels.
pub fn rtu_server<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    config: RtuServerConfig,
) -> Server<RtuServerFraming, S> {
    AsyncServer::rtu(
        TokioStream::new(stream),
        TokioDelay,
        TokioClock::new(),
        config,
    )
}
