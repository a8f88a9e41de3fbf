//! Servers that misbehave, and how often one is connected to.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::time::Instant;

use gofarm_otel::export::{Answer, Reason};
use gofarm_otel::otlp::{Client as _, OtlpClient, OtlpConfig};
use gofarm_otel::spool::{Limits, Memory, Spool};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::Running;
use crate::spans;

/// A server that answers every request with `answer`, then goes on or closes; counts its connections.
struct Server {
    port: u16,
    connections: Arc<AtomicU32>,
}

impl Server {
    async fn start(answer: impl Into<Vec<u8>>, closes: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&connections);
        let answer = Arc::new(answer.into());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, Arc::clone(&answer), closes));
            }
        });
        Self { port, connections }
    }

    fn client(&self) -> OtlpClient {
        let config = OtlpConfig::new(&format!("http://127.0.0.1:{}", self.port)).unwrap();
        config
            .with_timeout(Duration::from_millis(800))
            .client()
            .unwrap()
    }
}

async fn serve(mut stream: TcpStream, answer: Arc<Vec<u8>>, closes: bool) {
    let mut read = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = request_end(&read) {
                break end;
            }
            match stream.read_buf(&mut read).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        };
        read.drain(..end);
        if stream.write_all(&answer).await.is_err() || closes {
            return;
        }
    }
}

/// Where the first request ends, if it is all there.
fn request_end(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = core::str::from_utf8(&read[..head]).unwrap().to_lowercase();
    let length = text.split("content-length: ").nth(1).unwrap();
    let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
    (read.len() >= head + length).then_some(head + length)
}

async fn answer_to(server: &Server) -> Answer {
    server.client().send(Arc::new(spans::batch(0, 3))).await
}

#[tokio::test]
async fn one_connection_serves_all_requests() {
    let server = Server::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false).await;
    let mut client = server.client();
    for batch in 0..50 {
        let answer = client.send(Arc::new(spans::batch(batch, 1))).await;
        assert_eq!(answer, Answer::Accepted);
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn statuses_are_answered_as_otlp_says() {
    let refused = |status| Answer::Refused {
        status,
        message: "no".into(),
    };
    let retry = |after| Answer::Retry { after };
    let rows = [
        ("200 OK", "", Answer::Accepted),
        ("202 Accepted", "", Answer::Accepted),
        ("400 Bad Request", "", refused(400)),
        ("401 Unauthorized", "", refused(401)),
        ("301 Moved", "Location: /other\r\n", refused(301)),
        ("408 Request Timeout", "", refused(408)),
        ("413 Too Large", "", Answer::TooLarge),
        (
            "429 Too Many",
            "Retry-After: 7\r\n",
            retry(Some(Duration::from_secs(7))),
        ),
        ("500 Error", "", refused(500)),
        ("502 Bad Gateway", "", retry(None)),
        ("503 Unavailable", "Retry-After: soon\r\n", retry(None)),
        (
            "503 Unavailable",
            "Retry-After: 99999999999999999999\r\n",
            retry(None),
        ),
        ("504 Timeout", "", retry(None)),
    ];
    for (status, header, expected) in rows {
        // A `google.rpc.Status` that says no; field 2 of an empty partial success is not looked for in a 2xx.
        let body = if status.starts_with('2') {
            ""
        } else {
            "\x12\x02no"
        };
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\n{header}content-length: {length}\r\n\r\n{body}");
        let server = Server::start(text, false).await;
        assert_eq!(answer_to(&server).await, expected, "{status}");
    }
}

#[tokio::test]
async fn a_response_without_end_is_not_read_to_the_end() {
    let mut endless = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n".to_vec();
    endless.resize(200_000, b'x');
    let server = Server::start(endless, false).await;
    assert_eq!(
        answer_to(&server).await,
        Answer::Accepted,
        "the status says so"
    );

    let mut headers = b"HTTP/1.1 200 OK\r\n".to_vec();
    for at in 0..100_000 {
        headers.extend_from_slice(format!("x-{at}: y\r\n").as_bytes());
    }
    let server = Server::start(headers, false).await;
    assert_eq!(answer_to(&server).await, Answer::Unreachable);
}

#[tokio::test]
async fn nonsense_and_silence_end_within_the_deadline() {
    for answer in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123",
        "HTTP/1.1 2",
    ] {
        let server = Server::start(answer, false).await;
        let started = Instant::now();
        assert_eq!(answer_to(&server).await, Answer::TimedOut, "{answer:?}");
        assert!(started.elapsed() < Duration::from_secs(20));
    }
    for answer in [
        "",
        "SSH-2.0-OpenSSH\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123",
    ] {
        let server = Server::start(answer, true).await;
        assert_eq!(answer_to(&server).await, Answer::Unreachable, "{answer:?}");
    }
}

#[tokio::test]
async fn who_ends_without_receiver_but_with_a_spool_does_not_wait() {
    let server = Server::start("HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n", false).await;
    let config = OtlpConfig::new(&format!("http://127.0.0.1:{}", server.port)).unwrap();
    let spool = Spool::open(Memory::new(), Limits::new(1 << 20)).unwrap();
    let running = Running::start(config, Some(spool));
    running.send(spans::batch(0, 30)).await;
    let started = Instant::now();
    let tally = running
        .handle
        .shutdown(Duration::from_secs(600))
        .await
        .unwrap();
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!((tally.held().total(), tally.dropped().total()), (30, 0));
}

#[tokio::test]
async fn a_flush_that_is_over_and_an_end_that_is_not_do_not_hurry_each_other() {
    let server = Server::start("HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n", false).await;
    let config = OtlpConfig::new(&format!("http://127.0.0.1:{}", server.port)).unwrap();
    let running = Running::start(config, None);
    running.send(spans::batch(0, 30)).await;
    let (flush, end) = tokio::join!(
        running.handle.flush(Duration::from_millis(50)),
        running.handle.shutdown(Duration::from_millis(600)),
    );
    assert_eq!(flush.unwrap().held().total(), 30);
    assert_eq!(end.unwrap().dropped_for(Reason::Shutdown).total(), 30);
}

#[tokio::test]
async fn nobody_who_listens_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let config = OtlpConfig::new(&format!("http://127.0.0.1:{port}")).unwrap();
    let answer = config
        .client()
        .unwrap()
        .send(Arc::new(spans::batch(0, 1)))
        .await;
    assert_eq!(answer, Answer::Unreachable);
}
