//! The 64-bit fingerprint of a contract: FNV-1a over a canonical, prefix-free walk.

use core::time::Duration;

use super::{
    ActionContract, EventContract, Literal, Number, Numeric, OnLinkLoss, Property, Rate, Schema,
    Variant,
};
use crate::contract::Access;

/// FNV-1a, 64 bits (draft-eastlake-fnv-17, section 5).
#[derive(Clone, Copy)]
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3))
    }

    const fn bytes(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while i < bytes.len() {
            self = self.byte(bytes[i]);
            i += 1;
        }
        self
    }

    const fn u64(self, value: u64) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    /// Length first, so that no two sequences of texts run together.
    const fn text(self, text: &str) -> Self {
        self.u64(text.len() as u64).bytes(text.as_bytes())
    }

    const fn number(self, number: Option<Number>) -> Self {
        match number {
            None => self.byte(0),
            Some(Number::U64(v)) => self.byte(1).u64(v),
            Some(Number::I64(v)) => self.byte(2).bytes(&v.to_le_bytes()),
            Some(Number::F32(v)) => self.byte(3).u64(v.to_bits() as u64),
            Some(Number::F64(v)) => self.byte(4).u64(v.to_bits()),
        }
    }

    const fn duration(self, duration: Option<Duration>) -> Self {
        match duration {
            None => self.byte(0),
            Some(d) => self.byte(1).u64(d.as_secs()).u64(d.subsec_nanos() as u64),
        }
    }

    const fn numeric(self, numeric: &Numeric) -> Self {
        let hash = self
            .byte(numeric.repr() as u8)
            .number(numeric.min())
            .number(numeric.max())
            .number(numeric.resolution());
        match numeric.unit_code() {
            None => hash.byte(0),
            Some(unit) => hash.byte(1).text(unit.code()),
        }
    }

    const fn variants(mut self, variants: &[Variant]) -> Self {
        self = self.u64(variants.len() as u64);
        let mut i = 0;
        while i < variants.len() {
            self = self.text(variants[i].name());
            i += 1;
        }
        self
    }

    const fn schema(self, schema: &Schema) -> Self {
        match schema {
            Schema::Boolean => self.byte(1),
            Schema::Numeric(numeric) => self.byte(2).numeric(numeric),
            Schema::Text { max_len } => self.byte(3).u64(*max_len as u64),
            Schema::Enumeration(variants) => self.byte(4).variants(variants),
            Schema::Array { items, len } => self.byte(5).u64(*len as u64).schema(items),
            Schema::Record(properties) => self.byte(6).properties(properties),
            Schema::Optional(inner) => self.byte(7).schema(inner),
        }
    }

    const fn default(self, default: Option<Literal>) -> Self {
        match default {
            None => self.byte(0),
            Some(Literal::Boolean(v)) => self.byte(1).byte(v as u8),
            Some(Literal::Number(v)) => self.byte(2).number(Some(v)),
            Some(Literal::Text(v)) => self.byte(3).text(v),
        }
    }

    const fn rate(self, rate: Option<Rate>) -> Self {
        match rate {
            None => self.byte(0),
            Some(rate) => self
                .byte(1)
                .number(Some(rate.amount()))
                .duration(Some(rate.per())),
        }
    }

    const fn properties(mut self, properties: &[Property]) -> Self {
        self = self.u64(properties.len() as u64);
        let mut i = 0;
        while i < properties.len() {
            let p = &properties[i];
            let access = match p.accessible() {
                Access::Read => 0,
                Access::Config => 1,
                Access::Write => 2,
            };
            self = self
                .text(p.name())
                .schema(p.schema())
                .byte(access)
                .default(p.default())
                .rate(p.rate_limit())
                .duration(p.stale())
                .duration(p.stuck());
            i += 1;
        }
        self
    }

    const fn action(self, action: &ActionContract) -> Self {
        let link_loss = match action.link_loss() {
            OnLinkLoss::Finish => 0,
            OnLinkLoss::Close => 1,
        };
        self.text(action.name())
            .properties(action.inputs())
            .text(action.safe_state())
            .duration(action.longest_run())
            .byte(action.is_idempotent() as u8)
            .byte(action.closes() as u8)
            .byte(link_loss)
    }
}

/// The fingerprint of a contract with these parts.
pub(super) const fn of(
    model: &str,
    version: u32,
    properties: &[Property],
    actions: &[&ActionContract],
    events: &[&EventContract],
) -> u64 {
    let mut hash = Fnv::new()
        .text(model)
        .u64(version as u64)
        .properties(properties)
        .u64(actions.len() as u64);
    let mut i = 0;
    while i < actions.len() {
        hash = hash.action(actions[i]);
        i += 1;
    }
    hash = hash.u64(events.len() as u64);
    i = 0;
    while i < events.len() {
        hash = hash.text(events[i].name()).properties(events[i].fields());
        i += 1;
    }
    hash.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Repr;
    use crate::quantity::Unit;

    const BOOL: Property = Property::new("a", Schema::Boolean);
    const RUN: ActionContract = ActionContract::new("run");
    const LEAK: EventContract = EventContract::new("leak");

    #[test]
    fn fnv_gives_the_published_values() {
        // draft-eastlake-fnv-17, appendix C.
        assert_eq!(Fnv::new().0, 0xcbf2_9ce4_8422_2325);
        assert_eq!(Fnv::new().bytes(b"a").0, 0xaf63_dc4c_8601_ec8c);
        assert_eq!(Fnv::new().bytes(b"foobar").0, 0x8594_4171_f739_67e8);
    }

    #[test]
    fn each_part_of_an_action_counts() {
        let minute = Duration::from_secs(60);
        let actions = [
            RUN,
            ActionContract::new("walk"),
            RUN.input(&[BOOL]),
            RUN.safe("closed"),
            RUN.safe("open"),
            RUN.max_run(minute),
            RUN.max_run(2 * minute),
            RUN.max_run(Duration::from_nanos(1)),
            RUN.idempotent(),
            RUN.closing(),
            RUN.on_link_loss(OnLinkLoss::Close),
        ];
        all_differ(actions.map(|action| of("a", 1, &[], &[&action], &[])));
        let described = RUN.describe("Runs.");
        assert_eq!(
            of("a", 1, &[], &[&described], &[]),
            of("a", 1, &[], &[&RUN], &[])
        );
    }

    #[test]
    fn each_part_of_a_schema_counts() {
        const NUMBER: Numeric = Numeric::new(Repr::U8);
        const VARIANTS: [Variant; 2] = [Variant::new("a", ""), Variant::new("b", "")];
        const RENAMED: [Variant; 2] = [Variant::new("a", ""), Variant::new("c", "")];
        let schemas = [
            Schema::Boolean,
            Schema::Numeric(NUMBER),
            Schema::Numeric(Numeric::new(Repr::I8)),
            Schema::Numeric(NUMBER.at_least(Number::U64(0))),
            Schema::Numeric(NUMBER.at_most(Number::U64(0))),
            Schema::Numeric(NUMBER.step(Number::U64(0))),
            Schema::Numeric(NUMBER.at_least(Number::I64(0))),
            Schema::Numeric(NUMBER.at_least(Number::F32(0.0))),
            Schema::Numeric(NUMBER.at_least(Number::F64(0.0))),
            Schema::Numeric(NUMBER.unit(Unit::new("m"))),
            Schema::Text { max_len: 8 },
            Schema::Enumeration(&VARIANTS),
            Schema::Enumeration(&RENAMED),
            Schema::Array {
                items: &Schema::Boolean,
                len: 1,
            },
            Schema::Array {
                items: &Schema::Boolean,
                len: 2,
            },
            Schema::Record(&[BOOL]),
            Schema::Record(&[]),
            Schema::Optional(&Schema::Boolean),
        ];
        all_differ(schemas.map(|schema| of("a", 1, &[Property::new("a", schema)], &[], &[])));
    }

    #[test]
    fn parts_do_not_run_together() {
        const AB: [Property; 2] = [BOOL, Property::new("b", Schema::Boolean)];
        const B: [Property; 1] = [Property::new("b", Schema::Boolean)];
        const NESTED: [Property; 2] = [
            Property::new("r", Schema::Record(&[BOOL])),
            Property::new("b", Schema::Boolean),
        ];
        const INSIDE: [Property; 1] = [Property::new("r", Schema::Record(&AB))];
        let named = ActionContract::new("ru").safe("n");
        let run = ActionContract::new("r").safe("un");
        let data = LEAK.data(&AB);
        let leak = LEAK.data(&B);
        all_differ([
            of("a", 1, &AB, &[], &[]),
            of("a", 1, &B, &[], &[]),
            of("a", 1, &[], &[], &[]),
            of("a", 2, &[], &[], &[]),
            of("ab", 1, &[], &[], &[]),
            of("a", 1, &NESTED, &[], &[]),
            of("a", 1, &INSIDE, &[], &[]),
            of("a", 1, &[], &[&named], &[]),
            of("a", 1, &[], &[&run], &[]),
            of("a", 1, &[], &[&RUN], &[&LEAK]),
            of("a", 1, &[], &[&RUN, &RUN], &[]),
            of("a", 1, &[], &[], &[&LEAK]),
            of("a", 1, &[], &[], &[&data]),
            of("a", 1, &[], &[], &[&leak]),
        ]);
    }

    fn all_differ<const N: usize>(fingerprints: [u64; N]) {
        for (i, a) in fingerprints.iter().enumerate() {
            for (j, b) in fingerprints.iter().enumerate() {
                assert!(i == j || a != b, "{i} and {j} have one fingerprint");
            }
        }
    }
}
