//! What the layers add to a request: the least time of many short runs, with the layer and without it taking turns, and
//! the allocations of one request.
//!
//! `cargo bench -p gofarm-otel --features std,tower --bench layers`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints and may panic"
)]

use core::convert::Infallible;
use core::future::{Ready, ready};
use core::hint::black_box;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::time::Instant;

use gofarm_otel::batch::Kind;
use gofarm_otel::clock::Clock;
use gofarm_otel::instrument::Registry;
use gofarm_otel::layer::{ClientLayer, Pipeline, ServerLayer};
use gofarm_otel::queue::Queue;
use gofarm_otel::resource::Resource;
use gofarm_otel::sampler::{Percent, Ratio, Sampler};
use gofarm_otel::tracer::TracerProvider;
use http::{Request, Response};
use tower::{Layer, Service, service_fn};

const UNWANTED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const WANTED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Requests in one run, and runs.
const RUN: usize = 32;
const RUNS: usize = 20_000;

fn request(uri: &str, parent: Option<&str>) -> Request<()> {
    let request = Request::get(uri)
        .header("host", "gateway:8080")
        .header("user-agent", "curl/8.5.0")
        .header("accept", "*/*");
    let request = parent.into_iter().fold(request, |request, parent| {
        request.header("traceparent", parent)
    });
    request.body(()).unwrap()
}

fn plain() -> impl Service<
    Request<()>,
    Response = Response<()>,
    Error = Infallible,
    Future = Ready<Result<Response<()>, Infallible>>,
> + Clone {
    service_fn(|request: Request<()>| {
        black_box(request.uri());
        ready(Ok(Response::new(())))
    })
}

fn serve<S: Service<Request<()>>>(service: &mut S, request: Request<()>) {
    let mut future = pin!(service.call(request));
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => drop(black_box(output)),
        Poll::Pending => panic!("it waits"),
    }
}

/// Nanoseconds of one request: those of the fastest run, without making the requests.
fn run<S: Service<Request<()>>>(service: &mut S, template: &Request<()>, least: &mut f64) {
    let requests: Vec<Request<()>> = (0..RUN).map(|_| template.clone()).collect();
    let start = Instant::now();
    for request in requests {
        serve(service, request);
    }
    let each = start.elapsed().as_nanos() as f64 / RUN as f64;
    *least = least.min(each);
}

fn compare<S: Service<Request<()>>>(
    what: &str,
    template: &Request<()>,
    mut service: S,
    mut after: impl FnMut(),
) {
    let filter = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    if filter.is_some_and(|filter| !what.contains(&filter)) {
        return;
    }
    let mut base = plain();
    let (mut without, mut with) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..RUNS {
        run(&mut base, template, &mut without);
        run(&mut service, template, &mut with);
        after();
    }
    let mut one = Some(template.clone());
    let count =
        allocation_counter::measure(|| serve(&mut service, one.take().unwrap())).count_total;
    println!(
        "{what:<44} {without:>7.1} {with:>7.1} {:>7.1} ns {count:>3} allocations",
        with - without
    );
}

fn main() {
    println!("{:<44} {:>7} {:>7} {:>7}", "", "base", "layer", "added");
    let samplers: [(&str, Sampler, Option<&str>); 5] = [
        (
            "sampled out, by the parent",
            Sampler::ratio(Ratio::NEVER),
            Some(UNWANTED),
        ),
        ("sampled out, no parent", Sampler::ratio(Ratio::NEVER), None),
        (
            "sampled out, escalate on error",
            Sampler::ratio(Ratio::NEVER).escalate_on_error(),
            Some(UNWANTED),
        ),
        (
            "sampled in, by the parent",
            Sampler::ratio(10.percent()),
            Some(WANTED),
        ),
        ("sampled in, no parent", Sampler::always_on(), None),
    ];
    for (what, sampler, parent) in samplers {
        let queue = Queue::new(Kind::Traces, &Resource::new("bench"), 4 << 20);
        let tracers = TracerProvider::new(sampler.clone(), queue.clone(), Clock::system());
        let pipeline = Pipeline::new(&tracers, sampler, Registry::new());
        let drain = || while black_box(queue.take(1 << 20)).is_some() {};
        let server = ServerLayer::new(&pipeline).route(|_| Some("/plots/{plot}"));
        let incoming = request("/plots/7?soil=clay", parent);
        compare(
            &format!("server, {what}"),
            &incoming,
            server.layer(plain()),
            drain,
        );
        if parent.is_none() {
            let client = ClientLayer::new(&pipeline).layer(plain());
            let outgoing = request("http://storage:9000/plots/7", None);
            compare(&format!("client, {what}"), &outgoing, client, drain);
        }
    }
}
