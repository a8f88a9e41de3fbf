// Written by `Descriptor::rust_source`; do not edit.
#[rustfmt::skip]
#[allow(clippy::all, unreachable_pub, unused_imports, reason = "written by a program")]
pub const RELEASED: ::gofarm_core::contract::Descriptor = {
    use ::gofarm_core::contract::*;
    Descriptor::new(
        "acme-soil",
        2,
        &[
            Property::new("water", Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(0.0)).at_most(Number::F32(0.6)).step(Number::F32(0.001)).unit(::gofarm_core::quantity::Unit::new("m3/m3")))).describe("Volumetric water content.").max_rate(Rate::new(Number::F32(0.05), ::core::time::Duration::new(60, 0))).stale_after(::core::time::Duration::new(1800, 0)).stuck_after(::core::time::Duration::new(21600, 0)),
            Property::new("ph", Schema::Optional(&Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(0.0)).at_most(Number::F32(14.0)).unit(::gofarm_core::quantity::Unit::new("[pH]"))))).describe("pH of the soil solution."),
            Property::new("layers", Schema::Array { items: &Schema::Numeric(Numeric::new(Repr::F64).at_least(Number::F64(-40.0)).at_most(Number::F64(85.0)).unit(::gofarm_core::quantity::Unit::new("Cel"))), len: 2 }),
            Property::new("sample_every", Schema::Numeric(Numeric::new(Repr::U16).at_least(Number::U64(10)).at_most(Number::U64(3600)).step(Number::U64(5)).unit(::gofarm_core::quantity::Unit::new("s")))).describe("Time between two samples.").access(Access::Config).default_value(Literal::Number(Number::U64(300))),
            Property::new("mode", Schema::Enumeration(&[Variant::new("Auto", "By the schedule."), Variant::new("by-hand", ""), ])).access(Access::Config).default_value(Literal::Text("Auto")),
            Property::new("night_mode", Schema::Optional(&Schema::Enumeration(&[Variant::new("Auto", "By the schedule."), Variant::new("by-hand", ""), ]))).access(Access::Config),
            Property::new("zone", Schema::Record(&[Property::new("valve", Schema::Numeric(Numeric::new(Repr::U8).at_least(Number::U64(1)).at_most(Number::U64(4)))).default_value(Literal::Number(Number::U64(1))), Property::new("name", Schema::Text { max_len: 8 }), ])).access(Access::Config),
            Property::new("key", Schema::Text { max_len: 16 }).describe("Key of the radio.").access(Access::Write),
        ],
        &[
            &ActionContract::new("open").describe("Opens the valve.").input(&[Property::new("opening", Schema::Numeric(Numeric::new(Repr::U8).at_least(Number::U64(1)).at_most(Number::U64(100)).unit(::gofarm_core::quantity::Unit::new("%")))).default_value(Literal::Number(Number::U64(50))), Property::new("layers", Schema::Optional(&Schema::Array { items: &Schema::Enumeration(&[Variant::new("Auto", "By the schedule."), Variant::new("by-hand", ""), ]), len: 2 })), ]).safe("closed").max_run(::core::time::Duration::new(1800, 0)).idempotent().on_link_loss(OnLinkLoss::Close),
            &ActionContract::new("close").safe("closed").closing(),
        ],
        &[
            &EventContract::new("leak_detected").describe("Water where none should be.").data(&[Property::new("litres", Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(0.0)).unit(::gofarm_core::quantity::Unit::new("L")))), ]),
        ],
    ).describe("A soil probe with a valve beside it.")
};
