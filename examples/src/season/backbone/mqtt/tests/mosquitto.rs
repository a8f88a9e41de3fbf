//! [`Mosquitto`]: a broker of the test's own, that can be killed.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::BrokerAddress;

/// A broker on a free port of this machine, with its files in a temporary folder.
pub(super) struct Mosquitto {
    program: &'static str,
    folder: TempDir,
    port: u16,
    child: Option<Child>,
}

impl Mosquitto {
    /// A broker that is not running yet; nothing, said aloud, where it is not installed. In CI it must be.
    #[expect(clippy::print_stderr, reason = "who runs the tests should know")]
    pub(super) fn new() -> Option<Self> {
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
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        Some(Self {
            program,
            folder: TempDir::new().unwrap(),
            port: listener.local_addr().unwrap().port(),
            child: None,
        })
    }

    pub(super) fn address(&self) -> BrokerAddress {
        format!("mqtt://127.0.0.1:{}", self.port).parse().unwrap()
    }

    /// Starts it, with this content of its list of who may do what; none lets everybody do all.
    pub(super) fn start(&mut self, acl: Option<&str>) {
        let port = self.port;
        let mut config = format!(
            "user root\npersistence false\nlog_dest none\nlistener {port} 127.0.0.1\nallow_anonymous true\n"
        );
        if let Some(acl) = acl {
            let path = self.folder.path().join("acl");
            fs::write(&path, acl).unwrap();
            config += &format!("acl_file {}\n", path.display());
        }
        let path = self.folder.path().join("mosquitto.conf");
        fs::write(&path, config).unwrap();
        let child = Command::new(self.program)
            .arg("-c")
            .arg(&path)
            .stderr(Stdio::null()) // it warns of being run by root
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// Waits until it answers.
    pub(super) fn answers(&self) {
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            std::thread::yield_now();
        }
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}
