//! A cluster of seeded chance, to try a scheduler on.
