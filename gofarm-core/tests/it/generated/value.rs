//! Values that fit a contract, as JSON text in the digits in which serde writes them.

use gofarm_core::contract::{Access, Descriptor, Number, Numeric, Property, Repr, Schema};

use super::Dice;

/// The record of a device, or the part of it with one access; what may be left out sometimes is.
pub(crate) fn document(
    dice: &mut Dice,
    device: &Descriptor,
    only: Access,
    leaves_out: fn(&Property) -> bool,
) -> String {
    let properties: Vec<_> = device
        .properties()
        .iter()
        .filter(|p| p.accessible() == only)
        .copied()
        .collect();
    record(dice, &properties, leaves_out)
}

fn record(dice: &mut Dice, fields: &[Property], leaves_out: fn(&Property) -> bool) -> String {
    let mut members = Vec::new();
    for field in fields {
        if leaves_out(field) && dice.one_in(2) {
            continue;
        }
        let name = serde_json::to_string(field.name()).unwrap();
        members.push(format!(
            "{name}:{}",
            value(dice, field.schema(), leaves_out)
        ));
    }
    format!("{{{}}}", members.join(","))
}

pub(crate) fn value(dice: &mut Dice, schema: &Schema, leaves_out: fn(&Property) -> bool) -> String {
    match schema {
        Schema::Boolean => dice.one_in(2).to_string(),
        Schema::Numeric(numeric) => number(dice, numeric).to_string(),
        Schema::Text { max_len } => {
            let len = usize::try_from(*max_len).unwrap();
            let len = dice.pick(&[0, len / 2, len]);
            format!("\"{}\"", "x".repeat(len))
        }
        Schema::Enumeration(variants) => serde_json::to_string(dice.pick(variants).name()).unwrap(),
        Schema::Array { items, len } => {
            let items: Vec<_> = (0..*len).map(|_| value(dice, items, leaves_out)).collect();
            format!("[{}]", items.join(","))
        }
        Schema::Record(fields) => record(dice, fields, leaves_out),
        Schema::Optional(_) if dice.one_in(2) => "null".to_owned(),
        Schema::Optional(inner) => value(dice, inner, leaves_out),
    }
}

/// A number that its contract allows, often one of its limits.
pub(super) fn number(dice: &mut Dice, numeric: &Numeric) -> Number {
    let around = numbers_around(dice, numeric);
    let allowed: Vec<_> = around
        .into_iter()
        .filter(|n| numeric.encloses(*n) && is_multiple(numeric, *n))
        .collect();
    dice.pick(&allowed)
}

/// Whether an integer is a multiple of its step; true for floats, whose step is advice.
pub(crate) fn is_multiple(numeric: &Numeric, value: Number) -> bool {
    let (Some(Number::U64(step)), true) = (numeric.resolution(), numeric.repr().is_integer())
    else {
        return true;
    };
    match value {
        Number::U64(v) => v % step == 0,
        Number::I64(v) => v.unsigned_abs() % step == 0,
        _ => false,
    }
}

/// Numbers of the representation, as many outside the limits as inside: the limits, their neighbours, multiples of
/// the step, the ends of the type, and some at random.
pub(crate) fn numbers_around(dice: &mut Dice, numeric: &Numeric) -> Vec<Number> {
    let repr = numeric.repr();
    let limits = [numeric.min(), numeric.max(), repr.min(), repr.max()];
    let mut numbers: Vec<_> = limits.into_iter().flatten().collect();
    numbers.extend((0..4).map(|_| any_number(dice, repr)));
    if let Some(Number::U64(step)) = numeric.resolution() {
        let down = |n: &Number| match *n {
            Number::U64(v) => Number::U64(v - v % step),
            Number::I64(v) => Number::I64(v - v % i64::try_from(step).unwrap()),
            float => float,
        };
        numbers.extend(numbers.iter().map(down).collect::<Vec<_>>());
    }
    numbers.extend(
        numbers
            .iter()
            .flat_map(|n| neighbours(*n))
            .collect::<Vec<_>>(),
    );
    numbers.push(match repr {
        Repr::F32 => Number::F32(0.0),
        Repr::F64 => Number::F64(0.0),
        _ if matches!(repr.min(), Some(Number::U64(_))) => Number::U64(0),
        _ => Number::I64(0),
    });
    // A float may stand between its written limits only.
    if let (Some(Number::F32(a)), Some(Number::F32(b))) = (numeric.min(), numeric.max()) {
        numbers.push(Number::F32(a / 2.0 + b / 2.0));
    }
    let is_of_type = |n: &Number| match (repr.min(), repr.max()) {
        (Some(min), Some(max)) => min.at_most(*n) && n.at_most(max),
        _ => n.is_finite(),
    };
    numbers.into_iter().filter(is_of_type).collect()
}

fn neighbours(number: Number) -> [Number; 2] {
    match number {
        Number::U64(v) => [v.saturating_sub(1), v.saturating_add(1)].map(Number::U64),
        Number::I64(v) => [v.saturating_sub(1), v.saturating_add(1)].map(Number::I64),
        Number::F32(v) => [v.next_down(), v.next_up()].map(Number::F32),
        Number::F64(v) => [v.next_down(), v.next_up()].map(Number::F64),
    }
}

/// A number of the representation: small with few digits, or any at all.
pub(super) fn any_number(dice: &mut Dice, repr: Repr) -> Number {
    let bits = dice.bits();
    let low = bits.to_le_bytes();
    let byte = i8::from_le_bytes([low[0]]);
    let short = u16::from_le_bytes([low[0], low[1]]);
    let word = u32::from_le_bytes([low[0], low[1], low[2], low[3]]);
    let is_small = dice.one_in(2);
    match repr {
        Repr::U8 => low[0].into(),
        Repr::U16 => short.into(),
        Repr::U32 => word.into(),
        Repr::U64 if is_small => word.into(),
        Repr::U64 => bits.into(),
        Repr::I8 => byte.into(),
        Repr::I16 => i16::from_le_bytes(short.to_le_bytes()).into(),
        Repr::I32 => i32::from_le_bytes(word.to_le_bytes()).into(),
        Repr::I64 if is_small => i32::from_le_bytes(word.to_le_bytes()).into(),
        Repr::I64 => i64::from_le_bytes(bits.to_le_bytes()).into(),
        Repr::F32 if is_small => (f32::from(byte) / 10.0).into(),
        Repr::F32 => Some(f32::from_bits(word))
            .filter(|v| v.is_finite())
            .unwrap_or(0.5)
            .into(),
        Repr::F64 if is_small => (f64::from(byte) / 10.0).into(),
        Repr::F64 => Some(f64::from_bits(bits))
            .filter(|v| v.is_finite())
            .unwrap_or(0.5)
            .into(),
    }
}
