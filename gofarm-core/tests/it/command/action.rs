//! Actions of a valve, with contracts that differ in what they allow.

use gofarm_core::contract::{
    ActionContract, Describe, Found, Number, Numeric, OnLinkLoss, Place, Property, Repr, Schema,
    Value,
};
use gofarm_core::quantity::Unit;
use gofarm_core::time::secs;
use gofarm_core::{Action, Validate, Violation};

/// Opens for a number of litres.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) litres: f32,
}

const LITRES: Schema = Schema::Numeric(
    Numeric::new(Repr::F32)
        .at_least(Number::F32(0.0))
        .at_most(Number::F32(10.0))
        .unit(Unit::new("L")),
);
const INPUT: [Property; 1] = [Property::new("litres", LITRES)];

impl Describe for Open {
    const SCHEMA: Schema = Schema::Record(&INPUT);

    fn visit(&self, place: &Place, visit: &mut dyn FnMut(&Place, Value<'_>)) {
        self.litres.visit(&place.step(0), visit);
    }
}

impl Validate for Open {
    fn validate(&self) -> Result<(), Violation> {
        if (0.0..=10.0).contains(&self.litres) {
            return Ok(());
        }
        let found = Found::Number(Number::F32(self.litres));
        Err(Violation::new(found, &LITRES).within(&Self::SCHEMA, 0))
    }
}

impl Action for Open {
    const CONTRACT: &'static ActionContract =
        &ActionContract::new("open").input(&INPUT).max_run(secs(30));
}

/// A closing action whose input can be wrong.
pub(super) struct Close(pub(super) f32);

impl Validate for Close {
    fn validate(&self) -> Result<(), Violation> {
        self.0.validate()
    }
}

impl Action for Close {
    const CONTRACT: &'static ActionContract = &ActionContract::new("close").closing();
}

/// An action with a shorter run time that must not go on without a link.
pub(super) struct Flush;

impl Validate for Flush {
    fn validate(&self) -> Result<(), Violation> {
        Ok(())
    }
}

impl Action for Flush {
    const CONTRACT: &'static ActionContract = &ActionContract::new("flush")
        .max_run(secs(10))
        .on_link_loss(OnLinkLoss::Close);
}
