//! A wire in memory with a server at its end, that can be cut and frozen; it takes no time.

use alloc::sync::Arc;
use std::io;

use gofarm_resilience::dual_stack::{Connect, ConnectError, Tls, secure};
use http::Uri;
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::server::{Authority, Ledger, Speaks, serve};

#[derive(Clone)]
pub(super) struct Wire {
    origin: Uri,
    client: Tls,
    server: TlsAcceptor,
    old_server: TlsAcceptor,
    speaks: Speaks,
    ledger: Arc<Ledger>,
    state: watch::Sender<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    /// Connections end, and new ones are refused.
    Cut,
    /// Nothing goes through, and nobody says so.
    Frozen,
}

impl Wire {
    pub(super) fn new(authority: &Authority, speaks: Speaks, ledger: &Arc<Ledger>) -> Self {
        Self {
            origin: Uri::from_static("https://localhost"),
            client: authority.client(),
            server: authority.server(&[b"h2"]),
            old_server: authority.server(&[]),
            speaks,
            ledger: Arc::clone(ledger),
            state: watch::Sender::new(State::Up),
        }
    }

    pub(super) fn trusting(&self, authority: &Authority) -> Self {
        let client = authority.client();
        Self {
            client,
            ..self.clone()
        }
    }

    /// With a client of this kind, and a server that demands a certificate of `authority`.
    pub(super) fn demanding(&self, authority: &Authority, client: Tls) -> Self {
        let server = authority.demanding_server();
        Self {
            client,
            server,
            ..self.clone()
        }
    }

    pub(super) fn without_alpn(&self) -> Self {
        let server = self.old_server.clone();
        Self {
            server,
            ..self.clone()
        }
    }

    pub(super) fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    pub(super) fn mend(&self) {
        self.state.send_replace(State::Up);
    }

    pub(super) fn freeze(&self) {
        self.state.send_replace(State::Frozen);
    }

    /// Lets new connections through; those that were frozen stay dead, as after a change of address.
    pub(super) fn thaw(&self) {
        self.state.send_replace(State::Up);
    }
}

impl Connect for Wire {
    type Stream = TlsStream<DuplexStream>;

    fn origin(&self) -> &Uri {
        &self.origin
    }

    async fn connect(&self) -> Result<Self::Stream, ConnectError> {
        let mut state = self.state.subscribe();
        let now = *state.borrow_and_update();
        match now {
            State::Up => {}
            State::Cut => return Err(ConnectError::Transport(io::ErrorKind::ConnectionRefused)),
            State::Frozen => core::future::pending().await,
        }
        let (near, mut left) = duplex(64 << 10);
        let (mut right, far) = duplex(64 << 10);
        let server = serve(
            far,
            self.server.clone(),
            self.speaks,
            Arc::clone(&self.ledger),
        );
        let server = tokio::spawn(server);
        tokio::spawn(async move {
            let changed = async {
                let changed = state.wait_for(|state| *state != State::Up).await;
                changed.is_ok_and(|state| *state == State::Frozen)
            };
            let is_frozen = tokio::select! {
                _ = copy_bidirectional(&mut left, &mut right) => false,
                is_frozen = changed => is_frozen,
            };
            if is_frozen {
                core::future::pending::<()>().await;
            }
            server.abort();
        });
        let name = ServerName::try_from("localhost").unwrap();
        secure(&self.client, name, near).await
    }
}
