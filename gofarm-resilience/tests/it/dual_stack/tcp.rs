//! The same over loopback TCP, with servers that are killed in the middle of a call and started again.

use alloc::sync::Arc;
use core::net::{Ipv4Addr, SocketAddr};
use core::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{millis, secs};
use gofarm_resilience::dual_stack::{
    DualStack, Endpoint, GrpcPath, Http2, HttpPath, Path, SelectorConfig, Traffic,
};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};
use tower::{Service, ServiceExt};

use super::server::{Authority, Ledger, Speaks, serve};

/// How long a test may wait before it has failed.
const LONG: core::time::Duration = secs(60);

struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    fn start(
        address: SocketAddr,
        authority: &Authority,
        speaks: Speaks,
        ledger: &Arc<Ledger>,
    ) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let listener: TcpListener = socket.listen(64).unwrap();
        let address = listener.local_addr().unwrap();
        let tls = authority.server(&[b"h2"]);
        let ledger = Arc::clone(ledger);
        let accepting = tokio::spawn(async move {
            // Connections die with this task.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, tls.clone(), speaks, Arc::clone(&ledger)));
            }
        });
        Self { address, accepting }
    }

    /// Ends it with all its connections.
    async fn kill(self) -> SocketAddr {
        self.accepting.abort();
        let _ = self.accepting.await;
        self.address
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_grpc_server_costs_no_heartbeat_without_an_error_and_is_used_again() {
    let authority = Authority::new();
    let ledger = Arc::new(Ledger::default());
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let grpc = Server::start(any, &authority, Speaks::Grpc, &ledger);
    let http = Server::start(any, &authority, Speaks::Http, &ledger);
    let tls = authority.client();
    let endpoint = |server: &Server| {
        let origin = format!("https://127.0.0.1:{}", server.address.port());
        Endpoint::new(&origin, &tls).unwrap()
    };
    // The figures of the default, faster: the test runs on the real clock.
    let config = SelectorConfig::builder()
        .check_every(millis(250))
        .check_timeout(millis(250))
        .standby_every(millis(250))
        .return_after(millis(500))
        .build()
        .unwrap();
    let (mut stack, supervisor) = DualStack::new(
        GrpcPath::new(Http2::new(endpoint(&grpc))),
        HttpPath::new(Http2::new(endpoint(&http))),
        config,
    );
    let supervisor = tokio::spawn(supervisor.run());

    // Heartbeats, one after the other, from before the kill to after the return.
    let is_over = Arc::new(AtomicBool::new(false));
    let beating = tokio::spawn({
        let (mut stack, is_over) = (stack.clone(), Arc::clone(&is_over));
        async move {
            let (mut answered, mut failed, mut sent) = (Vec::new(), 0_u64, 0_u64);
            while !is_over.load(Ordering::SeqCst) {
                let request = super::call(Traffic::Heartbeat, format!("beat {sent}"));
                sent += 1;
                let from = Instant::now();
                match stack.ready().await.unwrap().call(request).await {
                    Ok(answer) => answered.push(answer.into_body()),
                    Err(error) => {
                        assert_ne!(error.kind(), Kind::Invalid, "{error}");
                        failed += 1;
                    }
                }
                assert!(from.elapsed() < secs(6));
                tokio::task::yield_now().await;
            }
            (answered, failed, sent)
        }
    });

    // A call is in the middle of its answer when the server is killed.
    let mut caller = stack.clone();
    let stuck = tokio::spawn(async move {
        let request = super::call(Traffic::Payload, "hang");
        caller.ready().await.unwrap().call(request).await
    });
    timeout(LONG, ledger.reached("hang")).await.unwrap();
    timeout(LONG, ledger.reached("beat 20")).await.unwrap();
    let killed = Instant::now();
    let address = grpc.kill().await;
    let error = timeout(LONG, stuck).await.unwrap().unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Transient);
    assert!(killed.elapsed() < secs(2), "{:?}", killed.elapsed());

    let path = timeout(LONG, stack.changed()).await.unwrap();
    assert_eq!(path, Path::Second);
    let request = super::call(Traffic::Heartbeat, "after");
    let answer = stack.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(answer.into_body(), Bytes::from("http after"));
    let switch = stack.last_switch().unwrap();
    assert!(switch.took().unwrap() <= millis(300), "{switch:?}");

    let grpc = Server::start(address, &authority, Speaks::Grpc, &ledger);
    let path = timeout(LONG, stack.changed()).await.unwrap();
    assert_eq!(path, Path::First);
    let request = super::call(Traffic::Payload, "photo");
    let answer = stack.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(answer.into_body(), Bytes::from("grpc photo"));

    is_over.store(true, Ordering::SeqCst);
    let (answered, failed, sent) = timeout(LONG, beating).await.unwrap().unwrap();
    assert_eq!(answered.len() as u64 + failed, sent);
    let mut entries = ledger.entries();
    entries.sort_unstable();
    for answer in &answered {
        let entry = String::from_utf8(answer.to_vec()).unwrap();
        let from = entries.partition_point(|other| *other < entry);
        assert_eq!(entries.get(from), Some(&entry), "answered, but not heard");
        assert_ne!(entries.get(from + 1), Some(&entry), "heard twice");
    }
    assert!(answered.iter().any(|answer| answer.starts_with(b"http")));

    drop(stack);
    timeout(LONG, supervisor).await.unwrap().unwrap();
    grpc.kill().await;
    http.kill().await;
}
