//! The examples: against published figures, as promises, and as programs.

mod config_reload;
mod dashboards;
mod data;
#[cfg(target_os = "linux")]
mod dispatch;
mod fao56;
mod fao56_layout;
mod program;
mod published_et0;
mod released;
mod season;
