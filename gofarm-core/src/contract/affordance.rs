//! What a device can be told to do and what it tells by itself: [`ActionContract`] and [`EventContract`].

use core::time::Duration;

use super::Property;

/// What a device does with a running action when the link to its controller is lost.
///
/// ```
/// use gofarm_core::Action;
/// use gofarm_core::contract::OnLinkLoss;
///
/// #[derive(Action)]
/// #[action(safe = "off", max_run = "2h", on_link_loss = "close")]
/// struct Heat;
///
/// assert_eq!(Heat::CONTRACT.link_loss(), OnLinkLoss::Close);
/// assert_eq!(OnLinkLoss::default(), OnLinkLoss::Finish);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a device has to handle both")]
pub enum OnLinkLoss {
    /// The running lease goes on to its end; the default, because a lost link must not stop a farm.
    #[default]
    Finish,
    /// The device returns to its safe state at once.
    Close,
}

/// What an action promises.
///
/// An action with a maximum run time needs a lease. One without takes a lease of any length, or none: then it is done
/// when it returns (a reboot, a tare).
///
/// ```
/// use core::time::Duration;
/// use gofarm_core::Action;
///
/// /// Opens the valve.
/// #[derive(Action)]
/// #[action(safe = "closed", max_run = "30min", idempotent)]
/// struct Open {
///     #[prop(range = 1..=100, unit = "%")]
///     opening: u8,
/// }
///
/// let contract = Open::CONTRACT;
/// assert_eq!((contract.name(), contract.safe_state()), ("open", "closed"));
/// assert_eq!(contract.longest_run(), Some(Duration::from_secs(30 * 60)));
/// assert_eq!(contract.inputs()[0].name(), "opening");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActionContract {
    name: &'static str,
    description: &'static str,
    input: &'static [Property],
    safe: &'static str,
    max_run: Option<Duration>,
    idempotent: bool,
    closes: bool,
    on_link_loss: OnLinkLoss,
}

impl ActionContract {
    /// An action without input, maximum run time or safe state, which a lost link does not end.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            description: "",
            input: &[],
            safe: "",
            max_run: None,
            idempotent: false,
            closes: false,
            on_link_loss: OnLinkLoss::Finish,
        }
    }

    /// With a description for a person.
    #[must_use]
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// With input values.
    #[must_use]
    pub const fn input(mut self, input: &'static [Property]) -> Self {
        self.input = input;
        self
    }

    /// With the name of the state to which the device returns by itself: `closed`.
    #[must_use]
    pub const fn safe(mut self, state: &'static str) -> Self {
        self.safe = state;
        self
    }

    /// With a maximum run time; the action then needs a lease, and no run lasts longer than this, renewals included.
    #[must_use]
    pub const fn max_run(mut self, time: Duration) -> Self {
        self.max_run = Some(time);
        self
    }

    /// Doing it twice has the effect of doing it once.
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// It brings the device to its safe state: it never expires, is never deduplicated and never waits.
    #[must_use]
    pub const fn closing(mut self) -> Self {
        self.closes = true;
        self
    }

    /// With another behaviour on link loss than [`OnLinkLoss::Finish`].
    #[must_use]
    pub const fn on_link_loss(mut self, behaviour: OnLinkLoss) -> Self {
        self.on_link_loss = behaviour;
        self
    }

    /// The name, as it stands in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The description; empty if none was written.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// The input values; empty for an action without input.
    #[must_use]
    pub const fn inputs(&self) -> &'static [Property] {
        self.input
    }

    /// The name of the safe state; empty if none was written.
    #[must_use]
    pub const fn safe_state(&self) -> &'static str {
        self.safe
    }

    /// The maximum run time; `None` for an action that needs no lease.
    #[must_use]
    pub const fn longest_run(&self) -> Option<Duration> {
        self.max_run
    }

    /// Whether doing it twice has the effect of doing it once.
    #[must_use]
    pub const fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Whether it brings the device to its safe state.
    #[must_use]
    pub const fn closes(&self) -> bool {
        self.closes
    }

    /// What the device does when the link is lost.
    #[must_use]
    pub const fn link_loss(&self) -> OnLinkLoss {
        self.on_link_loss
    }
}

/// An event's name and data.
///
/// ```
/// use gofarm_core::Event;
///
/// /// The tank is nearly empty.
/// #[derive(Event)]
/// struct TankLow {
///     #[prop(range = 0..=100, unit = "%")]
///     level: u8,
/// }
///
/// assert_eq!(TankLow::CONTRACT.name(), "tank_low");
/// assert_eq!(TankLow::CONTRACT.description(), "The tank is nearly empty.");
/// assert_eq!(TankLow::CONTRACT.fields()[0].name(), "level");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventContract {
    name: &'static str,
    description: &'static str,
    data: &'static [Property],
}

impl EventContract {
    /// An event without data.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            description: "",
            data: &[],
        }
    }

    /// With a description for a person.
    #[must_use]
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// With data.
    #[must_use]
    pub const fn data(mut self, data: &'static [Property]) -> Self {
        self.data = data;
        self
    }

    /// The name, as it stands in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The description; empty if none was written.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// The data; empty for an event without data.
    #[must_use]
    pub const fn fields(&self) -> &'static [Property] {
        self.data
    }
}
