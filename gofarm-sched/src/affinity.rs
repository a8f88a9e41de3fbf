//! Work that belongs beside other work, or away from it.
