//! Device contracts: one definition that validates values and describes the device.
//!
//! The usual way writes each limit three times: once for the validator, once for the JSON Schema, once for the
//! Thing Description, and a fourth time in the firmware's C header. They drift apart, and none of them refuses
//! NaN. Here a struct is annotated once with `#[derive(Device)]`; from it come
//!
//! - [`Validate`]: straight-line range checks, first violation or all of them, no allocation;
//! - [`Descriptor`]: the same limits as constant data, with a fingerprint, that fits in flash;
//! - writers that stream that data as JSON Schema, W3C Thing Description, Thing Model or OpenAPI into any
//!   [`core::fmt::Write`], a UART included;
//! - [`Descriptor::changes`]: what changed since the released contract and whether it breaks anyone.
//!
//! A contract says what a value may be. It does not say whether a *reading* is plausible: a spike inside the range
//! is the business of [`crate::quality`].

mod affordance;
mod changes;
#[doc(hidden)]
pub mod derived;
mod descriptor;
mod fingerprint;
mod json;
mod json_schema;
mod number;
mod open_api;
mod primitive;
mod property;
mod rust_source;
mod schema;
mod thing_description;
mod validated;
mod violation;
mod vocabulary;

pub use affordance::{ActionContract, EventContract, OnLinkLoss};
pub use changes::{Change, Changes, Subject};
pub use descriptor::Descriptor;
pub use json_schema::{Dialect, JsonSchema};
pub use number::{Number, Repr};
pub use open_api::{OpenApi, OpenApiVersion};
pub use property::{Access, Literal, Property, Rate};
pub use rust_source::RustSource;
pub use schema::{Numeric, Schema, Variant};
pub use thing_description::{Security, ThingDescription, ThingModel};
pub use validated::{Refused, Validated};
pub use violation::{Found, MAX_DEPTH, Path, Segment, Violation};

/// A value that can be held against its contract.
///
/// Derived together with [`Device`], [`Describe`], [`Action`] or [`Event`]; implemented for numbers, `bool`,
/// [`Text`](crate::text::Text), arrays and `Option` of them. A float without a range must be finite.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no contract to be held against",
    note = "derive `Describe` for a nested struct or an enum without data; use `Text<N>` or `#[prop(max_len = …)]` for text, an array for a list"
)]
pub trait Validate {
    /// Checks the value and stops at the first violation, in the order of declaration.
    ///
    /// # Errors
    /// The first [`Violation`]: what, where and which limit.
    fn validate(&self) -> Result<(), Violation>;

    /// Checks the whole value and hands each violation to `visit`, in the order of declaration.
    fn validate_all(&self, visit: &mut dyn FnMut(Violation)) {
        if let Err(violation) = self.validate() {
            visit(violation);
        }
    }

    /// Turns the value into one that is known to be valid.
    ///
    /// # Errors
    /// [`Refused`], which gives the value back together with the first violation.
    fn validated(self) -> Result<Validated<Self>, Refused<Self>>
    where
        Self: Sized,
    {
        Validated::new(self)
    }
}

/// A type whose values can be described.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a device contract",
    note = "derive `Describe` for a nested struct or an enum without data; use `Text<N>` or `#[prop(max_len = …)]` for text, an array for a list"
)]
pub trait Describe {
    /// The shape and limits of a value of this type.
    const SCHEMA: Schema;
}

/// A device: a record of properties with actions and events.
///
/// ```
/// use gofarm_core::{Device, Validate};
///
/// /// A pH probe.
/// #[derive(Device)]
/// #[device(model = "acme-ph", version = 1)]
/// struct Probe {
///     /// pH of the soil solution.
///     #[prop(range = 0.0..=14.0, unit = "[pH]")]
///     ph: f32,
/// }
///
/// assert_eq!(Probe::DESCRIPTOR.properties()[0].name(), "ph");
/// let refused = Probe { ph: 15.0 }.validate().unwrap_err();
/// assert_eq!(refused.to_string(), "ph: 15 is outside 0..=14 [pH]");
/// ```
pub trait Device: Validate + Describe {
    /// The device's contract, in read-only data.
    const DESCRIPTOR: &'static Descriptor;
}

/// Something that a device can be told to do; the value carries the input.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an action",
    note = "write `#[derive(Action)]` on it"
)]
pub trait Action: Validate {
    /// What the action promises: safe state, maximum run time, behaviour on link loss.
    const CONTRACT: &'static ActionContract;
}

/// Something that a device tells by itself; the value carries the data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    note = "write `#[derive(Event)]` on it"
)]
pub trait Event: Validate {
    /// The event's name and data.
    const CONTRACT: &'static EventContract;
}
