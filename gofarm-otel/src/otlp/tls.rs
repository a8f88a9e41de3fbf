//! TLS to a receiver: [`Tls`].

use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::sync::Arc;
use core::fmt;
use std::io;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{ConfigError, Endpoint, OtlpConfig, Protocol};

/// Whom to trust over `https`.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts the certificates of the operating system.
    ///
    /// # Errors
    /// When there are none.
    pub fn trusting_system() -> Result<Self, ConfigError> {
        let found = rustls_native_certs::load_native_certs();
        Self::trusting(found.certs)
    }

    /// Trusts the certificates in a file of PEM, and no other.
    ///
    /// # Errors
    /// When it cannot be read or holds none.
    pub fn trusting_file(path: &str) -> Result<Self, ConfigError> {
        let text = std::fs::read(path).map_err(|error| ConfigError::Certificates {
            cause: alloc::format!("{path}: {error}"),
        })?;
        Self::trusting_pem(&text)
    }

    /// Trusts the certificates in a text of PEM, and no other.
    ///
    /// # Errors
    /// When it holds none.
    pub fn trusting_pem(text: &[u8]) -> Result<Self, ConfigError> {
        let found: Result<alloc::vec::Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        let found = found.map_err(|error| ConfigError::Certificates {
            cause: error.to_string(),
        })?;
        Self::trusting(found)
    }

    /// Anything else that rustls can do: a certificate of our own, for example.
    #[must_use]
    pub const fn with_config(config: Arc<ClientConfig>) -> Self {
        Self(config)
    }

    fn trusting(
        certificates: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Result<Self, ConfigError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates);
        if roots.is_empty() {
            return Err(ConfigError::Certificates {
                cause: "there is none that can be read".to_owned(),
            });
        }
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::Certificates {
                cause: error.to_string(),
            })?;
        let config = builder.with_root_certificates(roots).with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// What makes TLS of a socket.
pub(super) struct Connector(TlsConnector);

impl Connector {
    pub(super) fn new(config: &OtlpConfig) -> Result<Self, ConfigError> {
        let tls = match &config.tls {
            Some(tls) => tls.clone(),
            None => Tls::trusting_system()?,
        };
        let mut tls = (*tls.0).clone();
        let protocol = match config.protocol {
            Protocol::Http => "http/1.1",
            #[cfg(feature = "grpc")]
            Protocol::Grpc => "h2",
        };
        tls.alpn_protocols = alloc::vec![protocol.into()];
        Ok(Self(Arc::new(tls).into()))
    }

    pub(super) async fn connect(
        &self,
        server: &Endpoint,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(server.host().to_owned());
        let name = name.map_err(|_| io::ErrorKind::InvalidInput)?;
        self.0.connect(name, stream).await
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}
