//! Whom to believe to be the other side, and how to prove who this is: [`Tls`].

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use gofarm_core::error::{Classify, Kind};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// TLS 1.3 with the certificates of one farm.
///
/// Only the authorities given here are believed, not those of the system: a farm's server has one certificate, and
/// hundreds of public authorities are hundreds of ways to speak in its name. For a server with a public certificate
/// give its authority's.
///
/// See [`Endpoint`](super::Endpoint) for an example. HTTP/2 is asked for (ALPN `h2`), and nothing else.
#[derive(Clone)]
pub struct Tls {
    roots: Arc<RootCertStore>,
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Believes the authorities in `pem`; this client does not prove who it is.
    ///
    /// # Errors
    /// [`TlsError::Authority`].
    pub fn new(pem: &[u8]) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(pem) {
            let authority = authority.map_err(|_| TlsError::Authority)?;
            roots.add(authority).map_err(|_| TlsError::Authority)?;
        }
        if roots.is_empty() {
            return Err(TlsError::Authority);
        }
        let roots = Arc::new(roots);
        let config = Self::configure(&roots, None)?;
        Ok(Self { roots, config })
    }

    /// Proves by a certificate, followed by those up to the authority that the server believes, and its key who
    /// this client is. The key may be in PKCS#8, PKCS#1 or SEC1 form.
    ///
    /// # Errors
    /// [`TlsError::Identity`].
    pub fn with_identity(mut self, certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(certificates).collect();
        let certificates = certificates.map_err(|_| TlsError::Identity)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Identity)?;
        self.config = Self::configure(&self.roots, Some((certificates, key)))?;
        Ok(self)
    }

    fn configure(
        roots: &Arc<RootCertStore>,
        identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    ) -> Result<Arc<ClientConfig>, TlsError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13])
            .map_err(|_| TlsError::Authority)?
            .with_root_certificates(Arc::clone(roots));
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificates, key)) => builder
                .with_client_auth_cert(certificates, key)
                .map_err(|_| TlsError::Identity)?,
        };
        config.alpn_protocols = alloc::vec![b"h2".to_vec()];
        Ok(Arc::new(config))
    }

    pub(super) fn connector(&self) -> TlsConnector {
        TlsConnector::from(Arc::clone(&self.config))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("authorities", &self.roots.len())
            .finish_non_exhaustive()
    }
}

/// Certificates or keys that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// Not one certificate of an authority in PEM form, or one that is damaged.
    #[error("no usable certificate of an authority")]
    Authority,
    /// No certificate or key in PEM form, or they do not belong together.
    #[error("no usable certificate and key of this client")]
    Identity,
}

impl Classify for TlsError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_pem_is_refused() {
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in [&b""[..], b"hello", broken] {
            assert_eq!(Tls::new(pem).unwrap_err(), TlsError::Authority);
        }
    }
}
