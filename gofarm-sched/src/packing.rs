//! Scores that keep what is left of a node usable.
