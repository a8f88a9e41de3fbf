// Written by `Descriptor::rust_source`; do not edit.
#[rustfmt::skip]
#[allow(clippy::all, unreachable_pub, unused_imports, reason = "written by a program")]
pub const RELEASED: ::gofarm_core::contract::Descriptor = {
    use ::gofarm_core::contract::*;
    Descriptor::new(
        "gofarm-latching-valve",
        1,
        &[
            Property::new("open", Schema::Boolean).describe("Whether water may pass."),
            Property::new("flow", Schema::Numeric(Numeric::new(Repr::F32).at_least(Number::F32(0.0)).at_most(Number::F32(40.0)).step(Number::F32(0.1)).unit(::gofarm_core::quantity::Unit::new("m3/h")))).describe("Flow through the valve."),
        ],
        &[
            &ActionContract::new("open").describe("Opens the valve; it closes by itself when the lease ends.").safe("closed").max_run(::core::time::Duration::new(2700, 0)),
            &ActionContract::new("close").describe("Closes the valve.").safe("closed").idempotent().closing(),
        ],
        &[
        ],
    ).describe("A latching irrigation valve with a flow meter, on a radio link.")
};
