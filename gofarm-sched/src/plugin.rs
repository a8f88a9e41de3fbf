//! What a farm knows and a data centre does not: moisture data, harvests, rain, and the health of nodes in fields.
//!
//! A scheduler that sees processors only puts the irrigation of plot 7 where the newest reading of plot 7 arrives an
//! hour late, and a harvest on a node whose battery ends at noon. These plugins say so to it.
//!
//! Their data changes while the scheduler runs, so a plugin holds a handle to it: anything that is [`Shared`]. With
//! `std` an `Arc<Mutex<_>>` is; elsewhere the integrator implements it for the mutex of the platform. Plugins
//! that look at such data, or at the time, are asked anew for every decision
//! ([`Sensitivity::Always`](crate::placement::Sensitivity::Always)).

mod emergency;
mod harvest_deadline;
mod node_health;
mod shared;
mod soil_moisture;

pub use emergency::{Emergencies, Marked};
pub use harvest_deadline::HarvestDeadline;
pub use node_health::{Health, HealthMap, NodeHealth};
pub use shared::{Shared, SharedMut};
pub use soil_moisture::{MoistureMap, SoilMoistureTopology, VolumetricMoisture};
