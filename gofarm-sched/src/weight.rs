//! A weight for a node, from its latency and the promise that it made.
