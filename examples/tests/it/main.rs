//! The examples: against published figures, as promises, and as programs.

mod data;
mod program;
mod published_et0;
mod season;
