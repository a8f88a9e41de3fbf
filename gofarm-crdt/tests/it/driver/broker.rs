//! A Mosquitto of the test's own, that can be killed.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

/// A broker on a free port of this machine, with its files in a temporary folder.
pub(super) struct Broker {
    program: &'static str,
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

/// The broker, if it is installed; in CI it must be.
fn program() -> Option<&'static str> {
    let places = [
        "/usr/sbin/mosquitto",
        "/usr/local/sbin/mosquitto",
        "/opt/homebrew/sbin/mosquitto",
    ];
    let found = places.into_iter().find(|place| Path::new(place).exists());
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(found.is_some() || !is_ci, "mosquitto is not installed");
    found
}

impl Broker {
    /// A broker that is not running yet; nothing, said aloud, where Mosquitto is not installed.
    #[expect(clippy::print_stderr, reason = "who runs the tests should know")]
    pub(super) fn new() -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("skipped: mosquitto is not installed");
            return None;
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        Some(Self {
            program,
            folder: TempDir::new().unwrap(),
            port,
            child: None,
        })
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Puts a file into its folder and returns its path.
    pub(super) fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().into()
    }

    /// Starts it with these lines of configuration for its listener; returns the number of its process.
    pub(super) fn start(&mut self, lines: &str) -> Option<u32> {
        // `user` keeps a broker that root has started able to read its files; others ignore it.
        let config = format!(
            "user root\npersistence false\nlog_dest none\nlistener {} 127.0.0.1\n{lines}\n",
            self.port
        );
        let path = self.file("mosquitto.conf", &config);
        let child = Command::new(self.program)
            .args(["-c", &path])
            .stderr(Stdio::null()) // it warns of being run by root
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.child.insert(child).id()
    }

    /// SIGKILL.
    pub(super) async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().await.unwrap();
        }
    }
}
