//! A contract as OpenAPI components, for a gateway's REST interface.
//!
//! What is written is a Components Object, to be put under `components` of a document that the service owns: paths,
//! servers and security are its business. It has one schema for the device, one for its configuration if it has any,
//! one for each action with input and one for each event with data, under the names `MODEL`,
//! `MODEL.configuration`, `MODEL.ACTION` and `MODEL.EVENT`; a character that OpenAPI does not allow in a component's
//! name is replaced by `_`.
//!
//! OpenAPI 3.0 has no `const`, no `null` and no unknown words: there an `Option` is `nullable`, an enumeration a plain
//! `enum`, and units stand in `x-unit` in both versions.

use core::fmt;

use super::json::Object;
use super::vocabulary::Vocabulary;
use super::{Access, Descriptor, Property};

/// A version of the OpenAPI Specification.
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
    ///         r#"{"schemas":{"acme_ph":{"type":"object","properties":{"ph":{"type":"number","format":"float","#,
    ///         r#""minimum":0,"maximum":14,"x-unit":"[pH]","nullable":true,"readOnly":true}}}}}"#,
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
                let about = device.description();
                self.component(o, "", about, device.properties(), |_| true)?;
                if device.properties().iter().any(is_config) {
                    let properties = device.properties();
                    self.component(o, "configuration", "", properties, is_config)?;
                }
                for action in device.actions().iter().filter(|a| !a.inputs().is_empty()) {
                    let about = action.description();
                    self.component(o, action.name(), about, action.inputs(), |_| true)?;
                }
                for event in device.events().iter().filter(|e| !e.fields().is_empty()) {
                    let about = event.description();
                    self.component(o, event.name(), about, event.fields(), |_| true)?;
                }
                Ok(())
            })
        })
    }

    fn component(
        &self,
        o: &mut Object<'_>,
        part: &str,
        description: &str,
        properties: &[Property],
        keep: impl Fn(&Property) -> bool + Copy,
    ) -> fmt::Result {
        let vocabulary = match self.version {
            OpenApiVersion::V3_0 => Vocabulary::OpenApi30,
            OpenApiVersion::V3_1 => Vocabulary::OpenApi31,
        };
        let dot = if part.is_empty() { "" } else { "." };
        let name = [self.descriptor.model(), dot, part];
        o.object_named(&name, component_character, |o| {
            o.text_if_any("description", description)?;
            vocabulary.record(o, properties, keep)
        })
    }
}

/// Components Object, OpenAPI 3.0.3 and 3.1: names match `^[a-zA-Z0-9\.\-_]+$`.
fn component_character(c: char) -> char {
    if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
        c
    } else {
        '_'
    }
}

impl fmt::Display for OpenApi<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}
