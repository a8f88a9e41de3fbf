//! Whether a distribution is no longer the one that was learned.
