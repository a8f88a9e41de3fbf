//! What goes into the link machine and what comes out: [`LinkState`], [`LinkEvent`], [`LinkAction`], [`Alarm`].

use core::fmt;
use core::time::Duration;

/// Where a link stands; an integrator may match it fully.
///
/// ```
/// use gofarm_core::link::{Link, LinkConfig, LinkState};
///
/// let link = Link::new(LinkConfig::DEFAULT);
/// let may_publish = match link.state() {
///     LinkState::Connected => true,
///     LinkState::Connecting | LinkState::Authenticating | LinkState::Reconnecting => false, // queue it
///     LinkState::Disconnected => false,
/// };
/// assert!(!may_publish);
/// assert_eq!(link.state().to_string(), "disconnected");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LinkState {
    /// Not wanted: before [`LinkEvent::Start`] or after [`LinkEvent::Stop`]. The only state that may last for ever.
    Disconnected,
    /// A transport (TCP, TLS, a radio session) is being opened.
    Connecting,
    /// The transport is open; the peers introduce themselves.
    Authenticating,
    /// In use, and watched by the heartbeat.
    Connected,
    /// Waiting for the time of the next try.
    Reconnecting,
}

impl LinkState {
    /// All states, in the order of declaration; the index is the value of the state gauge.
    pub const ALL: [Self; 5] = [
        Self::Disconnected,
        Self::Connecting,
        Self::Authenticating,
        Self::Connected,
        Self::Reconnecting,
    ];

    /// The name as it stands in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => "disconnected",
            Self::Connecting => "connecting",
            Self::Authenticating => "authenticating",
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
        }
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What happened, told by the driver. Every event is allowed in every state; the table in the
/// [module's documentation](super) says what it does.
///
/// ```
/// use gofarm_core::link::{Link, LinkConfig, LinkEvent, LinkState};
/// use gofarm_core::time::{Instant, minutes};
///
/// # use gofarm_core::random::SplitMix64;
/// # let mut rng = SplitMix64::new(7);
/// # let mut link = Link::new(LinkConfig::DEFAULT);
/// # let now = Instant::ZERO;
/// link.handle(now, LinkEvent::Start, &mut rng);
/// link.handle(now, LinkEvent::Authenticated, &mut rng); // opened and logged in in one step
/// // HTTP 503 with `Retry-After: 120`
/// link.handle(now, LinkEvent::ServerBusy { retry_after: Some(minutes(2)) }, &mut rng);
/// assert_eq!(link.state(), LinkState::Reconnecting);
/// assert!(link.poll_timeout() >= Some(now + minutes(2)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LinkEvent {
    /// The application wants the link.
    Start,
    /// The application does not want the link any more.
    Stop,
    /// The transport is open.
    TransportConnected,
    /// The transport could not be opened, or reported an error.
    TransportFailed,
    /// The peer closed the transport.
    TransportClosed,
    /// The peer accepted us (MQTT: CONNACK with reason 0). A driver that opens and logs in in one step sends only
    /// this one.
    Authenticated,
    /// The peer does not accept us: wrong credentials, not authorised (MQTT 5: 0x86, 0x87).
    Refused,
    /// Something other than a pong arrived: a sign of life.
    DataReceived,
    /// A ping was answered.
    PongReceived,
    /// A layer below (TCP user time-out, radio) found the peer gone.
    HeartbeatLost,
    /// The network interface came up or changed its address.
    NetworkUp,
    /// The network interface went down, or says so.
    NetworkDown,
    /// The peer is overloaded (MQTT 5: 0x89, HTTP: 429 and 503).
    ServerBusy {
        /// How long it wants us to stay away, where it says so.
        retry_after: Option<Duration>,
    },
    /// Someone else took over our session (MQTT 5: 0x8E).
    SessionTakenOver,
    /// The time that [`Link::poll_timeout`](super::Link::poll_timeout) gave has come. Harmless when it has not.
    Timeout,
}

/// What the driver has to do next.
///
/// ```
/// use gofarm_core::link::{Link, LinkAction, LinkConfig, LinkEvent};
/// use gofarm_core::time::Instant;
///
/// # use gofarm_core::random::SplitMix64;
/// # let mut rng = SplitMix64::new(7);
/// # let mut link = Link::new(LinkConfig::DEFAULT);
/// # let now = Instant::ZERO;
/// # let mut dialled = 0;
/// link.handle(now, LinkEvent::Start, &mut rng);
/// while let Some(action) = link.poll_action() {
///     match action {
///         LinkAction::Connect => dialled += 1, // transport.connect()
///         LinkAction::Close => {}              // transport.close()
///         LinkAction::RaiseAlarm(alarm) => eprintln!("the link needs a look: {alarm}"),
///         _ => {} // Authenticate, SendPing, ClearAlarm
///     }
/// }
/// assert_eq!(dialled, 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
#[must_use = "the link waits for what the driver was told to do"]
pub enum LinkAction {
    /// Open the transport.
    Connect,
    /// Introduce this device on the open transport.
    Authenticate,
    /// Send one ping. Repeated when it is not answered.
    SendPing,
    /// Drop the transport, open or half open, and deliver no further event of it; nothing if there is none.
    Close,
    /// Tell a person; replaces an alarm raised before.
    RaiseAlarm(Alarm),
    /// The alarm is over.
    ClearAlarm,
}

/// Why a person should look at a link.
///
/// ```
/// use gofarm_core::link::{Alarm, Link, LinkAction, LinkConfig, LinkEvent};
/// use gofarm_core::time::Instant;
///
/// # use gofarm_core::random::SplitMix64;
/// # let mut rng = SplitMix64::new(7);
/// # let mut link = Link::new(LinkConfig::DEFAULT);
/// # let now = Instant::ZERO;
/// link.handle(now, LinkEvent::Start, &mut rng);
/// link.handle(now, LinkEvent::TransportConnected, &mut rng);
/// link.handle(now, LinkEvent::Refused, &mut rng); // wrong password
/// assert_eq!(link.poll_action(), Some(LinkAction::Close));
/// assert_eq!(link.poll_action(), Some(LinkAction::RaiseAlarm(Alarm::Refused)));
/// assert_eq!(link.alarm(), Some(Alarm::Refused));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Alarm {
    /// All fast tries failed; the link now probes slowly.
    Unreachable,
    /// The peer does not accept this device.
    Refused,
    /// Another client uses this device's identity.
    TakenOver,
}

impl Alarm {
    /// The name as it stands in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::TakenOver => "taken_over",
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The actions that are not yet drained: one flag for each, so there is nothing that could overflow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pending {
    pub(super) close: bool,
    pub(super) alarm: Option<LinkAction>,
    pub(super) connect: bool,
    pub(super) authenticate: bool,
    pub(super) ping: bool,
}

impl Pending {
    /// Drops what was asked of the old transport and asks for its end.
    pub(super) fn close(&mut self) {
        self.connect = false;
        self.authenticate = false;
        self.ping = false;
        self.close = true;
    }

    /// The next action: the old transport ends before the new one begins.
    pub(super) fn take(&mut self) -> Option<LinkAction> {
        if core::mem::take(&mut self.close) {
            return Some(LinkAction::Close);
        }
        if let Some(alarm) = self.alarm.take() {
            return Some(alarm);
        }
        let rows = [
            (&mut self.connect, LinkAction::Connect),
            (&mut self.authenticate, LinkAction::Authenticate),
            (&mut self.ping, LinkAction::SendPing),
        ];
        rows.into_iter()
            .find_map(|(flag, action)| core::mem::take(flag).then_some(action))
    }
}
