//! What a load will be in the next period.
