//! Changes of a number's representation, unit, limits and step.

use super::flow::Flow;
use super::{Effect, Fact, Place, Report};
use crate::contract::{Number, Numeric, Repr};

pub(super) fn compare(
    report: &mut Report<'_>,
    place: Place,
    flow: Flow,
    new: &Numeric,
    old: &Numeric,
) {
    if new.repr() != old.repr() {
        let effect = Effect::Breaking("a value of one width is not read as another");
        let (from, to) = (Fact::Word(repr(old.repr())), Fact::Word(repr(new.repr())));
        report.facet(place, "representation", from, to, effect);
    }
    if new.unit_code() != old.unit_code() {
        let effect = Effect::Breaking("the same number means another quantity");
        let fact = |n: &Numeric| {
            n.unit_code()
                .map_or(Fact::None, |unit| Fact::Word(unit.code()))
        };
        report.facet(place, "unit", fact(old), fact(new), effect);
    }
    let limit = |report: &mut Report<'_>,
                 name,
                 end: fn(&Numeric) -> End,
                 wider: fn(Number, Number) -> bool| {
        let (new, old) = (end(new), end(old));
        if new.written == old.written {
            return;
        }
        let effect = match (new.real, old.real) {
            (new, old) if new == old => Effect::Compatible("the limit of the type says the same"),
            (Some(new), Some(old)) => flow.changed(wider(new, old)),
            (new, _) => flow.changed(new.is_none()),
        };
        let (from, to) = (Fact::number(old.written), Fact::number(new.written));
        report.facet(place, name, from, to, effect);
    };
    limit(report, "minimum", End::lower, |new, old| new.at_most(old));
    limit(report, "maximum", End::upper, |new, old| old.at_most(new));
    if new.resolution() != old.resolution() {
        let (from, to) = (
            Fact::number(old.resolution()),
            Fact::number(new.resolution()),
        );
        report.facet(place, "step", from, to, step_effect(flow, new, old));
    }
}

/// One end of a range: as it was written, and as it is with the limit of the type.
struct End {
    written: Option<Number>,
    real: Option<Number>,
}

impl End {
    fn lower(numeric: &Numeric) -> Self {
        Self {
            written: numeric.min(),
            real: numeric.lower(),
        }
    }

    fn upper(numeric: &Numeric) -> Self {
        Self {
            written: numeric.max(),
            real: numeric.upper(),
        }
    }
}

/// The multiples of `b` are among those of `a` if `a` divides `b`; no step is a step of 1.
fn step_effect(flow: Flow, new: &Numeric, old: &Numeric) -> Effect {
    if !new.repr().is_integer() {
        return Effect::Compatible("a float's step is advice");
    }
    let size = |n: &Numeric| match n.resolution() {
        Some(Number::U64(step)) => step.max(1),
        Some(Number::I64(step)) => step.unsigned_abs().max(1),
        _ => 1,
    };
    let (new, old) = (size(new), size(old));
    if old % new == 0 {
        flow.widened()
    } else if new % old == 0 {
        flow.narrowed()
    } else {
        Effect::Breaking("neither step is a multiple of the other")
    }
}

const fn repr(repr: Repr) -> &'static str {
    match repr {
        Repr::U8 => "u8",
        Repr::U16 => "u16",
        Repr::U32 => "u32",
        Repr::U64 => "u64",
        Repr::I8 => "i8",
        Repr::I16 => "i16",
        Repr::I32 => "i32",
        Repr::I64 => "i64",
        Repr::F32 => "f32",
        Repr::F64 => "f64",
    }
}
