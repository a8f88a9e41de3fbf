//! A real router on a real server, asked by a real client over loopback.

use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, State};
use axum::http::HeaderMap;
use axum::routing::get;
use bytes::Bytes;
use core::net::SocketAddr;
use gofarm_otel::layer::{ClientLayer, Incoming, Scope, ServerLayer, Traced};
use gofarm_otel::sampler::{LateKeep, Percent, Sampler};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming as Received;
use hyper_util::rt::TokioIo;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{Bench, PARENT, UNWANTED, bench};
use crate::received::{spans, text, value};

type Failure = Box<dyn core::error::Error + Send + Sync>;

/// One request over a connection of its own.
async fn send(request: Request<Empty<Bytes>>) -> Result<Response<Received>, Failure> {
    let authority = request.uri().authority().ok_or("no host")?.to_string();
    let stream = TcpStream::connect(&authority).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (mut parts, body) = request.into_parts();
    parts.headers.insert("host", authority.parse()?);
    parts.uri = parts
        .uri
        .path_and_query()
        .ok_or("no path")?
        .as_str()
        .parse()?;
    Ok(sender
        .send_request(Request::from_parts(parts, body))
        .await?)
}

fn empty(uri: String, headers: &[(&str, &str)]) -> Request<Empty<Bytes>> {
    let request = Request::get(uri);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(Empty::new()).unwrap()
}

async fn read(response: Response<Received>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What the handler needs: where the other service is, and the client's layer.
#[derive(Clone)]
struct Storage {
    address: SocketAddr,
    layer: ClientLayer,
}

impl Storage {
    /// The `traceparent` that the other service is sent.
    async fn ask(&self) -> String {
        let client = self.layer.layer(service_fn(send));
        let call = empty(format!("http://{}/storage", self.address), &[]);
        read(client.oneshot(call).await.unwrap()).await
    }
}

/// A server of three routes and its address: `/plots/{plot}` is traced and asks `/storage`, `/broken/{plot}` is traced
/// and fails, `/storage` answers with the `traceparent` that it was sent.
async fn serve(bench: &Bench) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let storage = Storage {
        address,
        layer: ClientLayer::new(&bench.pipeline),
    };
    let layer = ServerLayer::new(&bench.pipeline)
        .route(|request| {
            request
                .extensions()
                .get::<MatchedPath>()
                .map(MatchedPath::as_str)
        })
        .peer(|request: Incoming<'_>| {
            request
                .extensions()
                .get::<ConnectInfo<SocketAddr>>()
                .map(|peer| peer.0)
        });
    let app = Router::new()
        .route("/plots/{plot}", get(plot))
        .route(
            "/broken/{plot}",
            get(async || StatusCode::INTERNAL_SERVER_ERROR),
        )
        .layer(layer)
        .route("/storage", get(traceparent))
        .with_state(storage);
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn plot(State(storage): State<Storage>) -> String {
    Context::current()
        .span()
        .set_attribute(KeyValue::new("farm.crop", "barley"));
    let here = storage.ask().await;
    // A task of its own belongs to the trace if it is given the scope.
    let spawned = Scope::current().around(async move { storage.ask().await });
    format!("{here} {}", tokio::spawn(spawned).await.unwrap())
}

async fn traceparent(headers: HeaderMap) -> String {
    let value = headers
        .get("traceparent")
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_trace_goes_from_the_client_through_the_handler_to_the_next_service() {
    for (parent, is_kept) in [(PARENT, true), (UNWANTED, false)] {
        let bench = bench(Sampler::ratio(0.percent()));
        let address = serve(&bench).await;
        let request = empty(
            format!("http://{address}/plots/7?soil=clay"),
            &[("traceparent", parent)],
        );
        let sent = read(send(request).await.unwrap()).await;

        let flags = if is_kept { "01" } else { "00" };
        for sent in sent.split(' ') {
            assert_eq!((&sent[..36], &sent[53..]), (&parent[..36], flags), "{sent}");
        }
        let spans = spans(&bench.queue);
        assert_eq!(spans.len(), if is_kept { 3 } else { 0 });
        let Some((server, calls)) = spans.split_last() else {
            continue;
        };
        assert_eq!(server.name, "GET /plots/{plot}");
        assert_eq!(
            server.parent_span_id,
            [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]
        );
        assert_eq!(value(&server.attributes, "farm.crop"), text("barley"));
        assert_eq!(
            value(&server.attributes, "client.address"),
            text("127.0.0.1")
        );
        assert_eq!(value(&server.attributes, "url.query"), text("soil=clay"));
        for (call, sent) in calls.iter().zip(sent.split(' ')) {
            assert_eq!(call.parent_span_id, server.span_id);
            let id: String = call
                .span_id
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(id, sent[36..52]);
        }
    }
}

#[tokio::test]
async fn a_failed_request_that_nobody_wanted_is_kept_with_what_the_wire_said() {
    let bench = bench(Sampler::ratio(0.percent()).late_keep(LateKeep::default()));
    let address = serve(&bench).await;
    let headers = [("traceparent", UNWANTED), ("user-agent", "probe/1")];
    let answer = send(empty(
        format!("http://{address}/broken/7?soil=clay"),
        &headers,
    ))
    .await
    .unwrap();
    assert_eq!(answer.status(), 500);
    let spans = spans(&bench.queue);
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].name, "GET /broken/{plot}");
    for (key, expected) in [
        ("http.route", "/broken/{plot}"),
        ("url.path", "/broken/7"),
        ("url.query", "soil=clay"),
        ("user_agent.original", "probe/1"),
        ("server.address", "127.0.0.1"),
        ("client.address", "127.0.0.1"),
        ("error.type", "500"),
    ] {
        assert_eq!(value(&spans[0].attributes, key), text(expected), "{key}");
    }
}

#[test]
fn layers_and_their_parts_go_to_any_thread() {
    fn any<T: Send + Sync + Clone>() {}
    fn future<S: Service<Request<()>>>(_: &S)
    where
        S::Future: Send,
    {
    }
    any::<ServerLayer>();
    any::<ClientLayer>();
    any::<Traced<()>>();
    let bench = bench(Sampler::always_on());
    future(&ServerLayer::new(&bench.pipeline).layer(super::answers(200)));
}
