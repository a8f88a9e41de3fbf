//! The connection of a device to its broker or gateway, as a state machine without I/O: [`Link`].
//!
//! Farm links are cellular, behind carrier NAT, and share one broker. A loop around `connect()` fails in four ways: it
//! gives up after a few tries and the field is never heard of again; it hammers (a bare poll loop of a common MQTT
//! client tried a dead port 18 269 times a second); it takes a slow round trip for a dead peer and reconnects all day;
//! and ten thousand of it fell a broker that has just come back. The way out is figures, and figures can only be
//! tested where nothing reads a clock: 72 hours of a cellular link run in a test in milliseconds here.
//!
//! A [`Link`] does no I/O. Its driver tells it what happened ([`LinkEvent`]), does what it says ([`LinkAction`]) and
//! comes back when it asks ([`Link::poll_timeout`]):
//!
//! ```
//! use gofarm_core::link::{Link, LinkAction, LinkConfig, LinkEvent, LinkState};
//! use gofarm_core::random::SplitMix64;
//! use gofarm_core::time::{Instant, secs};
//!
//! let mut rng = SplitMix64::new(7); // seeded from the device's id or a hardware source
//! let mut link = Link::new(LinkConfig::DEFAULT);
//! let mut now = Instant::ZERO;
//!
//! link.handle(now, LinkEvent::Start, &mut rng);
//! assert_eq!(link.poll_action(), Some(LinkAction::Connect)); // transport.connect()
//! link.handle(now, LinkEvent::TransportConnected, &mut rng);
//! assert_eq!(link.poll_action(), Some(LinkAction::Authenticate)); // send CONNECT
//! link.handle(now, LinkEvent::Authenticated, &mut rng);
//! assert_eq!(link.state(), LinkState::Connected);
//!
//! let wake = link.poll_timeout();
//! assert_eq!(wake, Some(now + secs(15)));
//! now += secs(15);
//! link.handle(now, LinkEvent::Timeout, &mut rng);
//! assert_eq!(link.poll_action(), Some(LinkAction::SendPing));
//! assert_eq!(link.poll_action(), None);
//! ```
//!
//! # States
//!
//! ```text
//!                 Start                TransportConnected           Authenticated
//!  Disconnected ─────────► Connecting ────────────────────► Authenticating ─────────► Connected
//!       ▲                    ▲    │ 8 s, failed                  │ 16 s, closed           │ closed, 30 s silent
//!       │ Stop (from any)    │    ▼                              ▼                        ▼
//!       └────────────────────┴─ Reconnecting ◄────────────────────────────────────────────┘
//!                      time is up
//! ```
//!
//! | event | Disconnected | Connecting | Authenticating | Connected | Reconnecting |
//! |---|---|---|---|---|---|
//! | Start | connect | – | – | – | – |
//! | Stop | – | stop | stop | stop | stop |
//! | TransportConnected | close it | authenticate | – | – | close it |
//! | Authenticated | close it | connected | connected | – | close it |
//! | TransportFailed, TransportClosed | – | failed try | failed try | lost | – |
//! | HeartbeatLost | – | – | failed try | lost | – |
//! | Refused | – | alarm, slow | alarm, slow | alarm, slow | – |
//! | ServerBusy | – | stay away | stay away | stay away | stay away |
//! | SessionTakenOver | – | alarm, stay away | alarm, stay away | alarm, stay away | – |
//! | DataReceived, PongReceived | – | – | – | sign of life | – |
//! | NetworkUp | – | – | – | ping now | try within 2 s |
//! | NetworkDown | – | – | – | ping now | – |
//! | Timeout, when due | – | failed try | failed try | ping or lost | connect |
//!
//! A wait that the peer asked for (busy, taken over, refused) is not cut short by NetworkUp. NetworkDown alone never
//! drops a connection and never stops the tries: modems announce it too often, and its opposite can get lost.
//!
//! # Figures
//!
//! Each is a field of [`LinkConfig`] with its reason. What follows from the defaults, and is tested:
//!
//! - A peer that is gone is noticed within 45 s (a probe starts within 15 s, and 30 s pass); a device that was asleep
//!   starts counting anew. This holds while `Timeout` is delivered within 15 s of its time.
//! - A cellular link (round trip 120..850 ms with 1 % above 6.2 s, 18 % loss in each direction, independent from ping to
//!   ping) is falsely dropped 0.04 times in 72 h on average. Loss that comes in bursts of 30 s is a dead link, and is
//!   treated as one.
//! - 10 000 devices that lose their broker at one instant make at most 500 tries in any second, also later while it
//!   stays away. The price: a single device waits up to 30 s after a loss, 15 s on average. A device that *starts* connects at
//!   once; where a whole site gets its power back, spread the `Start` events. `NetworkUp` is spread over 2 s only: it is
//!   for this device's own interface.
//! - While the peer is away a try starts at least every 96 s, for ever: 60 s and 20 %, and 24 s for a try that gets as
//!   far as the handshake. A peer that answers nothing, or refuses, is tried at least every 80 s.
//! - Tries are forgotten, and an alarm cleared, only when a connection has lived for 60 s: a broker that accepts
//!   and drops does not get the fast tries again.
//!
//! # What this does not do
//!
//! **The link decides nothing about the valve.** A running lease finishes whatever the link does, unless the device's
//! contract says that it closes on link loss; then the application acts on [`Link::state`]. Local schedules go on. It
//! does not queue messages, and does not authenticate: it says when to.

mod backoff;
mod config;
mod deadline;
mod event;
mod keepalive;
mod machine;
mod signal;

pub use config::{LinkConfig, LinkConfigBuilder, LinkConfigError};
pub use deadline::IoDeadline;
pub use event::{Alarm, LinkAction, LinkEvent, LinkState};
pub use machine::Link;
pub use signal::INSTRUMENTS;
