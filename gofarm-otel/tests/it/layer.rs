//! Layers, from the outside.

mod active;
mod allocations;
mod client;
mod database;
mod grpc;
mod router;
mod server;

use core::convert::Infallible;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use gofarm_otel::batch::Kind;
use gofarm_otel::clock::Clock;
use gofarm_otel::instrument::Registry;
use gofarm_otel::layer::Pipeline;
use gofarm_otel::queue::Queue;
use gofarm_otel::resource::Resource;
use gofarm_otel::sampler::Sampler;
use gofarm_otel::snapshot::{Data, HistogramPoint};
use gofarm_otel::timestamp::Timestamp;
use gofarm_otel::tracer::TracerProvider;
use http::{Request, Response};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNWANTED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// A pipeline whose ends are in sight.
struct Bench {
    pipeline: Pipeline,
    queue: Queue,
    registry: Registry,
    clock: Clock,
}

fn bench(sampler: Sampler) -> Bench {
    let clock = Clock::manual(Timestamp::from_unix_nanos(1_767_225_600_000_000_000));
    let queue = Queue::new(Kind::Traces, &Resource::new("gateway"), 1 << 20);
    let tracers = TracerProvider::new(sampler.clone(), queue.clone(), clock.clone()).seed(7);
    let registry = Registry::builder().clock(clock.clone()).build();
    Bench {
        pipeline: Pipeline::new(&tracers, sampler, registry.clone()),
        queue,
        registry,
        clock,
    }
}

impl Bench {
    /// The points of a histogram, as labels in the text of their debug form and a count.
    fn durations(&self, name: &str) -> Vec<(String, u64)> {
        let snapshot = self.registry.collect(self.clock.now());
        let metric = snapshot.get(name).unwrap();
        let Data::Histogram { points, .. } = &metric.data else {
            panic!("{name} is not a histogram");
        };
        let line = |point: &HistogramPoint| {
            let labels = point
                .labels
                .iter()
                .map(|label| format!("{}={:?}", label.key, label.value));
            labels.collect::<Vec<_>>().join(" ")
        };
        points
            .iter()
            .map(|point| (line(point), point.count()))
            .collect()
    }
}

/// Runs a future that never has to wait.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// A service that answers with that status.
fn answers(
    status: u16,
) -> impl tower::Service<
    Request<()>,
    Response = Response<()>,
    Error = Infallible,
    Future = core::future::Ready<Result<Response<()>, Infallible>>,
> + Clone {
    tower::service_fn(move |_: Request<()>| {
        let mut response = Response::new(());
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
        core::future::ready(Ok(response))
    })
}

fn get(uri: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}
