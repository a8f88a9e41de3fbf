//! [`Property`]: a named value of a record, with everything its contract says of it.

use core::time::Duration;

use super::{Number, Schema};

/// Who may change a property.
///
/// ```
/// use gofarm_core::Device;
/// use gofarm_core::contract::Access;
///
/// #[derive(Device)]
/// #[device(model = "acme-ph", version = 1)]
/// struct Probe {
///     ph: f32,
///     #[prop(config, default = 300, unit = "s")]
///     sample_every: u16,
/// }
///
/// let access: Vec<Access> = Probe::DESCRIPTOR.properties().iter().map(|p| p.accessible()).collect();
/// assert_eq!(access, [Access::Read, Access::Config]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "a writer has to handle every kind of access"
)]
pub enum Access {
    /// Reported by the device; nobody else writes it.
    Read,
    /// Configuration: can be read and written, kept across a restart, shown in a form.
    Config,
    /// Can be written and not read back: a secret, a one-shot set-point.
    Write,
}

/// A default value.
///
/// ```
/// use gofarm_core::Device;
/// use gofarm_core::contract::{Literal, Number};
///
/// #[derive(Device)]
/// #[device(model = "acme-lamp", version = 1)]
/// struct Lamp {
///     #[prop(config, default = true)]
///     on: bool,
///     #[prop(config, range = 1..=100, default = 80, unit = "%")]
///     level: u8,
/// }
///
/// let defaults: Vec<_> = Lamp::DESCRIPTOR.properties().iter().map(|p| p.default()).collect();
/// assert_eq!(defaults, [Some(Literal::Boolean(true)), Some(Literal::Number(Number::U64(80)))]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a writer has to handle every kind of default"
)]
pub enum Literal {
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// Text, or the name of an enumeration's variant.
    Text(&'static str),
}

/// The most that a value may change in a time: `0.05` each minute.
///
/// ```
/// use core::time::Duration;
/// use gofarm_core::contract::{Number, Rate};
///
/// let rate = Rate::new(Number::U64(3), Duration::from_secs(60));
/// assert_eq!(rate.per_second(), 0.05);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    amount: Number,
    per: Duration,
}

impl Rate {
    /// At most `amount`, in the property's unit, each `per`; a rate whose `per` is zero limits nothing.
    #[must_use]
    pub const fn new(amount: Number, per: Duration) -> Self {
        Self { amount, per }
    }

    /// The amount, in the property's unit.
    #[must_use]
    pub const fn amount(&self) -> Number {
        self.amount
    }

    /// The time in which the value may change by that amount.
    #[must_use]
    pub const fn per(&self) -> Duration {
        self.per
    }

    /// The rate in the property's unit per second; not finite if [`Rate::per`] is zero.
    #[must_use]
    pub const fn per_second(&self) -> f64 {
        self.amount.as_f64() / self.per.as_secs_f64()
    }
}

/// A named value and its contract.
///
/// ```
/// use core::time::Duration;
/// use gofarm_core::Device;
///
/// #[derive(Device)]
/// #[device(model = "acme-ph", version = 1)]
/// struct Probe {
///     /// pH of the soil solution.
///     #[prop(range = 0.0..=14.0, unit = "[pH]", stale = "30min")]
///     ph: f32,
/// }
///
/// let ph = &Probe::DESCRIPTOR.properties()[0];
/// assert_eq!((ph.name(), ph.description()), ("ph", "pH of the soil solution."));
/// assert_eq!(ph.stale(), Some(Duration::from_secs(30 * 60)));
/// assert_eq!(ph.default(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Property {
    name: &'static str,
    description: &'static str,
    schema: Schema,
    access: Access,
    default: Option<Literal>,
    max_rate: Option<Rate>,
    stale: Option<Duration>,
    stuck: Option<Duration>,
}

impl Property {
    /// A property that the device reports ([`Access::Read`]), without default, rate, stale or stuck time.
    #[must_use]
    pub const fn new(name: &'static str, schema: Schema) -> Self {
        Self {
            name,
            description: "",
            schema,
            access: Access::Read,
            default: None,
            max_rate: None,
            stale: None,
            stuck: None,
        }
    }

    /// With a description for a person.
    #[must_use]
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// With another access than [`Access::Read`].
    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// With a default value; that it lies within the limits is checked in derived contracts only.
    #[must_use]
    pub const fn default_value(mut self, default: Literal) -> Self {
        self.default = Some(default);
        self
    }

    /// With a maximum rate of change; a faster reading is suspect.
    #[must_use]
    pub const fn max_rate(mut self, rate: Rate) -> Self {
        self.max_rate = Some(rate);
        self
    }

    /// With an age from which a reading is stale.
    #[must_use]
    pub const fn stale_after(mut self, age: Duration) -> Self {
        self.stale = Some(age);
        self
    }

    /// With a time from which a value that has not changed at all is suspect.
    #[must_use]
    pub const fn stuck_after(mut self, time: Duration) -> Self {
        self.stuck = Some(time);
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

    /// Shape and limits.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Who may change it.
    #[must_use]
    pub const fn accessible(&self) -> Access {
        self.access
    }

    /// The default value, where one was written.
    #[must_use]
    pub const fn default(&self) -> Option<Literal> {
        self.default
    }

    /// The maximum rate of change, where one was written.
    #[must_use]
    pub const fn rate_limit(&self) -> Option<Rate> {
        self.max_rate
    }

    /// The age from which a reading is stale, where one was written.
    #[must_use]
    pub const fn stale(&self) -> Option<Duration> {
        self.stale
    }

    /// The time from which an unchanged value is suspect, where one was written.
    #[must_use]
    pub const fn stuck(&self) -> Option<Duration> {
        self.stuck
    }
}
