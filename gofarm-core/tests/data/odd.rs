// Written by `Descriptor::rust_source`; do not edit.
#[rustfmt::skip]
#[allow(clippy::all, unreachable_pub, unused_imports, reason = "written by a program")]
pub const ODD: ::gofarm_core::contract::Descriptor = {
    use ::gofarm_core::contract::*;
    Descriptor::new(
        "odd \"\\\n\u{1f}🌱",
        4294967295,
        &[
            Property::new("f32", Schema::Numeric(Numeric::new(Repr::F32).at_most(Number::F32(3.14)))),
            Property::new("f64", Schema::Numeric(Numeric::new(Repr::F64).at_least(Number::F64(-1e300)).at_most(Number::F64(2.2250738585072014e-308)))),
            Property::new("inf", Schema::Numeric(Numeric::new(Repr::F64).at_most(Number::F64(f64::from_bits(0x7ff0000000000000))))),
            Property::new("i64", Schema::Numeric(Numeric::new(Repr::I64).at_least(Number::I64(-9223372036854775808)).step(Number::U64(18446744073709551615)))),
            Property::new("sample_every", Schema::Enumeration(&[Variant::new("\0\u{1f}\u{7f}", "sample_every"), Variant::new("", "\0\u{1f}\u{7f}"), Variant::new("größe °C", "\0\u{1f}\u{7f}"), Variant::new("always there", "\0\u{1f}\u{7f}"), ])).describe("土壌 🌱\u{2028}").access(Access::Config).default_value(Literal::Text("")),
        ],
        &[
        ],
        &[
            &EventContract::new("\0\u{1f}\u{7f}").describe("per%cent/and space").data(&[Property::new("土壌 🌱\u{2028}", Schema::Text { max_len: 97 }).access(Access::Write).stale_after(::core::time::Duration::new(89190, 0)), ]),
            &EventContract::new("").describe("$ref").data(&[Property::new("line\nbreak\ttab", Schema::Optional(&Schema::Numeric(Numeric::new(Repr::U64).unit(::gofarm_core::quantity::Unit::new("m3/m3"))))).describe("土壌 🌱\u{2028}").default_value(Literal::Number(Number::U64(155950145))), ]),
            &EventContract::new("größe °C").describe("\0\u{1f}\u{7f}"),
        ],
    ).describe("{braces} and \"quotes\"")
};
