//! A connection to a receiver: the socket, with TLS where the endpoint says so, and the task that serves it.

use core::pin::Pin;
use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::{ConfigError, Endpoint, OtlpConfig};
use crate::export::Answer;

/// A socket, or TLS on one.
pub(super) type Stream = Pin<Box<dyn Socket>>;

pub(super) trait Socket: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> Socket for S {}

/// What opens connections.
#[derive(Debug)]
pub(super) struct Connector {
    #[cfg(feature = "tls")]
    tls: Option<super::tls::Connector>,
}

impl Connector {
    /// Prepares what the endpoints need, so that a mistake shows at the start.
    pub(super) fn new(config: &OtlpConfig) -> Result<Self, ConfigError> {
        let own = config.own_endpoints.iter().flatten();
        let secure = own
            .chain([&config.endpoint])
            .find(|endpoint| endpoint.is_tls());
        #[cfg(feature = "tls")]
        return Ok(Self {
            tls: match secure {
                Some(_) => Some(super::tls::Connector::new(config)?),
                None => None,
            },
        });
        #[cfg(not(feature = "tls"))]
        match secure {
            Some(endpoint) => Err(ConfigError::NeedsTls {
                host: endpoint.host().into(),
            }),
            None => Ok(Self {}),
        }
    }

    pub(super) async fn open(&self, server: &Endpoint) -> io::Result<Stream> {
        let stream = TcpStream::connect((server.host(), server.port())).await?;
        // A request is one write or a few large ones: nothing is won by waiting for more.
        stream.set_nodelay(true)?;
        if !server.is_tls() {
            return Ok(Box::pin(stream));
        }
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return Ok(Box::pin(tls.connect(server, stream).await?));
        }
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The task that reads and writes for a connection; it ends with it.
#[derive(Debug)]
pub(super) struct Task(JoinHandle<()>);

impl Task {
    pub(super) fn spawn<E>(
        connection: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> Self {
        Self(tokio::spawn(async move {
            // Why it ended shows at the request that it ended.
            let _ = connection.await;
        }))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The body of a response of at most `most` bytes.
///
/// What a longer one says is not read, and one that breaks off is no answer.
pub(super) async fn body_of(body: Incoming, most: usize) -> Result<Bytes, Answer> {
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Ok(Bytes::new()),
        Err(_) => Err(Answer::Unreachable),
    }
}
