//! The examples: against published figures, as promises, and as programs.

mod breaker_service;
mod chaos;
mod chaos_file;
mod config_reload;
mod custom_plugin;
mod dashboards;
mod data;
mod device_contract;
#[cfg(target_os = "linux")]
mod dispatch;
mod fao56;
mod fao56_layout;
mod gateway;
mod measured_season;
mod program;
mod published_et0;
mod recording;
mod released;
mod season;
mod store;
mod two_gateways;
