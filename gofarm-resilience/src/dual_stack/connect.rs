//! Where a path leads: [`Endpoint`], and [`Connect`] for other ways to get there.

use alloc::sync::Arc;
use core::future::Future;
use core::str::FromStr;
use std::io;

use gofarm_core::error::{Classify, Kind};
use http::Uri;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::Tls;

/// Opens a stream to the other side that speaks HTTP/2.
pub trait Connect: Send + Sync + 'static {
    /// The stream.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Scheme and authority of requests: `https://gateway.example:443`.
    fn origin(&self) -> &Uri;

    /// Opens a stream. It is given up by dropping it.
    ///
    /// # Errors
    /// [`ConnectError`].
    fn connect(&self) -> impl Future<Output = Result<Self::Stream, ConnectError>> + Send;
}

/// A host and port, reached by TCP and TLS 1.3.
///
/// ```no_run
/// use gofarm_resilience::dual_stack::{Endpoint, GrpcPath, Http2, HttpPath, Tls};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = Tls::new(&std::fs::read("farm-ca.pem")?)?;
/// let first = GrpcPath::new(Http2::new(Endpoint::new("https://farm.example:8443", &tls)?));
/// let second = HttpPath::new(Http2::new(Endpoint::new("https://farm.example:443", &tls)?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint {
    origin: Uri,
    address: Arc<str>,
    name: ServerName<'static>,
    tls: Tls,
}

impl Endpoint {
    /// An `https` origin of host and port (443 if none is given), without a path.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn new(origin: &str, tls: &Tls) -> Result<Self, EndpointError> {
        let origin = Uri::from_str(origin).map_err(|_| EndpointError)?;
        if origin.scheme_str() != Some("https") || origin.path() != "/" || origin.query().is_some()
        {
            return Err(EndpointError);
        }
        let host = origin.host().ok_or(EndpointError)?;
        let port = origin.port_u16().unwrap_or(443);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| EndpointError)?;
        Ok(Self {
            address: alloc::format!("{host}:{port}").into(),
            name,
            origin,
            tls: tls.clone(),
        })
    }
}

impl Connect for Endpoint {
    type Stream = TlsStream<TcpStream>;

    fn origin(&self) -> &Uri {
        &self.origin
    }

    async fn connect(&self) -> Result<Self::Stream, ConnectError> {
        let tcp = TcpStream::connect(&*self.address)
            .await
            .map_err(|error| ConnectError::Transport(error.kind()))?;
        // Heartbeats are small and must not wait for each other.
        tcp.set_nodelay(true)
            .map_err(|error| ConnectError::Transport(error.kind()))?;
        secure(&self.tls, self.name.clone(), tcp).await
    }
}

/// Secures a stream that is open, and makes sure that the other side speaks HTTP/2 on it.
///
/// # Errors
/// [`ConnectError`].
pub async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    tls: &Tls,
    name: ServerName<'static>,
    stream: S,
) -> Result<TlsStream<S>, ConnectError> {
    let secured = tls.connector().connect(name, stream).await;
    // What rustls refuses comes as invalid data; anything else is the transport's.
    let secured = secured.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => ConnectError::Tls,
        kind => ConnectError::Transport(kind),
    })?;
    if secured.get_ref().1.alpn_protocol() == Some(b"h2") {
        Ok(secured)
    } else {
        Err(ConnectError::NotHttp2)
    }
}

/// An origin that is not `https://host:port`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("not an origin of the form https://host:port")]
pub struct EndpointError;

impl Classify for EndpointError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The name or address could not be reached.
    #[error("no connection: {0}")]
    Transport(io::ErrorKind),
    /// The other side has no certificate that is believed, or refuses ours.
    #[error("no trust: TLS was refused")]
    Tls,
    /// The other side does not speak HTTP/2.
    #[error("the other side does not speak HTTP/2")]
    NotHttp2,
    /// It took too long.
    #[error("no connection in time")]
    TimedOut,
}

impl Classify for ConnectError {
    fn kind(&self) -> Kind {
        match self {
            Self::Transport(io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported)
            | Self::NotHttp2
            | Self::Tls => Kind::Permanent,
            Self::Transport(_) => Kind::Transient,
            Self::TimedOut => Kind::TimedOut,
        }
    }
}
