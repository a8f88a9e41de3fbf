//! Contracts with one thing changed, as a developer would.

use gofarm_core::contract::{Access, Descriptor, Number, Numeric, Property, Schema, Variant};

use super::{Dice, default, leak, numeric, property, schema, value};

/// The next revision of a contract, with a few edits of its properties.
pub(crate) fn edited(dice: &mut Dice, device: &Descriptor) -> Descriptor {
    let mut properties = device.properties().to_vec();
    for _ in 0..=dice.below(3) {
        edit_record(dice, &mut properties);
    }
    Descriptor::new(
        device.model(),
        device.version() + 1,
        leak(properties),
        device.actions(),
        device.events(),
    )
    .describe(device.description())
}

/// A property and its next revision, of the same access.
pub(crate) fn edited_property(dice: &mut Dice, access: Access) -> (Property, Property) {
    let old = property(dice, "x", 2).access(access);
    let schema = edit_schema(dice, old.schema());
    let mut new = without_default(&old, schema);
    if let (true, Some(literal)) = (dice.one_in(2), default(dice, &schema)) {
        new = new.default_value(literal);
    }
    (old, new)
}

fn edit_record(dice: &mut Dice, fields: &mut Vec<Property>) {
    let has_new = fields.iter().any(|p| p.name() == "new");
    if fields.is_empty() || (dice.one_in(4) && !has_new) {
        if !has_new {
            let field = property(dice, "new", 1);
            fields.push(field);
        }
        return;
    }
    let at = dice.below(fields.len());
    match dice.below(8) {
        0 => {
            fields.remove(at);
        }
        1 => fields.rotate_left(1),
        2 => {
            let access = dice.pick(&[Access::Read, Access::Config, Access::Write]);
            fields[at] = fields[at].access(access);
        }
        3 => {
            if let Some(literal) = default(dice, fields[at].schema()) {
                fields[at] = fields[at].default_value(literal);
            }
        }
        4 => fields[at] = without_default(&fields[at], *fields[at].schema()),
        _ => {
            let schema = edit_schema(dice, fields[at].schema());
            fields[at] = without_default(&fields[at], schema);
            if let (true, Some(literal)) = (dice.one_in(2), default(dice, &schema)) {
                fields[at] = fields[at].default_value(literal);
            }
        }
    }
}

fn without_default(old: &Property, schema: Schema) -> Property {
    Property::new(old.name(), schema).access(old.accessible())
}

fn edit_schema(dice: &mut Dice, old: &Schema) -> Schema {
    if dice.one_in(8) {
        return schema(dice, 1);
    }
    match *old {
        Schema::Optional(inner) if dice.one_in(2) => *inner,
        Schema::Optional(inner) => Schema::Optional(edit_inner(dice, inner)),
        old if dice.one_in(4) => Schema::Optional(Box::leak(Box::new(old))),
        Schema::Boolean => Schema::Boolean,
        Schema::Numeric(old) => Schema::Numeric(edit_numeric(dice, &old)),
        Schema::Text { max_len } => Schema::Text {
            max_len: dice.pick(&[max_len + 1, max_len.saturating_sub(1), 2 * max_len]),
        },
        Schema::Enumeration(old) => {
            let mut variants = old.to_vec();
            match dice.below(3) {
                0 if variants.len() > 1 => {
                    variants.remove(dice.below(old.len()));
                }
                1 if variants.iter().all(|v| v.name() != "new") => {
                    variants.push(Variant::new("new", ""));
                }
                _ => variants.rotate_left(1),
            }
            Schema::Enumeration(leak(variants))
        }
        Schema::Array { items, len } if dice.one_in(2) => Schema::Array {
            items,
            len: len + 1,
        },
        Schema::Array { items, len } => Schema::Array {
            items: edit_inner(dice, items),
            len,
        },
        Schema::Record(fields) => {
            let mut fields = fields.to_vec();
            edit_record(dice, &mut fields);
            Schema::Record(leak(fields))
        }
    }
}

fn edit_inner(dice: &mut Dice, old: &Schema) -> &'static Schema {
    Box::leak(Box::new(edit_schema(dice, old)))
}

/// Other limits, another step, no limits at all; sometimes another number altogether.
fn edit_numeric(dice: &mut Dice, old: &Numeric) -> Numeric {
    if dice.one_in(6) {
        return numeric(dice);
    }
    let mut new = Numeric::new(old.repr());
    if let Some(unit) = old.unit_code() {
        new = new.unit(unit);
    }
    let other = value::number(dice, old);
    let (min, max) = match dice.below(4) {
        0 => (old.min(), None),
        1 => (None, old.max()),
        2 => (Some(other), old.max()),
        _ => (old.min(), Some(other)),
    };
    if let Some(min) = min {
        new = new.at_least(min);
    }
    if let Some(max) = max {
        new = new.at_most(max);
    }
    let step = match (dice.below(4), old.resolution()) {
        (0, _) => None,
        (1, Some(Number::U64(step))) if old.repr().is_integer() => Some(Number::U64(2 * step)),
        (2, None) if old.repr().is_integer() => Some(Number::U64(3)),
        (_, step) => step,
    };
    match step {
        // Zero is a multiple of every step: some value is left.
        Some(step) if new.encloses(Number::U64(0)) => new.step(step),
        _ => new,
    }
}
