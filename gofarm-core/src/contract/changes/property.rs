//! Changes of properties, and of values inside them.

use super::flow::Flow;
use super::{Effect, Fact, GONE, Place, Report, membership, numeric};
use crate::contract::{Access, Literal, Number, Property, Schema, Variant};

/// Compares two records; `flow` is given for all but the device's own properties, whose access decides it.
pub(super) fn compare(
    report: &mut Report<'_>,
    place: Place,
    flow: Option<Flow>,
    new: &'static [Property],
    old: &'static [Property],
) {
    let added = |p: &Property| match (flow, p.accessible()) {
        (Some(Flow::Out), _) | (None, Access::Read) => Effect::Compatible("nobody reads it yet"),
        (None, Access::Write) => Effect::Compatible("nobody writes it yet"),
        (Some(Flow::In), _) | (None, Access::Config) => not_sent(p),
    };
    membership(report, place, new, old, Property::name, GONE, added);
    for now in new {
        if let Some(before) = old.iter().find(|p| p.name() == now.name()) {
            let place = place.inside(now.name());
            if now.accessible() != before.accessible() {
                access(report, place, flow, now, before);
            }
            let flow = flow.unwrap_or(Flow::of(before.accessible()));
            property(report, place, flow, now, before);
        }
    }
}

/// The effect of a value that is given to the device from now on.
fn not_sent(property: &Property) -> Effect {
    match (property.schema(), property.default()) {
        (Schema::Optional(_), _) | (_, Some(_)) => Effect::Compatible("it may be left out"),
        (_, None) => Effect::Breaking("callers do not send it"),
    }
}

fn access(
    report: &mut Report<'_>,
    place: Place,
    flow: Option<Flow>,
    new: &Property,
    old: &Property,
) {
    let effect = match (flow, new.accessible()) {
        (Some(_), _) => Effect::Compatible("it counts for the device's own properties only"),
        (None, Access::Config) => match not_sent(new) {
            Effect::Compatible(_) => Effect::Compatible("what could be done with it still can"),
            breaking => breaking,
        },
        (None, Access::Read) => Effect::Breaking("it can no longer be written"),
        (None, Access::Write) => Effect::Breaking("it can no longer be read"),
    };
    let word = |property: &Property| {
        Fact::Word(match property.accessible() {
            Access::Read => "read",
            Access::Config => "config",
            Access::Write => "write",
        })
    };
    report.facet(place, "access", word(old), word(new), effect);
}

fn property(
    report: &mut Report<'_>,
    place: Place,
    flow: Flow,
    new: &'static Property,
    old: &'static Property,
) {
    schema(report, place, flow, new.schema(), old.schema());
    if new.default() != old.default() {
        let effect = match (flow, new.default(), new.schema()) {
            (Flow::In, None, Schema::Optional(_)) => Effect::Compatible("it may be left out"),
            (Flow::In, None, _) => Effect::Breaking("a caller that leaves it out is refused"),
            _ => Effect::Compatible("a value that was set stays"),
        };
        let fact = |default: Option<Literal>| default.map_or(Fact::None, Fact::Default);
        let (from, to) = (fact(old.default()), fact(new.default()));
        report.facet(place, "default", from, to, effect);
    }
    let effect = Effect::Compatible("it only changes which readings are suspect or stale");
    if new.rate_limit() != old.rate_limit() {
        let fact = |p: &Property| p.rate_limit().map_or(Fact::None, Fact::Rate);
        report.facet(place, "maximum rate", fact(old), fact(new), effect);
    }
    if new.stale() != old.stale() {
        let (from, to) = (Fact::time(old.stale()), Fact::time(new.stale()));
        report.facet(place, "stale after", from, to, effect);
    }
    if new.stuck() != old.stuck() {
        let (from, to) = (Fact::time(old.stuck()), Fact::time(new.stuck()));
        report.facet(place, "stuck after", from, to, effect);
    }
}

fn schema(
    report: &mut Report<'_>,
    place: Place,
    flow: Flow,
    new: &'static Schema,
    old: &'static Schema,
) {
    let optional = |schema: &Schema| matches!(schema, Schema::Optional(_));
    if optional(new) != optional(old) {
        let effect = flow.changed(optional(new));
        let word = |schema| Fact::Word(if optional(schema) { "no" } else { "yes" });
        report.facet(place, "required", word(old), word(new), effect);
    } else if layers(new) != layers(old) {
        let effect = Effect::Compatible("absent is absent, however often it is said");
        let count = |schema| Fact::Number(Number::U64(layers(schema)));
        report.facet(place, "options", count(old), count(new), effect);
    }
    match (new.present(), old.present()) {
        (Schema::Boolean, Schema::Boolean) => {}
        (Schema::Numeric(new), Schema::Numeric(old)) => {
            numeric::compare(report, place, flow, new, old)
        }
        (Schema::Text { max_len: new }, Schema::Text { max_len: old }) if new != old => {
            let effect = flow.changed(new > old);
            let (from, to) = (Number::from(*old), Number::from(*new));
            report.facet(
                place,
                "length",
                Fact::Number(from),
                Fact::Number(to),
                effect,
            );
        }
        (Schema::Text { .. }, Schema::Text { .. }) => {}
        (Schema::Enumeration(new), Schema::Enumeration(old)) => {
            names(report, place, flow, new, old);
        }
        (Schema::Array { items: new, len: n }, Schema::Array { items: old, len: o }) => {
            if n != o {
                let effect = Effect::Breaking("the number of elements is fixed on both sides");
                let (from, to) = (Number::from(*o), Number::from(*n));
                report.facet(
                    place,
                    "elements",
                    Fact::Number(from),
                    Fact::Number(to),
                    effect,
                );
            }
            schema(report, place, flow, new, old);
        }
        (Schema::Record(new), Schema::Record(old)) => {
            compare(report, place, Some(flow), new, old);
        }
        (new, old) => {
            let effect = Effect::Breaking("a value of one shape is not read as another");
            let (from, to) = (Fact::Word(shape(old)), Fact::Word(shape(new)));
            report.facet(place, "shape", from, to, effect);
        }
    }
}

/// How many options are around the value.
const fn layers(schema: &Schema) -> u64 {
    match schema {
        Schema::Optional(inner) => 1 + layers(inner),
        _ => 0,
    }
}

const fn shape(schema: &Schema) -> &'static str {
    match schema {
        Schema::Boolean => "boolean",
        Schema::Numeric(_) => "number",
        Schema::Text { .. } => "text",
        Schema::Enumeration(_) => "enumeration",
        Schema::Array { .. } => "array",
        Schema::Record(_) => "record",
        Schema::Optional(inner) => shape(inner),
    }
}

fn names(
    report: &mut Report<'_>,
    place: Place,
    flow: Flow,
    new: &'static [Variant],
    old: &'static [Variant],
) {
    let added = |_: &Variant| flow.widened();
    membership(
        report,
        place,
        new,
        old,
        Variant::name,
        flow.narrowed(),
        added,
    );
}
