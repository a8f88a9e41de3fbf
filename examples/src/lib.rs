//! The examples of the GoFarm crates, as a library, so that they can be tested.
//!
//! - [`season`]: one growing season on real weather through real contracts, the main example (`season`).
//! - `dispatch`: a service that places jobs on machines by their load (`dispatch`; it samples Linux).
//! - [`config_reload`]: configuration in layers, replaced while a program runs (`config_reload`).
//! - [`dashboards`]: rules for Prometheus and dashboards for Grafana, from what the crates emit (`dashboards`).
//! - [`fao56`]: a measured season in the files of pyfao56, with the dual crop coefficient.
//! - [`et0`], [`crop`], [`soil_water`], [`weather`]: the field that `season` plays, after FAO-56.

extern crate alloc;

mod column;
pub mod config_reload;
pub mod crop;
pub mod dashboards;
#[cfg(target_os = "linux")]
pub mod dispatch;
pub mod et0;
pub mod fao56;
pub mod instruments;
pub mod season;
pub mod soil_water;
pub mod weather;

/// The code of the project's front page, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct FrontPage;
