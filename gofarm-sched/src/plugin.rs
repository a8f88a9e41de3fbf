//! Filters and scores that know farms.
