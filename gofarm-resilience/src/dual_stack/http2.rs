//! One connection that is made again when it is lost: [`Http2`].

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{millis, secs};
use http::{Request, Response, Uri};
use http_body_util::BodyExt;
use http_body_util::combinators::MapErr;
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tonic::body::Body;
use tower_service::Service;

use super::{Connect, ConnectError};

/// How long a connection may take, TLS and all.
const CONNECT_LIMIT: Duration = secs(5);
/// How long calls fail at once after a connection failed, so that they do not hammer a server that comes up.
const AFTER_FAILURE: Duration = millis(250);
/// A connection on which nothing comes back is given up after both of these.
const PING_EVERY: Duration = secs(5);
const PING_LIMIT: Duration = secs(5);

/// One HTTP/2 connection that calls share, made when it is needed and made again when it is lost.
///
/// A tower service over `http` types that generated gRPC clients accept as well. A connection is made by a task of its
/// own, so a call that gives up does not undo what has been done of a slow handshake. It takes at most 5 s, and for
/// 250 ms after a failure calls fail with that failure. A connection that answers neither calls nor pings is given up
/// within 10 s: behind carrier NAT nobody says that a connection is gone. It is closed when all clones are dropped.
///
/// Requests without an authority get that of the [`Connect`]. The future is boxed.
pub struct Http2<K> {
    shared: Arc<Shared<K>>,
    losses: watch::Receiver<u64>,
}

struct Shared<K> {
    connect: K,
    state: watch::Sender<State>,
    losses: watch::Sender<u64>,
}

enum State {
    Idle,
    Connecting,
    Up(SendRequest<Body>),
    Failed { error: ConnectError, at: Instant },
}

/// The body of an answer.
pub type AnswerBody = MapErr<Incoming, fn(hyper::Error) -> ConnectionError>;

/// A call that the connection did not carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// There was none. A server that cannot be reached counts against it, so this is not "never sent".
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It was lost, or the other side broke off the call. Its effect is unknown.
    #[error("the connection was lost")]
    Lost,
}

impl Classify for ConnectionError {
    fn kind(&self) -> Kind {
        match self {
            Self::Connect(error) => error.kind(),
            Self::Lost => Kind::Transient,
        }
    }
}

impl<K: Connect> Http2<K> {
    /// A connection that will be made with the first call.
    #[must_use]
    pub fn new(connect: K) -> Self {
        let losses = watch::Sender::new(0);
        Self {
            losses: losses.subscribe(),
            shared: Arc::new(Shared {
                connect,
                state: watch::Sender::new(State::Idle),
                losses,
            }),
        }
    }

    /// Waits until a connection that was established is lost; losses since the last call, or since this clone was made
    /// from one that had seen all, count. May be dropped while it waits.
    pub async fn lost(&mut self) {
        // The sender lives as long as `self`.
        let _ = self.losses.changed().await;
    }

    async fn sender(&self) -> Result<SendRequest<Body>, ConnectionError> {
        let must_connect = self.shared.state.send_if_modified(|state| {
            let must = match state {
                State::Idle => true,
                State::Connecting => false,
                State::Up(sender) => sender.is_closed(),
                State::Failed { at, .. } => at.elapsed() >= AFTER_FAILURE,
            };
            if must {
                *state = State::Connecting;
            }
            must
        });
        if must_connect {
            tokio::spawn(run(Arc::clone(&self.shared)));
        }
        let mut state = self.shared.state.subscribe();
        let known = state.wait_for(|state| !matches!(state, State::Connecting));
        match known.await.as_deref() {
            Ok(State::Up(sender)) => Ok(sender.clone()),
            Ok(State::Failed { error, .. }) => Err(ConnectionError::Connect(*error)),
            _ => Err(ConnectionError::Lost),
        }
    }

    async fn send(
        self,
        mut request: Request<Body>,
    ) -> Result<Response<AnswerBody>, ConnectionError> {
        let mut sender = self.sender().await?;
        complete(request.uri_mut(), self.shared.connect.origin());
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|_| ConnectionError::Lost)?;
        Ok(answer.map(|body| body.map_err((|_| ConnectionError::Lost) as fn(_) -> _)))
    }
}

/// Gives a URI without authority that of the origin.
fn complete(uri: &mut Uri, origin: &Uri) {
    if uri.authority().is_some() {
        return;
    }
    let mut parts = core::mem::take(uri).into_parts();
    parts.scheme = origin.scheme().cloned();
    parts.authority = origin.authority().cloned();
    // With scheme, authority and a path it is whole.
    *uri = Uri::from_parts(parts).unwrap_or_default();
}

/// Makes the connection and keeps it going, until it is lost or nobody wants it any more.
async fn run<K: Connect>(shared: Arc<Shared<K>>) {
    let made = timeout(CONNECT_LIMIT, handshake(&shared.connect)).await;
    match made.unwrap_or(Err(ConnectError::TimedOut)) {
        Ok((sender, connection)) => {
            shared.state.send_replace(State::Up(sender));
            let shared = {
                let weak: Weak<_> = Arc::downgrade(&shared);
                drop(shared);
                weak
            };
            // Why it ended, the calls on it know.
            let _ = connection.await;
            if let Some(shared) = shared.upgrade() {
                // A call may have seen the end before, and a new connection be under way.
                shared.state.send_if_modified(|state| {
                    let is_mine = matches!(state, State::Up(sender) if sender.is_closed());
                    if is_mine {
                        *state = State::Idle;
                    }
                    is_mine
                });
                shared
                    .losses
                    .send_modify(|losses| *losses = losses.wrapping_add(1));
            }
        }
        Err(error) => {
            let at = Instant::now();
            shared.state.send_replace(State::Failed { error, at });
        }
    }
}

type Connection<S> = http2::Connection<TokioIo<S>, Body, TokioExecutor>;

async fn handshake<K: Connect>(
    connect: &K,
) -> Result<(SendRequest<Body>, Connection<K::Stream>), ConnectError> {
    let stream = connect.connect().await?;
    http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_LIMIT)
        .keep_alive_while_idle(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| ConnectError::NotHttp2)
}

impl<K: Connect> Service<Request<Body>> for Http2<K> {
    type Response = Response<AnswerBody>;
    type Error = ConnectionError;
    type Future =
        Pin<Box<dyn Future<Output = Result<Response<AnswerBody>, ConnectionError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}

impl<K> Clone for Http2<K> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            losses: self.losses.clone(),
        }
    }
}

impl<K> fmt::Debug for Http2<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match *self.shared.state.borrow() {
            State::Idle => "idle",
            State::Connecting => "connecting",
            State::Up(_) => "up",
            State::Failed { .. } => "failed",
        };
        f.debug_struct("Http2")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}
