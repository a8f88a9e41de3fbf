//! What work asks for.
