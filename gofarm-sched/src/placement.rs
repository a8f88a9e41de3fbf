//! From a request to a node, with reasons.
