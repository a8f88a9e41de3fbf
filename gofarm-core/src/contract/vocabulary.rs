//! How each description language spells the same schema: [`Vocabulary`].
//!
//! JSON Schema, Thing Descriptions and OpenAPI share most words and differ in a few: how a value may be absent,
//! how a name gets a title, where a unit goes. The differences stand here, once, so that the writers differ only in
//! what they put around a schema.

use core::fmt;

use super::json::Object;
use super::{Access, Numeric, Property, Repr, Schema, Variant};

/// A description language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vocabulary {
    /// JSON Schema, the subset that draft-07 and 2020-12 share.
    JsonSchema,
    /// The data schemas of a W3C Thing Description.
    Wot,
    /// OpenAPI 3.0: no `const`, no `null`, unknown words only with `x-`.
    OpenApi30,
    /// OpenAPI 3.1: JSON Schema, extensions with `x-`.
    OpenApi31,
}

impl Vocabulary {
    /// The members of a property: its schema and what is said of it.
    pub(super) fn property(self, o: &mut Object<'_>, property: &Property) -> fmt::Result {
        o.text_if_any("description", property.description())?;
        self.schema(o, property.schema())?;
        if let Some(default) = property.default() {
            o.literal("default", default)?;
        }
        match property.accessible() {
            Access::Read => o.flag("readOnly", true)?,
            Access::Write => o.flag("writeOnly", true)?,
            Access::Config => {}
        }
        if self == Self::Wot {
            timing(o, property)?;
        }
        Ok(())
    }

    /// The members of a record with those properties that `keep` lets pass.
    pub(super) fn record(
        self,
        o: &mut Object<'_>,
        properties: &[Property],
        keep: impl Fn(&Property) -> bool + Copy,
    ) -> fmt::Result {
        o.text("type", "object")?;
        self.fields(o, properties, keep)
    }

    /// The members of a value with this schema.
    fn schema(self, o: &mut Object<'_>, schema: &Schema) -> fmt::Result {
        let present = schema.present();
        if !matches!(schema, Schema::Optional(_)) {
            return self.present(o, present, Null::Refused);
        }
        match (self, present) {
            (Self::OpenApi30, _) => {
                self.present(o, present, Null::Refused)?;
                o.flag("nullable", true)
            }
            (Self::Wot, Schema::Enumeration(variants)) => o.array("oneOf", |a| {
                a.object(|o| names(o, variants))?;
                a.object(|o| o.text("type", "null"))
            }),
            (Self::Wot, _) => o.array("oneOf", |a| {
                a.object(|o| self.present(o, present, Null::Refused))?;
                a.object(|o| o.text("type", "null"))
            }),
            _ => self.present(o, present, Null::Allowed),
        }
    }

    fn present(self, o: &mut Object<'_>, schema: &Schema, null: Null) -> fmt::Result {
        match schema {
            Schema::Boolean => kind(o, "boolean", null),
            Schema::Numeric(numeric) => self.numeric(o, numeric, null),
            Schema::Text { max_len } => {
                kind(o, "string", null)?;
                o.number("maxLength", (*max_len).into())
            }
            Schema::Enumeration(variants) => self.enumeration(o, variants, null),
            Schema::Array { items, len } => {
                kind(o, "array", null)?;
                o.object("items", |o| self.schema(o, items))?;
                o.number("minItems", (*len).into())?;
                o.number("maxItems", (*len).into())
            }
            Schema::Record(properties) => {
                kind(o, "object", null)?;
                self.fields(o, properties, |_| true)
            }
            Schema::Optional(inner) => self.present(o, inner.present(), null),
        }
    }

    fn numeric(self, o: &mut Object<'_>, numeric: &Numeric, null: Null) -> fmt::Result {
        let is_integer = numeric.repr().is_integer();
        kind(o, if is_integer { "integer" } else { "number" }, null)?;
        if let (Self::OpenApi30 | Self::OpenApi31, Some(format)) = (self, format(numeric.repr())) {
            o.text("format", format)?;
        }
        if let Some(min) = numeric.lower() {
            o.number("minimum", min)?;
        }
        if let Some(max) = numeric.upper() {
            o.number("maximum", max)?;
        }
        match numeric.resolution() {
            Some(step) if is_integer => o.number("multipleOf", step)?,
            Some(step) => o.number(self.word("step", "gofarm:step", "x-step"), step)?,
            None => {}
        }
        match numeric.unit_code() {
            Some(unit) => o.text(self.word("unit", "unit", "x-unit"), unit.code()),
            None => Ok(()),
        }
    }

    fn enumeration(self, o: &mut Object<'_>, variants: &[Variant], null: Null) -> fmt::Result {
        if matches!(self, Self::OpenApi30 | Self::Wot) {
            return names(o, variants);
        }
        o.array("oneOf", |a| {
            for variant in variants {
                a.object(|o| {
                    o.text("const", variant.name())?;
                    o.text_if_any("title", variant.description())
                })?;
            }
            match null {
                Null::Allowed => a.object(|o| o.text("type", "null")),
                Null::Refused => Ok(()),
            }
        })
    }

    fn fields(
        self,
        o: &mut Object<'_>,
        properties: &[Property],
        keep: impl Fn(&Property) -> bool + Copy,
    ) -> fmt::Result {
        let kept = || properties.iter().filter(move |p| keep(p));
        let required = || kept().filter(|p| !matches!(p.schema(), Schema::Optional(_)));
        o.object("properties", |o| {
            for property in kept() {
                o.object(property.name(), |o| self.property(o, property))?;
            }
            Ok(())
        })?;
        // An empty `required` is not allowed in OpenAPI 3.0.
        if required().next().is_none() {
            return Ok(());
        }
        o.array("required", |a| {
            required().try_for_each(|p| a.text(p.name()))
        })
    }

    /// The word for something that the standards do not have.
    const fn word(
        self,
        json_schema: &'static str,
        wot: &'static str,
        open_api: &'static str,
    ) -> &'static str {
        match self {
            Self::JsonSchema => json_schema,
            Self::Wot => wot,
            Self::OpenApi30 | Self::OpenApi31 => open_api,
        }
    }
}

/// Whether `null` is a value.
#[derive(Clone, Copy)]
enum Null {
    Allowed,
    Refused,
}

fn kind(o: &mut Object<'_>, name: &str, null: Null) -> fmt::Result {
    match null {
        Null::Refused => o.text("type", name),
        Null::Allowed => o.array("type", |a| {
            a.text(name)?;
            a.text("null")
        }),
    }
}

fn names(o: &mut Object<'_>, variants: &[Variant]) -> fmt::Result {
    o.text("type", "string")?;
    o.array("enum", |a| {
        variants.iter().try_for_each(|v| a.text(v.name()))
    })
}

/// The formats of the OpenAPI format registry.
const fn format(repr: Repr) -> Option<&'static str> {
    match repr {
        Repr::I32 => Some("int32"),
        Repr::I64 => Some("int64"),
        Repr::F32 => Some("float"),
        Repr::F64 => Some("double"),
        _ => None,
    }
}

/// What a Thing Description has no words for: how fast a value may change and when it is too old.
fn timing(o: &mut Object<'_>, property: &Property) -> fmt::Result {
    if let Some(rate) = property.rate_limit() {
        o.object("gofarm:maxRate", |o| {
            o.number("amount", rate.amount())?;
            o.seconds("per", rate.per())
        })?;
    }
    if let Some(age) = property.stale() {
        o.seconds("gofarm:staleAfter", age)?;
    }
    match property.stuck() {
        Some(time) => o.seconds("gofarm:stuckAfter", time),
        None => Ok(()),
    }
}
