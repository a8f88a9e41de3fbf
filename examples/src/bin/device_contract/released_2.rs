// Written by `Descriptor::rust_source`; do not edit.
#[rustfmt::skip]
#[allow(clippy::all, unreachable_pub, unused_imports, reason = "written by a program")]
pub const RELEASED: ::gofarm_core::contract::Descriptor = {
    use ::gofarm_core::contract::*;
    Descriptor::new(
        "example-well-pump",
        2,
        &[
            Property::new("level", Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(0.0)).at_most(Number::F32(80.0)).step(Number::F32(0.01)).unit(::gofarm_core::quantity::Unit::new("m")))).describe("Water level above the intake.").max_rate(Rate::new(Number::F32(2.0), ::core::time::Duration::new(60, 0))).stale_after(::core::time::Duration::new(600, 0)),
            Property::new("flow", Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(0.0)).at_most(Number::F32(12.0)).unit(::gofarm_core::quantity::Unit::new("m3/h")))).describe("Flow at the head of the well.").stale_after(::core::time::Duration::new(600, 0)),
        ],
        &[
            &ActionContract::new("run").describe("Runs the pump; it stops by itself when the lease ends.").safe("stopped").max_run(::core::time::Duration::new(7200, 0)),
        ],
        &[
        ],
    ).describe("A pump in a well, on RS-485.")
};
