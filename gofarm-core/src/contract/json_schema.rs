//! A contract as JSON Schema, for form builders and validators.
//!
//! Form builders refuse more than they admit: the default validators of RJSF and JSON Forms stop at a `$schema` of
//! 2020-12, and few draw `$defs`, `prefixItems` or `unevaluatedProperties`. What is written here keeps to the words
//! that draft-07 and 2020-12 share, in place, and the caller chooses which draft it names, or none.
//!
//! - A property is required unless it is an `Option`, which also accepts `null`. In a form
//!   ([`JsonSchema::only`] configuration or written values) one with a default may be left out as well: whoever reads
//!   the form's answer has to fill it in.
//! - A limit has the digits in which it was written: 0.6, also for an `f32`. A value should have them too
//!   (`serde_json::to_string` gives them, `serde_json::to_value` makes 0.6000000238418579 of it, which is above 0.6).
//! - An integer has limits always, those of its type where none are written.
//! - An enumeration is a `oneOf` of `const` with a `title`, so that forms show words.
//! - `unit` carries the UCUM code and, for floats, `step` the resolution. JSON Schema has neither word: validators
//!   ignore them, form builders may use them. An integer's step is a `multipleOf`.
//! - `readOnly` and `writeOnly` stand at the device's own properties; what is inside of one shares its access.
//! - Members that the contract does not know are not forbidden: a newer device may send more.
//! - `maxLength` counts characters and the contract counts bytes: text beyond ASCII may pass the schema and be
//!   refused by the device.

use core::fmt;

use super::json::Object;
use super::vocabulary::{Direction, Vocabulary};
use super::{Access, Descriptor};

/// The draft that a schema names in `$schema`.
///
/// ```
/// use gofarm_core::contract::{Descriptor, Dialect};
///
/// const LAMP: Descriptor = Descriptor::new("acme-lamp", 1, &[], &[], &[]);
///
/// let named = LAMP.json_schema(Dialect::Draft07).to_string();
/// assert!(named.starts_with(r#"{"$schema":"http://json-schema.org/draft-07/schema#","#));
/// assert!(!LAMP.json_schema(Dialect::Unnamed).to_string().contains("$schema"));
/// assert_eq!(Dialect::default(), Dialect::Draft202012);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// JSON Schema 2020-12, which OpenAPI 3.1 and most libraries use.
    #[default]
    Draft202012,
    /// Draft-07, which form builders and the W3C schemas use.
    Draft07,
    /// No `$schema`: the reader decides.
    Unnamed,
}

impl Dialect {
    const fn uri(self) -> &'static str {
        match self {
            Self::Draft202012 => "https://json-schema.org/draft/2020-12/schema",
            Self::Draft07 => "http://json-schema.org/draft-07/schema#",
            Self::Unnamed => "",
        }
    }
}

/// A contract to be written as JSON Schema; made by [`Descriptor::json_schema`].
///
/// See [`Descriptor::json_schema`] for an example.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is written before `write_to`"]
pub struct JsonSchema<'d> {
    descriptor: &'d Descriptor,
    dialect: Dialect,
    only: Option<Access>,
}

impl Descriptor {
    /// This contract as JSON Schema of the device's record.
    ///
    /// ```
    /// use gofarm_core::Device;
    /// use gofarm_core::contract::{Access, Dialect};
    ///
    /// #[derive(Device)]
    /// #[device(model = "acme-ph", version = 1)]
    /// struct Probe {
    ///     #[prop(range = 0.0..=14.0, unit = "[pH]")]
    ///     ph: f32,
    ///     #[prop(config, range = 10..=3600, unit = "s", default = 300)]
    ///     sample_every: u16,
    /// }
    ///
    /// let form = Probe::DESCRIPTOR.json_schema(Dialect::Unnamed).only(Access::Config);
    /// assert_eq!(
    ///     form.to_string(),
    ///     concat!(
    ///         r#"{"title":"acme-ph","type":"object","properties":{"sample_every":"#,
    ///         r#"{"type":"integer","minimum":10,"maximum":3600,"unit":"s","default":300}}}"#,
    ///     )
    /// );
    /// ```
    pub const fn json_schema(&self, dialect: Dialect) -> JsonSchema<'_> {
        JsonSchema {
            descriptor: self,
            dialect,
            only: None,
        }
    }
}

impl JsonSchema<'_> {
    /// With the properties of this access only; [`Access::Config`] gives the schema of a configuration form.
    pub const fn only(mut self, access: Access) -> Self {
        self.only = Some(access);
        self
    }

    /// Writes the schema as compact JSON.
    ///
    /// # Errors
    /// The error of `out`.
    pub fn write_to(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let direction = self.only.map_or(Direction::FromDevice, Direction::of);
        Object::write(out, |o| {
            o.text_if_any("$schema", self.dialect.uri())?;
            o.text("title", self.descriptor.model())?;
            o.text_if_any("description", self.descriptor.description())?;
            let writer = Vocabulary::JsonSchema.going(direction);
            writer.device(o, self.descriptor.properties(), self.only)
        })
    }
}

impl fmt::Display for JsonSchema<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}
