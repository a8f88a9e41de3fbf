//! Exponentially weighted moving averages.
