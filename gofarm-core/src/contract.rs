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
//! # What the macros take
//!
//! | on | attribute | says |
//! |---|---|---|
//! | device | `model = "acme-ph"`, `version = 1` | which contract this is; both are required |
//! | device | `actions(Open, Close)`, `events(Leak)` | types that derive [`Action`], [`Event`] |
//! | device, describe | `defaults` | also derives [`Default`] from the written defaults, so that they stand in one place |
//! | action | `safe = "closed"`, `max_run = "30min"` | the state to which the device returns by itself, and when at the latest |
//! | action | `on_link_loss = "close"` or `"finish"` | what becomes of a run when the link is lost; `finish` if not written |
//! | action | `closes`, `idempotent` | it ends runs; doing it twice is doing it once |
//! | action, event | `name = "open"` | another name than the type's in snake case |
//! | prop | `range = 0.0..=14.0`, `10..`, `..=5` | inclusive limits, as number literals |
//! | prop | `step = 5` | every integer value is a multiple, counted from 0; for floats advice to forms |
//! | prop | `unit = "m3/m3"` | a UCUM code |
//! | prop | `max_len = 32` | the most bytes of a `String` or another `AsRef<str>` |
//! | prop | `default = 300`, `true`, `"text"`, `Mode::Auto` | a value within the limits |
//! | prop | `read`, `config` or `write` | who may change it; `read` if not written |
//! | prop | `max_rate = "0.05/min"`, `stale = "30min"`, `stuck = "6h"` | what makes a reading suspect |
//! | prop | `name = "ph"` | another name than the field's, or the variant's |
//!
//! Times are a whole number and one of `ms`, `s`, `min`, `h`, `d`. Doc comments are the descriptions. A field without
//! `#[prop]` is a property too. Limits on an `Option` or an array are those of what is inside, which must be
//! spelled as a primitive number: a macro cannot see through a type alias. The input of an action takes no access,
//! rate, `stale` or `stuck`; the data of an event takes no `default` either. With `defaults`, an `Option` without a
//! default is `None`, and a nested type without one brings its own [`Default`].
//!
//! A contract is one constant: types with parameters, tuple structs and enums with data are refused, as are
//! `usize`, `isize` and 128-bit integers. So is a contract that nests deeper than [`MAX_DEPTH`].
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
mod value;
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
pub use value::{Place, Value};
pub use violation::{Found, MAX_DEPTH, Path, Segment, Violation};

/// A value that can be held against its contract.
///
/// Derived together with [`Device`], [`Describe`], [`Action`] or [`Event`]; implemented for numbers, `bool`,
/// [`Text`](crate::text::Text), arrays and `Option` of them. A float without a range must be finite.
///
/// Whoever implements both methods sees to it that they agree: `validate_all` visits a violation if, and only if,
/// `validate` gives one, and the first one visited is that one. Derived code relies on it.
///
/// ```
/// use gofarm_core::{Describe, Validate};
///
/// #[derive(Describe)]
/// struct Weather {
///     #[prop(range = -60.0..=60.0, unit = "Cel")]
///     air: f32,
///     #[prop(range = 0..=100, unit = "%")]
///     humidity: u8,
/// }
///
/// let reading = Weather { air: f32::NAN, humidity: 130 };
/// assert_eq!(reading.validate().unwrap_err().to_string(), "air: NaN is outside -60..=60 Cel");
/// let mut all = Vec::new();
/// reading.validate_all(&mut |violation| all.push(violation.to_string()));
/// assert_eq!(all[1], "humidity: 130 is outside 0..=100 %");
/// ```
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

    /// Whether there is no violation. What is derived compares and returns: firmware that does not ask what is wrong
    /// carries no contract for that.
    fn is_valid(&self) -> bool {
        self.validate().is_ok()
    }

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

/// A type whose values can be described; derived for a nested struct or an enum without data.
///
/// ```
/// use gofarm_core::contract::Schema;
/// use gofarm_core::{Describe, Validate};
///
/// /// How the valve is run.
/// #[derive(Describe, Clone, Copy)]
/// enum Mode {
///     /// By the schedule.
///     Auto,
///     #[prop(name = "by-hand")]
///     Manual,
/// }
///
/// #[derive(Describe)]
/// #[describe(defaults)]
/// struct Zone {
///     #[prop(config, default = Mode::Manual)]
///     mode: Mode,
///     #[prop(config, range = 1..=16, default = 1)]
///     valve: u8,
/// }
///
/// let Schema::Enumeration(variants) = Mode::SCHEMA else { unreachable!() };
/// assert_eq!(variants[1].name(), "by-hand");
/// assert!(Zone::default().validate().is_ok());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in a device contract",
    note = "derive `Describe` for a nested struct or an enum without data; use `Text<N>` or `#[prop(max_len = …)]` for text, an array for a list"
)]
pub trait Describe {
    /// The shape and limits of a value of this type.
    const SCHEMA: Schema;

    /// Hands each leaf of the value at `place` to `visit`, in the order of declaration; what is absent is left out.
    fn visit(&self, place: &Place, visit: &mut dyn FnMut(&Place, Value<'_>));

    /// Hands each leaf to `visit`, in the order of declaration: what a payload is made of, without code per field.
    ///
    /// What is absent is left out. See [`Value`] for an example.
    fn each_value(&self, visit: &mut dyn FnMut(&Place, Value<'_>)) {
        self.visit(&Place::new(&Self::SCHEMA), visit);
    }
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
///
/// ```
/// use gofarm_core::{Action, Validate};
///
/// /// Opens the valve.
/// #[derive(Action)]
/// #[action(safe = "closed", max_run = "30min", idempotent, on_link_loss = "close")]
/// struct Open {
///     #[prop(range = 1..=100, unit = "%")]
///     opening: u8,
/// }
///
/// #[derive(Action)]
/// #[action(safe = "closed", closes)]
/// struct Close;
///
/// assert_eq!(Open::CONTRACT.name(), "open");
/// assert!(Close::CONTRACT.closes());
/// assert!(Open { opening: 0 }.validate().is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an action",
    note = "write `#[derive(Action)]` on it"
)]
pub trait Action: Validate {
    /// What the action promises: safe state, maximum run time, behaviour on link loss.
    const CONTRACT: &'static ActionContract;
}

/// Something that a device tells by itself; the value carries the data.
///
/// ```
/// use gofarm_core::Event;
///
/// /// Water flows though every valve is closed.
/// #[derive(Event)]
/// struct LeakDetected {
///     #[prop(range = 0.0.., unit = "L/min")]
///     flow: f32,
/// }
///
/// assert_eq!(LeakDetected::CONTRACT.name(), "leak_detected");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    note = "write `#[derive(Event)]` on it"
)]
pub trait Event: Validate {
    /// The event's name and data.
    const CONTRACT: &'static EventContract;
}
