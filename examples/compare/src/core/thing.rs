//! The eight properties as a Thing Description, built with wot-td's builder calls.

use wot_td::Thing;
use wot_td::builder::{
    BuildableDataSchema as _, BuildableInteractionAffordance as _,
    IntegerDataSchemaBuilderLike as _, NumberDataSchemaBuilderLike as _,
    ReadableWriteableDataSchema as _, SpecializableDataSchema as _,
};

pub fn wot_thing() -> Thing {
    macro_rules! number {
        ($thing:expr, $name:literal, $min:expr, $max:expr, $unit:literal) => {
            $thing.property($name, |p| {
                p.finish_extend_data_schema()
                    .number()
                    .minimum($min)
                    .maximum($max)
                    .unit($unit)
                    .read_only()
                    .form(|form| form.href(concat!("properties/", $name)))
            })
        };
    }
    macro_rules! integer {
        ($thing:expr, $name:literal, $min:expr, $max:expr) => {
            $thing.property($name, |p| {
                p.finish_extend_data_schema()
                    .integer()
                    .minimum($min)
                    .maximum($max)
                    .read_only()
                    .form(|form| form.href(concat!("properties/", $name)))
            })
        };
    }
    let thing = Thing::builder("acme-soil")
        .finish_extend()
        .id("urn:dev:ops:1");
    let thing = integer!(thing, "ts", 0, i64::MAX);
    let thing = integer!(thing, "seq", 0, i64::MAX);
    let thing = number!(thing, "ph", 0.0, 14.0, "[pH]");
    let thing = number!(thing, "vwc", 0.0, 1.0, "m3/m3");
    let thing = number!(thing, "temp", -40.0, 85.0, "Cel");
    let thing = number!(thing, "ec", 0.0, 20.0, "dS/m");
    let thing = integer!(thing, "battery_mv", 1_800, 4_200);
    let thing = thing.property("valve_open", |p| {
        p.finish_extend_data_schema()
            .bool()
            .read_only()
            .form(|form| form.href("properties/valve_open"))
    });
    thing
        .security(|security| security.no_sec())
        .build()
        .expect("a valid Thing Description")
}
