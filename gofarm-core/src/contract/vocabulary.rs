//! How each description language spells the same schema: [`Vocabulary`].
//!
//! JSON Schema, Thing Descriptions and OpenAPI share most words and differ in a few: how a value may be absent,
//! how a name gets a title, where a unit goes. The differences stand here, once, so that the writers differ only in
//! what they put around a schema.

use core::fmt;

use super::json::Object;
use super::{Access, Number, Numeric, Property, Repr, Schema, Variant};

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

/// Which way a described value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// The device tells it: every value that is not optional is there.
    FromDevice,
    /// The device is given it: what has a default may be left out.
    ToDevice,
}

impl Direction {
    /// The direction in which a property with this access is used.
    pub(super) const fn of(access: Access) -> Self {
        match access {
            Access::Read => Self::FromDevice,
            Access::Config | Access::Write => Self::ToDevice,
        }
    }

    fn requires(self, property: &Property) -> bool {
        let may_be_left_out = self == Self::ToDevice && property.default().is_some();
        !may_be_left_out && !matches!(property.schema(), Schema::Optional(_))
    }
}

impl Vocabulary {
    /// Writes values that go this way.
    pub(super) const fn going(self, direction: Direction) -> Writer {
        Writer {
            vocabulary: self,
            direction,
        }
    }
}

/// Writes schemas in one vocabulary for one direction.
#[derive(Clone, Copy)]
pub(super) struct Writer {
    vocabulary: Vocabulary,
    direction: Direction,
}

impl Writer {
    /// The members of one of the device's own properties: its schema, what is said of it, and who may change it.
    ///
    /// Only here the access counts: what is inside of a property shares it, and so do an action's input and an
    /// event's data.
    pub(super) fn own_property(self, o: &mut Object<'_>, property: &Property) -> fmt::Result {
        self.property(o, property)?;
        match property.accessible() {
            Access::Read => o.flag("readOnly", true),
            Access::Write => o.flag("writeOnly", true),
            Access::Config => Ok(()),
        }
    }

    /// The members of the device's own record: all its properties, or those with one access.
    pub(super) fn device(
        self,
        o: &mut Object<'_>,
        properties: &[Property],
        only: Option<Access>,
    ) -> fmt::Result {
        let keep = |p: &&Property| only.is_none_or(|access| p.accessible() == access);
        let kept = || properties.iter().filter(keep);
        o.text("type", "object")?;
        o.object("properties", |o| {
            kept().try_for_each(|p| o.object(p.name(), |o| self.own_property(o, p)))
        })?;
        self.required(o, kept())
    }

    /// The members of a record.
    pub(super) fn record(self, o: &mut Object<'_>, properties: &[Property]) -> fmt::Result {
        o.text("type", "object")?;
        self.fields(o, properties)
    }

    fn property(self, o: &mut Object<'_>, property: &Property) -> fmt::Result {
        o.text_if_any("description", property.description())?;
        self.schema(o, property.schema())?;
        if let Some(default) = property.default() {
            o.literal("default", default)?;
        }
        match self.vocabulary {
            Vocabulary::Wot => timing(o, property),
            _ => Ok(()),
        }
    }

    /// The members of a value with this schema.
    fn schema(self, o: &mut Object<'_>, schema: &Schema) -> fmt::Result {
        let present = schema.present();
        if !matches!(schema, Schema::Optional(_)) {
            return self.present(o, present, Null::Refused);
        }
        match self.vocabulary {
            Vocabulary::Wot => o.array("oneOf", |a| {
                a.object(|o| self.present(o, present, Null::Refused))?;
                a.object(|o| o.text("type", "null"))
            }),
            _ => self.present(o, present, Null::Allowed),
        }
    }

    fn present(self, o: &mut Object<'_>, schema: &Schema, null: Null) -> fmt::Result {
        match schema {
            Schema::Boolean => self.kind(o, "boolean", null),
            Schema::Numeric(numeric) => self.numeric(o, numeric, null),
            Schema::Text { max_len } => {
                self.kind(o, "string", null)?;
                o.number("maxLength", (*max_len).into())
            }
            Schema::Enumeration(variants) => self.enumeration(o, variants, null),
            Schema::Array { items, len } => {
                self.kind(o, "array", null)?;
                o.object("items", |o| self.schema(o, items))?;
                o.number("minItems", (*len).into())?;
                o.number("maxItems", (*len).into())
            }
            Schema::Record(properties) => {
                self.kind(o, "object", null)?;
                self.fields(o, properties)
            }
            Schema::Optional(inner) => self.present(o, inner.present(), null),
        }
    }

    fn numeric(self, o: &mut Object<'_>, numeric: &Numeric, null: Null) -> fmt::Result {
        let is_integer = numeric.repr().is_integer();
        self.kind(o, if is_integer { "integer" } else { "number" }, null)?;
        if let (Vocabulary::OpenApi30 | Vocabulary::OpenApi31, Some(format)) =
            (self.vocabulary, format(numeric.repr()))
        {
            o.text("format", format)?;
        }
        if let Some(min) = least(numeric) {
            o.number("minimum", min)?;
        }
        if let Some(max) = greatest(numeric) {
            o.number("maximum", max)?;
        }
        // No standard allows a step that is not above 0; a contract made by hand may hold one.
        let zero = Number::U64(0);
        match numeric.resolution().filter(|step| !step.at_most(zero)) {
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
        self.kind(o, "string", null)?;
        if matches!(self.vocabulary, Vocabulary::OpenApi30 | Vocabulary::Wot) {
            return o.array("enum", |a| {
                variants.iter().try_for_each(|v| a.text(v.name()))?;
                match null {
                    Null::Allowed => a.null(),
                    Null::Refused => Ok(()),
                }
            });
        }
        o.array("oneOf", |a| {
            for variant in variants {
                let title = match variant.description() {
                    "" => variant.name(),
                    description => description,
                };
                a.object(|o| {
                    o.text("const", variant.name())?;
                    o.text("title", title)
                })?;
            }
            match null {
                // A form builder shows a `oneOf` as a choice only if each alternative is a `const`.
                Null::Allowed => a.object(|o| {
                    o.null("const")?;
                    o.text("title", "none")
                }),
                Null::Refused => Ok(()),
            }
        })
    }

    fn fields(self, o: &mut Object<'_>, properties: &[Property]) -> fmt::Result {
        o.object("properties", |o| {
            properties
                .iter()
                .try_for_each(|p| o.object(p.name(), |o| self.property(o, p)))
        })?;
        self.required(o, properties.iter())
    }

    fn required<'p>(
        self,
        o: &mut Object<'_>,
        properties: impl Iterator<Item = &'p Property>,
    ) -> fmt::Result {
        let mut required = properties.filter(|p| self.direction.requires(p)).peekable();
        // An empty `required` is not allowed in OpenAPI 3.0.
        if required.peek().is_none() {
            return Ok(());
        }
        o.array("required", |a| required.try_for_each(|p| a.text(p.name())))
    }

    fn kind(self, o: &mut Object<'_>, name: &str, null: Null) -> fmt::Result {
        match (null, self.vocabulary) {
            (Null::Refused, _) => o.text("type", name),
            (Null::Allowed, Vocabulary::OpenApi30) => {
                o.text("type", name)?;
                o.flag("nullable", true)
            }
            (Null::Allowed, _) => o.array("type", |a| {
                a.text(name)?;
                a.text("null")
            }),
        }
    }

    /// The word for something that the standards do not have.
    const fn word(
        self,
        json_schema: &'static str,
        wot: &'static str,
        open_api: &'static str,
    ) -> &'static str {
        match self.vocabulary {
            Vocabulary::JsonSchema => json_schema,
            Vocabulary::Wot => wot,
            Vocabulary::OpenApi30 | Vocabulary::OpenApi31 => open_api,
        }
    }
}

/// Whether `null` is a value.
#[derive(Clone, Copy)]
enum Null {
    Allowed,
    Refused,
}

/// The tighter one of the written lower limit and that of the type; none that JSON cannot hold.
fn least(numeric: &Numeric) -> Option<Number> {
    match (numeric.lower(), numeric.repr().min()) {
        (Some(written), Some(least)) if written.at_most(least) => Some(least),
        (lower, _) => lower.filter(|limit| limit.is_finite()),
    }
}

/// The tighter one of the written upper limit and that of the type; none that JSON cannot hold.
fn greatest(numeric: &Numeric) -> Option<Number> {
    match (numeric.upper(), numeric.repr().max()) {
        (Some(written), Some(greatest)) if greatest.at_most(written) => Some(greatest),
        (upper, _) => upper.filter(|limit| limit.is_finite()),
    }
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
