//! [`Descriptor`]: a device's whole contract as constant data.

use super::{ActionContract, EventContract, Property, fingerprint};

/// A device's whole contract: model, version, properties, actions, events and their fingerprint.
///
/// It is built in a constant and lives in read-only data; nothing in it is allocated.
///
/// ```
/// use gofarm_core::Device;
///
/// /// A pH probe.
/// #[derive(Device)]
/// #[device(model = "acme-ph", version = 2)]
/// struct Probe {
///     #[prop(range = 0.0..=14.0, unit = "[pH]")]
///     ph: f32,
/// }
///
/// let contract = Probe::DESCRIPTOR;
/// assert_eq!((contract.model(), contract.version()), ("acme-ph", 2));
/// assert!(contract.property("ph").is_some());
/// let described = contract.describe("Another text.");
/// assert_eq!(described.fingerprint(), contract.fingerprint());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descriptor {
    model: &'static str,
    version: u32,
    description: &'static str,
    properties: &'static [Property],
    actions: &'static [&'static ActionContract],
    events: &'static [&'static EventContract],
    fingerprint: u64,
}

impl Descriptor {
    /// Creates the contract of `model` in its revision `version`, which each later one raises; a derived one is at
    /// least 1. Names are not checked here: a derived contract with two actions or two events of one name does not
    /// compile.
    #[must_use]
    pub const fn new(
        model: &'static str,
        version: u32,
        properties: &'static [Property],
        actions: &'static [&'static ActionContract],
        events: &'static [&'static EventContract],
    ) -> Self {
        Self {
            model,
            version,
            description: "",
            properties,
            actions,
            events,
            fingerprint: fingerprint::of(model, version, properties, actions, events),
        }
    }

    /// With a description for a person.
    #[must_use]
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// The model's name.
    #[must_use]
    pub const fn model(&self) -> &'static str {
        self.model
    }

    /// The contract's revision; a later one has a higher number.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The description; empty if none was written.
    #[must_use]
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// The properties, in the order of declaration.
    #[must_use]
    pub const fn properties(&self) -> &'static [Property] {
        self.properties
    }

    /// The actions, in the order of declaration.
    #[must_use]
    pub const fn actions(&self) -> &'static [&'static ActionContract] {
        self.actions
    }

    /// The events, in the order of declaration.
    #[must_use]
    pub const fn events(&self) -> &'static [&'static EventContract] {
        self.events
    }

    /// The device's own property called `name`; values inside of properties are not searched.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|p| p.name() == name)
    }

    /// 64 bits that change with everything a peer could depend on and with nothing else: descriptions do not
    /// count. Computed while the program compiles; sent in each hello, so that drift is seen.
    #[must_use]
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}
