//! Generated contracts, values that fit them, and edited contracts, each from one seed.

mod edit;
mod value;

use core::time::Duration;

use gofarm_core::contract::{
    Access, ActionContract, Descriptor, EventContract, Literal, Number, Numeric, OnLinkLoss,
    Property, Rate, Repr, Schema, Variant,
};
use gofarm_core::quantity::Unit;
use gofarm_core::random::{Random, SplitMix64};

pub(crate) use edit::{edited, edited_property};
pub(crate) use value::{document, is_multiple, numbers_around};

/// Names that a writer has to escape, beside plain ones; unique, so that a record may take a run of them.
///
/// `{{` is left out: a Thing Model reads it as a placeholder. No field of a Rust struct is called so.
const NAMES: [&str; 12] = [
    "water",
    "ph",
    "sample_every",
    "a\"quote",
    "back\\slash",
    "line\nbreak\ttab",
    "\u{0}\u{1f}\u{7f}",
    "",
    "größe °C",
    "土壌 🌱\u{2028}",
    "per%cent/and space",
    "$ref",
];

const UNITS: [&str; 5] = ["m3/m3", "[pH]", "Cel", "s", "%"];

const REPRS: [Repr; 10] = [
    Repr::U8,
    Repr::U16,
    Repr::U32,
    Repr::U64,
    Repr::I8,
    Repr::I16,
    Repr::I32,
    Repr::I64,
    Repr::F32,
    Repr::F64,
];

/// Chance that can be repeated.
pub(crate) struct Dice(SplitMix64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Less than `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.bits() % u64::try_from(n).unwrap()).unwrap()
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// What a constant would hold.
pub(crate) fn leak<T>(items: Vec<T>) -> &'static [T] {
    Box::leak(items.into_boxed_slice())
}

/// A whole contract.
pub(crate) fn descriptor(dice: &mut Dice) -> Descriptor {
    let actions = names(dice, 3)
        .into_iter()
        .map(|n| action(dice, n))
        .collect();
    let events = names(dice, 3).into_iter().map(|n| event(dice, n)).collect();
    // The derive macros refuse a model without a name.
    let model = dice.pick(&NAMES);
    Descriptor::new(
        if model.is_empty() { "model" } else { model },
        u32::try_from(dice.below(1000)).unwrap(),
        properties(dice, 5, 3),
        leak(actions),
        leak(events),
    )
    .describe(dice.pick(&NAMES))
}

/// At most `most` different names in a row.
fn names(dice: &mut Dice, most: usize) -> Vec<&'static str> {
    let (first, count) = (dice.below(NAMES.len()), dice.below(most + 1));
    (first..first + count)
        .map(|i| NAMES[i % NAMES.len()])
        .collect()
}

fn properties(dice: &mut Dice, most: usize, depth: usize) -> &'static [Property] {
    let names = names(dice, most);
    leak(
        names
            .into_iter()
            .map(|name| property(dice, name, depth))
            .collect(),
    )
}

/// A property with everything that can be said of it, sometimes.
fn property(dice: &mut Dice, name: &'static str, depth: usize) -> Property {
    let schema = schema(dice, depth);
    let mut property = Property::new(name, schema).access(dice.pick(&[
        Access::Read,
        Access::Config,
        Access::Write,
    ]));
    if dice.one_in(2) {
        property = property.describe(dice.pick(&NAMES));
    }
    if let (true, Some(literal)) = (dice.one_in(3), default(dice, &schema)) {
        property = property.default_value(literal);
    }
    if dice.one_in(4) {
        let amount = Number::F32(small(dice));
        property = property.max_rate(Rate::new(amount, time(dice)));
    }
    if dice.one_in(4) {
        property = property.stale_after(time(dice));
    }
    if dice.one_in(4) {
        property = property.stuck_after(time(dice));
    }
    property
}

/// A default that fits the schema, for the schemas that have one.
pub(crate) fn default(dice: &mut Dice, schema: &Schema) -> Option<Literal> {
    Some(match schema.present() {
        Schema::Boolean => Literal::Boolean(dice.one_in(2)),
        Schema::Numeric(numeric) => Literal::Number(value::number(dice, numeric)),
        Schema::Text { max_len: 12.. } => Literal::Text("a\"b\\c"),
        Schema::Enumeration(variants) => Literal::Text(dice.pick(variants).name()),
        _ => return None,
    })
}

pub(crate) fn schema(dice: &mut Dice, depth: usize) -> Schema {
    match dice.below(if depth == 0 { 5 } else { 9 }) {
        0 => Schema::Boolean,
        1 | 2 => Schema::Numeric(numeric(dice)),
        3 => Schema::Text {
            max_len: u32::try_from(dice.below(256)).unwrap(),
        },
        4 => Schema::Enumeration(variants(dice)),
        5 => Schema::Array {
            items: inner(dice, depth),
            len: u32::try_from(dice.below(4)).unwrap(),
        },
        6 => Schema::Record(properties(dice, 3, depth - 1)),
        _ => Schema::Optional(inner(dice, depth)),
    }
}

fn inner(dice: &mut Dice, depth: usize) -> &'static Schema {
    Box::leak(Box::new(schema(dice, depth - 1)))
}

fn variants(dice: &mut Dice) -> &'static [Variant] {
    let mut names = names(dice, 3);
    names.push("always there");
    leak(
        names
            .into_iter()
            .map(|name| Variant::new(name, dice.pick(&NAMES)))
            .collect(),
    )
}

/// A number with limits that leave room for at least one multiple of its step.
pub(crate) fn numeric(dice: &mut Dice) -> Numeric {
    let repr = dice.pick(&REPRS);
    let mut numeric = Numeric::new(repr);
    let (mut a, mut b) = (value::any_number(dice, repr), value::any_number(dice, repr));
    if b.at_most(a) {
        (a, b) = (b, a);
    }
    let has_step = dice.one_in(4);
    if has_step {
        // Every range that reaches down to 0 or up to 0 holds a multiple.
        let step = small(dice);
        numeric = numeric.step(if repr.is_integer() {
            Number::U64(1 + u64::from(step.to_bits() % 9))
        } else {
            Number::F32(step)
        });
    }
    let zero = match a {
        Number::U64(_) => Number::U64(0),
        Number::I64(_) => Number::I64(0),
        Number::F32(_) => Number::F32(0.0),
        Number::F64(_) => Number::F64(0.0),
    };
    if dice.one_in(2) {
        let is_up = zero.at_most(a);
        numeric = numeric.at_least(if has_step && is_up { zero } else { a });
    }
    if dice.one_in(2) {
        let is_down = b.at_most(zero);
        numeric = numeric.at_most(if has_step && is_down { zero } else { b });
    }
    if dice.one_in(2) {
        numeric = numeric.unit(Unit::new(dice.pick(&UNITS)));
    }
    numeric
}

/// A positive number with few digits: `0.001` to `10`.
fn small(dice: &mut Dice) -> f32 {
    f32::from(u16::try_from(1 + dice.below(10_000)).unwrap()) / 1000.0
}

fn time(dice: &mut Dice) -> Duration {
    let seconds = u64::try_from(dice.below(100_000)).unwrap();
    let nanos = if dice.one_in(2) {
        0
    } else {
        u32::try_from(dice.below(1_000_000_000)).unwrap()
    };
    Duration::new(seconds, nanos)
}

fn action(dice: &mut Dice, name: &'static str) -> &'static ActionContract {
    let mut action = ActionContract::new(name)
        .describe(dice.pick(&NAMES))
        .input(properties(dice, 2, 2));
    if dice.one_in(2) {
        action = action.safe(dice.pick(&NAMES));
    }
    if dice.one_in(2) {
        action = action.max_run(time(dice));
    }
    if dice.one_in(2) {
        action = action.idempotent();
    }
    if dice.one_in(2) {
        action = action.closing();
    }
    if dice.one_in(2) {
        action = action.on_link_loss(OnLinkLoss::Close);
    }
    Box::leak(Box::new(action))
}

fn event(dice: &mut Dice, name: &'static str) -> &'static EventContract {
    let event = EventContract::new(name)
        .describe(dice.pick(&NAMES))
        .data(properties(dice, 2, 2));
    Box::leak(Box::new(event))
}
