//! What changed between two contracts and whether it breaks anyone.
