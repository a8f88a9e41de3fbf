//! A contract as OpenAPI components, for a gateway's REST interface.
//!
//! What is written is a Components Object, to be put under `components` of a document that the service owns: paths,
//! servers and security are its business. It has one schema for the device, one for its configuration if it has any,
//! one for each action with input and one for each event with data, under the names `MODEL`,
//! `MODEL.configuration`, `MODEL.action.NAME` and `MODEL.event.NAME`. A byte that OpenAPI does not allow in a
//! component's name, and a `.` inside of a model or name, is written as `.` and two hexadecimal digits, so that no two
//! components have one name. In the configuration and in an input, what has a default may be left out.
//!
//! OpenAPI 3.0 has no `const`, no `null` type and no unknown words: there an `Option` is `nullable` and an enumeration
//! a plain `enum` (with `null` in it if it is optional). Units stand in `x-unit` and a float's step in `x-step` in both
//! versions.

use core::fmt::{self, Write};

use super::json::Object;
use super::vocabulary::{Direction, Vocabulary};
use super::{Access, Descriptor, Property};

/// A version of the OpenAPI Specification.
///
/// ```
/// use gofarm_core::contract::{Descriptor, OpenApiVersion, Property, Schema};
///
/// const LAMP: Descriptor = Descriptor::new(
///     "acme-lamp", 1, &[Property::new("on", Schema::Optional(&Schema::Boolean))], &[], &[],
/// );
///
/// assert!(LAMP.open_api(OpenApiVersion::V3_0).to_string().contains(r#""type":"boolean","nullable":true"#));
/// assert!(LAMP.open_api(OpenApiVersion::V3_1).to_string().contains(r#""type":["boolean","null"]"#));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OpenApiVersion {
    /// OpenAPI 3.1.
    #[default]
    V3_1,
    /// OpenAPI 3.0.3.
    V3_0,
}

/// A contract to be written as OpenAPI components; made by [`Descriptor::open_api`].
///
/// See [`Descriptor::open_api`] for an example.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is written before `write_to`"]
pub struct OpenApi<'d> {
    descriptor: &'d Descriptor,
    version: OpenApiVersion,
}

impl Descriptor {
    /// This contract as an OpenAPI Components Object.
    ///
    /// ```
    /// use gofarm_core::Device;
    /// use gofarm_core::contract::OpenApiVersion;
    ///
    /// #[derive(Device)]
    /// #[device(model = "acme/ph", version = 1)]
    /// struct Probe {
    ///     #[prop(range = 0.0..=14.0, unit = "[pH]")]
    ///     ph: Option<f32>,
    /// }
    ///
    /// assert_eq!(
    ///     Probe::DESCRIPTOR.open_api(OpenApiVersion::V3_0).to_string(),
    ///     concat!(
    ///         r#"{"schemas":{"acme.2Fph":{"type":"object","properties":{"ph":{"type":"number","nullable":true,"format":"float","#,
    ///         r#""minimum":0,"maximum":14,"x-unit":"[pH]","readOnly":true}}}}}"#,
    ///     )
    /// );
    /// ```
    pub const fn open_api(&self, version: OpenApiVersion) -> OpenApi<'_> {
        OpenApi {
            descriptor: self,
            version,
        }
    }
}

impl OpenApi<'_> {
    /// Writes the Components Object as compact JSON.
    ///
    /// # Errors
    /// The error of `out`.
    pub fn write_to(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let device = self.descriptor;
        let is_config = |property: &Property| property.accessible() == Access::Config;
        Object::write(out, |o| {
            o.object("schemas", |o| {
                self.record(o, "", None)?;
                if device.properties().iter().any(is_config) {
                    self.record(o, ".configuration", Some(Access::Config))?;
                }
                for action in device.actions() {
                    let (name, about) = (action.name(), action.description());
                    let to = Direction::ToDevice;
                    self.body(o, ".action.", name, about, to, action.inputs())?;
                }
                for event in device.events() {
                    let (name, about) = (event.name(), event.description());
                    let from = Direction::FromDevice;
                    self.body(o, ".event.", name, about, from, event.fields())?;
                }
                Ok(())
            })
        })
    }

    /// The component of the device's own properties: all of them, or those with one access.
    fn record(&self, o: &mut Object<'_>, part: &str, only: Option<Access>) -> fmt::Result {
        let device = self.descriptor;
        let direction = only.map_or(Direction::FromDevice, Direction::of);
        let name = ComponentName(device.model());
        o.object_named(&format_args!("{name}{part}"), |o| {
            o.text_if_any("description", device.description())?;
            self.vocabulary()
                .going(direction)
                .device(o, device.properties(), only)
        })
    }

    /// The component of an action's input or an event's data, left out when it has no members.
    fn body(
        &self,
        o: &mut Object<'_>,
        part: &str,
        name: &str,
        description: &str,
        direction: Direction,
        properties: &[Property],
    ) -> fmt::Result {
        if properties.is_empty() {
            return Ok(());
        }
        let (model, name) = (ComponentName(self.descriptor.model()), ComponentName(name));
        o.object_named(&format_args!("{model}{part}{name}"), |o| {
            o.text_if_any("description", description)?;
            self.vocabulary().going(direction).record(o, properties)
        })
    }

    const fn vocabulary(&self) -> Vocabulary {
        match self.version {
            OpenApiVersion::V3_0 => Vocabulary::OpenApi30,
            OpenApiVersion::V3_1 => Vocabulary::OpenApi31,
        }
    }
}

/// Part of a component's name; Components Object, OpenAPI 3.0.3 and 3.1: names match `^[a-zA-Z0-9\.\-_]+$`.
struct ComponentName<'a>(&'a str);

impl fmt::Display for ComponentName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
                f.write_char(char::from(byte))
            } else {
                write!(f, ".{byte:02X}")
            }
        })
    }
}

impl fmt::Display for OpenApi<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}
