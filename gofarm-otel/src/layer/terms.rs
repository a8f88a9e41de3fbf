//! What all requests of a layer have in common: [`Terms`].

use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use core::net::SocketAddr;

use super::active::Active;
use super::ending::Ending;
use super::incoming::Incoming;
use super::labels::Labels;
use super::pipeline::Pipeline;
use super::role::Role;
use super::rows::{Index, Key, Row, Rows};
use crate::instrument::Histogram;
use crate::semantic::{self, http, network, rpc};

pub(super) type RouteOf = dyn for<'a> Fn(Incoming<'a>) -> Option<&'a str> + Send + Sync;
pub(super) type PeerOf = dyn Fn(Incoming<'_>) -> Option<SocketAddr> + Send + Sync;

/// What a layer was told, and its table of histograms.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) role: Role,
    pub(super) pipeline: Pipeline,
    pub(super) route: Option<Arc<RouteOf>>,
    pub(super) peer: Option<Arc<PeerOf>>,
    pub(super) scheme: &'static str,
    pub(super) rows: Arc<Rows<Histogram>>,
    /// The requests under way, for who counts them.
    pub(super) active: Option<Arc<Active>>,
}

impl Terms {
    pub(super) fn new(role: Role, pipeline: &Pipeline) -> Self {
        Self {
            role,
            pipeline: pipeline.clone(),
            route: None,
            peer: None,
            scheme: "http",
            rows: rows(role),
            active: (role == Role::HttpServer).then(Arc::default),
        }
    }

    /// With that scheme; the series of another one stay those of the clones that have it.
    pub(super) fn with_scheme(mut self, scheme: &'static str) -> Self {
        self.scheme = scheme;
        self.rows = rows(self.role);
        self.active = self.active.map(|_| Arc::default());
        self
    }

    /// The template of a request; the method of an RPC, which is its path.
    pub(super) fn route_of<'a>(&self, head: Incoming<'a>) -> &'a str {
        match &self.route {
            _ if self.role.is_grpc() => head.uri().path().trim_start_matches('/'),
            Some(route) => route(head).unwrap_or(""),
            None => "",
        }
    }

    /// The row of a request whose route is known to be one.
    pub(super) fn bind(&self, key: &Key<'_>) -> Index {
        self.rows.bind(key, || self.name(key))
    }

    fn name(&self, key: &Key<'_>) -> Box<str> {
        let method = key.method.in_name();
        match (self.role.is_grpc(), key.route) {
            (true, route) => route.into(),
            (false, "") => method.into(),
            (false, route) => format!("{method} {route}").into(),
        }
    }

    /// Counts a request of that row.
    pub(super) fn histogram(&self, index: Index, ending: Ending) -> &Histogram {
        let row = self.rows.row(index);
        row.histogram(ending, |ending| self.series(index, row, ending))
    }

    /// The histogram of the requests of `row` that end so; of those that end otherwise than the others, for `None`.
    fn series(&self, index: Index, row: &Row<Histogram>, ending: Option<Ending>) -> Histogram {
        let key = row.key();
        let failure = ending.and_then(|ending| ending.error_type(self.role));
        let mut labels = Labels::new();
        if self.role.is_grpc() {
            labels.text(rpc::SYSTEM_NAME, rpc::GRPC);
            labels.text(rpc::METHOD, key.route);
        } else {
            labels.text(http::REQUEST_METHOD, key.method.as_str());
            labels.text(
                http::ROUTE,
                if self.role.is_server() { key.route } else { "" },
            );
        }
        match self.role {
            Role::HttpServer => labels.text(http::URL_SCHEME, self.scheme),
            Role::GrpcServer => {}
            Role::HttpClient | Role::GrpcClient => {
                labels.text(network::SERVER_ADDRESS, key.host);
                labels.number(network::SERVER_PORT, key.port);
            }
        }
        match ending {
            Some(Ending::Answered(status)) => {
                labels.number(http::RESPONSE_STATUS_CODE, Some(status))
            }
            Some(Ending::Called(code)) => labels.text(rpc::RESPONSE_STATUS_CODE, code.as_str()),
            Some(Ending::Done | Ending::Failed(_) | Ending::Cancelled) | None => {}
        }
        labels.text(
            semantic::ERROR_TYPE,
            failure.as_ref().map_or("", |kind| kind.as_str()),
        );
        if ending.is_none() || Rows::<Histogram>::is_overflow(index) {
            labels.text(semantic::METRIC_OVERFLOW, "true");
        }
        self.pipeline
            .registry
            .histogram(self.role.instrument(), labels.as_slice())
    }
}

fn rows(role: Role) -> Arc<Rows<Histogram>> {
    Arc::new(Rows::new(if role.is_grpc() { rpc::GRPC } else { "HTTP" }))
}
