//! The examples: against published figures, as promises, and as programs.

mod config_reload;
mod data;
mod program;
mod published_et0;
mod released;
mod season;
