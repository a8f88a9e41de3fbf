//! The examples of the GoFarm crates, as a library, so that they can be tested.
//!
//! - [`season`]: one growing season on real weather through real contracts, the main example (`season`).
//! - `dispatch`: a service that places jobs on machines by their load (`dispatch`; it samples Linux).
//! - [`config_reload`]: configuration in layers, replaced while a program runs (`config_reload`).
//! - [`gateway`] and [`zone`]: a service with health, metrics, MQTT, a store and settings, in 200 lines (`gateway`).
//! - [`dashboards`]: rules for Prometheus and dashboards for Grafana, from what the crates emit (`dashboards`).
//! - [`fao56`]: a measured season in the files of pyfao56, with the dual crop coefficient.
//! - In one file each: `breaker_service` (a tower stack around a hyper client), `two_gateways` (a cut, a conflict, and how
//!   it is settled), `custom_plugin` (a filter and a score for the scheduler), `device_contract` (schemas of a device, and
//!   what a change would break).
//! - [`clocks`], [`command_line`], [`instruments`]: what several of them use.
//! - [`et0`], [`crop`], [`soil_water`], [`weather`]: the field that `season` plays, after FAO-56.

extern crate alloc;

pub mod clocks;
mod column;
pub mod command_line;
pub mod config_reload;
pub mod crop;
pub mod dashboards;
#[cfg(target_os = "linux")]
pub mod dispatch;
pub mod et0;
pub mod fao56;
pub mod gateway;
pub mod instruments;
pub mod season;
pub mod soil_water;
pub mod weather;
pub mod zone;

/// The code of the project's front page, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct FrontPage;
