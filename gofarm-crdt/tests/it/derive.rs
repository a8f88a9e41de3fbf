//! `#[derive(Replicated, Value)]`: what the generated code does.

mod flag;
mod replicated;
mod value;
