//! A tower stack around a real hyper client: the last good answer when a call fails, a breaker and a bulkhead for each
//! host, a deadline for each call. Prints what each call became.
//!
//! Without a URL it asks two servers of its own on loopback, one of them flaky, on a clock that goes on by 10 s from
//! round to round; with one it asks there, in real time.
//!
//! ```console
//! $ cargo run --bin breaker_service
//! $ cargo run --bin breaker_service -- http://192.168.1.20/water --calls 20 --pause 1000
//! ```
#![expect(clippy::print_stdout, reason = "a person runs it")]

extern crate alloc;

use alloc::sync::Arc;
use core::error::Error;
use core::time::Duration;
use std::io;
use std::process::ExitCode;

use bytes::Bytes;
use clap::Parser;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Clock, Instant, ManualClock, millis, minutes, secs};
use gofarm_examples::command_line;
use gofarm_resilience::layer::{
    BreakerLayer, BulkheadLayer, DeadlineLayer, FallbackLayer, LastAnswers, RuntimeClock,
};
use gofarm_resilience::policy::Answer;
use gofarm_resilience::policy::breaker::Breaker;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, StatusCode, Uri};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// Asks a server again and again, and says what each call became.
#[derive(Parser)]
#[command(name = "breaker_service", version)]
struct Arguments {
    /// What to ask, such as http://192.168.1.20/water [default: two servers of its own]
    #[arg(value_parser = url)]
    url: Option<Uri>,
    /// How many rounds of calls
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    calls: u32,
    /// The longest time for a call, in ms
    #[arg(long, value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    deadline: u64,
    /// The time between two rounds at a URL, in ms
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(..=3_600_000))]
    pause: u64,
}

fn url(text: &str) -> Result<Uri, &'static str> {
    let url: Uri = text.parse().map_err(|_| "not a URL")?;
    let is_http = url.scheme_str() == Some("http") && url.host().is_some();
    is_http
        .then_some(url)
        .ok_or("not of the form http://HOST/PATH")
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the server answers {0}")]
    Status(StatusCode),
    #[error("{0}: {cause}", cause = root(.0))]
    Call(#[from] legacy::Error),
    #[error("the answer broke off: {0}")]
    Body(#[from] hyper::Error),
}

/// What an error comes from in the end.
fn root(error: &dyn Error) -> &dyn Error {
    error.source().map_or(error, root)
}

impl Classify for AskError {
    fn kind(&self) -> Kind {
        match self {
            Self::Status(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => {
                Kind::Overloaded
            }
            Self::Status(status) if !status.is_server_error() => Kind::Invalid,
            _ => Kind::Transient,
        }
    }
}

type Ask = Request<Empty<Bytes>>;

fn host(request: &Ask) -> String {
    let authority = request.uri().authority();
    authority.map_or_else(String::new, ToString::to_string)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Arguments = command_line::read();
    command_line::end::<Arguments>(run(&arguments).await)
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if let Some(url) = &arguments.url {
        let pause = || tokio::time::sleep(millis(arguments.pause));
        return ask(arguments, core::slice::from_ref(url), RuntimeClock, pause).await;
    }
    let urls = [
        own_server("flaky", flaky).await?,
        own_server("steady", |_| Says::Water("0.33")).await?,
    ];
    let clock = Played(Arc::new(ManualClock::new()));
    let next_round = || {
        clock.0.advance(secs(10));
        core::future::ready(())
    };
    ask(arguments, &urls, clock.clone(), next_round).await
}

/// The stack, and all calls through it.
async fn ask<C, F>(
    arguments: &Arguments,
    urls: &[Uri],
    clock: C,
    between: impl Fn() -> F,
) -> Result<(), Box<dyn Error>>
where
    C: Clock + Clone,
    F: Future<Output = ()>,
{
    let client = legacy::Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let client = service_fn(move |request: Ask| {
        let answer = client.request(request);
        async move {
            let answer = answer.await?;
            if !answer.status().is_success() {
                return Err(AskError::Status(answer.status()));
            }
            Ok(answer.into_body().collect().await?.to_bytes())
        }
    });
    let kept = LastAnswers::new(1_000, |request: &Ask| Some(request.uri().clone()))?;
    let breaker = Breaker::consecutive(3).open_for(secs(30)).half_open(1);
    let mut service = ServiceBuilder::new()
        .layer(FallbackLayer::stale(kept, minutes(15))?.clock(clock.clone()))
        .map_err(|error| {
            println!("  {error}"); // told before the fallback covers it
            error
        })
        .layer(BreakerLayer::keyed(host, breaker)?.clock(clock))
        .layer(BulkheadLayer::sharded(64, 16, host)?)
        .layer(DeadlineLayer::from_context().at_most(millis(arguments.deadline)))
        .service(client);
    for round in 1..=arguments.calls {
        for url in urls {
            println!("call {round} of {url}");
            let request = Request::get(url.clone()).body(Empty::new())?;
            match service.ready().await?.call(request).await {
                Ok(Answer::Fresh(body)) => println!("  -> {}", shown(&body)),
                Ok(answer) => {
                    let age = answer.age().unwrap_or(Duration::ZERO).as_secs();
                    println!("  -> {}, {age} s old", shown(answer.value()));
                }
                Err(error) => match error.retry_after() {
                    Some(wait) => println!("  -> nothing; come back in {} s", wait.as_secs()),
                    None => println!("  -> nothing"),
                },
            }
        }
        if round < arguments.calls {
            between().await;
        }
    }
    Ok(())
}

/// The first line of an answer, at most 60 characters of it.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(60)
        .collect()
}

/// A clock that is moved by hand, shared by the stack and who moves it.
#[derive(Clone)]
struct Played(Arc<ManualClock>);

impl Clock for Played {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

/// What a server of our own does with a request.
enum Says {
    Water(&'static str),
    Busy,
    Hangup,
    Nothing,
}

/// Well, three failures of three kinds, and well again.
const fn flaky(request: u32) -> Says {
    match request {
        1 => Says::Water("0.31"),
        2 => Says::Busy,
        3 => Says::Hangup,
        4 => Says::Nothing,
        _ => Says::Water("0.28"),
    }
}

/// A server on a free port of loopback, and its URL.
async fn own_server(name: &str, says: impl Fn(u32) -> Says + Send + 'static) -> io::Result<Uri> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/{name}", listener.local_addr()?);
    tokio::spawn(async move {
        let mut silent = Vec::new(); // their connections stay open
        for request in 1.. {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            // What goes wrong with one client is that client's to see.
            match says(request) {
                Says::Water(value) => drop(answer(&mut stream, "200 OK", value).await),
                Says::Busy => drop(answer(&mut stream, "503 Service Unavailable", "").await),
                Says::Hangup => drop(stream),
                Says::Nothing => silent.push(stream),
            }
        }
    });
    url.parse().map_err(io::Error::other)
}

async fn answer(stream: &mut TcpStream, status: &str, body: &str) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(()); // the client is gone
        }
    }
    let len = body.len();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {len}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await
}
