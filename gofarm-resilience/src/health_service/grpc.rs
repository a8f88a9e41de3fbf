//! `grpc.health.v1`: [`GrpcHealth`].

use alloc::sync::Arc;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use gofarm_core::time::Clock;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tonic::codegen::tokio_stream::Stream;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_server};

use super::Health;
use super::check::report;
use crate::layer::RuntimeClock;
use crate::policy::health::Status;

/// [The health service of gRPC](https://github.com/grpc/grpc/blob/master/doc/health-checking.md): `Check` and `Watch`
/// of a component, or of the whole by the empty name; made by [`Health::grpc`].
///
/// | component | `Check` | `Watch` |
/// |---|---|---|
/// | up, degraded | `SERVING` | `SERVING` |
/// | down, without a heartbeat | `NOT_SERVING` | `NOT_SERVING` |
/// | never checked | `UNKNOWN` | `UNKNOWN` |
/// | not registered | status `NOT_FOUND` | `SERVICE_UNKNOWN`, and the stream stays open, as the protocol asks |
/// | the whole (`""`) | `SERVING` if ready, else `NOT_SERVING` | the same |
///
/// A watcher is told of a change at the latest after the time for which results are
/// [fresh](Health::fresh_for) and that of a check.
pub struct GrpcHealth<C = RuntimeClock> {
    health: Health<C>,
}

impl<C: Clock + Clone + Send + Sync + 'static> GrpcHealth<C> {
    pub(super) const fn new(health: Health<C>) -> Self {
        Self { health }
    }

    /// `None` if there is no component of this name.
    async fn serving(health: &Health<C>, service: &str) -> Option<ServingStatus> {
        if service.is_empty() {
            let is_ready = report(&health.checked(None).await).is_ready();
            return Some(if is_ready {
                ServingStatus::Serving
            } else {
                ServingStatus::NotServing
            });
        }
        let told = health.checked(Some(service)).await;
        let told = told.first()?;
        Some(match told.status {
            _ if !told.is_live => ServingStatus::NotServing,
            Status::Up | Status::Degraded => ServingStatus::Serving,
            Status::Down => ServingStatus::NotServing,
            Status::Unknown => ServingStatus::Unknown,
        })
    }

    async fn tell(
        health: Health<C>,
        service: Arc<str>,
        watcher: mpsc::Sender<Result<HealthCheckResponse, tonic::Status>>,
    ) {
        let mut last = None;
        loop {
            let status = Self::serving(&health, &service).await;
            let status = status.unwrap_or(ServingStatus::ServiceUnknown);
            if last != Some(status) {
                last = Some(status);
                if watcher.send(Ok(answer(status))).await.is_err() {
                    return;
                }
            }
            tokio::select! {
                () = watcher.closed() => return,
                () = sleep(health.between_looks()) => {}
            }
        }
    }
}

const fn answer(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status as i32,
    }
}

#[tonic::async_trait]
impl<C: Clock + Clone + Send + Sync + 'static> health_server::Health for GrpcHealth<C> {
    type WatchStream = Watching;

    async fn check(
        &self,
        request: tonic::Request<HealthCheckRequest>,
    ) -> Result<tonic::Response<HealthCheckResponse>, tonic::Status> {
        match Self::serving(&self.health, &request.get_ref().service).await {
            Some(status) => Ok(tonic::Response::new(answer(status))),
            None => Err(tonic::Status::not_found("no component of this name")),
        }
    }

    async fn watch(
        &self,
        request: tonic::Request<HealthCheckRequest>,
    ) -> Result<tonic::Response<Watching>, tonic::Status> {
        let (watcher, changes) = mpsc::channel(1);
        let service = request.into_inner().service.into();
        tokio::spawn(Self::tell(self.health.clone(), service, watcher));
        Ok(tonic::Response::new(Watching { changes }))
    }
}

impl<C> fmt::Debug for GrpcHealth<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GrpcHealth").field(&self.health).finish()
    }
}

/// The changes that a watcher is told of; its task ends when this is dropped.
#[derive(Debug)]
pub struct Watching {
    changes: mpsc::Receiver<Result<HealthCheckResponse, tonic::Status>>,
}

impl Stream for Watching {
    type Item = Result<HealthCheckResponse, tonic::Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.changes.poll_recv(cx)
    }
}
