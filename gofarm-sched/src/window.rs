//! The last values of a stream, with exact quantiles.
