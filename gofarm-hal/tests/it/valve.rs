//! Valves: what moves them, what guards them, and what went wrong in the field.

mod drives;
mod field_failures;
mod model;
mod rig;
mod supply;
