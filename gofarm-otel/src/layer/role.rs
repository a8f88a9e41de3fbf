//! Which side of which protocol a layer stands on: [`Role`].

use gofarm_core::observe::Instrument;

use super::database::DURATION;
use super::ending::Ending;
use crate::semantic::{http, rpc};
use crate::span::SpanKind;

/// Which side of which protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    HttpServer,
    HttpClient,
    GrpcServer,
    GrpcClient,
}

pub(super) static HTTP_SERVER: Instrument = Instrument::histogram(
    http::SERVER_REQUEST_DURATION,
    "s",
    "Duration of HTTP server requests",
);

pub(super) static HTTP_ACTIVE: Instrument = Instrument::up_down_counter(
    http::SERVER_ACTIVE_REQUESTS,
    "{request}",
    "HTTP requests that a server works on",
);

pub(super) static HTTP_CLIENT: Instrument = Instrument::histogram(
    http::CLIENT_REQUEST_DURATION,
    "s",
    "Duration of HTTP client requests",
);

pub(super) static GRPC_SERVER: Instrument = Instrument::histogram(
    rpc::SERVER_CALL_DURATION,
    "s",
    "Duration of calls that a server answered",
);

pub(super) static GRPC_CLIENT: Instrument = Instrument::histogram(
    rpc::CLIENT_CALL_DURATION,
    "s",
    "Duration of calls that a client made",
);

/// Every instrument of the Layers and of [`Database`](super::Database), for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 6] = [
    &HTTP_SERVER,
    &HTTP_ACTIVE,
    &HTTP_CLIENT,
    &GRPC_SERVER,
    &GRPC_CLIENT,
    &DURATION,
];

impl Role {
    pub(super) const fn kind(self) -> SpanKind {
        match self {
            Self::HttpServer | Self::GrpcServer => SpanKind::Server,
            Self::HttpClient | Self::GrpcClient => SpanKind::Client,
        }
    }

    pub(super) const fn is_server(self) -> bool {
        matches!(self, Self::HttpServer | Self::GrpcServer)
    }

    pub(super) const fn is_grpc(self) -> bool {
        matches!(self, Self::GrpcServer | Self::GrpcClient)
    }

    pub(super) const fn instrument(self) -> &'static Instrument {
        match self {
            Self::HttpServer => &HTTP_SERVER,
            Self::HttpClient => &HTTP_CLIENT,
            Self::GrpcServer => &GRPC_SERVER,
            Self::GrpcClient => &GRPC_CLIENT,
        }
    }

    /// Whether a span with that end has the status *error* ("HTTP spans" and "gRPC", span status): a client did not
    /// get what it asked for, a server did not do what it should.
    pub(super) const fn is_error(self, ending: Ending) -> bool {
        match (ending, self.is_server()) {
            (Ending::Answered(status), true) => status >= 500,
            (Ending::Answered(status), false) => status >= 400,
            (Ending::Called(code), true) => code.is_server_error(),
            (Ending::Called(code), false) => !code.is_ok(),
            (Ending::Failed(_) | Ending::Cancelled, _) => true,
            (Ending::Done, _) => false,
        }
    }
}
