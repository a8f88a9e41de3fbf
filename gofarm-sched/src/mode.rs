//! Balanced, breaker, predictive: the mode that a scheduler works in.
