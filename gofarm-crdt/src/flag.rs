//! Switches that several turn: [`EnableWinsFlag`] and [`DisableWinsFlag`].
//!
//! No clock plays a part. Which one wins is a question of safety: an alarm that one raises and another
//! clears stays, a release that one gives and another withdraws goes.

mod disable_wins;
mod enable_wins;

pub use disable_wins::DisableWinsFlag;
pub use enable_wins::EnableWinsFlag;
