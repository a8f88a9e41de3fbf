//! Mean, variance, skewness and kurtosis of a stream.
