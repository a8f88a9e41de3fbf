//! The gateway as a program, with a real broker, and a field node of the test's own behind it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use core::future::pending;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use core::time::Duration;
use gofarm_core::link::{LinkConfig, LinkState};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{millis, secs};
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::driver::handle::Handle;
use gofarm_crdt::driver::mqtt::{self, Config};
use gofarm_crdt::driver::run::run;
use gofarm_crdt::ledger::Ledger;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::sync::{Limits, PeerIdentity, Session};
use gofarm_crdt::{Handle as StateHandle, Replica};
use gofarm_examples::clocks::Clocks;
use gofarm_examples::zone::{self, Zone};
use tempfile::TempDir;
use tokio::time::timeout;

/// How long a test may wait before it has failed.
const LONG: Duration = secs(100);
const NODE: u64 = 100;

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill(); // or it has ended
        let _ = self.0.wait();
    }
}

/// A Mosquitto on a free port of this machine; nothing, said aloud, where it is not installed. In CI it must be.
#[expect(clippy::print_stderr, reason = "who runs the tests should know")]
fn broker(folder: &Path) -> Option<(Running, u16)> {
    let places = [
        "/usr/sbin/mosquitto",
        "/usr/local/sbin/mosquitto",
        "/opt/homebrew/sbin/mosquitto",
    ];
    let Some(program) = places.into_iter().find(|place| Path::new(place).exists()) else {
        let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!is_ci, "mosquitto is not installed");
        eprintln!("skipped: mosquitto is not installed");
        return None;
    };
    let port = free_port();
    let lines = format!(
        "user root\npersistence false\nlog_dest none\nlistener {port} 127.0.0.1\nallow_anonymous true\n"
    );
    let config = folder.join("mosquitto.conf");
    std::fs::write(&config, lines).unwrap();
    let child = Command::new(program)
        .arg("-c")
        .arg(&config)
        .stderr(Stdio::null()) // it warns of being run by root
        .spawn()
        .unwrap();
    Some((Running(child), port))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A gateway with its state in `folder`, and where it answers.
fn gateway(folder: &Path, broker: u16) -> (Running, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gateway"))
        .args(["--broker", &format!("127.0.0.1:{broker}")])
        .args(["--node", &NODE.to_string(), "--listen", "127.0.0.1:0"])
        .arg("--store")
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("gateway: http://").unwrap();
    (Running(child), address.to_owned())
}

/// The status line and the body of an answer.
fn ask(address: &str, method: &str, path: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let len = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.lines().next().unwrap();
    (status.to_owned(), body.to_owned())
}

/// Ends it as a service manager does; it must end by itself, well, and within 5 s.
async fn end(mut gateway: Running) {
    let id = gateway.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let ended = tokio::task::spawn_blocking(move || gateway.0.wait().unwrap());
    let status = timeout(secs(5), ended)
        .await
        .expect("it ends within 5 s")
        .unwrap();
    assert_eq!(status.code(), Some(0));
}

/// A field node.
struct Node {
    replica: Handle<Replica<MemoryStore>>,
    zone: StateHandle<Zone>,
    clocks: Clocks,
}

impl Node {
    async fn start(broker: u16) -> Self {
        let clocks = Clocks::new();
        let store = MemoryStore::new(ReplicaId::new(NODE), 42);
        let mut replica = Replica::open(store, clocks.read()).unwrap();
        let zone = replica.register(&zone::name(NODE)).unwrap();
        let replica = Handle::start(replica).unwrap();
        let link = LinkConfig::builder()
            .first_delay(millis(100))
            .growth_percent(100)
            .fast_tries(100)
            .spread(secs(1))
            .build();
        let config = Config::new("127.0.0.1", broker, "farm", ReplicaId::new(NODE)).unwrap();
        let (client, pump) = mqtt::client(config.with_link(link.unwrap()));
        tokio::spawn(pump.run(clocks, SplitMix64::new(1), pending()));
        let peer = ReplicaId::new(1);
        let session = Session::new(PeerIdentity::own_only(peer), Limits::mqtt(), 7);
        let transport = client.peer(peer).unwrap();
        tokio::spawn(run(
            replica.clone(),
            session,
            transport,
            clocks,
            pending(),
            |_| (),
        ));
        let connected = client.status_when(|status| status.state() == LinkState::Connected);
        timeout(LONG, connected).await.unwrap().unwrap();
        Self {
            replica,
            zone,
            clocks,
        }
    }

    async fn measures(&self, used: f32) {
        let (zone, now) = (self.zone, self.clocks.read());
        let written = self.replica.update(move |replica| {
            replica.update(now, &zone, |zone| zone.used.set(used));
        });
        written.await.unwrap();
    }

    /// Waits until the gateway's wish has arrived.
    async fn is_told(&self, wants_water: bool) {
        let mut commits = self.replica.commits();
        let told = async {
            loop {
                let zone = self.zone;
                let (seen, wish) = self
                    .replica
                    .read(move |replica| {
                        let wish = replica.read(&zone).wants_water.get().copied();
                        (Ledger::revision(replica), wish)
                    })
                    .await
                    .unwrap();
                if wish == Some(wants_water) {
                    return;
                }
                commits.other_than(seen).await;
            }
        };
        timeout(LONG, told).await.expect("the gateway decides");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_measures_is_decided_by_settings_that_change_and_survives_a_restart() {
    let folder = TempDir::new().unwrap();
    let Some((broker, port)) = broker(folder.path()) else {
        return;
    };
    let store = folder.path().join("store");
    let (running, address) = gateway(&store, port);
    let node = Node::start(port).await;

    node.measures(0.9).await; // 0.85 is where irrigation starts
    node.is_told(true).await;
    let (status, body) = ask(&address, "PUT", "/settings", "start_at = 85");
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    assert_eq!(body, "start_at: 85 is outside 0.1..=0.95\n");
    node.measures(7.0).await; // is not believed
    node.measures(0.7).await;
    let (status, body) = ask(
        &address,
        "PUT",
        "/settings",
        "start_at = 0.95\nstop_at = 0.75",
    );
    assert_eq!(status, "HTTP/1.1 200 OK", "{body}");
    node.is_told(false).await;

    for (path, text) in [
        ("/livez", "live"),
        ("/readyz?verbose", "[+] broker up\n[+] store up\nready"),
        ("/metrics", "example_zones_refused"),
        ("/metrics", "gofarm_crdt_committed_total"),
        ("/metrics", "http_server_request_duration_seconds"),
    ] {
        let (status, body) = ask(&address, "GET", path, "");
        assert_eq!(status, "HTTP/1.1 200 OK", "{path}");
        assert!(body.contains(text), "{text} is not in {body}");
    }
    end(running).await;

    // Without the broker it comes up all the same, with the state and the settings that it had.
    drop(broker);
    let (running, address) = gateway(&store, port);
    let (_, body) = ask(&address, "GET", "/zones", "");
    let zones: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(zones[0]["node"], NODE);
    assert_eq!(zones[0]["wants_water"], false);
    let (_, body) = ask(&address, "PUT", "/settings", "longest_run = 1");
    assert_eq!(body, "longest_run: 1 is outside 60..=2700 s\n");
    let (status, body) = ask(&address, "GET", "/readyz?verbose", "");
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(body.ends_with("[+] store up\nready\n"), "{body}");
    end(running).await;
}

#[test]
fn what_cannot_start_is_one_line_and_exit_code_2() {
    let folder = TempDir::new().unwrap();
    let (file, store) = (folder.path().join("file"), folder.path().join("store"));
    std::fs::write(&file, "no folder").unwrap();
    let corrupt = folder.path().join("corrupt");
    std::fs::create_dir(&corrupt).unwrap();
    std::fs::write(corrupt.join("state.redb"), "no store").unwrap();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let [file, store, corrupt] = [&file, &store, &corrupt].map(|path| path.to_str().unwrap());
    for arguments in [
        &["--store", store][..],
        &["--node", "x"],
        &["--node", "100", "--broker", "nowhere"],
        &["--node", "100", "--broker", "here:0"],
        &["--node", "100", "--store", file],
        &["--node", "100", "--store", corrupt],
        &["--node", "100", "--node", "100", "--store", store],
        &[
            "--node",
            "100",
            "--store",
            store,
            "--otlp",
            "collector:4318",
        ],
        &["--node", "100", "--store", store, "--listen", &taken],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("gateway: "), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn the_skeleton_is_short_enough_to_copy() {
    let lines = include_str!("../../src/bin/gateway.rs").lines().count();
    assert!(lines <= 200, "{lines} lines");
}
