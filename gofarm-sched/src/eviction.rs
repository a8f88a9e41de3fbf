//! Work of a failed node is rebuilt in its own failure domain.
