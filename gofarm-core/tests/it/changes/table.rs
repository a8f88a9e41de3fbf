//! The decision table of `contract::changes`, row by row, in both directions.

use core::time::Duration;

use gofarm_core::contract::{
    Access, ActionContract, Descriptor, EventContract, Literal, Number, Numeric, OnLinkLoss,
    Property, Rate, Repr, Schema, Variant,
};
use gofarm_core::quantity::Unit;

use crate::generated::leak;

const WIDER: &str = "breaking, a reader may meet a value that could not appear before";
const READY: &str = "compatible, readers are ready for more than appears";
const ACCEPTED: &str = "compatible, what was accepted still is";
const REFUSED: &str = "breaking, a value that was accepted is refused";
const GONE: &str = "breaking, whoever used it finds nothing";

fn ph() -> Numeric {
    Numeric::new(Repr::F32).at_least(Number::F32(0.0))
}

fn ph_to(max: f32) -> Schema {
    Schema::Numeric(ph().at_most(Number::F32(max)))
}

const fn count() -> Numeric {
    Numeric::new(Repr::U16)
}

fn stepped(step: u64) -> Schema {
    Schema::Numeric(count().step(Number::U64(step)))
}

fn names(names: &[&'static str]) -> Schema {
    Schema::Enumeration(leak(names.iter().map(|n| Variant::new(n, "")).collect()))
}

fn optional(schema: Schema) -> Schema {
    Schema::Optional(Box::leak(Box::new(schema)))
}

fn array(items: Schema, len: u32) -> Schema {
    Schema::Array {
        items: Box::leak(Box::new(items)),
        len,
    }
}

fn record(fields: &[Property]) -> Schema {
    Schema::Record(leak(fields.to_vec()))
}

fn device(properties: &[Property]) -> Descriptor {
    Descriptor::new("d", 1, leak(properties.to_vec()), &[], &[])
}

/// The changes without the one of the version, which each revision has.
fn lines(new: &Descriptor, old: &Descriptor) -> Vec<String> {
    let raised = Descriptor::new(
        new.model(),
        old.version() + 1,
        new.properties(),
        new.actions(),
        new.events(),
    );
    raised
        .changes(old)
        .map(|change| change.to_string())
        .filter(|line| !line.starts_with("contract: version"))
        .collect()
}

/// A value's schema before and after, what changed, and the effect on readers and on callers.
#[test]
fn limits_and_shapes_follow_the_table() {
    let text = |max_len| Schema::Text { max_len };
    let number = |n| Schema::Numeric(n);
    let u16_max = Number::U64(u16::MAX.into());
    let width = "breaking, a value of one width is not read as another";
    let shape = "breaking, a value of one shape is not read as another";
    let another = "breaking, the same number means another quantity";
    let same = "compatible, the limit of the type says the same";
    let advice = "compatible, a float's step is advice";
    let order = "compatible, names are the contract, positions are not";
    let once = "compatible, absent is absent, however often it is said";
    let field = Property::new("f", Schema::Boolean);
    #[rustfmt::skip]
    let rows = [
        (ph_to(14.0), ph_to(16.0), ": maximum 14 -> 16", WIDER, ACCEPTED),
        (ph_to(14.0), ph_to(9.0), ": maximum 14 -> 9", READY, REFUSED),
        (ph_to(14.0), number(ph()), ": maximum 14 -> none", WIDER, ACCEPTED),
        (number(ph()), ph_to(14.0), ": maximum none -> 14", READY, REFUSED),
        (number(ph()), number(Numeric::new(Repr::F32)), ": minimum 0 -> none", WIDER, ACCEPTED),
        (number(Numeric::new(Repr::F32)), number(ph()), ": minimum none -> 0", READY, REFUSED),
        (number(ph()), number(Numeric::new(Repr::F32).at_least(Number::F32(-1.0))), ": minimum 0 -> -1", WIDER, ACCEPTED),
        (number(ph()), number(Numeric::new(Repr::F32).at_least(Number::F32(0.5))), ": minimum 0 -> 0.5", READY, REFUSED),
        (number(count()), number(count().at_most(u16_max)), ": maximum none -> 65535", same, same),
        (number(count().at_least(Number::U64(0))), number(count()), ": minimum 0 -> none", same, same),
        (number(count()), number(count().at_least(Number::U64(10))), ": minimum none -> 10", READY, REFUSED),
        (number(count().at_most(Number::U64(10))), number(count()), ": maximum 10 -> none", WIDER, ACCEPTED),
        (stepped(10), stepped(5), ": step 10 -> 5", WIDER, ACCEPTED),
        (stepped(5), stepped(10), ": step 5 -> 10", READY, REFUSED),
        (stepped(5), number(count()), ": step 5 -> none", WIDER, ACCEPTED),
        (number(count()), stepped(5), ": step none -> 5", READY, REFUSED),
        (stepped(4), stepped(6), ": step 4 -> 6", "breaking, neither step is a multiple of the other", "breaking, neither step is a multiple of the other"),
        (number(ph()), number(ph().step(Number::F32(0.1))), ": step none -> 0.1", advice, advice),
        (number(count()), number(count().unit(Unit::new("s"))), ": unit none -> s", another, another),
        (number(count().unit(Unit::new("s"))), number(count().unit(Unit::new("min"))), ": unit s -> min", another, another),
        (number(count().unit(Unit::new("s"))), number(count()), ": unit s -> none", another, another),
        (number(count()), number(Numeric::new(Repr::U32)), ": representation u16 -> u32", width, width),
        (number(Numeric::new(Repr::I32)), number(Numeric::new(Repr::F32)), ": representation i32 -> f32", width, width),
        (text(8), text(16), ": length 8 -> 16", WIDER, ACCEPTED),
        (text(16), text(8), ": length 16 -> 8", READY, REFUSED),
        (names(&["a"]), names(&["a", "b"]), ".b added", WIDER, ACCEPTED),
        (names(&["a", "b"]), names(&["a"]), ".b removed", READY, REFUSED),
        (names(&["a", "b"]), names(&["b", "a"]), ": order a -> b", order, order),
        (text(8), optional(text(8)), ": required yes -> no", WIDER, ACCEPTED),
        (optional(text(8)), text(8), ": required no -> yes", READY, REFUSED),
        (optional(text(8)), optional(optional(text(8))), ": options 1 -> 2", once, once),
        (optional(text(8)), optional(text(9)), ": length 8 -> 9", WIDER, ACCEPTED),
        (array(text(8), 2), array(text(8), 3), ": elements 2 -> 3", "breaking, the number of elements is fixed on both sides", "breaking, the number of elements is fixed on both sides"),
        (array(text(8), 2), array(text(7), 2), ": length 8 -> 7", READY, REFUSED),
        (array(text(8), 2), array(optional(text(8)), 2), ": required yes -> no", WIDER, ACCEPTED),
        (Schema::Boolean, text(8), ": shape boolean -> text", shape, shape),
        (text(8), names(&["a"]), ": shape text -> enumeration", shape, shape),
        (number(count()), array(number(count()), 1), ": shape number -> array", shape, shape),
        (record(&[]), record(&[field]), ".f added", "compatible, nobody reads it yet", "breaking, callers do not send it"),
        (record(&[]), record(&[Property::new("f", optional(Schema::Boolean))]), ".f added", "compatible, nobody reads it yet", "compatible, it may be left out"),
        (record(&[field]), record(&[]), ".f removed", GONE, GONE),
        (record(&[Property::new("f", text(8))]), record(&[Property::new("f", text(9))]), ".f: length 8 -> 9", WIDER, ACCEPTED),
        (record(&[field.access(Access::Config)]), record(&[field]), ".f: access config -> read", "compatible, it counts for the device's own properties only", "compatible, it counts for the device's own properties only"),
    ];
    for (old, new, what, for_readers, for_callers) in rows {
        let effects = [
            (Access::Read, for_readers),
            (Access::Config, for_callers),
            (Access::Write, for_callers),
        ];
        for (access, effect) in effects {
            let with = |schema| device(&[Property::new("x", schema).access(access)]);
            let expected = format!("property x{what}: {effect}");
            assert_eq!(lines(&with(new), &with(old)), [expected], "{access:?}");
        }
        // An action's input goes in, an event's data goes out.
        let in_action = |schema| {
            let input = leak(vec![Property::new("x", schema)]);
            let action: &_ = Box::leak(Box::new(ActionContract::new("a").input(input)));
            Descriptor::new("d", 1, &[], leak(vec![action]), &[])
        };
        let expected = format!("action a.x{what}: {for_callers}");
        assert_eq!(lines(&in_action(new), &in_action(old)), [expected]);
        let in_event = |schema| {
            let data = leak(vec![Property::new("x", schema)]);
            let event: &_ = Box::leak(Box::new(EventContract::new("e").data(data)));
            Descriptor::new("d", 1, &[], &[], leak(vec![event]))
        };
        let expected = format!("event e.x{what}: {for_readers}");
        assert_eq!(lines(&in_event(new), &in_event(old)), [expected]);
    }
}

#[test]
fn properties_follow_the_table() {
    let x = Property::new("x", Schema::Numeric(count()));
    let y = Property::new("y", Schema::Boolean);
    let config = x.access(Access::Config);
    let write = x.access(Access::Write);
    let maybe = Property::new("x", optional(Schema::Boolean)).access(Access::Config);
    let five = Literal::Number(Number::U64(5));
    let six = Literal::Number(Number::U64(6));
    let minute = Duration::from_secs(60);
    let rate = |amount| Rate::new(Number::U64(amount), minute);
    let can = "compatible, what could be done with it still can";
    let stays = "compatible, a value that was set stays";
    let marks = "compatible, it only changes which readings are suspect or stale";
    #[rustfmt::skip]
    let rows: [(&[Property], &[Property], &str, &str); 27] = [
        (&[], &[x], "x added", "compatible, nobody reads it yet"),
        (&[], &[config], "x added", "breaking, callers do not send it"),
        (&[], &[config.default_value(five)], "x added", "compatible, it may be left out"),
        (&[], &[maybe], "x added", "compatible, it may be left out"),
        (&[], &[write], "x added", "compatible, nobody writes it yet"),
        (&[x], &[], "x removed", GONE),
        (&[config], &[], "x removed", GONE),
        (&[x, y], &[y, x], ": order x -> y", "compatible, names are the contract, positions are not"),
        (&[x], &[config.default_value(five)], "x: default none -> 5", stays),
        (&[x.default_value(five)], &[config.default_value(five)], "x: access read -> config", can),
        (&[write.default_value(five)], &[config.default_value(five)], "x: access write -> config", can),
        (&[write], &[config], "x: access write -> config", "breaking, callers do not send it"),
        (&[config], &[x], "x: access config -> read", "breaking, it can no longer be written"),
        (&[write], &[x], "x: access write -> read", "breaking, it can no longer be written"),
        (&[config], &[write], "x: access config -> write", "breaking, it can no longer be read"),
        (&[x], &[write], "x: access read -> write", "breaking, it can no longer be read"),
        (&[config], &[config.default_value(five)], "x: default none -> 5", stays),
        (&[config.default_value(five)], &[config.default_value(six)], "x: default 5 -> 6", stays),
        (&[config.default_value(five)], &[config], "x: default 5 -> none", "breaking, a caller that leaves it out is refused"),
        (&[x.default_value(five)], &[x], "x: default 5 -> none", stays),
        (&[maybe.default_value(Literal::Boolean(true))], &[maybe], "x: default true -> none", "compatible, it may be left out"),
        (&[x], &[x.max_rate(rate(1))], "x: maximum rate none -> 1 per 60s", marks),
        (&[x.max_rate(rate(1))], &[x.max_rate(rate(2))], "x: maximum rate 1 per 60s -> 2 per 60s", marks),
        (&[x.max_rate(rate(2))], &[x], "x: maximum rate 2 per 60s -> none", marks),
        (&[x], &[x.stale_after(minute)], "x: stale after none -> 60s", marks),
        (&[x.stale_after(minute)], &[x.stale_after(2 * minute)], "x: stale after 60s -> 120s", marks),
        (&[x.stuck_after(minute)], &[x], "x: stuck after 60s -> none", marks),
    ];
    for (old, new, what, effect) in rows {
        let expected = format!("property {what}: {effect}").replace("property :", "property:");
        let found = lines(&device(new), &device(old));
        assert!(found.contains(&expected), "{expected} in {found:?}");
    }
    // A reading that becomes configuration without a default: who gives the configuration does not know it.
    assert_eq!(
        lines(&device(&[config]), &device(&[x])),
        ["property x: access read -> config: breaking, callers do not send it"]
    );
    assert_eq!(
        lines(&device(&[config.default_value(five)]), &device(&[x])),
        [
            "property x: access read -> config: compatible, what could be done with it still can",
            "property x: default none -> 5: compatible, a value that was set stays",
        ]
    );
}

#[test]
fn actions_follow_the_table() {
    let hour = Duration::from_secs(3600);
    let a = ActionContract::new("a");
    let run = "breaking, a lease that was accepted is refused";
    let safe = "breaking, the device falls back to another state than its callers expect";
    let loss = "breaking, a run ends otherwise than its callers expect";
    #[rustfmt::skip]
    let rows = [
        (Some(a.max_run(hour)), Some(a.max_run(hour / 2)), ": maximum run 3600s -> 1800s", run),
        (Some(a.max_run(hour)), Some(a.max_run(2 * hour)), ": maximum run 3600s -> 7200s", "compatible, every lease is still accepted; look at what a longer run can flood"),
        (Some(a), Some(a.max_run(hour)), ": maximum run none -> 3600s", "breaking, a command without a lease is refused"),
        (Some(a.max_run(hour)), Some(a), ": maximum run 3600s -> none", "breaking, nothing bounds the run"),
        (Some(a.safe("shut")), Some(a.safe("open")), ": safe state shut -> open", safe),
        (Some(a), Some(a.safe("shut")), ": safe state none -> shut", safe),
        (Some(a.safe("shut")), Some(a), ": safe state shut -> none", safe),
        (Some(a), Some(a.idempotent()), ": idempotent no -> yes", "compatible, repeating it has become harmless"),
        (Some(a.idempotent()), Some(a), ": idempotent yes -> no", "breaking, a caller that repeats it does it twice"),
        (Some(a), Some(a.closing()), ": closes no -> yes", "breaking, it is no longer refused when late or repeated"),
        (Some(a.closing()), Some(a), ": closes yes -> no", "breaking, it can now be refused when late or repeated"),
        (Some(a), Some(a.on_link_loss(OnLinkLoss::Close)), ": on link loss finish -> close", loss),
        (Some(a.on_link_loss(OnLinkLoss::Close)), Some(a), ": on link loss close -> finish", loss),
        (None, Some(a), " added", "compatible, nobody calls it yet"),
        (Some(a), None, " removed", GONE),
    ];
    for (old, new, what, effect) in rows {
        let with = |action: Option<ActionContract>| {
            let actions = action.map(|a| &*Box::leak(Box::new(a)));
            Descriptor::new("d", 1, &[], leak(actions.into_iter().collect()), &[])
        };
        let expected = format!("action a{what}: {effect}");
        assert_eq!(lines(&with(new), &with(old)), [expected]);
    }
}

#[test]
fn events_and_the_contract_itself_follow_the_table() {
    const EVENTS: &[&EventContract] = &[&EventContract::new("e")];
    let with = |version, events| Descriptor::new("d", version, &[], &[], events);
    let renamed = Descriptor::new("other", 2, &[], &[], &[]);
    let later = "contract: version 1 -> 2: compatible, a later revision";
    #[rustfmt::skip]
    let rows: [(Descriptor, Descriptor, &[&str]); 6] = [
        (with(1, &[]), with(2, EVENTS), &[later, "event e added: compatible, nobody listens to it yet"]),
        (with(1, EVENTS), with(2, &[]), &[later, "event e removed: breaking, whoever used it finds nothing"]),
        (with(1, &[]), with(2, &[]), &[later]),
        (with(2, &[]), with(1, &[]), &["contract: version 2 -> 1: breaking, a later revision is taken for an earlier one"]),
        (with(1, &[]), with(1, EVENTS), &["contract: version 1 -> 1: breaking, a contract that changed needs a higher version", "event e added: compatible, nobody listens to it yet"]),
        (with(1, &[]), renamed, &["contract: model d -> other: breaking, peers know a device by its model", later]),
    ];
    for (old, new, expected) in rows {
        let found: Vec<_> = new.changes(&old).map(|c| c.to_string()).collect();
        assert_eq!(found, expected);
    }
}
