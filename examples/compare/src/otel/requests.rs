//! One HTTP request through a service that answers at once, with the building of request and answer.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body_util::Empty;
use opentelemetry::global;
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::Sampler;
use tower::{Layer, Service, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

use super::{
    INSTRUMENTATION_TOWER, NO_LAYER, REQUEST_IN, REQUEST_OUT, TOWER_OTEL, gofarm, spans::batches,
};
use crate::figures::Figures;

pub type Body = Empty<bytes::Bytes>;

pub fn measure(figures: &mut Figures) {
    global::set_text_map_propagator(TraceContextPropagator::new());
    for (case, sampled) in [(REQUEST_OUT, false), (REQUEST_IN, true)] {
        through(figures, case, NO_LAYER, sampled, bare());
        gofarm::requests(figures, case, sampled);
        let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
        let provider = batches(sampler);
        global::set_tracer_provider(provider.clone());
        let meters = SdkMeterProvider::builder()
            .with_reader(ManualReader::builder().build())
            .build();
        global::set_meter_provider(meters.clone());

        use opentelemetry_instrumentation_tower::http::server;
        through(
            figures,
            case,
            INSTRUMENTATION_TOWER,
            sampled,
            server::Layer::new().layer(bare()),
        );

        use opentelemetry::trace::TracerProvider as _;
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("compare"));
        let subscriber = tracing_subscriber::registry().with(layer);
        let meter = global::meter("compare");
        tracing::subscriber::with_default(subscriber, || {
            let traced = tower_otel::trace::HttpLayer::server(tracing::Level::INFO).layer(
                tower_otel::metrics::HttpLayer::server(&meter).layer(bare()),
            );
            through(figures, case, TOWER_OTEL, sampled, traced);
        });
        let _ = provider.shutdown();
    }
}

pub fn bare()
-> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone {
    service_fn(|_: Request<Body>| std::future::ready(Ok(Response::new(Body::new()))))
}

/// Times requests from a caller that kept its trace, or did not.
pub fn through<S, B>(figures: &mut Figures, case: &str, engine: &str, sampled: bool, mut service: S)
where
    S: Service<Request<Body>, Response = Response<B>>,
{
    let parent = if sampled {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    } else {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    };
    figures.time(case, engine, || {
        let request = Request::get("http://farm.example/plots/7?full")
            .header("host", "farm.example")
            .header("user-agent", "compare/1.0")
            .header("traceparent", parent)
            .body(Body::new())
            .expect("a valid request");
        let mut future = pin!(service.call(request));
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(response)) => drop(response),
            Poll::Ready(Err(_)) => panic!("the service answers"),
            Poll::Pending => panic!("the service answers at once"),
        }
    });
}
