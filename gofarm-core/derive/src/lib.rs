//! Derive macros of gofarm-core.
