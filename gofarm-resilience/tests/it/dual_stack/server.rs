//! Real servers: tonic's gRPC and plain HTTP/2 on hyper, under TLS, with the health services of this crate.

use alloc::sync::Arc;
use core::convert::Infallible;
use core::future::Future;
use core::pin::Pin;
use std::sync::Mutex;

use bytes::{Buf, BufMut, Bytes};
use gofarm_resilience::Outcome;
use gofarm_resilience::dual_stack::Tls;
use gofarm_resilience::health_service::Health;
use gofarm_resilience::policy::health::{HealthConfig, Registry};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tower::{ServiceExt, service_fn};

/// A certificate authority of the test.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(super) fn client(&self) -> Tls {
        Tls::new(self.0.pem().as_bytes()).unwrap()
    }

    /// A client that this authority vouches for, to whoever believes it.
    pub(super) fn client_with_identity_of(&self, other: &Self) -> Tls {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["gateway-7".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &other.0).unwrap();
        let (certificate, key) = (certificate.pem(), key.serialize_pem());
        let tls = self.client();
        tls.with_identity(certificate.as_bytes(), key.as_bytes())
            .unwrap()
    }

    pub(super) fn server(&self, alpn: &[&[u8]]) -> TlsAcceptor {
        self.server_for(alpn, WebPkiClientVerifier::no_client_auth())
    }

    /// A server that demands a certificate of this authority from its clients.
    pub(super) fn demanding_server(&self) -> TlsAcceptor {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        self.server_for(&[b"h2"], verifier.build().unwrap())
    }

    fn server_for(&self, alpn: &[&[u8]], verifier: Arc<dyn ClientCertVerifier>) -> TlsAcceptor {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap();
        let certificate = certificate.signed_by(&key, &self.0).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// What the servers were asked, in order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    entries: Mutex<Vec<String>>,
    changed: Notify,
}

impl Ledger {
    pub(super) fn entries(&self) -> Vec<String> {
        self.entries.lock().unwrap().clone()
    }

    /// Waits until a server was asked this.
    pub(super) async fn reached(&self, body: &str) {
        loop {
            let changed = self.changed.notified();
            if self.entries().iter().any(|entry| entry.ends_with(body)) {
                return;
            }
            changed.await;
        }
    }

    /// Enters a call and answers it; `hang` never is.
    async fn answer(&self, server: &str, body: &[u8]) -> String {
        let body = String::from_utf8_lossy(body).into_owned();
        let entry = format!("{server} {body}");
        self.entries.lock().unwrap().push(entry.clone());
        self.changed.notify_waiters();
        if body == "hang" {
            core::future::pending::<()>().await;
        }
        entry
    }
}

/// What a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    Grpc,
    Http,
}

/// Serves one connection until it ends.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    tls: TlsAcceptor,
    speaks: Speaks,
    ledger: Arc<Ledger>,
) {
    let Ok(stream) = tls.accept(stream).await else {
        return;
    };
    let registry = Registry::builder()
        .component("server", HealthConfig::required())
        .build_shared()
        .unwrap();
    registry.get("server").unwrap().record(Outcome::Success);
    let health = Health::new(Arc::new(registry));
    let answer = service_fn(move |request: Request<Incoming>| {
        let (health, ledger) = (health.clone(), Arc::clone(&ledger));
        async move {
            Ok::<_, Infallible>(match speaks {
                Speaks::Grpc => grpc(request, health, ledger).await,
                Speaks::Http => plain(request, health, ledger).await,
            })
        }
    });
    // How it ends is seen by the client.
    let _ = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(answer))
        .await;
}

async fn grpc(request: Request<Incoming>, health: Health, ledger: Arc<Ledger>) -> Response<Body> {
    if request.uri().path().starts_with("/grpc.health.v1.Health/") {
        return health.grpc().oneshot(request).await.unwrap();
    }
    tonic::server::Grpc::new(Raw)
        .unary(Beat(ledger), request)
        .await
}

struct Beat(Arc<Ledger>);

impl tonic::server::UnaryService<Bytes> for Beat {
    type Response = Bytes;
    type Future =
        Pin<Box<dyn Future<Output = Result<tonic::Response<Bytes>, tonic::Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        let ledger = Arc::clone(&self.0);
        Box::pin(async move {
            if request.get_ref() == "busy" {
                let mut status = tonic::Status::resource_exhausted("too much");
                let millis = "1500".parse().unwrap();
                status
                    .metadata_mut()
                    .insert("grpc-retry-pushback-ms", millis);
                return Err(status);
            }
            let answer = ledger.answer("grpc", request.get_ref()).await;
            let mut response = tonic::Response::new(Bytes::from(answer));
            if let Some(tenant) = request.metadata().get("x-tenant-id") {
                response
                    .metadata_mut()
                    .insert("x-tenant-id", tenant.clone());
            }
            Ok(response)
        })
    }
}

async fn plain(request: Request<Incoming>, health: Health, ledger: Arc<Ledger>) -> Response<Body> {
    if request.method() == http::Method::GET {
        return health.http().oneshot(request).await.unwrap().map(Body::new);
    }
    assert_eq!(request.headers()["content-type"], "application/proto");
    let tenant = request.headers().get("x-tenant-id").cloned();
    let Ok(body) = request.into_body().collect().await else {
        return Response::new(Body::empty());
    };
    let body = body.to_bytes();
    if body == "busy" {
        let response = Response::builder()
            .status(StatusCode::TOO_MANY_REQUESTS)
            .header("retry-after", "2");
        return response.body(Body::empty()).unwrap();
    }
    let answer = ledger.answer("http", &body).await;
    let mut response = Response::new(Body::new(Full::new(Bytes::from(answer))));
    if let Some(tenant) = tenant {
        response.headers_mut().insert("x-tenant-id", tenant);
    }
    response
}

#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
