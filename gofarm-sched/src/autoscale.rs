//! How many workers, from a metric and its target.
