//! Farms that are played: over 1 000 seeds, or over `GOFARM_SEEDS` from `GOFARM_FIRST_SEED` on.

mod autonomy;
mod failures;
mod mirror;
mod modes;
mod replay;

mod spread;
mod text;

/// The seeds to play.
pub(crate) fn seeds(default: u64) -> core::ops::Range<u64> {
    let number = |name: &str, default| std::env::var(name).map_or(default, |n| n.parse().unwrap());
    number("GOFARM_FIRST_SEED", 0)..number("GOFARM_SEEDS", default)
}
