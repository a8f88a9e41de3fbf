//! A contract as Rust source, to keep what was released beside what is built.
//!
//! [`Descriptor::changes`] needs the released contract, in a build that knows nothing but the new one. So each release
//! writes its contract as a constant into a file that is committed; a test includes the file, compares, and, when the
//! change is meant, writes it again.
//!
//! The file names public constructors only, so it also compiles against later versions of this crate.

use core::fmt::{self, Write};
use core::time::Duration;

use super::{
    Access, ActionContract, Descriptor, EventContract, Literal, Number, Numeric, OnLinkLoss,
    Property, Schema,
};

/// A contract to be written as a Rust constant; made by [`Descriptor::rust_source`].
///
/// See [`Descriptor::rust_source`] for an example.
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is written before `write_to`"]
pub struct RustSource<'d> {
    descriptor: &'d Descriptor,
    name: &'d str,
}

impl Descriptor {
    /// This contract as the constant `name` of type [`Descriptor`].
    ///
    /// ```
    /// use gofarm_core::contract::{Descriptor, Property, Schema};
    ///
    /// const BUILT: Descriptor =
    ///     Descriptor::new("acme-lamp", 1, &[Property::new("on", Schema::Boolean)], &[], &[]);
    /// let source = BUILT.rust_source("RELEASED").to_string();
    /// assert!(source.contains("pub const RELEASED: ::gofarm_core::contract::Descriptor"));
    /// assert!(source.contains(r#"Property::new("on", Schema::Boolean)"#));
    /// ```
    pub const fn rust_source<'d>(&'d self, name: &'d str) -> RustSource<'d> {
        RustSource {
            descriptor: self,
            name,
        }
    }
}

impl RustSource<'_> {
    /// Writes the constant, with one property a line.
    ///
    /// # Errors
    /// The error of `out`.
    pub fn write_to(&self, out: &mut dyn Write) -> fmt::Result {
        let device = self.descriptor;
        let name = self.name;
        writeln!(out, "// Written by `Descriptor::rust_source`; do not edit.")?;
        writeln!(out, "#[rustfmt::skip]")?;
        writeln!(
            out,
            "#[allow(clippy::all, unreachable_pub, unused_imports, reason = \"written by a program\")]"
        )?;
        writeln!(
            out,
            "pub const {name}: ::gofarm_core::contract::Descriptor = {{"
        )?;
        writeln!(out, "    use ::gofarm_core::contract::*;")?;
        writeln!(out, "    Descriptor::new(")?;
        writeln!(out, "        {:?},", device.model())?;
        writeln!(out, "        {},", device.version())?;
        list(out, device.properties(), |out, p| property(out, p))?;
        list(out, device.actions(), |out, a| action(out, a))?;
        list(out, device.events(), |out, e| event(out, e))?;
        write!(out, "    )")?;
        describe(out, device.description())?;
        writeln!(out, "\n}};")
    }
}

impl fmt::Display for RustSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_to(f)
    }
}

/// A slice argument of `Descriptor::new`, one item a line.
fn list<T>(
    out: &mut dyn Write,
    items: &[T],
    item: impl Fn(&mut dyn Write, &T) -> fmt::Result,
) -> fmt::Result {
    writeln!(out, "        &[")?;
    for one in items {
        out.write_str("            ")?;
        item(out, one)?;
        writeln!(out, ",")?;
    }
    writeln!(out, "        ],")
}

/// A slice inside of an item, in place.
fn properties(out: &mut dyn Write, items: &[Property]) -> fmt::Result {
    out.write_str("&[")?;
    for one in items {
        property(out, one)?;
        out.write_str(", ")?;
    }
    out.write_char(']')
}

fn describe(out: &mut dyn Write, description: &str) -> fmt::Result {
    if description.is_empty() {
        return Ok(());
    }
    write!(out, ".describe({description:?})")
}

fn property(out: &mut dyn Write, property: &Property) -> fmt::Result {
    write!(out, "Property::new({:?}, ", property.name())?;
    schema(out, property.schema())?;
    out.write_char(')')?;
    describe(out, property.description())?;
    match property.accessible() {
        Access::Read => {}
        Access::Config => out.write_str(".access(Access::Config)")?,
        Access::Write => out.write_str(".access(Access::Write)")?,
    }
    match property.default() {
        None => {}
        Some(Literal::Boolean(flag)) => {
            write!(out, ".default_value(Literal::Boolean({flag}))")?;
        }
        Some(Literal::Number(value)) => {
            out.write_str(".default_value(Literal::Number(")?;
            number(out, value)?;
            out.write_str("))")?;
        }
        Some(Literal::Text(text)) => write!(out, ".default_value(Literal::Text({text:?}))")?,
    }
    if let Some(rate) = property.rate_limit() {
        out.write_str(".max_rate(Rate::new(")?;
        number(out, rate.amount())?;
        out.write_str(", ")?;
        duration(out, rate.per())?;
        out.write_str("))")?;
    }
    timed(out, "stale_after", property.stale())?;
    timed(out, "stuck_after", property.stuck())
}

fn timed(out: &mut dyn Write, method: &str, time: Option<Duration>) -> fmt::Result {
    let Some(time) = time else { return Ok(()) };
    write!(out, ".{method}(")?;
    duration(out, time)?;
    out.write_char(')')
}

fn duration(out: &mut dyn Write, time: Duration) -> fmt::Result {
    let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
    write!(out, "::core::time::Duration::new({seconds}, {nanos})")
}

fn schema(out: &mut dyn Write, value: &Schema) -> fmt::Result {
    match value {
        Schema::Boolean => out.write_str("Schema::Boolean"),
        Schema::Numeric(limits) => numeric(out, limits),
        Schema::Text { max_len } => write!(out, "Schema::Text {{ max_len: {max_len} }}"),
        Schema::Enumeration(variants) => {
            out.write_str("Schema::Enumeration(&[")?;
            for v in *variants {
                write!(out, "Variant::new({:?}, {:?}), ", v.name(), v.description())?;
            }
            out.write_str("])")
        }
        Schema::Array { items, len } => {
            out.write_str("Schema::Array { items: &")?;
            schema(out, items)?;
            write!(out, ", len: {len} }}")
        }
        Schema::Record(fields) => {
            out.write_str("Schema::Record(")?;
            properties(out, fields)?;
            out.write_char(')')
        }
        Schema::Optional(inner) => {
            out.write_str("Schema::Optional(&")?;
            schema(out, inner)?;
            out.write_char(')')
        }
    }
}

fn numeric(out: &mut dyn Write, limits: &Numeric) -> fmt::Result {
    write!(
        out,
        "Schema::Numeric(Numeric::new(Repr::{:?})",
        limits.repr()
    )?;
    let facets = [
        ("at_least", limits.min()),
        ("at_most", limits.max()),
        ("step", limits.resolution()),
    ];
    for (method, value) in facets {
        if let Some(value) = value {
            write!(out, ".{method}(")?;
            number(out, value)?;
            out.write_char(')')?;
        }
    }
    if let Some(unit) = limits.unit_code() {
        write!(
            out,
            ".unit(::gofarm_core::quantity::Unit::new({:?}))",
            unit.code()
        )?;
    }
    out.write_char(')')
}

fn number(out: &mut dyn Write, value: Number) -> fmt::Result {
    match value {
        Number::U64(v) => write!(out, "Number::U64({v})"),
        Number::I64(v) => write!(out, "Number::I64({v})"),
        Number::F32(v) if v.is_finite() => write!(out, "Number::F32({v:?})"),
        Number::F64(v) if v.is_finite() => write!(out, "Number::F64({v:?})"),
        Number::F32(v) => write!(out, "Number::F32(f32::from_bits({:#x}))", v.to_bits()),
        Number::F64(v) => write!(out, "Number::F64(f64::from_bits({:#x}))", v.to_bits()),
    }
}

fn action(out: &mut dyn Write, action: &ActionContract) -> fmt::Result {
    write!(out, "&ActionContract::new({:?})", action.name())?;
    describe(out, action.description())?;
    if !action.inputs().is_empty() {
        out.write_str(".input(")?;
        properties(out, action.inputs())?;
        out.write_char(')')?;
    }
    if !action.safe_state().is_empty() {
        write!(out, ".safe({:?})", action.safe_state())?;
    }
    timed(out, "max_run", action.longest_run())?;
    if action.is_idempotent() {
        out.write_str(".idempotent()")?;
    }
    if action.closes() {
        out.write_str(".closing()")?;
    }
    match action.link_loss() {
        OnLinkLoss::Finish => Ok(()),
        OnLinkLoss::Close => out.write_str(".on_link_loss(OnLinkLoss::Close)"),
    }
}

fn event(out: &mut dyn Write, event: &EventContract) -> fmt::Result {
    write!(out, "&EventContract::new({:?})", event.name())?;
    describe(out, event.description())?;
    if event.fields().is_empty() {
        return Ok(());
    }
    out.write_str(".data(")?;
    properties(out, event.fields())?;
    out.write_char(')')
}
