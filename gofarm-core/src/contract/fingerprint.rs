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
