//! Which work comes first, and what gives way to it.
//!
//! A cooperative's batch job and another member's harvest want the same node at the same hour. Without priorities
//! the harvest waits until the batch is done; with priorities but without pre-emption it still waits. So:
//! [`PriorityClass`] names the levels, [`CropCalendar`] raises what a crop needs in its present growth stage,
//! [`preempt`] says which running work makes room at once, and [`SetPoint`] keeps what tenants disagree about (the
//! temperature of a shared greenhouse) near what was agreed.

mod calendar;
mod class;
mod preemption;
mod set_point;

pub use calendar::{CropCalendar, GrowthStage};
pub use class::PriorityClass;
pub use preemption::{Occupied, Preemption, Protected, Running, Victim, preempt};
pub use set_point::{Celsius, SetPoint};
