//! What was forecast against what came: weights of nodes follow.
