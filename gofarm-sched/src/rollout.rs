//! A new version in stages, with gates, and back by itself.
