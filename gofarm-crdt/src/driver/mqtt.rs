//! Peers behind an MQTT 5 broker: one connection, any number of them.
//!
//! A gateway in a farm and its counterpart in the cloud can rarely open a connection to each other, but both can open
//! one to a broker. A session needs little of it: frames may be lost and repeat themselves. So everything that a
//! broker offers on top is left off, with a reason each:
//!
//! - **QoS 0.** A session acknowledges what is *durable* at the peer; a PUBACK only says that the broker has it.
//!   QoS 1 would send four packets for two and, worse, have the broker hold 72 hours of frames for a peer that
//!   is away, all of them stale when it returns: a session brings the newest state instead.
//! - **No MQTT session** (clean start, no expiry): a broker that is killed loses nothing that matters, and needs no
//!   disk.
//! - **Not retained, no will**: a frame means something to one session only.
//!
//! What stays is the link. It is kept by [`gofarm_core::link::Link`]: a dead broker is tried again for ever and at
//! most as often as its figures say, spread and jittered, and somebody is told. The packets are
//! written and read by `rumqttc`; its event loop is not used: it has no back-off and its queue goes when the
//! broker's session does. TLS 1.3 is `rustls` with `ring`.
//!
//! ```no_run
//! use gofarm_core::random::SplitMix64;
//! use gofarm_core::time::SystemClock;
//! use gofarm_crdt::dot::ReplicaId;
//! use gofarm_crdt::driver::mqtt::{self, Config, Tls};
//!
//! # async fn example() -> Result<(), Box<dyn core::error::Error>> {
//! let tls = Tls::new(&std::fs::read("farm-ca.pem")?)?
//!     .with_identity(&std::fs::read("gateway.pem")?, &std::fs::read("gateway.key")?)?;
//! let config = Config::new("broker.example.org", 8883, "north-farm", ReplicaId::new(1))?.with_tls(tls);
//! let (client, pump) = mqtt::client(config);
//! let seed = SplitMix64::new(0x5eed); // of a hardware source
//! tokio::spawn(pump.run(SystemClock::new(), seed, core::future::pending()));
//! for node in 100..1_100 {
//!     let transport = client.peer(ReplicaId::new(node))?; // one `driver::run` each
//! #   drop(transport);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Who is who
//!
//! Replica 1 sends to replica 2 with the topic `gofarm/<farm>/sync/<2>/<1>`, each number in 16 hexadecimal digits, and
//! reads `gofarm/<farm>/sync/<1>/+`. So the sender's name is in the topic, and the broker must see to it
//! that nobody uses another's: **without these rules any client of the broker can speak for any replica.** In
//! Mosquitto, where the user name of each replica is its number in 16 hexadecimal digits (of a password file, or with
//! `use_identity_as_username true` the common name in its certificate):
//!
//! ```text
//! # mosquitto.conf
//! allow_anonymous false
//! use_username_as_clientid true
//! acl_file /etc/mosquitto/gofarm.acl
//!
//! # gofarm.acl
//! pattern read  gofarm/north-farm/sync/%u/+
//! pattern write gofarm/north-farm/sync/+/%u
//! ```
//!
//! (Without `use_username_as_clientid` any client can end the connection of another by taking its name, though not
//! speak for it.) Then a [`PeerIdentity`](crate::sync::PeerIdentity) of the replica that [`Client::peer`] was called with is as good as
//! the broker's login, and the broker itself must be trusted: it could speak for everybody.
//!
//! # Room
//!
//! A frame and its topic must fit into what the broker accepts as a packet (`max_packet_size` in Mosquitto; it announces
//! it, and less than [`Config::with_max_frame`] needs is a [`Fault::PacketSize`]). The sessions' limits keep frames
//! small: give [`Limits::with_max_frame`](crate::sync::Limits::with_max_frame) no more than the configuration.
//! MQTT adds the farm's name and some 50 bytes to each frame, nearly all of it topic; topic aliases are not used.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::link::{Alarm, LinkState};
use tokio::sync::{mpsc, watch};

use crate::dot::ReplicaId;

use super::traffic::Traffic;
use super::transport::{Arrival, Transport};

mod config;
mod fault;
mod pump;
mod tls;
mod topic;
mod wire;

pub use config::{Config, ConfigError};
pub use fault::Fault;
pub use pump::Pump;
pub use tls::{Tls, TlsError};

use topic::Topics;

/// How many frames of one peer may wait to be merged; what is beyond is lost and sent again.
const INCOMING: usize = 256;
/// How many frames of all peers may wait to be written; who sends more waits.
const OUTGOING: usize = 256;

/// Makes a client of a broker; it connects when its pump [runs](Pump::run).
pub fn client(config: Config) -> (Client, Pump) {
    let (outgoing, to_send) = mpsc::channel(OUTGOING);
    let (status, seen) = watch::channel(Status::default());
    let shared = Arc::new(Shared {
        topics: config.topics(),
        routes: Mutex::default(),
    });
    let client = Client {
        shared: Arc::clone(&shared),
        outgoing,
        status: seen,
        max_frame: config.max_frame(),
    };
    (client, Pump::new(config, shared, to_send, status))
}

/// What the client and its pump share.
struct Shared {
    topics: Topics,
    routes: Mutex<BTreeMap<ReplicaId, mpsc::Sender<Vec<u8>>>>,
}

impl Shared {
    /// Gives a frame to its peer, or loses it.
    fn deliver(&self, topic: &[u8], frame: &[u8]) -> bool {
        let Some(from) = self.topics.sender(topic) else {
            return false;
        };
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let route = routes.get(&from);
        route.is_some_and(|route| route.try_send(frame.to_vec()).is_ok())
    }
}

/// A frame on its way out.
struct Outgoing {
    topic: Bytes,
    frame: Bytes,
}

/// One connection to a broker, shared by all peers behind it; clones are the same client.
///
/// See the [module](self) for an example.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Outgoing>,
    status: watch::Receiver<Status>,
    max_frame: u16,
}

impl Client {
    /// The link to one peer; only frames with this peer in their topic arrive there.
    ///
    /// # Errors
    /// [`PeerTaken`] if the link to this peer exists, and for this very replica.
    pub fn peer(&self, peer: ReplicaId) -> Result<Peer, PeerTaken> {
        let mut routes = self
            .shared
            .routes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_taken = routes.get(&peer).is_some_and(|route| !route.is_closed());
        if is_taken || peer == self.shared.topics.replica() {
            return Err(PeerTaken(peer));
        }
        let (frames, incoming) = mpsc::channel(INCOMING);
        routes.insert(peer, frames);
        Ok(Peer {
            incoming,
            outgoing: self.outgoing.clone(),
            topic: self.shared.topics.to(peer),
            connections: self.status.borrow().connections,
            status: self.status.clone(),
            max_frame: self.max_frame,
            traffic: Traffic::new(),
        })
    }

    /// How the link to the broker is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Waits until the status is as wished, and returns it; nothing when the pump has ended before.
    pub async fn status_when(&self, is_wished: impl FnMut(&Status) -> bool) -> Option<Status> {
        let mut status = self.status.clone();
        let seen = status.wait_for(is_wished).await.ok()?;
        Some(seen.clone())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("replica", &self.shared.topics.replica())
            .field("status", &*self.status.borrow())
            .finish_non_exhaustive()
    }
}

/// How the link to a broker is, and what went over it; see [`Client::status`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    state: LinkState,
    alarm: Option<Alarm>,
    fault: Option<Fault>,
    connections: u64,
    traffic: Traffic,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            state: LinkState::Disconnected,
            alarm: None,
            fault: None,
            connections: 0,
            traffic: Traffic::new(),
        }
    }
}

impl Status {
    /// Where the link stands; frames flow while it is connected.
    #[must_use]
    pub const fn state(&self) -> LinkState {
        self.state
    }

    /// Why a person should look at it.
    #[must_use]
    pub const fn alarm(&self) -> Option<Alarm> {
        self.alarm
    }

    /// Why the last connection, or try of one, ended.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// How many connections there were so far, with this one.
    #[must_use]
    pub const fn connections(&self) -> u64 {
        self.connections
    }

    /// What was sent to the broker up to the last change of the link: packets, their bytes before TLS, and frames
    /// that were lost here in either direction.
    #[must_use]
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }
}

/// The link to one peer behind a broker, made by [`Client::peer`].
///
/// While the broker is away, frames are lost at once.
#[derive(Debug)]
pub struct Peer {
    incoming: mpsc::Receiver<Vec<u8>>,
    outgoing: mpsc::Sender<Outgoing>,
    topic: Bytes,
    status: watch::Receiver<Status>,
    /// As many connections are known to the session.
    connections: u64,
    max_frame: u16,
    traffic: Traffic,
}

impl Peer {
    /// What was sent to this peer so far.
    #[must_use]
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }
}

impl Transport for Peer {
    type Error = PeerError;

    async fn send(&mut self, frame: &[u8]) -> Result<(), PeerError> {
        if frame.len() > usize::from(self.max_frame) {
            return Err(PeerError::TooLong {
                len: frame.len(),
                limit: self.max_frame,
            });
        }
        let is_connected = self.status.borrow().state == LinkState::Connected;
        if !is_connected && !self.outgoing.is_closed() {
            self.traffic.lost();
            return Ok(());
        }
        let outgoing = Outgoing {
            topic: self.topic.clone(),
            frame: Bytes::copy_from_slice(frame),
        };
        let sent = self.outgoing.send(outgoing).await;
        sent.map_err(|_| PeerError::Stopped)?;
        self.traffic.sent(frame.len());
        Ok(())
    }

    async fn receive(&mut self) -> Result<Arrival, PeerError> {
        let known = self.connections;
        tokio::select! {
            frame = self.incoming.recv() => frame.map(Arrival::Frame).ok_or(PeerError::Stopped),
            status = self.status.wait_for(|status| status.connections != known) => {
                self.connections = status.map_err(|_| PeerError::Stopped)?.connections;
                Ok(Arrival::Returned)
            }
        }
    }
}

/// There is a link to this peer already, or it is this very replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("replica {0} has a link already or is this one")]
pub struct PeerTaken(pub ReplicaId);

impl Classify for PeerTaken {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// Why the link to a peer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The pump has ended.
    #[error("the connection to the broker was ended here")]
    Stopped,
    /// The session's limits allow larger frames than the configuration of the client.
    #[error("a frame of {len} bytes, the limit is {limit}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        limit: u16,
    },
}

impl Classify for PeerError {
    fn kind(&self) -> Kind {
        match self {
            Self::Stopped => Kind::Permanent,
            Self::TooLong { .. } => Kind::Invalid,
        }
    }
}
