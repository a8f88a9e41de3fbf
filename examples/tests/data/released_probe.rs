// Written by `Descriptor::rust_source`; do not edit.
#[rustfmt::skip]
#[allow(clippy::all, unreachable_pub, unused_imports, reason = "written by a program")]
pub const RELEASED: ::gofarm_core::contract::Descriptor = {
    use ::gofarm_core::contract::*;
    Descriptor::new(
        "gofarm-soil-probe",
        1,
        &[
            Property::new("water", Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(0.0)).at_most(Number::F32(0.6)).step(Number::F32(0.001)).unit(::gofarm_core::quantity::Unit::new("m3/m3")))).describe("Volumetric water content.").max_rate(Rate::new(Number::F32(0.02), ::core::time::Duration::new(900, 0))).stale_after(::core::time::Duration::new(7200, 0)).stuck_after(::core::time::Duration::new(21600, 0)),
            Property::new("temperature", Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(-40.0)).at_most(Number::F32(60.0)).step(Number::F32(0.1)).unit(::gofarm_core::quantity::Unit::new("Cel")))).describe("Soil temperature.").max_rate(Rate::new(Number::F32(3.0), ::core::time::Duration::new(900, 0))).stale_after(::core::time::Duration::new(7200, 0)),
            Property::new("sample_every", Schema::Numeric(Numeric::new(Repr::U16).at_least(Number::U64(60)).at_most(Number::U64(3600)).unit(::gofarm_core::quantity::Unit::new("s")))).describe("Time between two samples.").access(Access::Config).default_value(Literal::Number(Number::U64(900))),
        ],
        &[
        ],
        &[
        ],
    ).describe("A soil probe on the controller's field bus, in the middle of the root zone.")
};
