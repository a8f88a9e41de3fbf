//! One HTTP request through a service that answers at once, with the building of request and answer.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::global;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::Sampler;
use tower::{Layer, Service, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

use super::metrics::meters;
use super::spans::Batches;
use super::{INSTRUMENTATION_TOWER, NO_LAYER, REQUEST_IN, REQUEST_OUT, ROUTE, TOWER_OTEL, gofarm};
use crate::figures::Figures;

pub type Body = Empty<bytes::Bytes>;

pub fn measure(figures: &mut Figures) {
    global::set_text_map_propagator(TraceContextPropagator::new());
    for (case, sampled) in [(REQUEST_OUT, false), (REQUEST_IN, true)] {
        through(figures, case, NO_LAYER, sampled, bare());
        gofarm::requests(figures, case, sampled);
        instrumentation_tower(figures, case, sampled);
        tower_otel(figures, case, sampled);
    }
}

/// Follows the caller.
fn parent_based() -> Batches {
    Batches::new(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
}

/// One Layer does both, and asks for the global providers.
fn instrumentation_tower(figures: &mut Figures, case: &str, sampled: bool) {
    use opentelemetry_instrumentation_tower::http::server::LayerBuilder;

    let batches = parent_based();
    global::set_tracer_provider(batches.provider.clone());
    global::set_meter_provider(meters());
    let layer = LayerBuilder::builder()
        .with_route_extractor_fn(|_: &Request<Body>| Some(ROUTE.to_owned()))
        .build()
        .expect("a layer");
    let service = layer.layer(bare());
    let made = through(figures, case, INSTRUMENTATION_TOWER, sampled, service);
    batches.end(figures, case, INSTRUMENTATION_TOWER, made);
}

/// Two Layers, one within the other, the first of them on tracing-opentelemetry. They know routes of axum only.
fn tower_otel(figures: &mut Figures, case: &str, sampled: bool) {
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry::trace::TracerProvider as _;
    use tower_otel::{metrics, trace};

    let batches = parent_based();
    let meters = meters();
    let meter = meters.meter("compare");
    let layer = tracing_opentelemetry::layer().with_tracer(batches.provider.tracer("compare"));
    let subscriber = tracing_subscriber::registry().with(layer);
    let made = tracing::subscriber::with_default(subscriber, || {
        let counted = metrics::HttpLayer::server(&meter).layer(bare());
        let traced = trace::HttpLayer::server(tracing::Level::INFO).layer(counted);
        through(figures, case, TOWER_OTEL, sampled, traced)
    });
    batches.end(figures, case, TOWER_OTEL, made);
}

pub fn bare() -> impl Service<
    Request<Body>,
    Response = Response<Body>,
    Error = Infallible,
    Future = Ready<Result<Response<Body>, Infallible>>,
> + Clone {
    service_fn(|_: Request<Body>| ready(Ok(Response::new(Body::new()))))
}

/// Times requests from a caller that kept its trace, or did not; says how many there were.
pub fn through<S, B>(
    figures: &mut Figures,
    case: &str,
    engine: &str,
    sampled: bool,
    mut service: S,
) -> u64
where
    S: Service<Request<Body>, Response = Response<B>>,
{
    let parent = if sampled {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    } else {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    };
    let mut made = 0;
    figures.time(case, engine, || {
        made += 1;
        let request = Request::get("http://farm.example/plots/7?full")
            .header("host", "farm.example")
            .header("user-agent", "compare/1.0")
            .header("traceparent", parent)
            .body(Body::new())
            .expect("a valid request");
        let mut future = pin!(service.call(request));
        match future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(Ok(response)) => drop(response),
            Poll::Ready(Err(_)) => panic!("the service answers"),
            Poll::Pending => panic!("the service answers at once"),
        }
    });
    made
}
