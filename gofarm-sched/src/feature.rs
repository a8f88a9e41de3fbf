//! Features of a time series.
