//! [`listen`]: a server for many connections.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;

use ::tokio::io::{AsyncRead, AsyncWrite};
use ::tokio::net::TcpListener;
use ::tokio::task::{AbortHandle, JoinSet};
use ::tokio::time::sleep;
use gofarm_core::time::Clock;

use super::{TokioClock, tcp_server};
use crate::modbus::{ServerError, Store, TcpServerConfig};
use crate::serial::PolledError;

/// Serves one connection until it ends.
///
/// # Errors
/// [`ServerError`]; an end between two frames is none.
pub async fn serve<S: Store + ?Sized>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    store: &mut S,
    config: TcpServerConfig,
) -> Result<(), ServerError<PolledError>> {
    let mut server = tcp_server(stream, config);
    loop {
        match server.serve(store).await {
            Ok(_) => {}
            Err(ServerError::Line(PolledError::Closed)) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Serves every connection that comes, on clones of one store (such as an `Arc<Mutex<_>>`), until the future is
/// dropped, which ends all of them.
///
/// At most `limit` are open, and at least one: for another, the one that has been idle the longest is closed
/// (Modbus Messaging on TCP/IP 1.0b, section 4.2.1.2), so that clients which went away do not lock others out.
///
/// # Errors
/// Those of the listener that do not pass.
pub async fn listen<S: Store + Clone + Send + 'static>(
    listener: TcpListener,
    store: S,
    config: TcpServerConfig,
    limit: usize,
) -> io::Result<()> {
    let clock = TokioClock::new();
    let mut tasks = JoinSet::new();
    let mut open: Vec<(AbortHandle, Arc<AtomicU64>)> = Vec::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if passes(&error) => {
                sleep(Duration::from_millis(100)).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        while tasks.try_join_next().is_some() {}
        open.retain(|(task, _)| !task.is_finished());
        if open.len() >= limit.max(1) {
            let idle = |(_, used): &(AbortHandle, Arc<AtomicU64>)| used.load(Ordering::Relaxed);
            let idlest = open.iter().enumerate().min_by_key(|(_, entry)| idle(entry));
            if let Some((index, _)) = idlest {
                open.swap_remove(index).0.abort();
            }
        }
        // Without it, answers wait for acknowledgements; that it fails means that the connection is gone.
        if stream.set_nodelay(true).is_err() {
            continue;
        }
        let used = Arc::new(AtomicU64::new(clock.now().as_micros()));
        let mut store = store.clone();
        let mark = Arc::clone(&used);
        let task = tasks.spawn(async move {
            let mut server = tcp_server(stream, config);
            while server.serve(&mut store).await.is_ok() {
                mark.store(clock.now().as_micros(), Ordering::Relaxed);
            }
        });
        open.push((task, used));
    }
}

/// Whether the listener itself is sound: a connection that was gone before it was accepted, no descriptor free.
fn passes(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::NotFound | io::ErrorKind::Unsupported
    )
}
