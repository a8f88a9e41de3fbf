//! What sends a batch: [`Client`], and the one for OTLP, [`OtlpClient`].

use alloc::sync::Arc;

use tokio::time::{Instant, timeout};

use super::connection::{Connector, Stream};
#[cfg(feature = "grpc")]
use super::grpc::GrpcConnection;
use super::http::HttpConnection;
use super::{ConfigError, Endpoint, OtlpConfig, Protocol};
use crate::batch::Batch;
use crate::export::Answer;

/// How many times the configured time a request has at most.
const MOST_PATIENCE: u32 = 8;

/// Something that sends batches, one at a time.
pub trait Client: Send {
    /// Sends one batch and says what came of it, within a bounded time.
    ///
    /// Dropping the future gives the request up.
    fn send(&mut self, batch: Arc<Batch>) -> impl Future<Output = Answer> + Send;
}

/// A client for OTLP over HTTP or gRPC.
///
/// See [`OtlpConfig`]. It must be used within a tokio runtime with I/O and time enabled.
#[derive(Debug)]
pub struct OtlpClient {
    config: OtlpConfig,
    connector: Connector,
    /// The connections that are open; servers of the three kinds may differ.
    connections: [Option<(Endpoint, Connection)>; 3],
    /// How many times the time of the configuration a request has: from 1, while it is enough, to 8.
    patience: u32,
}

#[derive(Debug)]
enum Connection {
    Http(HttpConnection),
    #[cfg(feature = "grpc")]
    Grpc(GrpcConnection),
}

impl OtlpClient {
    pub(super) fn new(config: OtlpConfig) -> Result<Self, ConfigError> {
        Ok(Self {
            connector: Connector::new(&config)?,
            config,
            connections: [None, None, None],
            patience: 1,
        })
    }

    /// Sends over an open connection, or over a new one if the server has closed it.
    async fn exchange(&mut self, batch: Arc<Batch>) -> Answer {
        let (server, path) = self.config.target(batch.kind);
        let slot = self.connections.iter_mut().find(|slot| {
            slot.as_ref()
                .is_none_or(|(open, _)| open.is_same_server(server))
        });
        // There are as many slots as there can be servers.
        let Some(slot) = slot else {
            return Answer::Unreachable;
        };
        // Taken out while it is used: a request that is given up takes its connection along.
        if let Some((_, mut open)) = slot.take()
            && let Some(answer) = open.send(&self.config, server, &path, &batch).await
        {
            if open.is_open() {
                *slot = Some((server.clone(), open));
            }
            return answer;
        }
        let opening = timeout(self.config.timeout, self.connector.open(server));
        let Ok(Ok(stream)) = opening.await else {
            return Answer::Unreachable;
        };
        let Ok(mut open) = Connection::open(stream, self.config.protocol).await else {
            return Answer::Unreachable;
        };
        let answer = open.send(&self.config, server, &path, &batch).await;
        if open.is_open() {
            *slot = Some((server.clone(), open));
        }
        answer.unwrap_or(Answer::Unreachable)
    }
}

impl Client for OtlpClient {
    async fn send(&mut self, batch: Arc<Batch>) -> Answer {
        let allowed = self.config.timeout.saturating_mul(self.patience);
        let started = Instant::now();
        let Ok(answer) = timeout(allowed, self.exchange(batch)).await else {
            self.patience = (self.patience * 2).min(MOST_PATIENCE);
            return Answer::TimedOut;
        };
        if answer != Answer::Unreachable && started.elapsed() < allowed / 4 {
            self.patience = (self.patience / 2).max(1);
        }
        answer
    }
}

impl Connection {
    async fn open(stream: Stream, protocol: Protocol) -> hyper::Result<Self> {
        match protocol {
            Protocol::Http => HttpConnection::open(stream).await.map(Self::Http),
            #[cfg(feature = "grpc")]
            Protocol::Grpc => GrpcConnection::open(stream).await.map(Self::Grpc),
        }
    }

    fn is_open(&self) -> bool {
        match self {
            Self::Http(connection) => connection.is_open(),
            #[cfg(feature = "grpc")]
            Self::Grpc(connection) => connection.is_open(),
        }
    }

    /// Sends one batch; none if nothing of it went out, because the server had closed the connection.
    async fn send(
        &mut self,
        config: &OtlpConfig,
        server: &Endpoint,
        path: &str,
        batch: &Arc<Batch>,
    ) -> Option<Answer> {
        match self {
            Self::Http(connection) => connection.send(config, server, path, batch).await,
            #[cfg(feature = "grpc")]
            Self::Grpc(connection) => connection.send(config, server, path, batch).await,
        }
    }
}
