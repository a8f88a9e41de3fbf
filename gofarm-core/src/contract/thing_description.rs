//! A contract as W3C Thing Description 1.1, and as the Thing Model behind it.
//!
//! A [Thing Description](https://www.w3.org/TR/wot-thing-description11/) tells software how to use one device: its
//! properties, actions and events, and where to find them. A Thing Model is the same without the instance. Both are
//! streamed, so that a microcontroller can print its own over a serial line without a heap.
//!
//! Addresses are relative to the base: `properties/NAME`, `actions/NAME`, `events/NAME`, with every byte outside the
//! unreserved characters of RFC 3986 escaped. An action is never `safe` in the standard's sense (it changes state).
//! Forms name no operations: the standard's defaults hold. What is given to the device may leave out what has a
//! default.
//!
//! What the standard has no words for stands in the `gofarm:` namespace: `gofarm:safeState`, `gofarm:maxRun`,
//! `gofarm:onLinkLoss` (of one with a maximum run) and `gofarm:closes` of an action; `gofarm:maxRate`,
//! `gofarm:staleAfter`, `gofarm:stuckAfter` and `gofarm:step` of a property; `gofarm:fingerprint` of the contract. Times
//! are in seconds.

use core::fmt::{self, Write};

use super::json::{Array, Object};
use super::vocabulary::{Direction, Vocabulary};
use super::{ActionContract, Descriptor, EventContract, OnLinkLoss, Property};

/// How a client proves who it is; the parameters of a scheme keep the standard's defaults.
///
/// ```
/// use gofarm_core::contract::{Descriptor, Security};
///
/// const LAMP: Descriptor = Descriptor::new("acme-lamp", 1, &[], &[], &[]);
///
/// let guarded = LAMP.thing_description("urn:lamp:7").security(Security::Bearer).to_string();
/// assert!(guarded.contains(r#""security":"bearer""#));
/// assert!(LAMP.thing_description("urn:lamp:7").to_string().contains(r#""security":"nosec""#));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Security {
    /// Not at all: the network is trusted.
    #[default]
    NoSec,
    /// HTTP Basic.
    Basic,
    /// HTTP Digest.
    Digest,
    /// A bearer token.
    Bearer,
    /// A pre-shared key, as in DTLS for CoAP.
    Psk,
    /// As the transport negotiates it.
    Auto,
}

impl Security {
    const fn scheme(self) -> &'static str {
        match self {
            Self::NoSec => "nosec",
            Self::Basic => "basic",
            Self::Digest => "digest",
            Self::Bearer => "bearer",
            Self::Psk => "psk",
            Self::Auto => "auto",
        }
    }
}

/// A device to be written as Thing Description; made by [`Descriptor::thing_description`].
///
/// See [`Descriptor::thing_description`] for an example.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is written before `write_to`"]
pub struct ThingDescription<'d> {
    descriptor: &'d Descriptor,
    id: &'d str,
    base: &'d str,
    security: Security,
}

/// A contract to be written as Thing Model; made by [`Descriptor::thing_model`].
///
/// ```
/// use gofarm_core::contract::{Descriptor, Property, Schema};
///
/// const LAMP: Descriptor =
///     Descriptor::new("acme-lamp", 1, &[Property::new("on", Schema::Boolean)], &[], &[]);
///
/// let model = LAMP.thing_model().to_string();
/// assert!(model.contains(r#""@type":"tm:ThingModel""#));
/// assert!(!model.contains("forms")); // an address belongs to one device
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is written before `write_to`"]
pub struct ThingModel<'d> {
    descriptor: &'d Descriptor,
}

impl Descriptor {
    /// This contract as the Thing Description of the device called `id`, a URI such as
    /// `urn:dev:mac:0024befffe804ff1`; an empty one is left out.
    ///
    /// ```
    /// use gofarm_core::Device;
    ///
    /// #[derive(Device)]
    /// #[device(model = "acme-ph", version = 1)]
    /// struct Probe {
    ///     #[prop(range = 0.0..=14.0, unit = "[pH]")]
    ///     ph: f32,
    /// }
    ///
    /// let mut uart = String::new(); // any `core::fmt::Write`
    /// Probe::DESCRIPTOR
    ///     .thing_description("urn:dev:mac:0024befffe804ff1")
    ///     .base("coap://probe-7.farm.example/")
    ///     .write_to(&mut uart)?;
    /// assert!(uart.contains(r#""minimum":0,"maximum":14,"unit":"[pH]""#));
    /// # Ok::<(), core::fmt::Error>(())
    /// ```
    pub const fn thing_description<'d>(&'d self, id: &'d str) -> ThingDescription<'d> {
        ThingDescription {
            descriptor: self,
            id,
            base: "",
            security: Security::NoSec,
        }
    }

    /// This contract as Thing Model: what all devices of the model share.
    pub const fn thing_model(&self) -> ThingModel<'_> {
        ThingModel { descriptor: self }
    }
}

impl<'d> ThingDescription<'d> {
    /// With the URI to which the addresses are relative; none is written if it is empty, the default.
    pub const fn base(mut self, uri: &'d str) -> Self {
        self.base = uri;
        self
    }

    /// With another scheme than [`Security::NoSec`].
    pub const fn security(mut self, scheme: Security) -> Self {
        self.security = scheme;
        self
    }

    /// Writes the Thing Description as compact JSON.
    ///
    /// # Errors
    /// The error of `out`.
    pub fn write_to(&self, out: &mut dyn Write) -> fmt::Result {
        let scheme = self.security.scheme();
        Object::write(out, |o| {
            head(o, self.descriptor, "Thing", &["instance", "model"])?;
            o.text_if_any("id", self.id)?;
            o.text_if_any("base", self.base)?;
            o.object("securityDefinitions", |o| {
                o.object(scheme, |o| o.text("scheme", scheme))
            })?;
            o.text("security", scheme)?;
            affordances(o, self.descriptor, Forms::Written)
        })
    }
}

impl ThingModel<'_> {
    /// Writes the Thing Model as compact JSON.
    ///
    /// # Errors
    /// The error of `out`.
    pub fn write_to(&self, out: &mut dyn Write) -> fmt::Result {
        Object::write(out, |o| {
            head(o, self.descriptor, "tm:ThingModel", &["model"])?;
            affordances(o, self.descriptor, Forms::LeftOut)
        })
    }
}

impl fmt::Display for ThingDescription<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}

impl fmt::Display for ThingModel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}

/// Whether addresses are written: a model has none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Forms {
    Written,
    LeftOut,
}

fn head(o: &mut Object<'_>, device: &Descriptor, kind: &str, versions: &[&str]) -> fmt::Result {
    o.array("@context", |a| {
        a.text("https://www.w3.org/2022/wot/td/v1.1")?;
        a.object(|o| o.text("gofarm", "urn:gofarm:td:"))
    })?;
    o.text("@type", kind)?;
    o.text("title", device.model())?;
    o.text_if_any("description", device.description())?;
    o.object("version", |o| {
        versions
            .iter()
            .try_for_each(|of| o.display(of, &device.version()))
    })?;
    o.display(
        "gofarm:fingerprint",
        &format_args!("{:016x}", device.fingerprint()),
    )
}

fn affordances(o: &mut Object<'_>, device: &Descriptor, forms: Forms) -> fmt::Result {
    o.object("properties", |o| {
        device.properties().iter().try_for_each(|property| {
            o.object(property.name(), |o| {
                let writer = Vocabulary::Wot.going(Direction::of(property.accessible()));
                writer.own_property(o, property)?;
                form(o, forms, "properties", property.name())
            })
        })
    })?;
    o.object("actions", |o| {
        device
            .actions()
            .iter()
            .try_for_each(|contract| action(o, contract, forms))
    })?;
    o.object("events", |o| {
        device
            .events()
            .iter()
            .try_for_each(|contract| event(o, contract, forms))
    })
}

fn action(o: &mut Object<'_>, action: &ActionContract, forms: Forms) -> fmt::Result {
    o.object(action.name(), |o| {
        o.text_if_any("description", action.description())?;
        data(o, "input", Direction::ToDevice, action.inputs())?;
        o.flag("safe", false)?;
        o.flag("idempotent", action.is_idempotent())?;
        o.text_if_any("gofarm:safeState", action.safe_state())?;
        if let Some(time) = action.longest_run() {
            o.seconds("gofarm:maxRun", time)?;
            let behaviour = match action.link_loss() {
                OnLinkLoss::Finish => "finish",
                OnLinkLoss::Close => "close",
            };
            o.text("gofarm:onLinkLoss", behaviour)?;
        }
        if action.closes() {
            o.flag("gofarm:closes", true)?;
        }
        form(o, forms, "actions", action.name())
    })
}

fn event(o: &mut Object<'_>, event: &EventContract, forms: Forms) -> fmt::Result {
    o.object(event.name(), |o| {
        o.text_if_any("description", event.description())?;
        data(o, "data", Direction::FromDevice, event.fields())?;
        form(o, forms, "events", event.name())
    })
}

/// A record under `key`, left out when it has no members.
fn data(
    o: &mut Object<'_>,
    key: &str,
    direction: Direction,
    properties: &[Property],
) -> fmt::Result {
    if properties.is_empty() {
        return Ok(());
    }
    o.object(key, |o| {
        Vocabulary::Wot.going(direction).record(o, properties)
    })
}

fn form(o: &mut Object<'_>, forms: Forms, kind: &str, name: &str) -> fmt::Result {
    if forms == Forms::LeftOut {
        return Ok(());
    }
    o.array("forms", |a: &mut Array<'_>| {
        a.object(|o| o.display("href", &Address { kind, name }))
    })
}

/// `kind/name` with the name escaped as RFC 3986, section 2.1, says.
struct Address<'a> {
    kind: &'a str,
    name: &'a str,
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.kind)?;
        self.name.bytes().try_for_each(|byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                f.write_char(char::from(byte))
            } else {
                write!(f, "%{byte:02X}")
            }
        })
    }
}
