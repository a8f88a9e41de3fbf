//! [`Uplink`]: a frame to be sent, and its [`Priority`].

/// What goes first.
///
/// ```
/// use gofarm_hal::lorawan::Priority;
///
/// assert!(Priority::Alarm < Priority::Reading); // sorted by what goes first
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "an integrator maps each of them to what the device tells"
)]
pub enum Priority {
    /// A leak, a valve that does not close: sent before all else, never dropped, repeated until it is acknowledged.
    Alarm,
    /// What a valve did on whose command; repeated until it is acknowledged.
    ValveReport,
    /// A current reading; the newest one counts.
    Reading,
    /// What was kept from earlier.
    Backlog,
}

impl Priority {
    /// All priorities, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Alarm, Self::ValveReport, Self::Reading, Self::Backlog];

    /// The name in lower case, for labels: `valve_report`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::ValveReport => "valve_report",
            Self::Reading => "reading",
            Self::Backlog => "backlog",
        }
    }
}

/// A frame to be sent; the queue copies it.
///
/// See the [module](super) for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an uplink does nothing until it is pushed"]
pub struct Uplink<'a> {
    pub(super) port: u8,
    pub(super) priority: Priority,
    pub(super) payload: &'a [u8],
    pub(super) key: Option<u16>,
    pub(super) is_confirmed: bool,
}

impl<'a> Uplink<'a> {
    /// A payload for port `port`, 1 to 223, not confirmed.
    pub const fn new(port: u8, priority: Priority, payload: &'a [u8]) -> Self {
        Self {
            port,
            priority,
            payload,
            key: None,
            is_confirmed: false,
        }
    }

    /// With a key: a waiting frame of the same priority and key is replaced by this one.
    pub const fn keyed(mut self, key: u16) -> Self {
        self.key = Some(key);
        self
    }

    /// To be acknowledged by the network, and repeated until it is.
    pub const fn confirmed(mut self) -> Self {
        self.is_confirmed = true;
        self
    }
}
